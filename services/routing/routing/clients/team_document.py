"""The team as people write it down, in YAML or JSON: version 1 of the form."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from routing.domain.areas import AREAS
from routing.domain.escalation import EVERYWHERE
from routing.domain.free_days import COUNTRY, FreeDays, are_known, kept
from routing.domain.languages import team_language
from routing.domain.presence import Counting, Presence
from routing.domain.shifts import DAYS, Calendar, Difference, Kind, Shift
from routing.domain.team import FAMILIES, UNIT, Agent, Room, Team
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.stores.values import CountryCode, LanguageTag, Line, ZoneName, slug
from shared.yaml_files import matching


def _minutes(given: str) -> int:
    hours, colon, minutes = given.partition(":")
    if not (colon and len(hours) == len(minutes) == 2 and (hours + minutes).isdecimal()):
        raise ValueError('write "HH:MM"')
    found = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or found > 24 * 60:
        raise ValueError('write "HH:MM", 24:00 at most')
    return found


def _region(given: str) -> str:
    if given == EVERYWHERE or given in AREAS:
        return given
    try:
        return _COUNTRY.validate_python(given)
    except ValidationError:
        raise ValueError(
            f'give a country code, "*", or one of: {", ".join(sorted(AREAS))}'
        ) from None


def _free_days(given: str) -> str:
    if not are_known(given):
        raise ValueError(f"no holidays are known of {given}")
    return given


def _own_free_days(given: str) -> str:
    return given and _free_days(given)


def _default_free_days(given: str) -> str:
    return given if given == COUNTRY else _free_days(given)


_COUNTRY: TypeAdapter[str] = TypeAdapter(CountryCode)
_DAY = 24 * 60
_Slug = Annotated[str, slug(40)]
_Name = Annotated[str, matching(r"[a-z0-9][a-z0-9_-]{0,39}", "give at most 40 of a-z 0-9 _ -")]
_Level = Annotated[int, Field(ge=1, le=5)]
_FreeDaysOf = Annotated[str, AfterValidator(_free_days)]
_OwnFreeDays = Annotated[str, AfterValidator(_own_free_days)]
_DefaultFreeDays = Annotated[str, AfterValidator(_default_free_days)]
_Region = Annotated[str, AfterValidator(_region)]
_Wall = Annotated[str, AfterValidator(_minutes)]
_Units = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=2)]
_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class _Break(_Part):
    begin: _Wall = Field(alias="from")
    end: _Wall = Field(alias="to")


class _Hours(_Part):
    """`to` not after `from` is on the next day."""

    begin: _Wall = Field(alias="from")
    end: _Wall = Field(alias="to")
    breaks: tuple[_Break, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "_Hours":
        if int(self.begin) == _DAY:
            raise ValueError("a shift begins before 24:00")
        length = (int(self.end) - int(self.begin) - 1) % _DAY + 1
        for each in self.breaks:
            since = (int(each.begin) - int(self.begin)) % _DAY
            if since + (int(each.end) - int(each.begin) - 1) % _DAY + 1 > length:
                raise ValueError("a break lies within its shift")
        return self

    def worked(self, days: frozenset[int]) -> Shift:
        breaks = tuple((int(each.begin) % _DAY, int(each.end)) for each in self.breaks)
        return Shift(days, int(self.begin), int(self.end), breaks)


class ShiftIn(_Hours):
    """Work on these days of every week."""

    days: tuple[_Day, ...] = Field(min_length=1)

    def shift(self) -> Shift:
        """What it means."""
        return self.worked(frozenset(DAYS.index(day) for day in self.days))


def _told_apart(shifts: tuple[ShiftIn, ...]) -> tuple[ShiftIn, ...]:
    known = set[tuple[str, str]]()
    for shift in shifts:
        for day in shift.days:
            if (day, shift.begin) in known:
                raise ValueError(f"two shifts of {day} begin at {_wall(int(shift.begin))}")
            known.add((day, shift.begin))
    return shifts


WeekIn = Annotated[tuple[ShiftIn, ...], Field(min_length=1), AfterValidator(_told_apart)]
"""All shifts of a week. One is told by its day and beginning, as when it is given away."""


class ExtraIn(_Hours):
    """A shift on one day, beside the week's."""

    kind: Literal["extra"]
    day: date

    def difference(self) -> Difference:
        """What it means."""
        return Difference(Kind.EXTRA, self.day, self.worked(frozenset()))


