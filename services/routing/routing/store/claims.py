"""Giving conversations to agents, and taking them back: the only statements that change a load.

Both are one statement over a whole batch, conditional on what they found being so still; they hold
whoever runs them, with the lease or without. Every change of a load writes its row of
`load_changes` in the same statement, while the agent's row is locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId, ConversationId, StoreId
from shared.contracts.routing import Explanation, Family
from shared.db import Transaction


@dataclass(frozen=True)
class Claim:
    """A conversation for an agent; `units` are hundredths."""

    waiting: Waiting
    agent_id: AgentId
    units: int
    explanation: Explanation


class Conflict(Exception):
    """The world has changed since the decision; roll back, look again, decide again."""


class Deposed(Exception):
    """Another process holds the pool's lease."""


# `coalesce` keeps the planner from walking the index of all that waits to find a few by their ids.
# A message that joins what waits may change who can take it and leave the version: hence the
# signature.
_CLAIM = text(
    """
    WITH fence AS MATERIALIZED (
        SELECT 1 FROM leases
        WHERE store_id = :store_id AND family = :family AND epoch = :lease_epoch
        FOR SHARE
    ),
    claims AS MATERIALIZED (
        SELECT *
        FROM unnest(
            cast(:conversations AS uuid[]), cast(:versions AS integer[]), cast(:agents AS text[]),
            cast(:units AS integer[]), cast(:explanations AS text[]),
            cast(:signatures AS text[])
        ) WITH ORDINALITY AS c
            (conversation_id, version, agent_id, units, explanation, signature, n)
        WHERE EXISTS (SELECT 1 FROM fence)
    ),
    free AS MATERIALIZED (
        SELECT id FROM conversations
        WHERE store_id = :store_id AND id = ANY (cast(:conversations AS uuid[]))
            AND EXISTS (SELECT 1 FROM fence)
        ORDER BY id
        FOR NO KEY UPDATE
    ),
    assigned AS (
        UPDATE conversations AS c
        SET state = 'assigned', agent_id = k.agent_id, units = k.units, assigned_at = :now,
            epoch = c.epoch + 1, version = c.version + 1
        FROM claims AS k JOIN free ON free.id = k.conversation_id
        WHERE c.store_id = :store_id AND c.id = k.conversation_id
            AND c.version = k.version AND c.signature = k.signature
            AND coalesce(c.state) = 'queued'
        RETURNING c.id, c.epoch, k.agent_id, k.units, k.explanation, k.n
    ),
    wanted AS MATERIALIZED (
        SELECT agent_id, sum(units)::integer AS units FROM claims GROUP BY agent_id
    ),
    desks AS MATERIALIZED (
        SELECT agent_id FROM agent_loads
        WHERE agent_id IN (SELECT agent_id FROM wanted)
        ORDER BY agent_id
        FOR NO KEY UPDATE
    ),
    loaded AS (
        UPDATE agent_loads AS l
        SET load = l.load + w.units,
            mail = l.mail + CASE WHEN :family = 'mail' THEN w.units ELSE 0 END,
            messaging = l.messaging + CASE WHEN :family = 'messaging' THEN w.units ELSE 0 END,
            chat = l.chat + CASE WHEN :family = 'chat' THEN w.units ELSE 0 END
        FROM wanted AS w JOIN desks ON desks.agent_id = w.agent_id
        WHERE l.agent_id = w.agent_id
            AND l.load + w.units <= l.capacity
            AND CASE :family
                WHEN 'mail' THEN l.mail + w.units <= l.mail_capacity
                WHEN 'messaging' THEN l.messaging + w.units <= l.messaging_capacity
                ELSE l.chat + w.units <= l.chat_capacity
            END
        RETURNING l.agent_id, l.load - w.units AS load_before
    ),
    offered AS (
        INSERT INTO offers (store_id, conversation_id, epoch, agent_id, family, units, offered_at,
            accepted_at, explanation)
        SELECT :store_id, id, epoch, agent_id, :family, units, :now, :now,
            cast(explanation AS json)
        FROM assigned
    ),
    noted AS (
        INSERT INTO history (store_id, conversation_id, at, what, details)
        SELECT :store_id, id, :now, 'assigned',
            jsonb_build_object('agent_id', agent_id, 'epoch', epoch)
        FROM assigned ORDER BY n
    ),
    changed AS (
        INSERT INTO load_changes
            (at, agent_id, family, delta, load_after, store_id, conversation_id, epoch)
        SELECT :now, a.agent_id, :family, a.units,
            l.load_before + sum(a.units) OVER (PARTITION BY a.agent_id ORDER BY a.n),
            :store_id, a.id, a.epoch
        FROM assigned AS a JOIN loaded AS l ON l.agent_id = a.agent_id
        ORDER BY a.n
    )
    SELECT (SELECT count(*) FROM fence) AS fences,
        (SELECT count(*) FROM assigned) AS assigned,
        (SELECT count(*) FROM loaded) AS loaded
    """
)

