"""Agents: what each can take, and how much of it he has."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from routing.domain.shifts import Calendar
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family

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

    `languages` gives levels from 1 to 5 by BCP 47 tag; `load` and `held` are hundredths of a unit.
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
        return replace(self, load=self.load + cost, held=held)

    def with_load(self, load: int, held: Mapping[Family, int]) -> "Agent":
        """The agent with what he is known to hold."""
        return replace(self, load=load, held=held)


@dataclass(frozen=True)
class Team:
    """Everybody, and what they are called."""

    agents: tuple[Agent, ...]
    names: Mapping[AgentId, str]
