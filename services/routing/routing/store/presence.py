"""What agents said of themselves, when their consoles were heard of last, whose shifts end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from shared.contracts.base import AgentId
from shared.contracts.routing import Presence
from shared.db import Transaction

_LOCK = text(
    """
    SELECT p.said, p.said_at, p.is_lost, p.version
    FROM agent_presence AS p JOIN agents AS a ON a.id = p.agent_id
    WHERE p.agent_id = :agent_id AND a.retired_at IS NULL
    FOR UPDATE OF p
    """
)
_SAVE = text(
    """
    UPDATE agent_presence
    SET said = :said, said_at = :said_at, beat_at = :beat_at, is_lost = false, version = :version
    WHERE agent_id = :agent_id
    """
)
_LOSE = text(
    """
    UPDATE agent_presence AS p SET is_lost = true, version = version + 1
    FROM (
        SELECT p.agent_id FROM agent_presence AS p JOIN agents AS a ON a.id = p.agent_id
        WHERE a.counting = 'heartbeat' AND a.retired_at IS NULL AND NOT p.is_lost
            AND p.said <> 'offline' AND p.said_at IS NOT NULL AND p.beat_at < :heard_since
        ORDER BY p.agent_id
        FOR UPDATE OF p SKIP LOCKED
    ) AS silent
    WHERE p.agent_id = silent.agent_id
    RETURNING p.agent_id, p.version
    """
)
_COUNT = text(
    "UPDATE agent_presence SET version = version + 1 WHERE agent_id = :agent_id RETURNING version"
)
_ENDS = text(
    """
    INSERT INTO shift_ends (agent_id, ends_at)
    SELECT * FROM unnest(cast(:agents AS text[]), cast(:ends AS timestamptz[]))
        AS e (agent_id, ends_at)
    ORDER BY agent_id
    ON CONFLICT DO NOTHING
    RETURNING agent_id
    """
)
_FORGET = text("DELETE FROM shift_ends WHERE ends_at < :before")
_BEATS = text("SELECT agent_id, said, said_at, beat_at, is_lost FROM agent_presence")


@dataclass(frozen=True)
class Desk:
    """What is known of an agent's presence; `version` counts what was said of him."""

    said: Presence
    said_at: datetime | None
    is_lost: bool
    version: int


async def locked(tx: Transaction, agent_id: AgentId) -> Desk | None:
    """Lock and return what is known of an agent; None when there is none, or he is retired."""
    row = (await tx.execute(_LOCK, {"agent_id": agent_id})).one_or_none()
    if row is None:
        return None
    return Desk(Presence(row.said), row.said_at, row.is_lost, row.version)


async def save(tx: Transaction, agent_id: AgentId, desk: Desk, beat_at: datetime) -> None:
    """Write down what is known now of an agent whose row is locked; he was heard of."""
    await tx.execute(
        _SAVE,
        {
            "agent_id": agent_id,
            "said": desk.said,
            "said_at": desk.said_at,
            "beat_at": beat_at,
            "version": desk.version,
        },
    )


async def lose(tx: Transaction, now: datetime, heartbeat: timedelta) -> dict[AgentId, int]:
    """Mark who was not heard of for `heartbeat`; returns their versions, once for each loss."""
    found = await tx.execute(_LOSE, {"heard_since": now - heartbeat})
    return {AgentId(row.agent_id): row.version for row in found}


async def ending(tx: Transaction, ends: Sequence[tuple[AgentId, datetime]]) -> dict[AgentId, int]:
    """Mark these shifts as ending; returns the versions of those that were not marked yet."""
    if not ends:
        return {}
    agents, instants = (list(column) for column in zip(*ends, strict=True))
    found = await tx.execute(_ENDS, {"agents": agents, "ends": instants})
    new = sorted(AgentId(identity) for identity in found.scalars())
    return {each: int(await tx.scalar(_COUNT, {"agent_id": each})) for each in new}


async def forget_ends(tx: Transaction, before: datetime) -> None:
    """Forget the shifts that ended before."""
    await tx.execute(_FORGET, {"before": before})


async def heard(tx: Transaction) -> dict[AgentId, Mapping[str, Any]]:
    """What everybody said last and when he was heard of, for who leads."""
    return {AgentId(row["agent_id"]): {**row} for row in (await tx.execute(_BEATS)).mappings()}
