"""Conversations: found under a lock, changed in Python, saved whole."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from routing.domain.conversation import Conversation, State
from routing.store import rows
from shared.contracts.base import AgentId, CaseId, ConversationId, ShipmentId, StoreId, ThreadId
from shared.db import Transaction
from shared.errors import Unavailable

_COLUMNS = rows.columns(Conversation)
INSERT = rows.insert_into("conversations", Conversation, "signature")
SAVE = f"""
    UPDATE conversations AS c
    SET {", ".join(f"{name} = r.{name}" for name in (*_COLUMNS, "signature"))}
    FROM unnest(cast(:rows AS text[])) AS each (row)
    CROSS JOIN LATERAL jsonb_populate_record(cast(null AS conversations), cast(row AS jsonb)) AS r
    WHERE c.store_id = r.store_id AND c.id = r.id
    """  # noqa: S608 - names of our own columns
_INSERT = text(INSERT)
_SAVE = text(SAVE)
# One statement, so that all rows are locked in the order of their ids. `OFFSET 0` has each thread
# looked up by its index: the planner, who knows nothing of a young table, would read all of it.
BY_SUBJECT = """
    SELECT cast(to_jsonb(c) AS text)
    FROM conversations AS c
    WHERE (c.store_id, c.id) IN (
        SELECT t.store_id, t.id
        FROM unnest(cast(:thread_stores AS text[]), cast(:threads AS uuid[])) AS w (store_id, id)
        CROSS JOIN LATERAL (
            SELECT o.store_id, o.id FROM conversations AS o
            WHERE o.store_id = w.store_id AND o.thread_id = w.id AND o.state <> 'resolved'
            UNION ALL
            SELECT o.store_id, o.id FROM conversations AS o
            WHERE o.store_id = w.store_id AND o.thread_id = w.id
                AND o.state = 'resolved' AND o.resolved_at > :since
            OFFSET 0
        ) AS t
        UNION
        SELECT s.store_id, s.id
        FROM unnest(cast(:shipment_stores AS text[]), cast(:shipments AS uuid[]))
            AS w (store_id, id)
        JOIN conversations AS s ON s.store_id = w.store_id AND s.shipment_id = w.id
        UNION
        SELECT k.store_id, k.id
        FROM unnest(cast(:case_stores AS text[]), cast(:cases AS uuid[])) AS w (store_id, id)
        JOIN conversations AS k ON k.store_id = w.store_id AND k.case_id = w.id
    )
    ORDER BY c.store_id, c.id
    FOR UPDATE
    """
_BY_SUBJECT = text(BY_SUBJECT)
_PENDING = text(
    """
    SELECT cast(to_jsonb(c) AS text)
    FROM conversations AS c
    JOIN unnest(cast(:stores AS text[]), cast(:orders AS uuid[])) AS w (store_id, order_id)
        ON w.store_id = c.store_id AND w.order_id = c.order_id
    WHERE c.state = 'pending'
    ORDER BY c.store_id, c.id
    FOR UPDATE OF c
    """
)
_ONE_LOCKED = text(
    """
    SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
    WHERE store_id = :store_id AND id = :id
    FOR UPDATE
    """
)
_SEEN = text(
    """
    SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
    WHERE id = :id AND (:sees_all OR store_id = ANY(cast(:stores AS text[])))
    """
)
_OF_AGENT = text(
    """
    SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
    WHERE agent_id = :agent_id AND state IN ('offered', 'assigned', 'parked')
    ORDER BY answer_by NULLS LAST, assigned_at, id
    """
)
_LOCKED_OF_AGENT = text(
    """
    SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
    WHERE agent_id = :agent_id AND state IN ('offered', 'assigned', 'parked')
    ORDER BY store_id, id
    FOR UPDATE
    """
)
_EXPIRED = text(
    """
    SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
    WHERE state = 'offered' AND offer_ends_at <= :now
    ORDER BY store_id, id
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
    """
)
_DUE = {
    column: text(
        f"""
        SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
        WHERE (store_id, id) IN (
            SELECT store_id, id FROM conversations
            WHERE {column} <= :now
            ORDER BY {column}
            LIMIT :limit
        ) AND {column} <= :now
        ORDER BY store_id, id
        FOR UPDATE SKIP LOCKED
        """  # noqa: S608 - names of our own columns
    )
    for column in ("tell_at", "escalate_at")
}
_IN_STATE = text(
    """
    SELECT cast(to_jsonb(c) AS text) FROM conversations AS c
    WHERE state = :state AND (:sees_all OR store_id = ANY(cast(:stores AS text[])))
    ORDER BY coalesce(answer_by, resolved_at, opened_at), id
    LIMIT :limit
    """
)
_IS_OPEN = text(
    """
    SELECT EXISTS (
        SELECT 1 FROM conversations
        WHERE store_id = :store_id AND thread_id = :thread_id AND state <> 'resolved'
    )
    """
)
_LINK = text(
    """
    WITH wanted AS (
        SELECT w.store_id, k.contact_id, array_agg(DISTINCT w.order_id) AS orders
        FROM unnest(
            cast(:stores AS text[]), cast(:orders AS uuid[]), cast(:contacts AS uuid[]),
            cast(:mails AS text[]), cast(:phones AS text[])
        ) AS w (store_id, order_id, contact_id, mail, phone)
        CROSS JOIN LATERAL (
            SELECT w.contact_id
            UNION SELECT c.contact_id FROM contacts AS c
            WHERE c.store_id = w.store_id AND c.mail = w.mail
            UNION SELECT c.contact_id FROM contacts AS c
            WHERE c.store_id = w.store_id AND c.phone = w.phone
        ) AS k (contact_id)
        WHERE k.contact_id IS NOT NULL
        GROUP BY w.store_id, k.contact_id
    ),
    found AS MATERIALIZED (
        SELECT c.store_id, c.id, w.orders
        FROM wanted AS w
        JOIN conversations AS c ON c.store_id = w.store_id AND c.contact_id = w.contact_id
        WHERE c.state <> 'resolved' AND NOT w.orders <@ c.order_ids
        ORDER BY c.store_id, c.id
        FOR NO KEY UPDATE OF c
    )
    UPDATE conversations AS c
    SET order_ids = c.order_ids || ARRAY(
        SELECT new FROM unnest(f.orders) AS new WHERE NOT new = ANY (c.order_ids)
    )
    FROM found AS f
    WHERE c.store_id = f.store_id AND c.id = f.id
    """
)


async def find(
    tx: Transaction,
    *,
    threads: Iterable[tuple[StoreId, ThreadId]] = (),
    shipments: Iterable[tuple[StoreId, ShipmentId]] = (),
    cases: Iterable[tuple[StoreId, CaseId]] = (),
    resolved_since: datetime,
) -> list[Conversation]:
    """Lock and return the conversations of these threads, parcels and cases.

    Of a thread those that are open or were resolved after `resolved_since`.
    """
    found = subjects(threads, shipments, cases, resolved_since)
    return await rows.read(tx, Conversation, _BY_SUBJECT, **found)


def subjects(
    threads: Iterable[tuple[StoreId, ThreadId]],
    shipments: Iterable[tuple[StoreId, ShipmentId]],
    cases: Iterable[tuple[StoreId, CaseId]],
    resolved_since: datetime,
) -> dict[str, Any]:
    """The values of `BY_SUBJECT`."""
    found: dict[str, Any] = {"since": resolved_since}
    for name, pairs in (("thread", threads), ("shipment", shipments), ("case", cases)):
        wanted = list(dict.fromkeys(pairs))
        found[f"{name}_stores"] = [store_id for store_id, _ in wanted]
        found[f"{name}s"] = [identity for _, identity in wanted]
    return found


async def pending(tx: Transaction, orders: Sequence[tuple[StoreId, UUID]]) -> list[Conversation]:
    """Lock and return the conversations that wait for one of these orders to be known."""
    return await rows.read(
        tx,
        Conversation,
        _PENDING,
        stores=[store_id for store_id, _ in orders],
        orders=[order_id for _, order_id in orders],
    )


async def locked(
    tx: Transaction, store_id: StoreId, conversation_id: ConversationId
) -> Conversation | None:
    """Lock and return one."""
    found = await rows.read(tx, Conversation, _ONE_LOCKED, store_id=store_id, id=conversation_id)
    return found[0] if found else None


async def seen(
    tx: Transaction, conversation_id: ConversationId, stores: Iterable[str]
) -> Conversation | None:
    """One, if it belongs to one of these stores (`*` is all of them)."""
    among = list(stores)
    found = await rows.read(
        tx, Conversation, _SEEN, id=conversation_id, stores=among, sees_all="*" in among
    )
    return found[0] if found else None


async def of_agent(tx: Transaction, agent_id: AgentId) -> list[Conversation]:
    """What an agent has, the most urgent first."""
    return await rows.read(tx, Conversation, _OF_AGENT, agent_id=agent_id)


async def locked_of_agent(tx: Transaction, agent_id: AgentId) -> list[Conversation]:
    """Lock and return what an agent has, sorted by store and id."""
    return await rows.read(tx, Conversation, _LOCKED_OF_AGENT, agent_id=agent_id)


async def locked_expired(tx: Transaction, now: datetime, limit: int) -> list[Conversation]:
    """Lock and return some whose offer nobody took in time, sorted by store and id."""
    return await rows.read(tx, Conversation, _EXPIRED, now=now, limit=limit)


async def locked_due(
    tx: Transaction, what: Literal["tell_at", "escalate_at"], now: datetime, limit: int
) -> list[Conversation]:
    """Lock and return those whose time has come longest ago, sorted by store and id."""
    return await rows.read(tx, Conversation, _DUE[what], now=now, limit=limit)


async def in_state(
    tx: Transaction, state: State, stores: Iterable[str], limit: int
) -> list[Conversation]:
    """The conversations of these stores (`*` is all of them) that stand so, most urgent first."""
    among = list(stores)
    return await rows.read(
        tx, Conversation, _IN_STATE, state=state, stores=among, sees_all="*" in among, limit=limit
    )


async def is_thread_open(tx: Transaction, of: Conversation) -> bool:
    """Whether the thread of a conversation that is over has an open one again."""
    if of.thread_id is None:
        return False
    values = {"store_id": of.store_id, "thread_id": of.thread_id}
    return bool(await tx.scalar(_IS_OPEN, values))


async def insert(tx: Transaction, conversations: Sequence[Conversation]) -> None:
    """Keep new ones.

    Raises `Unavailable` when another process opened one of them at the same moment: heard again,
    the message joins that one.
    """
    if not conversations:
        return
    kept = await tx.execute(_INSERT, {"rows": packed(conversations)})
    if len(kept.all()) != len(conversations):
        raise Unavailable("the same conversation was opened elsewhere")


async def save(tx: Transaction, conversations: Sequence[Conversation]) -> None:
    """Write down what became of conversations that this transaction has locked."""
    if conversations:
        await tx.execute(_SAVE, {"rows": packed_each(conversations)})


async def link_orders(
    tx: Transaction,
    orders: Sequence[tuple[StoreId, UUID, UUID | None, str | None, str | None]],
) -> None:
    """Add orders (store, order, contact, mail, phone) to their customers' open conversations."""
    stores, ids, contacts, mails, phones = (list(column) for column in zip(*orders, strict=True))
    await tx.execute(
        _LINK,
        {"stores": stores, "orders": ids, "contacts": contacts, "mails": mails, "phones": phones},
    )


def packed(conversations: Sequence[Conversation]) -> str:
    """Conversations as the JSON that `INSERT` reads."""
    return rows.packed(_with_signatures(conversations))


def packed_each(conversations: Sequence[Conversation]) -> list[str]:
    """Conversations as the JSON that `SAVE` reads, one by one.

    The planner takes an array for ten rows and a JSON document for a hundred: for a hundred it
    would read a table of thousands through.
    """
    return [rows.packed(each) for each in _with_signatures(conversations)]


def _with_signatures(conversations: Sequence[Conversation]) -> list[dict[str, Any]]:
    return [{**msgspec.to_builtins(each), "signature": each.signature} for each in conversations]
