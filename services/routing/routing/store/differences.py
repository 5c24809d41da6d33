"""Days on which agents work otherwise than their week says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from routing.domain.shifts import Difference, Kind, Shift
from routing.store import rows
from shared.contracts.base import AgentId
from shared.db import Transaction

_ADD = text(
    """
    INSERT INTO differences (id, agent_id, kind, day, shift, zone, swap_id)
    SELECT id, agent_id, kind, day, shift, zone, swap_id
    FROM jsonb_populate_recordset(cast(null AS differences), cast(:rows AS jsonb))
    ON CONFLICT (id) DO NOTHING
    """
)
_CLEAR = text(
    """
    DELETE FROM differences AS d WHERE agent_id = ANY (cast(:ids AS text[]))
    RETURNING cast(to_jsonb(d) AS text)
    """
)
_OF = text(
    """
    SELECT cast(to_jsonb(d) AS text) FROM differences AS d
    WHERE agent_id = :agent_id AND day >= :since ORDER BY day, id
    """
)
_SWAPPED_WITH = text(
    """
    SELECT DISTINCT swap_id, agent_id FROM differences
    WHERE swap_id = ANY (cast(:swaps AS uuid[])) AND agent_id <> :agent_id
    """
)
_DROP = text(
    """
    DELETE FROM differences
    WHERE id = :id AND agent_id = :agent_id OR swap_id = (
        SELECT swap_id FROM differences WHERE id = :id AND agent_id = :agent_id
    )
    RETURNING agent_id
    """
)


@dataclass(frozen=True)
class Kept:
    """One row. The two sides of a swap share a `swap_id`."""

    id: UUID
    agent_id: AgentId
    kind: Kind
    day: date
    shift: dict[str, Any] | None = None
    zone: str | None = None
    swap_id: UUID | None = None

    @property
    def difference(self) -> Difference:
        """What it means for a calendar."""
        return Difference(
            self.kind, self.day, as_shift(self.shift) if self.shift else None, self.zone
        )


def kept(id: UUID, agent_id: AgentId, difference: Difference, swap_id: UUID | None = None) -> Kept:
    """The row of a difference."""
    shift = as_json(difference.shift) if difference.shift else None
    return Kept(id, agent_id, difference.kind, difference.day, shift, difference.zone, swap_id)


async def add(tx: Transaction, differences: Sequence[Kept]) -> None:
    """Keep these; one that is there already stays as it is."""
    if differences:
        await tx.execute(_ADD, {"rows": rows.packed(differences)})


async def clear(tx: Transaction, agents: Iterable[AgentId]) -> list[Kept]:
    """Forget every difference of these agents, and return what was known."""
    return await rows.read(tx, Kept, _CLEAR, ids=list(agents))


async def of(tx: Transaction, agent_id: AgentId, since: date) -> list[Kept]:
    """An agent's differences from a day on, sorted by day."""
    return await rows.read(tx, Kept, _OF, agent_id=agent_id, since=since)


async def swapped_with(
    tx: Transaction, agent_id: AgentId, of: Iterable[Kept]
) -> dict[UUID, AgentId]:
    """Whom an agent swapped with, by the swap."""
    swaps = sorted({each.swap_id for each in of if each.swap_id is not None})
    if not swaps:
        return {}
    found = await tx.execute(_SWAPPED_WITH, {"swaps": swaps, "agent_id": agent_id})
    return {row.swap_id: AgentId(row.agent_id) for row in found}


async def drop(tx: Transaction, agent_id: AgentId, id: UUID) -> list[AgentId]:
    """Take one back, with the other side of a swap; returns whose days changed by it."""
    found = await tx.execute(_DROP, {"agent_id": agent_id, "id": id})
    return [AgentId(identity) for identity in found.scalars()]


def as_json(shift: Shift) -> dict[str, Any]:
    """A shift as rows keep it."""
    return {
        "days": sorted(shift.days),
        "begin": shift.begin,
        "end": shift.end,
        "breaks": [list(each) for each in shift.breaks],
    }


def as_shift(found: Mapping[str, Any]) -> Shift:
    """The shift of a row; those of before breaks have none."""
    breaks = tuple((since, until) for since, until in found.get("breaks", ()))
    return Shift(frozenset(found["days"]), found["begin"], found["end"], breaks)
