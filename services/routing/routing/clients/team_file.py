"""The team file: the agents as people write them down."""

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from routing.domain.languages import team_language
from routing.domain.shifts import DAYS, Calendar, Shift
from routing.domain.team import FAMILIES, UNIT, Agent, Room, Team
from shared import yaml_files
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.stores.values import CountryCode, LanguageTag, Line, ZoneName, slug
from shared.yaml_files import Document, Where


def _minutes(given: str) -> int:
    hours, colon, minutes = given.partition(":")
    if not (colon and len(hours) == len(minutes) == 2 and (hours + minutes).isdecimal()):
        raise ValueError('write "HH:MM"')
    found = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or found > 24 * 60:
        raise ValueError('write "HH:MM", 24:00 at most')
    return found


_Slug = Annotated[str, slug(40)]
_Wall = Annotated[str, AfterValidator(_minutes)]
_Units = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2)]
_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Shift(BaseModel):
    """`to` not after `from` is on the next day."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    days: tuple[_Day, ...] = Field(min_length=1)
    begin: _Wall = Field(alias="from")
    end: _Wall = Field(alias="to")

    @model_validator(mode="after")
    def _whole(self) -> "_Shift":
        if int(self.begin) == 24 * 60:
            raise ValueError("a shift begins before 24:00")
        return self

    def shift(self) -> Shift:
        return Shift(
            days=frozenset(DAYS.index(day) for day in self.days),
            begin=int(self.begin),
            end=int(self.end),
        )


class _Capacity(BaseModel):
    """Units at once: in all, and of each family; a family that is not given is not worked."""

    model_config = ConfigDict(extra="forbid")

    total: _Units | None = None
    mail: _Units = Decimal(0)
    messaging: _Units = Decimal(0)
    chat: _Units = Decimal(0)


class _Costs(BaseModel):
    """Units that one conversation of a family takes."""

    model_config = ConfigDict(extra="forbid")

    mail: _Units = Decimal("0.5")
    messaging: _Units = Decimal(1)
    chat: _Units = Decimal(1)


class _Member(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    name: Line
    role: Literal["agent", "lead"] = "agent"
    stores: tuple[_Slug, ...] = Field(min_length=1)
    languages: dict[LanguageTag, Annotated[int, Field(ge=1, le=5)]] = Field(min_length=1)
    skills: tuple[_Slug, ...] = ()
    country: CountryCode
    time_zone: ZoneName
    capacity: _Capacity
    shifts: tuple[_Shift, ...] = Field(min_length=1)
    acceptance: Literal["auto", "offer"] | None = None

    def agent(self, costs: _Costs) -> Agent:
        families = {family: _hundredths(getattr(self.capacity, family)) for family in FAMILIES}
        total = self.capacity.total
        return Agent(
            agent_id=AgentId(self.id),
            is_lead=self.role == "lead",
            stores=frozenset(StoreId(store) for store in self.stores),
            languages={team_language(tag): level for tag, level in self.languages.items()},
            skills=frozenset(self.skills),
            country=self.country,
            calendar=Calendar([shift.shift() for shift in self.shifts], self.time_zone),
            room=Room(
                total=sum(families.values()) if total is None else _hundredths(total),
                families=families,
                costs=_costs(costs),
            ),
            is_asked=None if self.acceptance is None else self.acceptance == "offer",
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    costs: _Costs = _Costs()
    agents: tuple[_Member, ...]


def read_team(path: Path, stores: Collection[StoreId]) -> Team:
    """Read the team file. Raises `BadFile` with a line and a reason for each problem."""
    document = yaml_files.read(path)
    file = document.read_as(_File)
    _refuse_odd(document, file, stores)
    members = sorted(file.agents, key=lambda member: member.id)
    return Team(
        tuple(member.agent(file.costs) for member in members),
        {AgentId(member.id): member.name for member in members},
    )


def _refuse_odd(document: Document, file: _File, stores: Collection[StoreId]) -> None:
    problems: list[tuple[Where, str]] = []
    known = set[str]()
    for index, member in enumerate(file.agents):
        if member.id in known:
            problems.append((("agents", index, "id"), f"agent {member.id} is given twice"))
        known.add(member.id)
        problems += [
            (("agents", index, "stores"), f"there is no store {store}")
            for store in member.stores
            if store not in stores
        ]
    if problems:
        raise document.bad(problems)


def _hundredths(units: Decimal) -> int:
    return int(units * UNIT)


def _costs(costs: _Costs) -> dict[Family, int]:
    return {family: _hundredths(getattr(costs, family)) for family in FAMILIES}
