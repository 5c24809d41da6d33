"""An order as returns keeps it: what of it a return hangs on, and no name or address."""

from datetime import datetime

from msgspec import Struct

from returns.domain.goods import Line, Parcel
from shared.contracts.base import ContactId, OrderId, StoreId
from shared.contracts.intake import Order


class OrderCopy(Struct, frozen=True, kw_only=True):
    """Our copy of one version of an order. Amounts are minor units.

    `total` and `captured` (what the buyer paid) are in `currency`, the one he was shown,
    `shop_total` in the shop's; `country` and `region` are where the goods go, None where the order
    does not say.
    """

    store_id: StoreId
    order_id: OrderId
    version: int
    channel: str
    account_id: str
    external_id: str
    number: str
    placed_at: datetime
    contact_id: ContactId | None
    language: str | None
    country: str | None
    region: str | None
    currency: str
    shop_currency: str
    total: int
    shop_total: int
    captured: int
    lines: tuple[Line, ...]
    parcels: tuple[Parcel, ...]
    is_cancelled: bool


def copy_of(order: Order, *, store_id: StoreId, version: int, is_paid: bool = False) -> OrderCopy:
    """What we keep of an order as an event tells it.

    Of an order that is paid in full all was captured, even where the shop names no payments:
    Shopify's webhooks mostly leave them out.
    """
    named = sum(
        payment.amount.amount
        for payment in order.payments
        if payment.amount.currency == order.total.currency
    )
    return OrderCopy(
        store_id=store_id,
        order_id=order.order_id,
        version=version,
        channel=order.channel,
        account_id=order.account_id,
        external_id=order.external_id,
        number=order.number,
        placed_at=order.placed_at,
        contact_id=order.buyer.contact_id,
        language=order.language,
        country=order.ship_to.country if order.ship_to else None,
        region=order.ship_to.region if order.ship_to else None,
        currency=order.total.currency,
        shop_currency=order.shop_total.currency,
        total=order.total.amount,
        shop_total=order.shop_total.amount,
        captured=max(named, order.total.amount) if is_paid else named,
        lines=tuple(
            Line(
                line_id=line.line_id,
                quantity=line.quantity,
                price=line.price.amount,
                is_custom_made=line.is_custom_made,
            )
            for line in order.lines
        ),
        parcels=tuple(
            Parcel(number=fulfilment.number, line_ids=fulfilment.line_ids)
            for fulfilment in order.fulfilments
        ),
        is_cancelled=order.is_cancelled,
    )


class Asked(Struct, frozen=True, kw_only=True):
    """Pieces of one line that a request names."""

    line_id: str
    quantity: int


def left(lines: tuple[Line, ...], taken: dict[str, int]) -> dict[str, int]:
    """How many pieces of each line no case has asked for.

    >>> ring = Line(line_id="1", quantity=2, price=1)
    >>> left((ring,), {"1": 1})
    {'1': 1}
    """
    return {line.line_id: max(0, line.quantity - taken.get(line.line_id, 0)) for line in lines}


def too_many(asked: tuple[Asked, ...], left_of: dict[str, int]) -> str | None:
    """The first line that does not hold what is asked of it, or None.

    A line named twice counts with both.
    """
    wanted: dict[str, int] = {}
    for pieces in asked:
        wanted[pieces.line_id] = wanted.get(pieces.line_id, 0) + pieces.quantity
        if wanted[pieces.line_id] > left_of.get(pieces.line_id, 0):
            return pieces.line_id
    return None
