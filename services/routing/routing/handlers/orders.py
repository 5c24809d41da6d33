"""An order changed: keep what routing decides by, and let go what waited for it."""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from routing.domain.customer import OrderFacts
from routing.domain.places import zone_at
from routing.handlers.rules import Rules, pool
from routing.handlers.subjects import completed
from routing.store import conversations, customers
from shared import clock, db
from shared.bus import Heard, Said, batch
from shared.contracts.base import Address, StoreId
from shared.contracts.intake import (
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.db import Transaction

AnyOrder: TypeAlias = OrderPlaced | OrderPaid | OrderShipped | OrderCancelled | OrderRefunded


@batch
async def on_order(
    heard: Sequence[Heard[AnyOrder]], tx: Transaction, *, rules: Rules
) -> Sequence[Said]:
    """Keep the newest of each order; open what only waited for it; link it to its buyer."""
    now = clock.now()
    facts = [_facts(each.message) for each in heard]
    causes = {key(each): one for each, one in zip(facts, heard, strict=True)}
    await customers.keep_orders(tx, facts)
    waiting = await conversations.pending(tx, list(causes))
    by_key = {key(each): each for each in facts}
    said: list[Said] = []
    changed = []
    for pending in waiting:
        if pending.order_id is None:
            continue
        where = pending.store_id, pending.order_id
        after, events = completed(pending, by_key[where], now, rules)
        said += [Said(event, causes[where].id, pending.flow_id) for event in events]
        changed.append(after)
        db.wake(tx, pool(after.store_id, after.family))
    await conversations.save(tx, changed)
    await conversations.link_orders(
        tx, [(o.store_id, o.order_id, o.contact_id, o.mail, o.phone) for o in facts]
    )
    return said


def key(facts: OrderFacts) -> tuple[StoreId, UUID]:
    """What an order is known by."""
    return facts.store_id, facts.order_id


def _facts(message: AnyOrder) -> OrderFacts:
    order, address = message.order, message.order.ship_to
    return OrderFacts(
        store_id=message.store_id,
        order_id=message.order_id,
        is_known=True,
        version=message.version,
        number=order.number,
        contact_id=order.buyer.contact_id,
        mail=order.buyer.mail.lower() if order.buyer.mail else None,
        phone=order.buyer.phone or (address.phone if address else None),
        language=order.language,
        country=address.country if address else None,
        region=address.region if address else None,
        time_zone=_zone(address) if address else None,
        placed_at=order.placed_at,
        shop_total=order.shop_total.amount,
        shop_currency=order.shop_total.currency,
    )


def _zone(address: Address) -> str | None:
    return zone_at(address.country, address.region, address.city, address.postal_code)
