"""Whom an order's notices go to, and which parcels have moved on."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from notify.domain.facts import Recipient
from notify.store.columns import packed
from shared.contracts.base import ContactId, OrderId, ShipmentId, StoreId
from shared.db import Transaction

OrderKey = tuple[StoreId, OrderId]
"""Store and order: what an order's row is found by."""


class Order(NamedTuple):
    """An order as its newest event tells it."""

    store_id: StoreId
    order_id: OrderId
    contact_id: ContactId | None
    recipient: Recipient

    @property
    def key(self) -> OrderKey:
        """Store and order."""
        return self.store_id, self.order_id


_PUT = text(
    """
    INSERT INTO orders AS o (store_id, order_id, version, contact_id, recipient)
    SELECT store_id, order_id, version, contact_id, cast(recipient AS jsonb)
    FROM unnest(
        cast(:stores AS text[]), cast(:orders AS uuid[]), cast(:versions AS integer[]),
        cast(:contacts AS uuid[]), cast(:recipients AS text[])
    ) AS new (store_id, order_id, version, contact_id, recipient)
    ORDER BY store_id, order_id
    ON CONFLICT (store_id, order_id) DO UPDATE
    SET version = excluded.version, contact_id = excluded.contact_id,
        recipient = excluded.recipient, heard_at = now()
    WHERE o.version < excluded.version
    """
)

_STUB = text(
    """
    INSERT INTO orders (store_id, order_id)
    SELECT store_id, order_id
    FROM unnest(cast(:stores AS text[]), cast(:orders AS uuid[])) AS new (store_id, order_id)
    ORDER BY store_id, order_id
    ON CONFLICT DO NOTHING
    """
)

_LOCK = text(
    """
    SELECT store_id, order_id, version FROM orders
    WHERE (store_id, order_id) IN (
        SELECT * FROM unnest(cast(:stores AS text[]), cast(:orders AS uuid[]))
    )
    ORDER BY store_id, order_id
    FOR UPDATE
    """
)


async def put(tx: Transaction, orders: Sequence[Order]) -> None:
    """Keep the newest of each order and lock its row; an older version changes nothing."""
    await tx.execute(
        _PUT,
        {
            "stores": [order.store_id for order in orders],
            "orders": [order.order_id for order in orders],
            "versions": [order.recipient.version for order in orders],
            "contacts": [order.contact_id for order in orders],
            "recipients": [packed(order.recipient) for order in orders],
        },
    )


async def lock(tx: Transaction, keys: Collection[OrderKey]) -> set[OrderKey]:
    """Lock the rows of these orders, making stubs of those never heard of.

    Returns the orders that are known. Whoever brings an order waits for this transaction, and then
    finds what it left pending.
    """
    pairs = sorted(keys)
    given = {"stores": [pair[0] for pair in pairs], "orders": [pair[1] for pair in pairs]}
    await tx.execute(_STUB, given)
    rows = await tx.execute(_LOCK, given)
    return {
        (StoreId(row.store_id), OrderId(UUID(str(row.order_id)))) for row in rows if row.version
    }


_SETTLE = text(
    """
    INSERT INTO parcels AS p (store_id, shipment_id, settled_version)
    SELECT store_id, shipment_id, version
    FROM unnest(
        cast(:stores AS text[]), cast(:shipments AS uuid[]), cast(:versions AS integer[])
    ) AS new (store_id, shipment_id, version)
    ORDER BY store_id, shipment_id
    ON CONFLICT (store_id, shipment_id) DO UPDATE
    SET settled_version = excluded.settled_version, heard_at = now()
    WHERE p.settled_version < excluded.settled_version
    """
)


async def settle(tx: Transaction, parcels: Sequence[tuple[StoreId, ShipmentId, int]]) -> None:
    """Remember that alarms below this version of a parcel are no news any more."""
    await tx.execute(
        _SETTLE,
        {
            "stores": [store_id for store_id, _, _ in parcels],
            "shipments": [shipment_id for _, shipment_id, _ in parcels],
            "versions": [version for _, _, version in parcels],
        },
    )


async def installed_at(tx: Transaction) -> datetime:
    """When notify came to this installation."""
    found: datetime = await tx.scalar(text("SELECT installed_at FROM installations"))
    return found