class OffIn(_Part):
    """None of the week's shifts that begin on a day."""

    kind: Literal["off"]
    day: date

    def difference(self) -> Difference:
        """What it means."""
        return Difference(Kind.OFF, self.day)


class _Swapped(_Hours):
    kind: Literal["given", "taken"]
    day: date
    time_zone: ZoneName | None = None

    def difference(self) -> Difference:
        shift = self.worked(frozenset())
        return Difference(Kind(self.kind), self.day, shift, self.time_zone)


_Difference = Annotated[ExtraIn | OffIn | _Swapped, Field(discriminator="kind")]


class _FreeDays(_Part):
    """`worked` on holidays all the same; `closed` on other days too."""

    worked: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()


class _Capacity(_Part):
    """Units at once: in all, and of each family; a family that is not given is not worked."""

    total: _Units | None = None
    mail: _Units = Decimal(0)
    messaging: _Units = Decimal(0)
    chat: _Units = Decimal(0)


class _Costs(_Part):
    """Units that one conversation of a family takes."""

    mail: _Units = Decimal("0.5")
    messaging: _Units = Decimal(1)
    chat: _Units = Decimal(1)


class MemberIn(_Part):
    """One agent. Without `exceptions` those that are known of him stay.

    Without `holidays` he keeps the team's default; empty ones are none at all.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    name: Line
    role: Literal["agent", "lead"] = "agent"
    stores: tuple[_Slug, ...] = Field(min_length=1)
    languages: dict[LanguageTag, _Level] = Field(min_length=1)
    products: dict[_Name, _Level] = Field(default_factory=dict)
    intents: dict[_Name, _Level] = Field(default_factory=dict)
    skills: tuple[_Slug, ...] = ()
    country: CountryCode
    time_zone: ZoneName
    holidays: _OwnFreeDays | None = None
    presence: Literal["shift", "heartbeat"] = "shift"
    capacity: _Capacity
    shifts: WeekIn
    acceptance: Literal["auto", "offer"] | None = None
    exceptions: tuple[_Difference, ...] | None = None

    def agent(
        self,
        costs: Mapping[Family, int],
        free_days: Mapping[str, FreeDays],
        default_holidays: str | None = None,
    ) -> Agent:
        """The agent, with nothing to hold."""
        keeps = kept(self.holidays, default_holidays, self.country)
        families = {family: _hundredths(getattr(self.capacity, family)) for family in FAMILIES}
        total = self.capacity.total
        return Agent(
            agent_id=AgentId(self.id),
            is_lead=self.role == "lead",
            stores=frozenset(StoreId(store) for store in self.stores),
            languages={team_language(tag): level for tag, level in self.languages.items()},
            skills=frozenset(self.skills),
            country=self.country,
            calendar=Calendar(
                [shift.shift() for shift in self.shifts],
                self.time_zone,
                [each.difference() for each in self.exceptions or ()],
                free_days.get(keeps, FreeDays(keeps)) if keeps else None,
            ),
            room=Room(
                total=sum(families.values()) if total is None else _hundredths(total),
                families=families,
                costs=costs,
            ),
            products=self.products,
            intents=self.intents,
            presence=Presence(Counting(self.presence)),
            is_asked=None if self.acceptance is None else self.acceptance == "offer",
            holidays=self.holidays,
        )


class TeamIn(_Part):
    """The whole team; who is not in it is retired.

    `holidays` are what differs from public ones; `default_holidays` who keeps those of his
    `country`, or of one country for all, if he has none of his own. Left out, nobody does.
    """

    version: Annotated[int, Field(ge=1, le=1)] = 1
    costs: _Costs = _Costs()
    holidays: dict[_FreeDaysOf, _FreeDays] = Field(default_factory=dict)
    default_holidays: _DefaultFreeDays | None = None
    region_leads: dict[_Region, tuple[str, ...]] = Field(default_factory=dict)
    agents: tuple[MemberIn, ...]

    def team(self) -> Team:
        """The team, its agents sorted by id."""
        costs = {family: _hundredths(getattr(self.costs, family)) for family in FAMILIES}
        free = {of: FreeDays(of, each.worked, each.closed) for of, each in self.holidays.items()}
        members = sorted(self.agents, key=lambda member: member.id)
        return Team(
            tuple(member.agent(costs, free, self.default_holidays) for member in members),
            {AgentId(member.id): member.name for member in members},
            costs,
            free,
            frozenset(AgentId(each.id) for each in members if each.exceptions is not None),
            {
                region: tuple(AgentId(each) for each in leads)
                for region, leads in self.region_leads.items()
            },
            self.default_holidays,
        )


_ACCEPTANCE = {None: None, True: "offer", False: "auto"}


def written(team: Team) -> dict[str, Any]:
    """The team in the form that `TeamIn` reads, as plain values.

    Exceptions are written as far as they are known; who has none has an empty list.
    """
    return {
        "version": 1,
        "costs": {family.value: _units(team.costs[family]) for family in FAMILIES},
        "holidays": {
            of: {"worked": _days(each.worked), "closed": _days(each.closed)}
            for of, each in sorted(team.free_days.items())
        },
        "default_holidays": team.default_holidays,
        "region_leads": {of: list(leads) for of, leads in sorted(team.region_leads.items())},
        "agents": [member(agent, team.names[agent.agent_id]) for agent in team.agents],
    }


def member(agent: Agent, name: str) -> dict[str, Any]:
    """One agent in the form that `MemberIn` reads."""
    calendar = agent.calendar
    room = agent.room
    return {
        "id": agent.agent_id,
        "name": name,
        "role": "lead" if agent.is_lead else "agent",
        "stores": sorted(agent.stores),
        "languages": dict(agent.languages),
        "products": dict(agent.products),
        "intents": dict(agent.intents),
        "skills": sorted(agent.skills),
        "country": agent.country,
        "time_zone": calendar.zone.key,
        "holidays": agent.holidays,
        "presence": agent.presence.counting.value,
        "acceptance": _ACCEPTANCE[agent.is_asked],
        "capacity": {
            "total": _units(room.total),
            **{family.value: _units(room.families.get(family, 0)) for family in FAMILIES},
        },
        "shifts": [shift_written(shift) for shift in calendar.shifts],
        "exceptions": [difference_written(each) for each in calendar.differences],
    }


def shift_written(shift: Shift) -> dict[str, Any]:
    """A shift of the week in the form that `ShiftIn` reads."""
    return {"days": [DAYS[day] for day in sorted(shift.days)], **_hours(shift)}


def difference_written(of: Difference) -> dict[str, Any]:
    """A difference in the form that an agent's `exceptions` have."""
    found: dict[str, Any] = {"kind": of.kind.value, "day": of.day.isoformat()}
    if of.shift is not None:
        found |= _hours(of.shift)
    return found | ({"time_zone": of.zone} if of.zone else {})


def _hours(shift: Shift) -> dict[str, Any]:
    breaks = [{"from": _wall(since), "to": _wall(until)} for since, until in shift.breaks]
    return {
        "from": _wall(shift.begin),
        "to": _wall(shift.end),
        **({"breaks": breaks} if breaks else {}),
    }


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(days: frozenset[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _units(hundredths: int) -> float:
    return hundredths / UNIT


def _hundredths(units: Decimal) -> int:
    return int(units * UNIT)
