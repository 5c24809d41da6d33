"""Conversations that are somebody's without counting: found when due; and who has any."""

from datetime import datetime

from sqlalchemy import text

from routing.domain.conversation import Conversation
from routing.store import rows
from shared.contracts.base import AgentId
from shared.db import Transaction

_DUE = text(
    """
    SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
    WHERE state = 'parked' AND snoozed_until <= :now
    ORDER BY snoozed_until, store_id, id
    LIMIT :limit
    """
)
_HOLDING = text(
    """
    SELECT DISTINCT agent_id FROM conversations
    WHERE agent_id IS NOT NULL AND state <> 'parked' AND state <> 'resolved'
    """
)
_OPEN = text(
    """
    SELECT agent_id, count(*) AS n FROM conversations
    WHERE agent_id IS NOT NULL AND state <> 'parked' AND state <> 'resolved'
        AND agent_id = ANY (cast(:ids AS text[]))
    GROUP BY agent_id
    """
)


async def due(tx: Transaction, now: datetime, limit: int) -> list[Conversation]:
    """What was snoozed until now, or before; not locked."""
    return await rows.read(tx, Conversation, _DUE, now=now, limit=limit)


async def holding(tx: Transaction) -> list[AgentId]:
    """Who has anything that counts for him."""
    return sorted(AgentId(identity) for identity in (await tx.execute(_HOLDING)).scalars())


async def open_counts(tx: Transaction, agents: list[AgentId]) -> dict[AgentId, int]:
    """How many conversations count for each of these."""
    found = await tx.execute(_OPEN, {"ids": agents})
    return {AgentId(row.agent_id): row.n for row in found}
