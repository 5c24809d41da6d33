"""Shops and marketplaces: who vouches for their webhooks, and the order that each tells of."""

import base64
import hmac
import json
from typing import Any

import pytest

from intake.domain.items import Inbound, Reading
from intake.domain.orders import Known, OrderEvent, OrderNews, events, learn
from shared.contracts.intake import OrderPlaced, OrderRefunded, OrderShipped

AT_SECONDS = 1_777_895_940

WOO: dict[str, Any] = {
    "id": 723,
    "number": "A-723",
    "status": "processing",
    "currency": "JPY",
    "total": "3300",
    "date_created_gmt": "2026-05-04T09:00:00",
    "date_modified_gmt": "2026-05-04T10:00:00",
    "date_paid_gmt": "2026-05-04T09:01:00",
    "transaction_id": "pi_1",
    "payment_method": "stripe",
    "billing": {
        "first_name": "花子",
        "last_name": "山田",
        "email": "Hanako@x.example",
        "phone": "03-1234-5678",
        "country": "JP",
    },
    "shipping": {
        "country": "JP",
        "city": "千代田区",
        "postcode": "100-0001",
        "address_1": "1-1",
        "state": "JP13",
    },
    "line_items": [
        {"id": 1, "name": "茶", "quantity": 3, "total": "3000", "total_tax": "300", "sku": "T"}
    ],
    "meta_data": [
        {"key": "wpml_language", "value": "ja"},
        {
            "key": "_wc_shipment_tracking_items",
            "value": [
                {
                    "tracking_id": "t1",
                    "tracking_number": "123456789012",
                    "tracking_provider": "japan-post",
                    "date_shipped": str(AT_SECONDS),
                }
            ],
        },
    ],
    "refunds": [{"id": 9, "total": "-1100"}],
}


def order(reading: Reading) -> OrderNews:
    [found] = reading.items
    assert isinstance(found, OrderNews)
    assert not reading.odd
    return found


def said(news: OrderNews, at: Any) -> dict[str, OrderEvent]:
    found, _ = events(learn(Known(), news), store_id=news.store_id, version=0, received_at=at)
    return {type(each).__name__: each for each in found}


def test_an_order_of_woocommerce_is_told_whole(vendor: Any) -> None:
    one = vendor("woocommerce", "tea.example")
    news = order(one.read(WOO))
    told = said(news, one.AT)

    assert set(told) == {"OrderPlaced", "OrderPaid", "OrderShipped", "OrderRefunded"}
    placed, refunded, shipped = (
        told["OrderPlaced"],
        told["OrderRefunded"],
        told["OrderShipped"],
    )
    assert isinstance(placed, OrderPlaced)
    found = placed.order
    assert (found.number, found.external_id, found.language) == ("A-723", "723", "ja")
    assert (found.total.amount, found.total.currency) == (3300, "JPY")
    [line] = found.lines
    assert (line.quantity, line.price.amount, line.sku) == (3, 1100, "T")
    assert (found.buyer.mail, found.buyer.phone) == ("hanako@x.example", "+81312345678")
    assert found.ship_to is not None
    assert (found.ship_to.country, found.ship_to.postal_code) == ("JP", "100-0001")
    assert [pay.payment_id for pay in found.payments] == ["pi_1"]
    assert placed.occurred_at.isoformat() == "2026-05-04T09:00:00+00:00"
    assert isinstance(refunded, OrderRefunded)
    assert (refunded.amount.amount, refunded.external_refund_id) == (1100, "9")
    assert isinstance(shipped, OrderShipped)
    assert (shipped.number, shipped.carrier) == ("123456789012", "japan-post")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"status": "pending", "date_paid_gmt": None, "refunds": []}, {"OrderPlaced"}),
        ({"status": "cancelled", "date_paid_gmt": None}, {"OrderPlaced", "OrderCancelled"}),
        ({"status": "completed", "date_paid_gmt": None}, {"OrderPlaced", "OrderPaid"}),
    ],
)
def test_its_status_decides_what_is_said(
    vendor: Any, changed: dict[str, Any], expected: set[str]
) -> None:
    one = vendor("woocommerce", "tea.example")
    body = {**WOO, "meta_data": [], "refunds": [], **changed}

    assert set(said(order(one.read(body)), one.AT)) == expected
    assert set(said(order(one.read({"order": body})), one.AT)) == expected


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        ({**WOO, "status": "checkout-draft"}, "order.created"),
        ({"id": 723}, "order.deleted"),
        ({"id": 5, "email": "a@x.example"}, "customer.created"),
        ({"id": 5, "date_created": "2026-05-04T09:00:00", "name": "tea"}, ""),
    ],
)
def test_what_is_no_order_is_known(vendor: Any, posted: Any, body: Any, topic: str) -> None:
    one = vendor("woocommerce", "tea.example")
    delivery = posted(json.dumps(body), headers={"x-wc-webhook-topic": topic})
    reading = one.read(body, delivery)

    assert (len(reading.known), reading.items, reading.odd) == (1, (), ())


