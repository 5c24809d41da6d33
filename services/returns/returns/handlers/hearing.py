"""Facts of other services, kept until somebody asks to give something back."""

from collections.abc import Sequence

from returns.domain.orders import copy_of
from returns.store import orders
from shared.bus import Heard, Said, batch
from shared.contracts.intake import OrderCancelled, OrderPaid, OrderPlaced, OrderShipped
from shared.contracts.logistics_watch import Purpose, ShipmentDelivered
from shared.db import Transaction


@batch
async def on_orders(
    heard: Sequence[Heard[OrderPlaced | OrderPaid | OrderShipped | OrderCancelled]],
    tx: Transaction,
) -> Sequence[Said]:
    """Keep the newest version of each order; nothing is said."""
    messages = [one.message for one in heard]
    copies = [
        copy_of(
            message.order,
            store_id=message.store_id,
            version=message.version,
            is_paid=isinstance(message, OrderPaid),
        )
        for message in messages
    ]
    await orders.keep(tx, copies)
    return []


@batch
async def on_shipments_delivered(
    heard: Sequence[Heard[ShipmentDelivered]], tx: Transaction
) -> Sequence[Said]:
    """Keep when the buyer got his parcels; the order itself may be heard of later."""
    ours = [
        one.message
        for one in heard
        if one.message.purpose is Purpose.OUTBOUND and one.message.order_id is not None
    ]
    if ours:
        await orders.keep_deliveries(tx, ours)
    return []
