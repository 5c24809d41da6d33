"""Orders of anything else, by our own signed webhook: `order.changed` with the whole order.

The format is ours and public: docs/generic-webhook.md. Sums are decimal text in the order's
currency, times ISO 8601 with an offset.
"""

from collections.abc import Iterator

from intake.domain.items import Came, Odd, Reading
from intake.domain.money import money
from intake.domain.orders import FulfilmentNews, OrderNews, RefundNews
from intake.domain.phones import e164
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import line
from intake.domain.times import from_iso, not_later
from intake.shops.telling import Person, Whole, address, news, order_line, parcel
from shared.contracts.base import Address, Money
from shared.contracts.intake import OrderLine, Payment
from shared.stores.accounts.messaging import GenericAccount
from shared.webhooks import Delivery

KIND = "order.changed"


def read(came: Came[Delivery, GenericAccount]) -> Reading:
    """The one order of a delivery."""
    data = obj(obj(came.payload).get("data"))
    return Reading.of([_order(data, came) or Odd("an order without id or total")])


def _order(data: Object, came: Came[Delivery, GenericAccount]) -> OrderNews | None:
    currency = text(data.get("currency"))
    total = money(data.get("total"), currency)
    if total is None:
        return None
    buyer = obj(data.get("buyer"))
    whole = Whole(
        number=data.get("number"),
        total=total,
        lines=tuple(_lines(data, total.currency)),
        buyer=Person(
            name=buyer.get("name"),
            mail=buyer.get("mail"),
            phone=e164(buyer.get("phone")),
            user=buyer.get("id"),
            locale=data.get("language"),
        ),
        ship_to=_address(obj(data.get("ship_to"))),
        placed_at=from_iso(data.get("placed_at")),
        updated_at=from_iso(data.get("updated_at")),
        paid_at=from_iso(data.get("paid_at")),
        cancelled_at=from_iso(data.get("cancelled_at")),
        cancel_reason=data.get("cancel_reason"),
        payments=tuple(_payments(data, total.currency)),
    )
    return news(
        data.get("id"),
        came.account,
        came.at,
        whole=whole,
        parcels=_parcels(data, came),
        refunds=_refunds(data, total.currency, came),
    )


def _lines(data: Object, currency: str) -> Iterator[OrderLine]:
    for told in objects(data.get("lines")):
        price, quantity = money(told.get("price"), currency), told.get("quantity")
        if price is None or not isinstance(quantity, int):
            continue
        found = order_line(
            told.get("id"),
            told.get("title"),
            quantity,
            Money(amount=price.amount * quantity, currency=price.currency),
            sku=told.get("sku"),
            is_custom_made=told.get("is_custom_made") is True,
        )
        if found:
            yield found


def _address(told: Object) -> Address | None:
    lines = told.get("lines")
    return address(
        told.get("country"),
        name=told.get("name"),
        lines=lines if isinstance(lines, list) else (),
        city=told.get("city"),
        region=told.get("region"),
        postal_code=told.get("postal_code"),
        phone=told.get("phone"),
    )


def _payments(data: Object, currency: str) -> Iterator[Payment]:
    for told in objects(data.get("payments")):
        payment_id, amount = line(told.get("id"), 100), money(told.get("amount"), currency)
        if payment_id and amount:
            gateway = line(told.get("gateway"), 100)
            yield Payment(payment_id=payment_id, amount=amount, shop_amount=amount, gateway=gateway)


def _parcels(data: Object, came: Came[Delivery, GenericAccount]) -> Iterator[FulfilmentNews | None]:
    for told in objects(data.get("fulfilments")):
        ids = told.get("line_ids")
        yield parcel(
            told.get("id"),
            came.at,
            number=told.get("number"),
            carrier=told.get("carrier"),
            url=told.get("tracking_url"),
            shipped_at=from_iso(told.get("shipped_at")),
            line_ids=ids if isinstance(ids, list) else (),
            is_cancelled=told.get("is_cancelled") is True,
        )


def _refunds(
    data: Object, currency: str, came: Came[Delivery, GenericAccount]
) -> Iterator[RefundNews]:
    for told in objects(data.get("refunds")):
        refund_id, amount = line(told.get("id"), 100), money(told.get("amount"), currency)
        if refund_id and amount:
            yield RefundNews(
                external_refund_id=refund_id,
                refunded_at=not_later(from_iso(told.get("at")), came.at),
                amounts=(amount,),
            )
