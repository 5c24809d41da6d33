"""Orders as copies, what the shop gave back on them, and which parcels arrived."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import text

from returns.domain.goods import tracking_number
from returns.domain.orders import OrderCopy
from shared.contracts.base import OrderId, RefundId, StoreId
from shared.contracts.logistics_watch import ShipmentDelivered
from shared.db import Transaction

_FIELDS = OrderCopy.__struct_fields__
_TYPES = {
    "order_id": "uuid",
    "contact_id": "uuid",
    "version": "integer",
    "placed_at": "timestamptz",
    "total": "bigint",
    "shop_total": "bigint",
    "captured": "bigint",
    "lines": "jsonb",
    "parcels": "jsonb",
    "is_cancelled": "boolean",
}
_KEEP = text(
    f"""
    INSERT INTO orders ({", ".join(_FIELDS)})
    SELECT * FROM unnest(
        {", ".join(f"cast(:{name} AS {_TYPES.get(name, 'text')}[])" for name in _FIELDS)}
    ) AS told ({", ".join(_FIELDS)})
    ORDER BY store_id, order_id
    ON CONFLICT (store_id, order_id) DO UPDATE
    SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _FIELDS[2:] if name != "captured")},
        captured = greatest(orders.captured, EXCLUDED.captured)
    WHERE orders.version < EXCLUDED.version
    """  # noqa: S608 - names of our own fields
)
_CAPTURED = text(
    """
    UPDATE orders SET captured = told.captured
    FROM unnest(
        cast(:store_id AS text[]), cast(:order_id AS uuid[]), cast(:captured AS bigint[])
    ) AS told (store_id, order_id, captured)
    WHERE orders.store_id = told.store_id AND orders.order_id = told.order_id
        AND orders.captured < told.captured
    """
)


async def keep(tx: Transaction, copies: Sequence[OrderCopy]) -> None:
    """Keep these orders, each once, where they are newer than what we have.

    Rows are taken in the order of their ids, so that two batches cannot wait for each other. What
    was captured counts from an older version too: refunds are kept apart, so it never gets less.
    """
    columns = {name: [_column(copy, name) for copy in copies] for name in _FIELDS}
    await tx.execute(_KEEP, columns)
    captured = {name: columns[name] for name in ("store_id", "order_id", "captured")}
    await tx.execute(_CAPTURED, captured)


def _column(copy: OrderCopy, name: str) -> Any:
    value = getattr(copy, name)
    return msgspec.json.encode(value).decode() if name in ("lines", "parcels") else value


_SELECT = f"SELECT {', '.join(_FIELDS)} FROM orders"  # noqa: S608 - names of our own fields
_LOCKED = text(f"{_SELECT} WHERE store_id = :store_id AND order_id = :order_id FOR UPDATE")
_NUMBERED = text(
    """
    SELECT order_id FROM orders
    WHERE store_id = :store_id AND number IN (:number, '#' || :number)
    """
)


async def locked(tx: Transaction, store_id: StoreId, order_id: OrderId) -> OrderCopy | None:
    """An order, locked: nobody else opens cases on it, refunds it or pays until this commits."""
    found = await tx.execute(_LOCKED, {"store_id": store_id, "order_id": order_id})
    row = found.mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), OrderCopy)


async def locked_known(tx: Transaction, store_id: StoreId, order_id: OrderId) -> OrderCopy:
    """The same for an order that has a case or an event, so that we must know it."""
    order = await locked(tx, store_id, order_id)
    if order is None:
        raise LookupError(f"order {order_id} is gone")
    return order


async def numbered(tx: Transaction, store_id: StoreId, number: str) -> list[OrderId]:
    """The orders that a buyer knows by a number, with or without the shop's `#`."""
    found = await tx.execute(_NUMBERED, {"store_id": store_id, "number": number.removeprefix("#")})
    return [OrderId(row) for row in found.scalars()]


class ShopRefund(Struct, frozen=True, kw_only=True):
    """A refund as the shop made it; `amount` as presented to the buyer, minor units.

    `refund_id` is ours, or None when the shop refunded by itself.
    """

    external_refund_id: str
    amount: int
    refund_id: RefundId | None
    noted_at: datetime


_NOTE_REFUND = text(
    """
    INSERT INTO order_refunds
        (store_id, order_id, external_refund_id, amount, refund_id, noted_at)
    VALUES (:store_id, :order_id, :external_refund_id, :amount, :refund_id, :noted_at)
    ON CONFLICT (store_id, order_id, external_refund_id) DO UPDATE
    SET refund_id = coalesce(order_refunds.refund_id, EXCLUDED.refund_id)
    """
)


async def note_refund(
    tx: Transaction, store_id: StoreId, order_id: OrderId, made: ShopRefund
) -> None:
    """Note that the shop gave money back, once for each of its refunds."""
    values = {name: getattr(made, name) for name in made.__struct_fields__}
    await tx.execute(_NOTE_REFUND, {"store_id": store_id, "order_id": order_id, **values})


_COMMITTED = text(
    """
    SELECT
        (SELECT coalesce(sum(amount), 0) FROM order_refunds
         WHERE store_id = :store_id AND order_id = :order_id AND refund_id IS NULL)
        + (SELECT coalesce(sum(amount), 0) FROM refunds
           WHERE store_id = :store_id AND order_id = :order_id)
    """
)


async def committed(tx: Transaction, store_id: StoreId, order_id: OrderId) -> int:
    """What of the order's money is given back or promised: by the shop itself, and by our refunds
    in whatever state, so that nothing is given twice."""
    found = await tx.scalar(_COMMITTED, {"store_id": store_id, "order_id": order_id})
    return int(found or 0)


_DELIVERED = text(
    """
    INSERT INTO deliveries (store_id, shipment_id, order_id, number, delivered_at, version)
    SELECT * FROM unnest(
        cast(:store_id AS text[]), cast(:shipment_id AS uuid[]), cast(:order_id AS uuid[]),
        cast(:number AS text[]), cast(:delivered_at AS timestamptz[]), cast(:version AS integer[])
    ) AS told (store_id, shipment_id, order_id, number, delivered_at, version)
    ORDER BY store_id, shipment_id
    ON CONFLICT (store_id, shipment_id) DO UPDATE
    SET delivered_at = EXCLUDED.delivered_at, version = EXCLUDED.version
    WHERE deliveries.version < EXCLUDED.version
    """
)


async def keep_deliveries(tx: Transaction, messages: Sequence[ShipmentDelivered]) -> None:
    """Keep when parcels arrived, each once; their orders may not be known yet."""
    await tx.execute(
        _DELIVERED,
        {
            "store_id": [message.store_id for message in messages],
            "shipment_id": [message.shipment_id for message in messages],
            "order_id": [message.order_id for message in messages],
            "number": [tracking_number(message.number) for message in messages],
            "delivered_at": [message.occurred_at for message in messages],
            "version": [message.version for message in messages],
        },
    )


_DELIVERIES = text(
    """
    SELECT number, max(delivered_at) AS delivered_at FROM deliveries
    WHERE store_id = :store_id AND order_id = :order_id GROUP BY number
    """
)


async def deliveries(
    tx: Transaction, store_id: StoreId, order_id: OrderId
) -> Mapping[str, datetime]:
    """When each parcel of an order arrived, by tracking number."""
    found = await tx.execute(_DELIVERIES, {"store_id": store_id, "order_id": order_id})
    return {row.number: row.delivered_at for row in found}
