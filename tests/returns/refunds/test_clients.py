"""The real client against a shop over loopback: what the shop says, what its silence means."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse, StreamingResponse

from deploy.demo.world.shopify_graphql import Admin
from returns import clients
from returns.clients import Payment, Plan, Shopify
from returns.domain import money
from shared.errors import Refused, Unavailable
from shared.stores import ShopifyAccount, Stores

KEY = "5a4bdd4c-0000-4000-8000-000000000001"
PAYMENT = Payment(payment_id="gid://shopify/OrderTransaction/1", gateway="bogus", left=24_500)


def planned(amount: int = 24_500, *payments: Payment, currency: str = "EUR") -> Plan:
    return clients.plan("5001", amount, currency, "meridian:x", payments or (PAYMENT,))


@pytest.fixture
async def client(stores: Stores) -> AsyncIterator[Shopify]:
    account = stores.account("shopify", "aurora.example")
    assert isinstance(account, ShopifyAccount)
    async with httpx.AsyncClient(timeout=0.5) as http:
        yield Shopify(account, http, timeout=2)


async def test_a_refund_asked_for_twice_with_one_key_is_made_once(
    client: Shopify, shop: Any
) -> None:
    first = await client.refund(planned(), KEY)
    again = await client.refund(planned(), KEY)

    assert first == again == "gid://shopify/Refund/900"
    assert len(shop.refunds) == 1
    assert [key for key, _ in shop.asked] == [KEY, KEY]


async def test_the_shop_is_asked_in_the_currency_the_buyer_was_shown(
    client: Shopify, shop: Any
) -> None:
    await client.refund(planned(24_500, currency="JPY"), KEY)

    ((_, asked),) = shop.asked
    assert asked == {
        "orderId": "gid://shopify/Order/5001",
        "currency": "JPY",
        "note": "meridian:x",
        "notify": False,
        "transactions": [
            {
                "orderId": "gid://shopify/Order/5001",
                "parentId": "gid://shopify/OrderTransaction/1",
                "gateway": "bogus",
                "kind": "REFUND",
                "amount": "24500",
            }
        ],
    }


async def test_payments_are_read_from_the_shop_less_what_went_back_on_them(
    client: Shopify, shop: Any
) -> None:
    shop.transactions = [
        shop.payment("1", "100.00"),
        shop.payment("2", "50.00", kind="CAPTURE"),
        shop.payment("3", "30.00", status="FAILURE"),
        shop.payment("4", "20.00", kind="AUTHORIZATION"),
        shop.payment("5", "10.00", kind="REFUND", parent="1"),
        shop.payment("6", "5.00", kind="REFUND", parent="1", status="FAILURE"),
        shop.payment("7", "2.00", kind="REFUND", parent="2", status="PENDING"),
    ]

    found = await client.payments("5001", "EUR")

    assert [(one.payment_id[-1], one.left) for one in found] == [("1", 9_000), ("2", 4_800)]


def test_an_amount_is_spread_over_the_payments_oldest_first() -> None:
    small, large = (
        Payment(payment_id=name, gateway="bogus", left=left)
        for name, left in (("small", 1_000), ("large", 5_000))
    )

    parts = planned(2_500, small, large).parts

    assert [(part.payment_id, part.amount) for part in parts] == [
        ("small", "10.00"),
        ("large", "15.00"),
    ]
    with pytest.raises(Refused, match="do not hold"):
        planned(6_001, small, large)


@pytest.mark.parametrize(
    ("currency", "amount", "written"),
    [
        ("EUR", 50_000, "500.00"),
        ("JPY", 500, "500"),
        ("RSD", 50_000, "500.00"),
        ("IQD", 500_000, "500.000"),
        ("ISK", 500, "500"),
    ],
)
def test_minor_units_are_those_of_iso_4217_on_the_way_out_and_back(
    currency: str, amount: int, written: str
) -> None:
    taken = Payment(payment_id="1", gateway="bogus", left=money.read("100000.00", currency))

    (part,) = planned(amount, taken, currency=currency).parts

    assert part.amount == written
    assert money.read(written, currency) == amount


async def test_a_refund_is_found_again_by_its_note(client: Shopify, shop: Any) -> None:
    await client.refund(planned(), KEY)

    assert await client.refund_noted("5001", "meridian:x") == "gid://shopify/Refund/900"
    assert await client.refund_noted("5001", "meridian:y") is None


async def test_an_answer_that_does_not_come_is_an_unknown_outcome(
    client: Shopify, shop: Any
) -> None:
    async def late(shop: Any, variables: Any) -> Response:
        shop.refund(variables)
        await asyncio.sleep(2)
        return JSONResponse({})

    shop.faults.append(late)

    with pytest.raises(Unavailable, match="ReadTimeout"):
        await client.refund(planned(), KEY)

    assert await client.refund(planned(), KEY) == "gid://shopify/Refund/900"
    assert len(shop.refunds) == 1


async def test_a_shop_that_drips_its_answer_does_not_hold_us(stores: Stores, shop: Any) -> None:
    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)

    async def drip(shop: Any, variables: Any) -> Response:
        return StreamingResponse(drops())

    shop.faults.append(drip)
    account = stores.account("shopify", "aurora.example")
    assert isinstance(account, ShopifyAccount)

    async with asyncio.timeout(10), httpx.AsyncClient(timeout=5) as http:
        with pytest.raises(Unavailable, match="TimeoutError"):
            await Shopify(account, http, timeout=0.3).refund(planned(), KEY)


def says(body: Any, status: int = 200) -> Any:
    async def fault(_: Any, __: Any) -> Response:
        if isinstance(body, str | bytes):
            return Response(body, status)
        return JSONResponse(body, status)

    return fault


def user_error(message: str) -> Any:
    error = {"field": ["input"], "message": message}
    return {"data": {"refundCreate": {"refund": None, "userErrors": [error]}}}


def coded(code: str) -> Any:
    return {"errors": [{"message": code.title(), "extensions": {"code": code}}]}


FAILED = {"id": "gid://shopify/Refund/1", "transactions": {"nodes": [{"status": "FAILURE"}]}}
PENDING = {
    "id": "gid://shopify/Refund/1",
    "transactions": {"nodes": [{"status": "SUCCESS"}, {"status": "PENDING"}]},
}


@pytest.mark.parametrize(
    "fault",
    [
        says("", 500),
        says("", 503),
        says("", 429),
        says({"errors": "[API] Invalid API key"}, 401),
        says("", 402),
        says("", 403),
        says("", 404),
        says("<html>", 200),
        says(b'{"errors": "\xff"}', 200),
        says(b'{"data": ' + b"[" * 100_000, 200),
        says({"data": None}),
        says({"data": {"refundCreate": {"refund": {"nonsense": 1}, "userErrors": []}}}),
        says(coded("THROTTLED")),
        says(coded("INTERNAL_SERVER_ERROR")),
        says({"data": {"refundCreate": {"refund": PENDING, "userErrors": []}}}),
        says(user_error("This request is currently in progress, please try again.")),
    ],
)
async def test_what_may_succeed_later_is_unavailable(
    client: Shopify, shop: Any, fault: Any
) -> None:
    shop.faults.append(fault)

    with pytest.raises(Unavailable):
        await client.refund(planned(), KEY)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (says(user_error("Refund amount is too large")), "too large"),
        (says(coded("ACCESS_DENIED")), "Access_Denied"),
        (says({"errors": "[API] Invalid API key"}, 200), "Invalid API key"),
        (says({}, 422), "422"),
        (
            says({"data": {"refundCreate": {"refund": FAILED, "userErrors": []}}}),
            "provider did not pay",
        ),
    ],
)
async def test_what_the_shop_refuses_is_refused_with_its_reason(
    client: Shopify, shop: Any, fault: Any, why: str
) -> None:
    shop.faults.append(fault)

    with pytest.raises(Refused, match=why):
        await client.refund(planned(), KEY)


async def test_an_order_the_shop_does_not_know_is_refused(client: Shopify, shop: Any) -> None:
    with pytest.raises(Refused, match="does not know"):
        await client.payments("7", "EUR")


async def test_a_shop_that_is_away_is_unavailable(client: Shopify, shop: Any) -> None:
    await shop.close()

    with pytest.raises(Unavailable):
        await client.refund(planned(), KEY)


def test_what_is_asked_fits_the_vendors_types() -> None:
    asked: list[dict[str, Any]] = []

    def refund(key: str, wanted: dict[str, Any]) -> dict[str, Any]:
        asked.append({"key": key, **wanted})
        raise NotImplementedError

    admin = Admin(lambda _: None, refund)
    wanted = clients.asked_for(planned())

    looked = admin.answer(clients.ORDER, {"id": "gid://shopify/Order/5001"})
    admin.answer(clients.REFUND, {"input": wanted, "key": KEY})

    assert looked == {"data": {"order": None}}
    assert asked == [{"key": KEY, "allowOverRefunding": False, **wanted}]