def test_the_test_of_the_address_by_woocommerce_is_known(vendor: Any, posted: Any) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    reading = vendor("woocommerce", "tea.example").take(posted("webhook_id=14", headers=form))

    assert len(reading.known) == 1


def test_each_shop_signs_its_own_way(vendor: Any, posted: Any) -> None:
    url = "https://hooks.example/hooks"
    ways = {
        "woocommerce": ("x-wc-webhook-signature", "webhook_secret", b"{}", {}),
        "tiktok-shop": ("authorization", "app_secret", b"key{}", {"app_key": "key"}),
        "shopee": ("authorization", "partner_key", f"{url}|{{}}".encode(), {}),
    }
    for channel, (header, field, signed, more) in ways.items():
        one = vendor(channel, **{field: ("new", "old")}, **more)
        for secret, expected in (("new", True), ("old", True), ("other", False)):
            mac = hmac.digest(secret.encode(), signed, "sha256")
            is_woo = channel == "woocommerce"
            given = base64.b64encode(mac).decode() if is_woo else mac.hex()
            assert one.verifies(posted("{}", headers={header: given}, url=url)) is expected
            assert not one.verifies(posted("{ }", headers={header: given}, url=url))
    secret = f"whsec_{base64.b64encode(b'key').decode()}"
    amazon = vendor("amazon-sp-api", secret=secret)
    mac = hmac.digest(b"key", f"m1.{AT_SECONDS}.{{}}".encode(), "sha256")
    signed_ = {
        "webhook-id": "m1",
        "webhook-timestamp": str(AT_SECONDS),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    assert amazon.verifies(posted("{}", headers=signed_))
    assert not amazon.verifies(posted("{}", headers={**signed_, "webhook-id": "m2"}))


def notification(kind: str, payload: Any, small: bool = False) -> dict[str, Any]:
    names = ("notificationType", "payload") if small else ("NotificationType", "Payload")
    return dict(zip(names, (kind, payload), strict=True))


def test_amazon_tells_parts_of_orders(vendor: Any) -> None:
    one = vendor("amazon-sp-api")
    shipment = {
        "AmazonShipmentId": "S1",
        "FulfillmentShipmentPackages": [
            {"PackageNumber": 1, "CarrierCode": "UPS", "TrackingNumber": "1Z1"},
            {"PackageNumber": 2, "CarrierCode": "UPS", "TrackingNumber": "1Z2"},
        ],
    }
    told = {"SellerFulfillmentOrderId": "F1", "FulfillmentShipment": shipment}
    body = notification("FULFILLMENT_ORDER_STATUS", {"FulfillmentOrderStatusNotification": told})
    news = order(one.read(body))

    assert news.external_id == "F1"
    found = [(each.fulfilment.fulfilment_id, each.fulfilment.number) for each in news.fulfilments]
    assert found == [("S1:1", "1Z1"), ("S1:2", "1Z2")]
    changed = {"orderChangeNotification": {"amazonOrderId": "111-2"}}
    small = notification("ORDER_CHANGE", changed, small=True)
    assert order(one.read(small)).external_id == "111-2"
    assert order(one.read({"detail": small})).external_id == "111-2"
    assert one.kinds(notification("ANY_OFFER_CHANGED", {})) == (0, 1, 0)
    assert one.kinds({}) == (0, 0, 1)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda told: {"Type": "Notification", "Message": json.dumps(told)},
        lambda told: {"Records": [{"body": json.dumps(told)}]},
        lambda told: {"detail-type": "x", "detail": told},
    ],
)
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ORDER_STATUS_CHANGE", "OrderStatusChangeNotification"),
        ("MFN_ORDER_STATUS_CHANGE", "MFNOrderStatusChangeNotification"),
    ],
)
def test_amazons_older_notifications_count_in_whatever_a_forwarder_wraps_them(
    vendor: Any, wrapped: Any, kind: str, name: str
) -> None:
    told = notification(kind, {name: {"AmazonOrderId": "902-1"}})

    assert order(vendor("amazon-sp-api", "A1").read(wrapped(told))).external_id == "902-1"


def test_a_package_of_tiktok_shop_names_its_orders(vendor: Any) -> None:
    package = {"package_id": "p1", "order_id_list": ["5", "6"]}
    reading = vendor("tiktok-shop", "100").read({"type": 4, "data": {"package_list": [package]}})

    found = [item for item in reading.items if isinstance(item, OrderNews)]
    assert [(one.external_id, len(one.fulfilments)) for one in found] == [("5", 1), ("6", 1)]


@pytest.mark.parametrize(
    ("quantity", "expected"), [("2", (2, "茶")), (3.0, (3, "茶")), (1.5, (1, "1.5 × 茶"))]
)
def test_a_line_is_kept_however_its_quantity_is_written(
    vendor: Any, quantity: Any, expected: tuple[int, str]
) -> None:
    line = {"id": 1, "name": "茶", "quantity": quantity, "total": "3000"}
    found = order(vendor("woocommerce", "x").read([{**WOO, "line_items": [line]}]))

    assert found.snapshot is not None
    [kept] = found.snapshot.order.lines
    assert (kept.quantity, kept.title) == expected


