"""Whom a conversation is brought before that nobody answers: agent, lead, region lead, on call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum

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


@dataclass(frozen=True)
class Lead:
    """A lead, and the stores that he leads in."""

    agent_id: AgentId
    stores: frozenset[StoreId]


@dataclass(frozen=True)
class Chain:
    """The installation's way up.

    The next level is reached `after` the one before without an acknowledgement, and `held_for`
    after one without an answer. `region_leads` are by the customer's country (ISO 3166-1); `*` are
    for all others.
    """

    after: timedelta = timedelta(minutes=5)
    held_for: timedelta = timedelta(minutes=30)
    region_leads: Mapping[str, Sequence[AgentId]] = field(default_factory=dict)

    def next(
        self,
        above: Level,
        *,
        why: str | None,
        store_id: StoreId,
        region: str | None,
        holder: AgentId | None,
        leads: Sequence[Lead],
    ) -> tuple[Level, tuple[AgentId, ...]]:
        """The next level at which there is anybody, and who.

        A crisis goes past the agent. On call has nobody by name: whoever is, is called.
        """
        found: Mapping[Level, Sequence[AgentId]] = {
            Level.AGENT: () if holder is None or why == CRISIS else (holder,),
            Level.LEAD: sorted(each.agent_id for each in leads if store_id in each.stores),
            Level.REGION_LEAD: self.region_leads.get(region or "", self.region_leads.get("*", ())),
        }
        for level in (Level.AGENT, Level.LEAD, Level.REGION_LEAD):
            if level > above and found[level]:
                return level, tuple(found[level])
        return Level.ON_CALL, ()
