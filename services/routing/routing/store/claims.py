"""Giving conversations to agents, and taking them back: the only statements that change a load.

The dispatcher's batch, a pick by hand, a transfer and a take-over are all `claim`. Both are one
statement over a whole batch, conditional on what they found being so still; they hold whoever runs
them, with the lease or without. Every change of a load writes its row of `load_changes` in the
same statement, while the agent's row is locked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

from routing.domain.conversation import State
from routing.domain.waiting import Waiting
from routing.store import decisions
from shared.bus import Said, outbox
from shared.contracts.base import AgentId, By, ConversationId, StoreId
from shared.contracts.routing import Explanation, Family
from shared.db import Transaction
from shared.statements import Statement


@dataclass(frozen=True)
class Claim:
    """A conversation for an agent; `units` are hundredths.

    It is offered until `expires_at`; without one it is his at once. `is_override`: whatever room
    he has. `state` is what the conversation is in: waiting, or another's, whom this very
    transaction has released.
    """

    waiting: Waiting
    agent_id: AgentId
    units: int
    explanation: Explanation
    expires_at: datetime | None = None
    is_override: bool = False
    state: State = State.QUEUED


class Conflict(Exception):
    """The world has changed since the decision; roll back, look again, decide again."""


class Deposed(Exception):
    """Another process holds the pool's lease."""