def test_tiktok_shop_tells_of_orders_and_messages(vendor: Any) -> None:
    one = vendor("tiktok-shop", "7")
    data = {"order_id": "576461413038785752", "order_status": "UNPAID", "update_time": 1}
    assert (
        order(one.read({"type": 1, "shop_id": "7", "data": data})).external_id == data["order_id"]
    )
    message = {
        "message_id": "m1",
        "conversation_id": "c1",
        "type": "TEXT",
        "content": '{"content":"hola"}',
        "create_time": AT_SECONDS,
        "sender": {"role": "BUYER", "im_user_id": "b1", "nickname": "Ana"},
    }
    body = {"type": 14, "shop_id": "7", "data": message}
    event = one.message(body).event

    assert (event.text, event.sender_name, event.external_id) == ("hola", "Ana", "m1")
    assert (event.reply_route.peer, event.account_id) == ("c1", "7")
    assert one.message({**body, "shop_id": "8"}).event.account_id == "8"
    image = {**message, "type": "IMAGE", "content": "{}"}
    assert one.message({"type": 14, "data": image}).event.text == "[image]"
    ours = {**message, "sender": {"role": "CUSTOMER_SERVICE"}}
    assert one.kinds({"type": 14, "data": ours}) == (0, 1, 0)
    assert one.kinds({"type": 5, "data": {"product_id": "1"}}) == (0, 1, 0)


def test_shopee_tells_of_orders_parcels_and_messages(vendor: Any) -> None:
    one = vendor("shopee", "7")
    data = {"ordersn": "220810", "tracking_no": "SP1", "package_number": "P1"}
    news = order(one.read({"code": 4, "shop_id": 7, "data": data}))
    assert [each.fulfilment.number for each in news.fulfilments] == ["SP1"]
    assert order(one.read({"code": 3, "data": {"ordersn": "220810"}})).order_id == news.order_id
    told = {
        "message_id": "m1",
        "from_id": 5,
        "from_user_name": "ana",
        "conversation_id": "99",
        "message_type": "text",
        "content": {"text": "hola"},
        "created_timestamp": AT_SECONDS,
        "source_content": {"order_sn": "220810"},
    }
    body = {"code": 10, "shop_id": 7, "data": {"type": "message", "content": told}}
    found: Inbound = one.message(body)

    assert (found.event.text, found.event.reply_route.peer) == ("hola", "99")
    assert found.event.about is not None
    assert found.event.about.id == str(news.order_id)
    own = {**told, "from_shop_id": 7}
    assert one.kinds({"code": 10, "data": {"type": "message", "content": own}}) == (0, 1, 0)
    assert one.kinds({"code": 1, "data": {}}) == (0, 1, 0)


def test_an_order_of_anything_else_comes_signed_as_our_own_format(vendor: Any) -> None:
    one = vendor("generic", secret="whsec_a2V5")
    data = {
        "id": "1",
        "number": "N-1",
        "currency": "EUR",
        "total": "20.50",
        "language": "pt-BR",
        "placed_at": "2026-05-04T09:00:00Z",
        "paid_at": "2026-05-04T09:01:00Z",
        "buyer": {"name": "Ana", "mail": "ana@x.example", "phone": "+34600111222"},
        "ship_to": {"country": "es", "lines": ["Gran Vía 1"], "postal_code": "28013"},
        "lines": [{"id": "a", "title": "taza", "quantity": 2, "price": "10.25"}, {"id": "b"}],
        "fulfilments": [{"id": "f", "number": "TRK", "carrier": "Correos", "line_ids": ["a"]}],
        "refunds": [{"id": "r", "amount": "10.25", "at": "2026-05-04T10:00:00Z"}],
    }
    news = order(one.read({"type": "order.changed", "data": data}))

    assert set(said(news, one.AT)) == {"OrderPlaced", "OrderPaid", "OrderShipped", "OrderRefunded"}
    assert news.snapshot is not None
    [line] = news.snapshot.order.lines
    assert (line.price.amount, news.snapshot.order.total.amount) == (1025, 2050)
    assert one.kinds({"type": "order.changed", "data": {"id": "1"}}) == (0, 0, 1)


def test_shopify_without_a_topic_goes_by_shape(vendor: Any) -> None:
    one = vendor("shopify", "aurora.myshopify.com")
    body = {"id": 1, "financial_status": "paid", "total_price": "1.00", "currency": "EUR"}

    assert order(one.read(body)).external_id == "1"
    assert order(one.read({"order": body})).external_id == "1"
    assert [each.external_id for each in one.read({"orders": [body, {**body, "id": 2}]}).items] == [
        "1",
        "2",
    ]
    assert one.kinds({"inventory_level": {"available": 1}}) == (0, 1, 0)
    assert one.kinds({}) == (0, 0, 1)
