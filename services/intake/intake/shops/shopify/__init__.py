"""Shopify: orders, fulfilments and refunds as its webhooks tell them.

Sources: shopify.dev, "Webhooks: verify deliveries" (X-Shopify-Hmac-Sha256, X-Shopify-Webhook-Id)
and the Admin REST reference of Order, Fulfillment and Refund, whose objects the webhooks carry.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from intake.domain.items import Came, Known, Odd, Reading
from intake.domain.orders import OrderNews
from intake.domain.shapes import Object, obj, objects
from intake.domain.texts import line
from intake.shops.shopify.order import buyer, order_id, snapshot
from intake.shops.shopify.parts import fulfilment, refund
from shared.stores import ShopifyAccount
from shared.webhooks import Delivery, is_signed


def verify(delivery: Delivery, account: ShopifyAccount) -> bool:
    """Whether the app's secret signed the raw body."""
    return is_signed(
        delivery, account.webhook_secret, header="x-shopify-hmac-sha256", written="base64"
    )


def delivery_id(delivery: Delivery) -> str | None:
    """The id that stays the same when Shopify delivers again."""
    return line(delivery.headers.get("x-shopify-webhook-id"), 100)


def read(came: Came[Delivery, ShopifyAccount]) -> Reading:
    """The order, or the part of one, that the delivery tells of."""
    topic, payload = _told(came)
    if topic in _SAYS_NOTHING:
        return Reading.of([Known("a topic that says nothing by itself")])
    bodies = list(_bodies(topic, payload))
    if payload and not bodies:
        return Reading.of([Known("a list of something that is no order")])
    return Reading.of(_entry(topic, body, came) for body in bodies)


def _told(came: Came[Delivery, ShopifyAccount]) -> tuple[str, object]:
    """Topic and object: of the request, or inside what EventBridge makes of them."""
    detail = obj(obj(came.payload).get("detail"))
    headers, payload = came.delivery.headers, came.payload
    if isinstance(detail.get("payload"), dict):
        told = obj(detail.get("metadata")).items()
        headers = {name.lower(): value for name, value in told if isinstance(value, str)}
        payload = detail["payload"]
    return headers.get("x-shopify-topic", "").strip().lower(), payload


def _entry(
    topic: str, body: Object, came: Came[Delivery, ShopifyAccount]
) -> OrderNews | Known | Odd:
    reader = _READERS.get(_resource(topic, body))
    if reader is not None:
        return reader(body, came.account, came.at) or Odd("an object of another shape")
    if topic:
        return Known("a topic of no concern")
    is_known = (
        not _SHOPS_OWN.isdisjoint(body)
        or any(isinstance(value, dict | list) and value for value in body.values())
        or (len(body) == 1 and "id" not in body)
    )
    return Known("something of the shop that is no order") if is_known else Odd("no topic")


_SHOPS_OWN = {"admin_graphql_api_id", "count", "created_at", "updated_at", "product_id", "shop_id"}
_WRAPPED = {"order", "orders", "fulfillment", "fulfillments", "refund", "refunds"}


def _bodies(topic: str, payload: object) -> Iterator[Object]:
    """The object, or without a topic all that a list or an answer of the Admin API has of them."""
    if topic or not isinstance(payload, dict | list):
        yield obj(payload)
        return
    if isinstance(payload, dict) and len(payload) == 1 and not _WRAPPED.isdisjoint(payload):
        payload = next(iter(payload.values()))
    yield from objects(payload if isinstance(payload, list) else [payload])


# They carry no order; what an edit changes follows as orders/updated.
_SAYS_NOTHING = {"orders/delete", "orders/edited", "orders/risk_assessment_changed"}


def _resource(topic: str, body: Object) -> str:
    """What the topic is about; by the object's shape where there is no topic."""
    if topic:
        return topic.partition("/")[0]
    if "order_id" not in body:
        return "orders" if "financial_status" in body else ""
    if not {"refund_line_items", "refund_shipping_lines"}.isdisjoint(body):
        return "refunds"
    return "" if {"tracking_numbers", "tracking_number"}.isdisjoint(body) else "fulfillments"


def _order(body: Object, account: ShopifyAccount, received_at: datetime) -> OrderNews | None:
    news = _about(body.get("id"), account)
    contact = buyer(body, account)
    told = snapshot(body, account, contact, received_at)
    if news is None or told is None:
        return None
    parcels = (fulfilment(each, received_at) for each in objects(body.get("fulfillments")))
    refunds = (refund(each, received_at) for each in objects(body.get("refunds")))
    return replace(
        news,
        contact=contact,
        snapshot=told,
        fulfilments=tuple(each for each in parcels if each),
        refunds=tuple(each for each in refunds if each),
    )


def _fulfilment(body: Object, account: ShopifyAccount, received_at: datetime) -> OrderNews | None:
    news, told = _about(body.get("order_id"), account), fulfilment(body, received_at)
    return replace(news, fulfilments=(told,)) if news and told else None


def _refund(body: Object, account: ShopifyAccount, received_at: datetime) -> OrderNews | None:
    news, told = _about(body.get("order_id"), account), refund(body, received_at)
    return replace(news, refunds=(told,)) if news and told else None


def _about(external_id: object, account: ShopifyAccount) -> OrderNews | None:
    """News, still empty, of the order with this id."""
    if (known_as := line(external_id, 100)) is None:
        return None
    return OrderNews(
        store_id=account.store_id,
        order_id=order_id(account, known_as),
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=known_as,
    )


_READERS: Mapping[str, Callable[[Object, ShopifyAccount, datetime], OrderNews | None]] = {
    "orders": _order,
    "fulfillments": _fulfilment,
    "refunds": _refund,
}