# What is said of a conversation gets its place in the outbox while the row is locked.
_SAY = outbox.INSERT.replace("ORDER BY", "WHERE (SELECT count(*) FROM locked) > 0 ORDER BY")
# `coalesce` keeps the planner from walking the index of all that waits to find a few by their ids;
# the store comes out of `claims` because the planner would read all of a store that it takes for
# small, as it does each in a young table.
# The rows are locked, all and in order, before the first is changed: `locked` and `manned` are
# counted first. Joined instead, they would be gone through once for each row.
# A message that joins what waits may change who can take it and leave the version: hence the
# signature.
_CLAIM = Statement(
    f"""
    WITH fence AS MATERIALIZED (
        SELECT 1 FROM leases
        WHERE store_id = :store_id AND family = :family AND epoch = :lease_epoch
        FOR SHARE
    ),
    claims AS MATERIALIZED (
        SELECT cast(:store_id AS text) AS store_id, c.*
        FROM unnest(
            cast(:conversations AS uuid[]), cast(:versions AS integer[]), cast(:agents AS text[]),
            cast(:units AS integer[]), cast(:explanations AS text[]),
            cast(:signatures AS text[]), cast(:states AS text[]),
            cast(:expiries AS timestamptz[]), cast(:overrides AS boolean[])
        ) WITH ORDINALITY AS c
            (conversation_id, version, agent_id, units, explanation, signature, state, expires_at,
            is_override, n)
        WHERE cast(:lease_epoch AS bigint) IS NULL OR EXISTS (SELECT 1 FROM fence)
    ),
    locked AS MATERIALIZED (
        SELECT 1
        FROM claims AS k
        JOIN conversations AS c ON c.store_id = k.store_id AND c.id = k.conversation_id
        ORDER BY c.id
        FOR NO KEY UPDATE OF c
    ),
    taken AS (
        UPDATE conversations AS c
        SET state = CASE WHEN k.expires_at IS NULL THEN 'assigned' ELSE 'offered' END,
            agent_id = k.agent_id, units = k.units, assigned_at = cast(:now AS timestamptz),
            offer_ends_at = k.expires_at, epoch = c.epoch + 1, version = c.version + 1
        FROM claims AS k
        WHERE (SELECT count(*) FROM locked) > 0
            AND c.store_id = k.store_id AND c.id = k.conversation_id
            AND c.version = k.version AND c.signature = k.signature
            AND coalesce(c.state) = k.state
        RETURNING c.id, c.epoch, c.state, k.agent_id, k.units, k.explanation, k.expires_at,
            k.is_override, k.n
    ),
    wanted AS MATERIALIZED (
        SELECT agent_id, sum(units)::integer AS units, bool_and(is_override) AS is_override
        FROM claims GROUP BY agent_id
    ),
    manned AS MATERIALIZED (
        SELECT 1 FROM agent_loads
        WHERE agent_id = ANY (cast(:agents AS text[])) AND EXISTS (SELECT 1 FROM wanted)
        ORDER BY agent_id
        FOR NO KEY UPDATE
    ),
    loaded AS (
        UPDATE agent_loads AS l
        SET load = l.load + w.units,
            mail = l.mail + CASE WHEN :family = 'mail' THEN w.units ELSE 0 END,
            messaging = l.messaging + CASE WHEN :family = 'messaging' THEN w.units ELSE 0 END,
            chat = l.chat + CASE WHEN :family = 'chat' THEN w.units ELSE 0 END
        FROM wanted AS w
        WHERE (SELECT count(*) FROM manned) > 0
            AND l.agent_id = w.agent_id
            AND (w.is_override OR (
                l.load + w.units <= l.capacity
                AND CASE :family
                    WHEN 'mail' THEN l.mail + w.units <= l.mail_capacity
                    WHEN 'messaging' THEN l.messaging + w.units <= l.messaging_capacity
                    ELSE l.chat + w.units <= l.chat_capacity
                END
            ))
        RETURNING l.agent_id, l.load - w.units AS load_before, l.capacity
    ),
    offered AS (
        INSERT INTO offers (store_id, conversation_id, epoch, agent_id, family, units, offered_at,
            accepted_at, expires_at, explanation)
        SELECT :store_id, id, epoch, agent_id, :family, units, cast(:now AS timestamptz),
            CASE WHEN expires_at IS NULL THEN cast(:now AS timestamptz) END, expires_at,
            cast(explanation AS json)
        FROM taken
    ),
    noted AS (
        INSERT INTO history (store_id, conversation_id, at, what, by_kind, by_id, details)
        SELECT :store_id, id, cast(:now AS timestamptz), state, :by_kind, :by_id,
            jsonb_build_object('agent_id', agent_id, 'epoch', epoch)
                || CASE WHEN is_override THEN '{{"is_override": true}}' ELSE '{{}}' END::jsonb
        FROM taken ORDER BY n
    ),
    changed AS (
        INSERT INTO load_changes
            (at, agent_id, family, delta, load_after, store_id, conversation_id, epoch, capacity,
            is_override)
        SELECT cast(:now AS timestamptz), a.agent_id, :family, a.units,
            l.load_before + sum(a.units) OVER (PARTITION BY a.agent_id ORDER BY a.n),
            :store_id, a.id, a.epoch, l.capacity, a.is_override
        FROM taken AS a JOIN loaded AS l ON l.agent_id = a.agent_id
        ORDER BY a.n
    ),
    logged AS ({decisions.INSERT}),
    said AS ({_SAY})
    SELECT (SELECT count(*) FROM fence) AS fences,
        (SELECT count(*) FROM taken) AS taken,
        (SELECT count(*) FROM loaded) AS loaded
    """  # noqa: S608 - our own statements
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
        RETURNING l.agent_id, l.load + g.units AS load_before, l.capacity
    ),
    changed AS (
        INSERT INTO load_changes
            (at, agent_id, family, delta, load_after, store_id, conversation_id, epoch, capacity)
        SELECT :now, e.agent_id, e.family, -e.units,
            l.load_before - sum(e.units) OVER (PARTITION BY e.agent_id ORDER BY e.conversation_id),
            :store_id, e.conversation_id, e.epoch, l.capacity
        FROM ended AS e JOIN loaded AS l ON l.agent_id = e.agent_id
        ORDER BY e.conversation_id
    )
    SELECT count(*) FROM ended
    """
)

_DESKS = text(
    """
    SELECT 1 FROM agent_loads WHERE agent_id = ANY (cast(:agents AS text[]))
    ORDER BY agent_id
    FOR NO KEY UPDATE
    """
)

_ACCEPT = text(
    """
    UPDATE offers SET accepted_at = :now
    WHERE store_id = :store_id AND conversation_id = :id AND epoch = :epoch
        AND ended_at IS NULL AND accepted_at IS NULL
    RETURNING cast(explanation AS text)
    """
)


async def claim(  # noqa: PLR0913 - what a claim hangs on
    tx: Transaction,
    store_id: StoreId,
    family: Family,
    claims: Sequence[Claim],
    *,
    lease_epoch: int | None,
    now: datetime,
    by: By | None = None,
    said: Sequence[Said] = (),
    entry: decisions.Entry | None = None,
) -> None:
    """Give these conversations to these agents, all of them or none.

    In the same statement the batch that decided it is logged, and it is `said`; many are said right
    after it.
    Without a `lease_epoch` no lease is asked for: that is for what people do by hand, `by` whom.
    Raises `Deposed` when the lease is another's, and `Conflict` when a conversation does not wait
    any more as it was seen, for the same agents, or an agent has no room for his share; the
    transaction must then be rolled back.
    """
    [found] = await outbox.put_with(
        tx,
        said,
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
            "states": [each.state for each in claims],
            "expiries": [each.expires_at for each in claims],
            "overrides": [each.is_override for each in claims],
            "by_kind": by.kind.value if by else None,
            "by_id": by.id if by else None,
            "digest": entry.digest if entry else None,
            "record": entry.record if entry else None,
            "explanations": [msgspec.json.encode(each.explanation).decode() for each in claims],
        },
    )
    if lease_epoch is not None and not found.fences:
        raise Deposed
    if found.taken != len(claims) or found.loaded != len({each.agent_id for each in claims}):
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


async def lock_desks(tx: Transaction, agents: Collection[AgentId]) -> None:
    """Lock the loads of several agents, in order, for who releases here and claims there."""
    await tx.execute(_DESKS, {"agents": sorted(agents)})


async def accept(
    tx: Transaction,
    store_id: StoreId,
    conversation_id: ConversationId,
    *,
    epoch: int,
    now: datetime,
) -> Explanation:
    """Note that an offer was taken up, and return why it was made.

    The conversation must be locked by this transaction and be offered in this epoch.
    """
    values = {"store_id": store_id, "id": conversation_id, "epoch": epoch, "now": now}
    found: str = (await tx.execute(_ACCEPT, values)).scalar_one()
    return msgspec.json.decode(found, type=Explanation)
