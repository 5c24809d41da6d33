"""Orders inside what an API, a queue or a forwarder makes of them, and all that is no order."""

import json
from typing import Any

import pytest

from intake.domain.items import Reading
from intake.domain.orders import OrderNews

TEA: dict[str, Any] = {
    "id": 7,
    "status": "processing",
    "currency": "EUR",
    "total": "4.00",
    "date_created_gmt": "2026-05-04T09:00:00",
    "date_paid_gmt": "2026-05-04T09:01:00",
    "billing": {"first_name": "Aoife", "last_name": "O&#039;Neil", "country": "IE",
                "address_1": "1 Bread &amp; Tea St", "email": "a@x.example"},
    "line_items": [{"id": 1, "name": "Tea &amp; milk &#8211; 2&nbsp;kg", "quantity": 1,
                    "total": "4.00"}],
}  # fmt: skip
CHANGE = {
    "NotificationType": "ORDER_CHANGE",
    "Payload": {"OrderChangeNotification": {"AmazonOrderId": "902-1"}},
}
CHANGE_TEXT = json.dumps({"Records": [{"body": json.dumps(CHANGE)}]})


def ids(reading: Reading) -> list[str]:
    assert not reading.odd
    return [item.external_id for item in reading.items if isinstance(item, OrderNews)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([TEA, {**TEA, "id": 8}], ["7", "8"]),
        ({"orders": [TEA]}, ["7"]),
        ({"create": [TEA], "update": [{**TEA, "id": 8}], "delete": [{**TEA, "id": 9}]}, ["7", "8"]),
    ],
)
def test_all_orders_of_an_answer_of_woocommerce_count(
    vendor: Any, told: Any, expected: list[str]
) -> None:
    assert ids(vendor("woocommerce", "tea.example").read(told)) == expected


@pytest.mark.parametrize(
    "told",
    [
        {"webhook": {"id": 5, "topic": "order.created"}},
        {"order_notes": [{"id": "4", "note": "sent"}]},
        {"order_refund": {"id": 6, "amount": "1.00", "line_items": []}},
        {"message": "Permanently deleted webhook"},
        {"count": 4},
        {"create": [{"id": 5, "name": "a webhook"}]},
        [{"total_sales": "14.00", "total_orders": 3}],
        {"id": "bacs", "title": "Bank transfer"},
    ],
)
def test_all_else_of_woocommerce_is_known_for_no_order(vendor: Any, told: Any) -> None:
    assert vendor("woocommerce", "tea.example").kinds(told) == (0, 1, 0)


def test_half_an_order_of_woocommerce_is_odd(vendor: Any) -> None:
    one = vendor("woocommerce", "tea.example")

    assert one.kinds({name: TEA[name] for name in TEA if name != "currency"}) == (0, 0, 1)
    assert one.kinds({**TEA, "id": None}) == (0, 0, 1)
    assert one.kinds({}) == (0, 0, 1)


def test_woocommerce_writes_as_for_its_pages(vendor: Any) -> None:
    [found] = vendor("woocommerce", "tea.example").read(TEA).items
    order = found.snapshot.order

    assert order.lines[0].title == "Tea & milk – 2 kg"
    assert (order.buyer.name, order.ship_to.lines) == ("Aoife O'Neil", ("1 Bread & Tea St",))


def test_a_time_of_the_shops_own_clock_is_better_than_none(vendor: Any) -> None:
    clock = {"date_created": "2026-05-04T09:00:00", "date_paid": "2026-05-04T09:01:00"}
    told = {**{name: value for name, value in TEA.items() if "_gmt" not in name}, **clock}
    [found] = vendor("woocommerce", "tea.example").read(told).items

    assert found.snapshot.order.placed_at.isoformat() == "2026-05-04T09:00:00+00:00"
    assert found.snapshot.paid_at.isoformat() == "2026-05-04T09:01:00+00:00"


@pytest.mark.parametrize(
    "wrapped",
    [
        [CHANGE, CHANGE],
        {"Messages": [{"Body": json.dumps(CHANGE)}, {"Body": json.dumps(CHANGE)}]},
        {"Records": [{"Sns": {"Message": json.dumps(CHANGE)}}, {"body": json.dumps(CHANGE)}]},
        {"Records": [{"body": json.dumps({"Message": json.dumps(CHANGE)})}, {"body": CHANGE_TEXT}]},
    ],
)
def test_a_queue_may_hand_over_several_notifications_of_amazon(vendor: Any, wrapped: Any) -> None:
    assert ids(vendor("amazon-sp-api", "A1").read(wrapped)) == ["902-1", "902-1"]


