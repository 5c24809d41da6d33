"""Orders: whom to tell, and what the shop itself did."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

from notify.domain.facts import Recipient
from notify.domain.notices import notice_of
from notify.handlers.telling import Caused, tell
from notify.store import notifications, orders
from notify.store.orders import Order
from shared import clock
from shared.bus import Heard, Said, batch
from shared.contracts.intake import (
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.db import Transaction

OrderEvent: TypeAlias = OrderPlaced | OrderPaid | OrderShipped | OrderCancelled | OrderRefunded


@batch
async def on_order(
    heard: Sequence[Heard[OrderEvent]], tx: Transaction, *, late_after: timedelta
) -> Sequence[Said]:
    """Keep what notices need of the order, queue what waited for it, tell what happened."""
    now = clock.now()
    found = [_order(each.message) for each in heard]
    await orders.put(tx, found)
    known = {order.key for order in found}
    await notifications.release(tx, known, now=now)
    caused = [
        Caused(each, notice) for each in heard if (notice := notice_of(each.message)) is not None
    ]
    return await tell(tx, caused, known=known, late_after=late_after)


def _order(event: OrderEvent) -> Order:
    order = event.order
    return Order(
        store_id=event.store_id,
        order_id=event.order_id,
        contact_id=order.buyer.contact_id,
        recipient=Recipient(
            version=event.version,
            number=order.number,
            placed_at=order.placed_at,
            language=order.language,
            country=order.ship_to.country if order.ship_to else None,
            region=order.ship_to.region if order.ship_to else None,
            name=order.buyer.name,
            mail=order.buyer.mail,
            lines=order.lines,
            total=order.total,
        ),
    )
