"""Amazon's Selling Partner API: notifications, which come to a queue and are passed on to us.

Amazon calls no webhook: it writes to SQS or EventBridge, and a forwarder of yours posts each
notification as it is, signed as Standard Webhooks has it (standardwebhooks.com).

What the Orders API tells of an order we asked for comes here too, from our own worker.

Sources: developer-docs.amazon.com/sp-api, "Notification type values"; the schemas of ORDER_CHANGE,
FULFILLMENT_ORDER_STATUS, FBA_OUTBOUND_SHIPMENT_STATUS, and the older ORDER_STATUS_CHANGE and
MFN_ORDER_STATUS_CHANGE; TRANSACTION_UPDATE. None of them tells what was bought for how much: such
an order is asked for. Names begin with capitals or, in newer types, do not.
"""

from collections.abc import Iterator
from datetime import datetime

from intake.domain.items import Came, Known, Odd, Reading
from intake.domain.orders import FulfilmentNews, OrderNews
from intake.domain.shapes import Object, json_of, obj, objects, text
from intake.domain.texts import line
from intake.domain.times import from_iso
from intake.shops.amazon.order import whole_order
from intake.shops.telling import news, parcel, with_the_rest
from shared.stores.accounts.shops import AmazonAccount
from shared.webhooks import Delivery, is_standard, standard_time


def verify(delivery: Delivery, account: AmazonAccount) -> bool:
    """Whether the forwarder's secret signed id, time and body."""
    return is_standard(delivery, account.secret)


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed with the body."""
    return standard_time(delivery)


def delivery_id(delivery: Delivery) -> str | None:
    """The forwarder's id of the delivery."""
    return line(delivery.headers.get("webhook-id"), 300)


def read(came: Came[Delivery, AmazonAccount]) -> Reading:
    """One notification, as SQS has it, or inside what EventBridge, SNS or Lambda make of it."""
    body = obj(came.payload)
    if isinstance(body.get("order"), dict) and "orderId" in body["order"]:
        found = whole_order(body["order"], body.get("refunds"), came.account, came.at)
        return Reading.of([found or Known("an order whose payment is not authorised yet")])
    return Reading.all(_notification(one, came) for one in _wrapped(came.payload))


def _wrapped(payload: object) -> Iterator[Object]:
    """The notifications in what queues and forwarders make of them, one in another."""
    body = obj(payload)
    for name in ("Records", "Messages"):
        payload = body[name] if isinstance(body.get(name), list) else payload
    if isinstance(payload, list):
        for one in objects(payload):
            yield from _wrapped(one)
        return
    body = obj(body.get("Sns")) or body
    written = next((body[name] for name in _TEXTS if isinstance(body.get(name), str)), None)
    if written is None:
        yield body
    else:
        yield from _wrapped(json_of(written))


_TEXTS = ("body", "Body", "Message")
"""Where Lambda, SQS and SNS have a notification, as text."""


def _notification(told: Object, came: Came[Delivery, AmazonAccount]) -> Reading:
    body = _small(told)
    body = _small(obj(body.get("detail"))) or body
    kind, payload = text(body.get("notificationtype")) or "", _small(obj(body.get("payload")))
    if not kind:
        return Reading.of([Odd("a notification without type")])
    if kind in _CHANGES:
        return Reading.of([_order(_inner(payload, _CHANGES[kind]), came)])
    if kind == "FULFILLMENT_ORDER_STATUS":
        return Reading.of([_shipment(payload, came)])
    if kind == "FBA_OUTBOUND_SHIPMENT_STATUS":
        return Reading.of([_outbound(payload, came)])
    if kind == "TRANSACTION_UPDATE":
        return Reading.of([_transaction(_inner(payload, "TransactionUpdateNotification"), came)])
    return Reading.of([Known("a notification of no concern")])


_CHANGES = {
    "ORDER_CHANGE": "OrderChangeNotification",
    "ORDER_STATUS_CHANGE": "OrderStatusChangeNotification",
    "MFN_ORDER_STATUS_CHANGE": "MFNOrderStatusChangeNotification",
}


def _small(told: Object) -> Object:
    """The object by names without capitals."""
    return {name.lower(): value for name, value in told.items()}


def _inner(payload: Object, name: str) -> Object:
    return _small(obj(payload.get(name.lower())))


def _order(told: Object, came: Came[Delivery, AmazonAccount]) -> OrderNews | Odd:
    return _named(told.get("amazonorderid"), came) or Odd("a change of no order")


def _named(order_id: object, came: Came[Delivery, AmazonAccount]) -> OrderNews | None:
    """The order that a notification names, to be asked for where the seller lets us."""
    return with_the_rest(news(order_id, came.account, came.at), came.account)


def _transaction(told: Object, came: Came[Delivery, AmazonAccount]) -> OrderNews | Known:
    """Of a refund it tells what it cost the seller; what the buyer got is asked for."""
    named = (
        one.get("relatedidentifiervalue")
        for one in map(_small, objects(told.get("relatedidentifiers")))
        if (text(one.get("relatedidentifiername")) or "").lower() in ("orderid", "order_id")
    )
    is_refund = (text(told.get("transactiontype")) or "").lower() == "refund"
    found = _named(next(named, None), came) if is_refund else None
    return found or Known("a movement of the seller's money")


def _shipment(payload: Object, came: Came[Delivery, AmazonAccount]) -> OrderNews | Odd:
    told = _inner(payload, "FulfillmentOrderStatusNotification")
    found = news(
        told.get("sellerfulfillmentorderid"),
        came.account,
        came.at,
        parcels=_parcels(_inner(told, "FulfillmentShipment"), came.at),
    )
    return found or Odd("a shipment of no order")


_GONE = ("CANCELLED_BY_FULFILLER", "CANCELLED_BY_SELLER", "Cancelled", "Canceled", "CANCELLED")


def _parcels(shipment: Object, at: datetime) -> Iterator[FulfilmentNews | None]:
    shipment_id = line(shipment.get("amazonshipmentid"), 80)
    is_cancelled = text(shipment.get("fulfillmentshipmentstatus")) in _GONE
    packages = [_small(one) for one in objects(shipment.get("fulfillmentshippackages"))]
    packages += [_small(one) for one in objects(shipment.get("fulfillmentshipmentpackages"))]
    for package in packages:
        yield parcel(
            f"{shipment_id}:{text(package.get('packagenumber'))}",
            at,
            number=package.get("trackingnumber"),
            carrier=package.get("carriercode"),
            is_cancelled=is_cancelled,
        )


def _outbound(payload: Object, came: Came[Delivery, AmazonAccount]) -> OrderNews | Odd:
    told = _inner(payload, "FBAOutboundShipmentStatusNotification")
    shipped = parcel(
        told.get("amazonshipmentid"),
        came.at,
        shipped_at=from_iso(told.get("shipmentstatusdate")),
        is_cancelled=text(told.get("shipmentstatus")) in _GONE,
    )
    found = news(told.get("amazonorderid"), came.account, came.at, parcels=(shipped,))
    return with_the_rest(found, came.account) or Odd("a shipment of no order")
