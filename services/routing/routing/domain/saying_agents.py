"""What routing says of an agent; the caller has locked his row and raised its version."""

from collections.abc import Iterable
from datetime import datetime

from routing.domain.saying import ROUTING
from routing.domain.shifts import Span
from routing.domain.team import Agent
from shared.contracts.base import By, StoreId
from shared.contracts.routing import AgentPresenceChanged, Presence, ShiftEnding


def presence_changed(
    of: Agent, version: int, *, presence: Presence, why: str, by: By, at: datetime
) -> AgentPresenceChanged:
    """He stands differently now; `of` has that presence already. `why` is a stable handle."""
    work = of.calendar.shift_at(at)
    return AgentPresenceChanged(
        occurred_at=at,
        agent_id=of.agent_id,
        stores=_sorted(of.stores),
        version=version,
        by=by,
        presence=presence,
        is_present=of.absence(at) is None,
        why=why,
        shift_ends_at=work[1] if work else None,
    )


def shift_ending(of: Agent, version: int, work: Span, open_count: int, at: datetime) -> ShiftEnding:
    """The work that he is in ends soon; `open_count` conversations are his still."""
    return ShiftEnding(
        occurred_at=at,
        agent_id=of.agent_id,
        stores=_sorted(of.stores),
        version=version,
        by=ROUTING,
        began_at=work[0],
        ends_at=work[1],
        time_zone=of.calendar.zone.key,
        open_count=open_count,
    )


def _sorted(stores: Iterable[StoreId]) -> tuple[StoreId, ...]:
    return tuple(sorted(stores))
