"""WooCommerce: orders as its webhooks tell them, with their refunds and parcels.

Sources: woocommerce.github.io/woocommerce-rest-api-docs, "Orders", "Webhooks" (delivery headers;
`X-WC-Webhook-Signature`: base64 of HMAC-SHA256 over the raw body); the legacy API's order inside
`order`; WooCommerce Shipment Tracking's `_wc_shipment_tracking_items`.
"""

import html
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from intake.domain.items import Came, Known, Odd, Reading
from intake.domain.money import money
from intake.domain.orders import FulfilmentNews, OrderNews, RefundNews
from intake.domain.phones import e164
from intake.domain.shapes import Object, json_of, obj, objects, text
from intake.domain.texts import line
from intake.domain.times import from_iso, from_seconds
from intake.shops.telling import (
    Person,
    Whole,
    address,
    country,
    full_name,
    news,
    order_line,
    parcel,
)
from shared.contracts.base import Address, Money
from shared.contracts.intake import OrderLine, Payment
from shared.stores.accounts.shops import WooCommerceAccount
from shared.webhooks import Delivery, Form, is_signed


def verify(delivery: Delivery, account: WooCommerceAccount) -> bool:
    """Whether the webhook's secret signed the raw body."""
    return is_signed(
        delivery, account.webhook_secret, header="x-wc-webhook-signature", written="base64"
    )


def read(came: Came[Delivery, WooCommerceAccount]) -> Reading:
    """The order that a delivery tells of; other resources say nothing."""
    if isinstance(came.payload, Form):
        return Reading.of([Known("a test of the address")])
    topic = came.delivery.headers.get("x-wc-webhook-topic", "").strip().lower()
    if topic or not came.payload:
        return Reading.of([_entry(topic, obj(came.payload), came)])
    return Reading.of(_entry("", body, came) for body in _bodies(came.payload))


def _bodies(payload: object) -> Iterator[Object]:
    """Without a topic: the one object, or all that a list or an answer of the API has of them."""
    body = obj(payload)
    if body and set(body) <= {"create", "update", "delete"}:  # what it answers to several at once
        payload = [each for name in ("create", "update") for each in objects(body.get(name))]
    elif isinstance(body.get("orders"), list):
        payload = body["orders"]
    yield from objects(payload if isinstance(payload, list) else [payload])


def _entry(
    topic: str, body: Object, came: Came[Delivery, WooCommerceAccount]
) -> OrderNews | Known | Odd:
    order = obj(body.get("order")) or body
    if topic == "order.deleted":
        return Known("an order was deleted; nothing else is told")
    if topic and not topic.startswith("order."):
        return Known("a topic of no concern")
    if not topic and "billing_period" in order:
        return Known("a subscription; each order of it comes by itself")
    if "line_items" in order and "currency" in order:
        return _order(order, came) or _unfinished(order)
    is_known = not topic and body and not set(order) >= _LIKE_AN_ORDER
    why = "something of the shop that is no order"
    return Known(why) if is_known else Odd("an object of another shape")


_LIKE_AN_ORDER = {"line_items", "total"}
"""Refunds have the first, reports the second."""


_UNFINISHED = ("checkout-draft", "auto-draft", "draft")


def _unfinished(order: Object) -> Known | Odd:
    if order.get("status") in _UNFINISHED:
        return Known("an order that is not placed yet")
    return Odd("an order without id or total")


def _order(order: Object, came: Came[Delivery, WooCommerceAccount]) -> OrderNews | None:
    currency = text(order.get("currency"))
    total = money(order.get("total"), currency)
    if total is None or order.get("status") in _UNFINISHED:
        return None
    billing = obj(order.get("billing")) or obj(order.get("billing_address"))
    shipping = obj(order.get("shipping")) or obj(order.get("shipping_address"))
    updated_at = _at(order, "date_modified", "updated_at") or came.at
    status = (text(order.get("status")) or "").removeprefix("wc-")
    paid_at = _paid_at(order, status, updated_at)
    whole = Whole(
        number=order.get("number") or order.get("order_number"),
        total=total,
        lines=tuple(_lines(order, total.currency)),
        buyer=Person(
            name=_name(billing) or _name(shipping),
            mail=billing.get("email"),
            phone=e164(billing.get("phone"), country(billing.get("country"))),
            locale=_meta(order, "wpml_language", "_locale", "locale", "trp_language"),
        ),
        ship_to=_address(shipping, billing) or _address(billing, billing),
        placed_at=_at(order, "date_created", "created_at"),
        updated_at=updated_at,
        paid_at=paid_at,
        cancelled_at=updated_at if status in ("cancelled", "trash") else None,
        payments=tuple(_payments(order, total)) if paid_at else (),
    )
    return news(
        order.get("id"),
        came.account,
        came.at,
        whole=whole,
        parcels=_parcels(order, came.at),
        refunds=_refunds(order, total.currency, updated_at),
    )