def test_a_queue_may_hand_over_one(vendor: Any) -> None:
    told = {"MessageId": "m", "Body": json.dumps(CHANGE)}

    assert ids(vendor("amazon-sp-api", "A1").read(told)) == ["902-1"]
    assert vendor("amazon-sp-api", "A1").kinds({"Body": "no JSON"}) == (0, 0, 1)


@pytest.mark.parametrize(
    ("topic", "expected"), [("orders/create", ["5"]), ("customers/create", []), (None, ["5"])]
)
def test_eventbridge_hands_over_what_shopify_would(
    vendor: Any, topic: str | None, expected: list[str]
) -> None:
    order = {"id": 5, "financial_status": "paid", "total_price": "1.00", "currency": "EUR"}
    metadata = {"X-Shopify-Topic": topic} if topic else {}
    told = {"detail-type": "shopifyWebhook", "detail": {"payload": order, "metadata": metadata}}

    assert ids(vendor("shopify", "a.myshopify.com").read(told)) == expected


@pytest.mark.parametrize("link", ["formatted_tracking_link", "ast_tracking_link"])
@pytest.mark.parametrize("as_text", [True, False])
def test_a_parcel_of_woocommerce_counts_however_its_extension_writes_it(
    vendor: Any, as_text: bool, link: str
) -> None:
    parcel = {"tracking_id": "t", "tracking_provider": "dpd", "tracking_number": "01",
              link: "https://dpd.example/01"}  # fmt: skip
    value = json.dumps([parcel]) if as_text else [parcel]
    told = {**TEA, "meta_data": [{"key": "_wc_shipment_tracking_items", "value": value}]}
    [found] = vendor("woocommerce", "tea.example").read(told).items

    [kept] = found.fulfilments
    assert (kept.fulfilment.number, kept.fulfilment.carrier) == ("01", "dpd")
    assert kept.fulfilment.tracking_url == "https://dpd.example/01"


def test_a_subscription_is_no_order(vendor: Any) -> None:
    told = {**TEA, "status": "active", "billing_period": "month"}

    assert vendor("woocommerce", "tea.example").kinds(told) == (0, 1, 0)


@pytest.mark.parametrize(
    ("status", "is_cancelled"), [("wc-cancelled", True), ("cancelled", True), ("wc-x", False)]
)
def test_a_status_counts_as_wordpress_keeps_it_too(
    vendor: Any, status: str, is_cancelled: bool
) -> None:
    [found] = vendor("woocommerce", "tea.example").read({**TEA, "status": status}).items

    assert (found.snapshot.cancelled_at is not None) is is_cancelled


def test_a_title_has_no_tags(vendor: Any) -> None:
    told = {**TEA, "line_items": [{**TEA["line_items"][0], "name": "Tea <span>- L</span> I <3 U"}]}
    [found] = vendor("woocommerce", "tea.example").read(told).items

    assert found.snapshot.order.lines[0].title == "Tea - L I <3 U"


@pytest.mark.parametrize("variant", ["Default", "Par défaut", "Mặc định"])
def test_goods_of_one_kind_at_tiktok_shop_are_called_by_their_name_alone(
    vendor: Any, variant: str
) -> None:
    item = {"id": "i", "product_name": "Matcha", "sku_name": variant, "sale_price": "5",
            "package_id": "p", "package_status": "CANCELLED", "tracking_number": "T1"}  # fmt: skip
    payment = {"currency": "EUR", "total_amount": "5.00"}
    told = {"data": {"orders": [{"id": "7", "payment": payment, "line_items": [item]}]}}
    [found] = vendor("tiktok-shop", "100").read(told).items

    assert [line.title for line in found.snapshot.order.lines] == ["Matcha"]
    assert [each.is_cancelled for each in found.fulfilments] == [True]


@pytest.mark.parametrize("content", ['{"text": "hola"}', '{"content": "hola"}', "hola"])
def test_words_of_a_buyer_at_tiktok_shop_count_in_either_place(vendor: Any, content: str) -> None:
    data = {"message_id": "m", "type": "TEXT", "content": content,
            "sender": {"role": "BUYER", "im_user_id": "b"}}  # fmt: skip

    assert vendor("tiktok-shop", "100").message({"type": 14, "data": data}).event.text == "hola"
