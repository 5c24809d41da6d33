"""Contacts and the facts of orders."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from routing.domain.customer import OrderFacts
from routing.store import rows
from shared.contracts.base import AgentId, ContactId, OrderId, StoreId
from shared.db import Transaction

_HAD = text(
    """
    UPDATE contacts SET last_agent_id = :agent_id
    WHERE store_id = :store_id AND contact_id = :contact_id
    """
)
_HEARD_OF = text(
    """
    INSERT INTO order_facts (store_id, order_id, is_known, version)
    VALUES (:store_id, :order_id, false, 0)
    ON CONFLICT DO NOTHING
    """
)
_LOCKED_ORDER = text(
    """
    SELECT cast(to_jsonb(o) AS text) FROM order_facts AS o
    WHERE store_id = :store_id AND order_id = :order_id FOR UPDATE
    """
)
_KEEP_ORDERS = text(
    f"""
    INSERT INTO order_facts AS o ({", ".join(rows.columns(OrderFacts))})
    SELECT {", ".join(rows.columns(OrderFacts))}
    FROM jsonb_populate_recordset(cast(null AS order_facts), cast(:rows AS jsonb))
    ORDER BY store_id, order_id
    ON CONFLICT (store_id, order_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in rows.columns(OrderFacts)[2:])}
    WHERE excluded.version > o.version OR NOT o.is_known
    """  # noqa: S608 - names of our own columns
)


async def note_agent(
    tx: Transaction, store_id: StoreId, contact_id: ContactId, agent_id: AgentId
) -> None:
    """Remember who had this customer last."""
    await tx.execute(_HAD, {"store_id": store_id, "contact_id": contact_id, "agent_id": agent_id})


async def order(tx: Transaction, store_id: StoreId, order_id: OrderId) -> OrderFacts:
    """Lock and return what is known of an order; one never heard of gets a stub."""
    await tx.execute(_HEARD_OF, {"store_id": store_id, "order_id": order_id})
    found = await rows.read(tx, OrderFacts, _LOCKED_ORDER, store_id=store_id, order_id=order_id)
    return found[0]


async def keep_orders(tx: Transaction, facts: Sequence[OrderFacts]) -> None:
    """Keep the facts of orders, locking each; an older version changes nothing."""
    await tx.execute(_KEEP_ORDERS, {"rows": rows.packed(facts)})


def key(facts: OrderFacts) -> tuple[StoreId, UUID]:
    """What an order is known by."""
    return facts.store_id, facts.order_id
