"""What matters here of an order: whether it was cancelled, even before a parcel of it is known."""

from sqlalchemy import text

from shared.contracts.base import OrderId, StoreId
from shared.db import Transaction

_STUB = text(
    """
    INSERT INTO orders (store_id, order_id) VALUES (:store_id, :order_id) ON CONFLICT DO NOTHING
    """
)
_LOCK = text(
    """
    SELECT cancelled_version FROM orders WHERE store_id = :store_id AND order_id = :order_id
    FOR NO KEY UPDATE
    """
)
_CANCEL = text(
    """
    UPDATE orders SET cancelled_version = greatest(cancelled_version, :version)
    WHERE store_id = :store_id AND order_id = :order_id
    """
)


async def lock(tx: Transaction, store_id: StoreId, order_id: OrderId) -> int | None:
    """Lock the order, making its row; return the version of its cancellation, if any."""
    key = {"store_id": store_id, "order_id": order_id}
    await tx.execute(_STUB, key)
    cancelled: int | None = await tx.scalar(_LOCK, key)
    return cancelled


async def cancel(tx: Transaction, store_id: StoreId, order_id: OrderId, version: int) -> None:
    """Note that this version of the order is cancelled. The row must be locked."""
    await tx.execute(_CANCEL, {"store_id": store_id, "order_id": order_id, "version": version})