_RELEASE = text(
    """
    WITH desks AS MATERIALIZED (
        SELECT agent_id FROM agent_loads
        WHERE agent_id IN (
            SELECT agent_id FROM offers
            WHERE store_id = :store_id AND ended_at IS NULL
                AND conversation_id = ANY (cast(:conversations AS uuid[]))
        )
        ORDER BY agent_id
        FOR NO KEY UPDATE
    ),
    ended AS (
        UPDATE offers AS o
        SET ended_at = :now, why = :why
        WHERE o.store_id = :store_id AND o.ended_at IS NULL
            AND o.conversation_id = ANY (cast(:conversations AS uuid[]))
        RETURNING o.conversation_id, o.epoch, o.agent_id, o.family, o.units
    ),
    given_back AS (
        SELECT agent_id, sum(units)::integer AS units,
            coalesce(sum(units) FILTER (WHERE family = 'mail'), 0)::integer AS mail,
            coalesce(sum(units) FILTER (WHERE family = 'messaging'), 0)::integer AS messaging,
            coalesce(sum(units) FILTER (WHERE family = 'chat'), 0)::integer AS chat
        FROM ended GROUP BY agent_id
    ),
    loaded AS (
        UPDATE agent_loads AS l
        SET load = l.load - g.units, mail = l.mail - g.mail,
            messaging = l.messaging - g.messaging, chat = l.chat - g.chat
        FROM given_back AS g JOIN desks ON desks.agent_id = g.agent_id
        WHERE l.agent_id = g.agent_id
        RETURNING l.agent_id, l.load + g.units AS load_before
    ),
    changed AS (
        INSERT INTO load_changes
            (at, agent_id, family, delta, load_after, store_id, conversation_id, epoch)
        SELECT :now, e.agent_id, e.family, -e.units,
            l.load_before - sum(e.units) OVER (PARTITION BY e.agent_id ORDER BY e.conversation_id),
            :store_id, e.conversation_id, e.epoch
        FROM ended AS e JOIN loaded AS l ON l.agent_id = e.agent_id
        ORDER BY e.conversation_id
    )
    SELECT count(*) FROM ended
    """
)


async def claim(
    tx: Transaction,
    store_id: StoreId,
    family: Family,
    claims: Sequence[Claim],
    *,
    lease_epoch: int,
    now: datetime,
) -> None:
    """Give these conversations to these agents, all of them or none.

    Raises `Deposed` when the lease is another's, and `Conflict` when a conversation does not wait
    any more as it was seen, for the same agents, or an agent has no room for his share; the
    transaction must then be rolled back.
    """
    done = await tx.execute(
        _CLAIM,
        {
            "store_id": store_id,
            "family": family,
            "lease_epoch": lease_epoch,
            "now": now,
            "conversations": [each.waiting.conversation_id for each in claims],
            "versions": [each.waiting.version for each in claims],
            "agents": [each.agent_id for each in claims],
            "units": [each.units for each in claims],
            "signatures": [each.waiting.signature for each in claims],
            "explanations": [msgspec.json.encode(each.explanation).decode() for each in claims],
        },
    )
    found = done.one()
    if not found.fences:
        raise Deposed
    if found.assigned != len(claims) or found.loaded != len({each.agent_id for each in claims}):
        raise Conflict


async def release(
    tx: Transaction,
    store_id: StoreId,
    conversations: Sequence[ConversationId],
    *,
    why: str,
    now: datetime,
) -> int:
    """End the live offers of conversations that this transaction has locked; returns how many."""
    done = await tx.execute(
        _RELEASE,
        {"store_id": store_id, "conversations": list(conversations), "why": why, "now": now},
    )
    return int(done.scalar_one())
