"""Agents: what each can take, and how much of it he has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property

from routing.domain.free_days import FreeDays
from routing.domain.languages import spoken_level
from routing.domain.presence import Presence
from routing.domain.shifts import Calendar
from routing.domain.skills import demand
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.contracts.routing import Presence as State

FAMILIES = (Family.MAIL, Family.MESSAGING, Family.CHAT)
UNIT = 100
"""Loads are whole numbers: hundredths of a unit, so that half a unit adds up exactly."""

_BY_CHANNEL = {"mail": Family.MAIL, "chat": Family.CHAT}


def family_of(channel: str) -> Family:
    """The family a channel is worked in; whatever is neither mail nor live chat is messaging."""
    return _BY_CHANNEL.get(channel, Family.MESSAGING)


@dataclass(frozen=True)
class Room:
    """What one agent may hold at once, and what a conversation costs him, in hundredths."""

    total: int
    families: Mapping[Family, int]
    costs: Mapping[Family, int]

    @cached_property
    def worked(self) -> frozenset[Family]:
        """The families of which, with nothing else to do, one conversation fits."""
        return frozenset(
            family
            for family, cost in self.costs.items()
            if 0 < cost <= min(self.total, self.families.get(family, 0))
        )


@dataclass(frozen=True)
class Agent:
    """One agent with what he holds now.

    `languages` gives levels from 1 to 5 by BCP 47 tag, `products` and `intents` by name; `skills`
    are plain tags. `load` and `held` are hundredths of a unit.
    `is_asked` before a conversation is his, see `offers`; None is as usual. `holidays` are those
    that are set for him alone, see `free_days.kept`; the calendar has those that he keeps.
    """

    agent_id: AgentId
    is_lead: bool
    stores: frozenset[StoreId]
    languages: Mapping[str, int]
    skills: frozenset[str]
    country: str
    calendar: Calendar
    room: Room
    load: int = 0
    held: Mapping[Family, int] = field(default_factory=dict)
    products: Mapping[str, int] = field(default_factory=dict)
    intents: Mapping[str, int] = field(default_factory=dict)
    presence: Presence = field(default_factory=Presence)
    is_asked: bool | None = None
    holidays: str | None = None

    @cached_property
    def lasting(self) -> tuple[object, ...]:
        """What does not change by the minute: who could serve which question."""
        return (
            self.agent_id,
            self.is_lead,
            self.stores,
            self.languages,
            self.skills,
            self.country,
            self.calendar.zone,
            self.room,
            self.products,
            self.intents,
        )

    @cached_property
    def apart_from_load(self) -> tuple[object, ...]:
        """All of him but what he holds."""
        changing = ("load", "held")
        return tuple(getattr(self, each.name) for each in fields(self) if each.name not in changing)

    def has(self, skills: Iterable[str]) -> bool:
        """Whether he has all of these, written as in `domain.skills`, at the level demanded."""
        return all(skill in self.skills or self._has(skill) for skill in skills)

    def _has(self, skill: str) -> bool:
        wanted = demand(skill)
        if wanted.kind is None and wanted.name in self.skills:
            return True
        return self._level(wanted.kind, wanted.name) >= wanted.level

    def _level(self, kind: str | None, name: str) -> int:
        if kind == "language":
            return spoken_level(self.languages, name)
        product = self.products.get(name, 0) if kind in (None, "product") else 0
        return max(product, self.intents.get(name, 0) if kind in (None, "intent") else 0)

    def absence(self, now: datetime) -> str | None:
        """Why he takes nothing new at `now` (aware), as a stable handle; None when he is there."""
        if self.calendar.on_shift_until(now) is None:
            return "not on shift" if self.calendar.shift_at(now) is None else "on a break"
        state = self._state(now)
        return None if state is State.AVAILABLE else state.value

    def present_until(self, now: datetime) -> datetime | None:
        """When the work ends that he is there for at `now`, in UTC; None when he is not there."""
        until = self.calendar.on_shift_until(now)
        if until is None or self.presence.is_by_shift_alone:
            return until
        return until if self._state(now) is State.AVAILABLE else None

    def has_left(self, now: datetime) -> bool:
        """Whether his chair is empty: no shift, or offline. Breaks, busy and away are not that."""
        return self.calendar.shift_at(now) is None or self._state(now) is State.OFFLINE

    def _state(self, now: datetime) -> State:
        if self.presence.is_by_shift_alone:
            return State.AVAILABLE
        work = self.calendar.shift_at(now)
        return self.presence.state(work[0] if work else None)

    def takes(self, family: Family) -> bool:
        """Whether he works this family at all."""
        return family in self.room.worked

    def has_room(self, family: Family) -> bool:
        """Whether one more conversation of the family fits beside what he has."""
        cost = self.room.costs.get(family, 0)
        held = self.held.get(family, 0) + cost
        return self.load + cost <= self.room.total and held <= self.room.families.get(family, 0)

    def holding_more(self, family: Family) -> "Agent":
        """The agent with one more conversation of the family."""
        cost = self.room.costs[family]
        held = {**self.held, family: self.held.get(family, 0) + cost}
        return self.with_load(self.load + cost, held)

    def with_load(self, load: int, held: Mapping[Family, int]) -> "Agent":
        """The agent with what he is known to hold."""
        # Whole teams are asked for every batch: `replace` would go through all the fields by name,
        # and the copies share what is worked out of what they have in common.
        _ = self.lasting, self.apart_from_load
        found = object.__new__(Agent)
        found.__dict__.update(self.__dict__)
        found.__dict__["load"], found.__dict__["held"] = load, held
        return found


@dataclass(frozen=True)
class Team:
    """Everybody, and what they are called.

    `costs` are hundredths of a unit for one conversation; `free_days` are by country or
    subdivision; `region_leads` as `escalation.Leads` has them. `settled` are the agents whose
    differences are all given; others keep theirs. `default_holidays` are for who has none set, see
    `free_days.kept`.
    """

    agents: tuple[Agent, ...]
    names: Mapping[AgentId, str]
    costs: Mapping[Family, int] = field(default_factory=dict)
    free_days: Mapping[str, FreeDays] = field(default_factory=dict)
    settled: frozenset[AgentId] = frozenset()
    region_leads: Mapping[str, tuple[AgentId, ...]] = field(default_factory=dict)
    default_holidays: str | None = None
