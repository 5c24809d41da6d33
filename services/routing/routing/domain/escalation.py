"""Whom a conversation is brought before that nobody answers: agent, lead, region lead, on call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum

from routing.domain.areas import area
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import EscalationLevel

OVERDUE = "overdue"
CRISIS = "crisis"
"""Why, as stable handles; the second also stands among a conversation's `urgency_reasons`."""


class Level(IntEnum):
    """How far it was brought. Nought is not at all."""

    NONE = 0
    AGENT = 1
    LEAD = 2
    REGION_LEAD = 3
    ON_CALL = 4

    @property
    def said(self) -> EscalationLevel:
        """As events have it."""
        return EscalationLevel(self.name.lower())


EVERYWHERE = "*"
"""Stands for every country that has no leads of its own, and whose part of the world has none."""


@dataclass(frozen=True)
class Lead:
    """A lead, and the stores that he leads in."""

    agent_id: AgentId
    stores: frozenset[StoreId]


@dataclass(frozen=True)
class Leads:
    """Everybody who leads, and who of them leads the leads of a region.

    `by_region` is by the customer's country (ISO 3166-1), its part of the world (`areas`), or
    `EVERYWHERE`: the closest counts. Who leads no more is passed over.
    """

    all: Sequence[Lead] = ()
    by_region: Mapping[str, Sequence[AgentId]] = field(default_factory=dict)

    def of_store(self, store_id: StoreId) -> tuple[AgentId, ...]:
        """The leads of a store, sorted by id."""
        return tuple(sorted(each.agent_id for each in self.all if store_id in each.stores))

    def of_region(self, region: str | None) -> tuple[AgentId, ...]:
        """Who leads the leads for customers of a region, in the order of the team file."""
        known = {each.agent_id for each in self.all}
        for place in (region, area(region) if region else None, EVERYWHERE):
            found = tuple(each for each in self.by_region.get(place or "", ()) if each in known)
            if found:
                return found
        return ()


@dataclass(frozen=True)
class Chain:
    """The installation's way up.

    The next level is reached `after` the one before without an acknowledgement, and `held_for`
    after one without an answer.
    """

    after: timedelta = timedelta(minutes=5)
    held_for: timedelta = timedelta(minutes=30)

    def next(
        self,
        above: Level,
        *,
        why: str | None,
        store_id: StoreId,
        region: str | None,
        holder: AgentId | None,
        leads: Leads,
    ) -> tuple[Level, tuple[AgentId, ...]]:
        """The next level at which there is anybody, and who.

        A crisis goes past the agent. On call has nobody by name: whoever is, is called.
        """
        found: Mapping[Level, tuple[AgentId, ...]] = {
            Level.AGENT: () if holder is None or why == CRISIS else (holder,),
            Level.LEAD: leads.of_store(store_id),
            Level.REGION_LEAD: leads.of_region(region),
        }
        for level in (Level.AGENT, Level.LEAD, Level.REGION_LEAD):
            if level > above and found[level]:
                return level, found[level]
        return Level.ON_CALL, ()
