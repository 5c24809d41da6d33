"""Shopify: who signs, and what orders, fulfilments and refunds come down to."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from intake.domain.items import Came, Reading
from intake.domain.orders import OrderNews
from intake.shops import shopify
from shared.contracts.base import Money
from shared.stores import ShopifyAccount, Stores
from shared.webhooks import Delivery, hmac_base64

AT = datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.fixture
def account(stores: Stores) -> ShopifyAccount:
    found = stores.account("shopify", "aurora.myshopify.com")
    assert isinstance(found, ShopifyAccount)
    return found


@pytest.fixture
def read(account: ShopifyAccount) -> Callable[..., Reading]:
    def read_(payload: object, topic: str = "orders/updated") -> Reading:
        delivery = Delivery(
            "POST", "http://x", {"x-shopify-topic": topic} if topic else {}, {}, b""
        )
        return shopify.read(Came(delivery=delivery, payload=payload, account=account, at=AT))

    return read_


def only(reading: Reading) -> OrderNews:
    [found] = reading.items
    assert isinstance(found, OrderNews)
    return found


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def test_the_body_is_signed_in_base64(account: ShopifyAccount) -> None:
    mac = hmac_base64(account.webhook_secret[0], b"{}")

    def is_ours(body: bytes, given: str) -> bool:
        headers = {"x-shopify-hmac-sha256": given}
        return shopify.verify(Delivery("POST", "", headers, {}, body), account)

    assert is_ours(b"{}", mac)
    assert not is_ours(b"{ }", mac)
    assert not is_ours(b"{}", "")
    assert not is_ours(b"{}", mac.lower())


def test_an_order_is_read_whole(read: Any, shop: Any) -> None:
    news = only(read(shop.order(financial_status="paid"), "orders/create"))

    assert news.snapshot is not None
    order = news.snapshot.order
    assert (order.number, order.external_id, order.language) == ("#1001", "5001", "es-ES")
    assert order.placed_at == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert (order.total, order.shop_total) == (eur(6000), eur(6000))
    assert (order.buyer.name, order.buyer.mail) == ("Lucía Gil", "lucia.gil@example.org")
    assert order.buyer.phone == "+34600222333"
    assert news.contact is not None
    assert order.buyer.contact_id == news.contact.contact_id
    assert order.ship_to is not None
    assert (order.ship_to.country, order.ship_to.city) == ("ES", "Madrid")
    assert order.ship_to.lines == ("Calle Mayor 1",)
    [line] = order.lines
    assert (line.line_id, line.quantity, line.price, line.sku) == ("71", 2, eur(3000), "LAMP-1")
    assert news.snapshot.paid_at == datetime(2026, 5, 4, 8, tzinfo=UTC)


def test_money_is_read_twice_with_each_currencys_own_digits(read: Any, shop: Any) -> None:
    line = shop.order()["line_items"][0]
    line["price_set"] = shop.bag("4860", "JPY", "30.00")
    told = shop.order(
        presentment_currency="JPY",
        total_price_set=shop.bag("9720", "JPY", "60.00"),
        line_items=[line],
    )

    news = only(read(told))

    assert news.snapshot is not None
    order = news.snapshot.order
    assert order.total == Money(amount=9720, currency="JPY")
    assert order.shop_total == eur(6000)
    assert order.lines[0].price == Money(amount=4860, currency="JPY")
    assert order.lines[0].shop_price == eur(3000)


def test_dinars_have_three_digits(read: Any, shop: Any) -> None:
    told = shop.order(currency="KWD", total_price="12.345", total_price_set=None)

    news = only(read(told))

    assert news.snapshot is not None
    assert news.snapshot.order.total == Money(amount=12345, currency="KWD")


def test_the_price_of_a_line_is_what_is_left_after_discounts(read: Any, shop: Any) -> None:
    line = shop.order()["line_items"][0]
    line["quantity"] = 3
    line["discount_allocations"] = [
        {"amount": "10.00", "amount_set": shop.bag("10.00", "EUR")},
        {"amount": "0.01", "amount_set": shop.bag("0.01", "EUR")},
    ]

    news = only(read(shop.order(line_items=[line])))

    assert news.snapshot is not None
    assert news.snapshot.order.lines[0].price == eur((9000 - 1001) // 3)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Engraving", "Für Oma", True),
        ("Personalised text", "Ana", True),
        ("名入れ", "花子", True),
        ("Engraving", "", False),
        ("Engraving", "No", False),
        ("Gift wrap", "yes", False),
        ("_bundle_id", "7", False),
    ],
)
def test_what_is_made_for_the_buyer_is_recognised(
    read: Any, shop: Any, name: str, value: str, expected: bool
) -> None:
    line = {**shop.order()["line_items"][0], "properties": [{"name": name, "value": value}]}

    news = only(read(shop.order(line_items=[line])))

    assert news.snapshot is not None
    assert news.snapshot.order.lines[0].is_custom_made is expected


def test_payments_are_those_that_took_money(read: Any, shop: Any) -> None:
    def moved(id: int, kind: str, status: str) -> dict[str, Any]:
        return {"id": id, "kind": kind, "status": status, "amount": "60.00", "currency": "EUR"}

    told = shop.order(
        transactions=[
            moved(1, "authorization", "success"),
            moved(2, "capture", "success"),
            moved(3, "sale", "failure"),
            moved(4, "refund", "success"),
        ]
    )

    news = only(read(told))

    assert news.snapshot is not None
    [payment] = news.snapshot.order.payments
    assert (payment.payment_id, payment.amount, payment.shop_amount) == ("2", eur(6000), eur(6000))


def test_a_fulfilment_comes_alone_or_inside_its_order(read: Any, shop: Any) -> None:
    alone = only(read(shop.parcel(), "fulfillments/create"))
    inside = only(read(shop.order(fulfillments=[shop.parcel()]), "orders/fulfilled"))

    assert alone.order_id == inside.order_id
    assert alone.snapshot is None
    assert alone.fulfilments == inside.fulfilments
    parcel = alone.fulfilments[0].fulfilment
    assert (parcel.carrier, parcel.number, parcel.line_ids) == ("Correos", "PK123456789ES", ("71",))
    assert parcel.tracking_url == "https://carrier.example/PK123456789ES"


def test_the_first_of_several_numbers_counts_and_no_link_but_http(read: Any, shop: Any) -> None:
    told = shop.parcel(
        tracking_number=None,
        tracking_numbers=["A1", "A2"],
        tracking_url="javascript:alert(1)",
        tracking_urls=["https://ok.example/A1"],
    )

    parcel = only(read(told, "fulfillments/update")).fulfilments[0].fulfilment

    assert (parcel.number, parcel.tracking_url) == ("A1", "https://ok.example/A1")


def test_a_cancelled_fulfilment_is_known_as_such(read: Any, shop: Any) -> None:
    told = only(read(shop.parcel(status="cancelled"), "fulfillments/update"))

    assert told.fulfilments[0].is_cancelled


def test_a_refund_names_its_order_and_our_id(read: Any, shop: Any) -> None:
    ours = "3f1b0b52-7f5f-4c57-9a55-0d6c9d7a0001"

    told = only(read(shop.refund(note=f"agreed, meridian:{ours}"), "refunds/create"))

    [refund] = told.refunds
    assert refund.refund_id == UUID(ours)
    assert refund.amounts == (eur(3000),)
    assert refund.is_settled
    assert told.order_id == only(read(shop.order())).order_id


def test_a_refund_under_way_is_not_settled(read: Any, shop: Any) -> None:
    moves = [{"id": 1, "kind": "refund", "status": "pending", "amount": "30.00", "currency": "EUR"}]

    [refund] = only(read(shop.refund(transactions=moves), "refunds/create")).refunds

    assert not refund.is_settled
    assert refund.amounts == ()


def test_an_order_without_mail_is_known_by_its_phone(read: Any, shop: Any) -> None:
    told = shop.order(email=None, customer=None)

    news = only(read(told))

    assert news.contact is not None
    assert (news.contact.identity, news.contact.address) == ("phone", "+34600222333")


@pytest.mark.parametrize(
    ("topic", "known", "odd"),
    [
        ("orders/delete", 1, 0),
        ("products/update", 1, 0),
        ("orders/create", 0, 1),
        ("refunds/create", 0, 1),
        ("", 0, 1),
    ],
)
@pytest.mark.parametrize("payload", [{}, [], None, {"id": 7}, {"id": {}, "order_id": []}])
def test_what_is_no_order_says_nothing(
    read: Any, topic: str, known: int, odd: int, payload: object
) -> None:
    reading = read(payload, topic)

    assert (len(reading.items), len(reading.known), len(reading.odd)) == (0, known, odd)


@pytest.mark.parametrize("name", ["order", "parcel", "refund"])
def test_without_a_topic_the_shape_tells(read: Any, shop: Any, name: str) -> None:
    assert only(read(getattr(shop, name)(), "")).external_id == "5001"


def test_a_parcel_that_tells_one_number_only_is_known_by_its_shape(read: Any) -> None:
    told = {"id": 7, "order_id": 5001, "status": "success", "tracking_number": "JJ1"}

    [parcel] = only(read({"fulfillment": told}, "")).fulfilments
    assert parcel.fulfilment.number == "JJ1"


@pytest.mark.parametrize("junk", [None, "", 5, -1, [], {}, "x" * 5000, True, 1e300, "2026-13-45"])
def test_junk_in_any_field_raises_nothing(read: Any, shop: Any, junk: object) -> None:
    for field in shop.order():
        read(shop.order(**{field: junk}))
    for field in shop.parcel():
        read(shop.parcel(**{field: junk}), "fulfillments/create")
    for field in shop.refund():
        read(shop.refund(**{field: junk}), "refunds/create")
    for field in shop.order()["line_items"][0]:
        line = {**shop.order()["line_items"][0], field: junk}
        read(shop.order(line_items=[line, junk], transactions=[junk, line]))