def _at(told: Object, *names: str) -> datetime | None:
    """A time: `…_gmt` is UTC and does not say so.

    The API's first version has the shop's own clock alone, and no zone: it is taken for UTC, from
    which it is hours away at most.
    """
    for name in names:
        for value in (told.get(f"{name}_gmt"), told.get(name)):
            if found := from_iso(value) or from_iso(f"{value}+00:00"):
                return found
    return None


def _paid_at(order: Object, status: str | None, updated_at: datetime) -> datetime | None:
    """When it was paid. One that is completed was, even where no time is told."""
    is_paid = obj(order.get("payment_details")).get("paid") is True
    found = _at(order, "date_paid", "completed_at" if is_paid else "date_paid")
    if found is None and (is_paid or status == "completed"):
        return _at(order, "date_completed") or updated_at
    return found


def _lines(order: Object, currency: str) -> Iterator[OrderLine]:
    for told in objects(order.get("line_items")):
        quantity, title = _pieces(told)
        found = order_line(
            told.get("id"),
            title,
            quantity,
            _sum(told.get("total"), told.get("total_tax"), currency),
            sku=told.get("sku"),
        )
        if found:
            yield found


def _pieces(told: Object) -> tuple[object, object]:
    """How many pieces, and what they are; of a part (1.5 m, by an extension) one that says so."""
    quantity, name = told.get("quantity"), _unescaped(told.get("name"))
    if isinstance(quantity, int):
        return quantity, name
    try:
        exact = Decimal(str(quantity))
        is_whole = exact == exact.to_integral_value()
    except ArithmeticError:
        return None, name
    if is_whole and abs(exact) < _MOST_PIECES:
        return int(exact), name
    return 1, f"{line(quantity, 20)} × {line(name, 250)}"


_MOST_PIECES = 10**6


def _sum(amount: object, tax: object, currency: str) -> Money | None:
    """What the buyer paid for a line, with its tax."""
    try:
        return money(str(Decimal(str(amount)) + Decimal(str(tax or 0))), currency)
    except ArithmeticError:
        return money(amount, currency)


def _address(told: Object, billing: Object) -> Address | None:
    return address(
        told.get("country"),
        name=_name(told) or _name(billing),
        lines=[_unescaped(told.get(name)) for name in ("company", "address_1", "address_2")],
        city=_unescaped(told.get("city")),
        region=told.get("state"),
        postal_code=told.get("postcode"),
        phone=told.get("phone") or billing.get("phone"),
    )


_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")


def _unescaped(value: object) -> str | None:
    """Text as people read it: WordPress hands it out as it stands in its pages."""
    return html.unescape(_TAG.sub(" ", value)) if isinstance(value, str) else text(value)


def _name(person: Object) -> str | None:
    return _unescaped(full_name(person))


def _meta(order: Object, *keys: str) -> object:
    """The first of these in the order's metadata."""
    found = {text(one.get("key")): one.get("value") for one in objects(order.get("meta_data"))}
    return next((found[key] for key in keys if found.get(key)), None)


def _payments(order: Object, total: Money) -> Iterator[Payment]:
    payment = obj(order.get("payment_details"))
    payment_id = line(order.get("transaction_id"), 100)
    if payment_id:
        gateway = line(order.get("payment_method"), 100) or line(payment.get("method_id"), 100)
        yield Payment(payment_id=payment_id, amount=total, shop_amount=total, gateway=gateway)


def _refunds(order: Object, currency: str, at: datetime) -> Iterator[RefundNews]:
    for told in objects(order.get("refunds")):
        refund_id, amount = line(told.get("id"), 100), money(told.get("total"), currency)
        if refund_id and amount:
            given_back = Money(amount=abs(amount.amount), currency=amount.currency)
            yield RefundNews(external_refund_id=refund_id, refunded_at=at, amounts=(given_back,))


_LINKS = (
    *("custom_tracking_link", "tracking_link", "formatted_tracking_link", "ast_tracking_link"),
)


def _parcels(order: Object, received_at: datetime) -> Iterator[FulfilmentNews | None]:
    found = _meta(order, "_wc_shipment_tracking_items")
    for told in objects(json_of(found) if isinstance(found, str) else found):
        number = told.get("tracking_number")
        yield parcel(
            told.get("tracking_id") or number,
            received_at,
            number=number,
            carrier=told.get("tracking_provider") or told.get("custom_tracking_provider"),
            url=next((told[name] for name in _LINKS if told.get(name)), None),
            shipped_at=from_seconds(told.get("date_shipped")),
        )
