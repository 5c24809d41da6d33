"""Orders that Amazon and TikTok Shop only name are asked for at stand-ins, and said whole."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request, Response

from intake.store import errands
from intake.workers import orders as worker
from shared import clock, testing
from shared.contracts.intake import (
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.stores import Stores
from tests.loopback import serving

ORDER = "402-1234567-1234567"
ANY = (OrderPlaced, OrderPaid, OrderShipped, OrderCancelled, OrderRefunded)


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "EUR"}


AMAZON: dict[str, Any] = {
    "orderId": ORDER,
    "createdTime": "2026-05-04T09:00:00Z",
    "lastUpdatedTime": "2026-05-04T10:00:00Z",
    "buyer": {"buyerName": "Ana Gil", "buyerEmail": "x1@marketplace.amazon.es"},
    "recipient": {
        "deliveryAddress": {
            "name": "Ana Gil",
            "addressLine1": "Gran Vía 1",
            "city": "Madrid",
            "stateOrRegion": "Madrid",
            "postalCode": "28013",
            "countryCode": "ES",
            "phone": "+34600111222",
        }
    },
    "proceeds": {"grandTotal": eur("25.49")},
    "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
    "orderItems": [
        {
            "orderItemId": "11",
            "quantityOrdered": 2,
            "product": {"title": "Taza", "sellerSku": "T-1", "price": {"unitPrice": eur("10.25")}},
            "proceeds": {
                "proceedsTotal": eur("25.49"),
                "breakdowns": [
                    {"type": "ITEM", "subtotal": eur("20.50")},
                    {"type": "SHIPPING", "subtotal": eur("4.99")},
                ],
            },
        }
    ],
    "packages": [
        {
            "packageReferenceId": "1",
            "carrier": "Correos",
            "trackingNumber": "PQ1",
            "shipTime": "2026-05-04T09:30:00Z",
            "packageStatus": {"status": "SHIPPED"},
            "packageItems": [{"orderItemId": "11", "quantity": 2}],
        }
    ],
}

REFUND = {
    "AmazonOrderId": ORDER,
    "PostedDate": "2026-05-06T08:00:00Z",
    "ShipmentItemAdjustmentList": [
        {
            "OrderAdjustmentItemId": "adj-1",
            "ItemChargeAdjustmentList": [
                {"ChargeAmount": {"CurrencyCode": "EUR", "CurrencyAmount": -8.47}},
                {"ChargeAmount": {"CurrencyCode": "EUR", "CurrencyAmount": -1.78}},
            ],
            "ItemFeeAdjustmentList": [
                {"FeeAmount": {"CurrencyCode": "EUR", "CurrencyAmount": 1.5}},
            ],
        }
    ],
}


@pytest.fixture
def at_stand_in(
    stores: Stores, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> int:
    """The port that both vendors' APIs are looked for at; attempts follow each other quickly."""
    port = free_port()
    for channel, account_id in (("amazon-sp-api", "A1SELLER"), ("tiktok-shop", "7494")):
        account = stores.account(channel, account_id)
        for name in ("base_url", "auth_url"):
            object.__setattr__(account, name, f"http://127.0.0.1:{port}")
    monkeypatch.setattr(worker, "_FIRST_PAUSE", timedelta(milliseconds=30))
    monkeypatch.setattr(worker, "_SWEEP", 0.05)
    return port


async def amazon_says(intake: Any, kind: str, payload: dict[str, Any]) -> None:
    body = json.dumps({"NotificationType": kind, "Payload": payload}).encode()
    id, at = str(uuid4()), str(int(time.time()))
    key = base64.b64decode(intake.secrets["AMAZON_SECRET"].removeprefix("whsec_"))
    mac = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256")).decode()
    headers = {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,{mac}"}
    headers["content-type"] = "application/json"
    answer = await intake.post("/hooks/amazon-sp-api/A1SELLER", body, headers)
    assert answer.status_code == 200


async def order_changes(intake: Any) -> None:
    told = {"OrderChangeNotification": {"AmazonOrderId": ORDER}}
    await amazon_says(intake, "ORDER_CHANGE", told)


async def all_asked(intake: Any) -> None:
    async def none_due() -> bool:
        rows = await testing.rows(
            intake.db, "SELECT why FROM order_errands WHERE due_at IS NOT NULL"
        )
        return rows == []

    await testing.eventually(none_due, within=10)


async def test_an_order_of_amazon_is_asked_for_until_it_is_had_and_said_once(
    at_stand_in: int, intake: Any
) -> None:
    app, answers, tokens = FastAPI(), iter([503, 403, 429]), list[bytes]()

    @app.post("/auth/o2/token")
    async def token(request: Request) -> Any:
        tokens.append(await request.body())
        return {"access_token": f"Atza|{len(tokens)}", "expires_in": 3600}

    @app.get("/orders/2026-01-01/orders/{order_id}")
    async def order(request: Request, order_id: str) -> Any:
        if failure := next(answers, None):
            return Response(status_code=failure)
        assert request.headers["x-amz-access-token"] == "Atza|2"
        assert {"PROCEEDS", "RECIPIENT", "PACKAGES"} <= {
            *request.query_params["includedData"].split(",")
        }
        return {"order": AMAZON} if order_id == ORDER else Response(status_code=404)

    @app.get("/finances/v0/orders/{order_id}/financialEvents")
    async def money(order_id: str) -> Any:
        return {"payload": {"FinancialEvents": {"RefundEventList": [REFUND]}}}

    async with serving(app, at_stand_in):
        await order_changes(intake)
        await all_asked(intake)
        said = await intake.said(*ANY)
        told = {
            "TransactionUpdateNotification": {
                "TransactionType": "Refund",
                "RelatedIdentifiers": [
                    {
                        "RelatedIdentifierName": "OrderId",
                        "RelatedIdentifierValue": ORDER,
                    }
                ],
            }
        }
        await amazon_says(intake, "TRANSACTION_UPDATE", told)
        await all_asked(intake)

    assert [type(one) for one in said] == [OrderPlaced, OrderPaid, OrderShipped, OrderRefunded]
    assert await intake.said(*ANY) == said
    assert len(tokens) == 2  # the one that was refused is not used again
    assert b"grant_type=refresh_token" in tokens[0]
    placed, _, shipped, refunded = said
    found = placed.order
    assert (found.total.amount, found.total.currency) == (2549, "EUR")
    [line] = found.lines
    assert (line.quantity, line.price.amount, line.sku) == (2, 1025, "T-1")
    assert (found.ship_to.city, found.ship_to.country) == ("Madrid", "ES")
    assert found.buyer.mail == "x1@marketplace.amazon.es"
    assert (shipped.carrier, shipped.number) == ("Correos", "PQ1")
    assert (refunded.amount.amount, refunded.external_refund_id) == (1025, "adj-1")
    rows = await testing.rows(intake.db, "SELECT method, outcome FROM raw_requests ORDER BY 1")
    assert {row["outcome"] for row in rows} == {"understood"}
    assert [row["method"] for row in rows] == ["API", "API", "POST", "POST"]


async def test_an_order_that_nobody_has_is_given_up_and_begun_anew_when_it_is_named_again(
    at_stand_in: int, intake: Any
) -> None:
    app, asked = FastAPI(), list[str]()

    @app.post("/auth/o2/token")
    async def token() -> Any:
        return {"access_token": "Atza|1", "expires_in": 3600}

    @app.get("/orders/2026-01-01/orders/{order_id}")
    async def order(order_id: str) -> Response:
        asked.append(order_id)
        return Response(status_code=404)

    async with serving(app, at_stand_in):
        for n in (1, 2):
            await order_changes(intake)
            await all_asked(intake)
            assert asked == [ORDER] * n

    [row] = await testing.rows(intake.db, "SELECT why, heard FROM order_errands")
    assert (row["why"], row["heard"]) == ("Amazon knows no such order", 2)
    assert await intake.said(*ANY) == []


async def test_what_is_named_while_it_is_asked_for_is_asked_for_again(intake: Any) -> None:
    await order_changes(intake)
    [row] = await testing.rows(intake.db, "SELECT * FROM order_errands")
    claimed = errands.Errand(
        **{name: row[name] for name in errands.Errand.__dataclass_fields__ if name in row}
    )
    await order_changes(intake)

    async with intake.db.transaction() as tx:
        await errands.done(tx, claimed)
        await errands.give_up(tx, claimed, clock.now(), "too late")

    [left] = await testing.rows(intake.db, "SELECT heard, due_at, why FROM order_errands")
    assert left["heard"] == claimed.heard + 1
    assert left["due_at"] is not None
    assert left["why"] != "too late"


TIKTOK: dict[str, Any] = {
    "id": "5764",
    "status": "IN_TRANSIT",
    "create_time": 1_777_880_000,
    "update_time": 1_777_888_000,
    "paid_time": 1_777_880_300,
    "user_id": "7021",
    "buyer_email": "v2b@chat.seller.tiktok.example",
    "payment": {"currency": "GBP", "total_amount": "21.98", "sub_total": "19.98"},
    "recipient_address": {
        "name": "Jo Bell",
        "phone_number": "(+44)207*****12",
        "region_code": "GB",
        "postal_code": "SW1A 1AA",
        "address_line1": "1 The Mall",
        "address_line2": "",
        "district_info": [
            {"address_level": "L0", "address_level_name": "Country", "address_name": "UK"},
            {"address_level": "L1", "address_level_name": "Nation", "address_name": "England"},
            {"address_level": "L2", "address_level_name": "City", "address_name": "London"},
        ],
    },
    "line_items": [
        {"id": n, "product_name": "Mug", "sku_name": "Blue", "seller_sku": "M-1",
         "sale_price": "9.99", "currency": "GBP", "package_id": "p1",
         "tracking_number": "JX12345", "shipping_provider_name": "Evri", "rts_time": 1_777_885_000}
        for n in ("l1", "l2")
    ],
    "packages": [{"id": "p1"}],
}  # fmt: skip

RETURNED = {
    "return_id": "r1",
    "order_id": "5764",
    "return_type": "REFUND",
    "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "create_time": 1_777_900_000,
    "refund_amount": {"currency": "GBP", "refund_total": "9.99"},
}


async def tiktok_says(intake: Any, order_id: str) -> None:
    told = {"type": 1, "shop_id": "7494", "data": {"order_id": order_id, "order_status": "X"}}
    body = json.dumps(told).encode()
    signed = b"key1" + body
    mac = hmac.digest(intake.secrets["TIKTOK_SECRET"].encode(), signed, "sha256").hex()
    headers = {"authorization": mac, "content-type": "application/json"}
    assert (await intake.post("/hooks/tiktok-shop/7494", body, headers)).status_code == 200


def signed_by(request: Request, body: bytes, secret: str) -> bool:
    """Whether the request is signed as TikTok's page on signing has it."""
    query = dict(request.query_params)
    shown = query.pop("sign")
    parts = [request.url.path, *(name + query[name] for name in sorted(query)), body.decode()]
    wrapped = f"{secret}{''.join(parts)}{secret}"
    mac = hmac.new(secret.encode(), wrapped.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(shown, mac)


async def test_an_order_of_tiktok_shop_is_asked_for_with_a_signature_and_its_refunds(
    at_stand_in: int, intake: Any
) -> None:
    app, secret, codes = FastAPI(), intake.secrets["TIKTOK_SECRET"], iter([105002, 36009002])
    refreshed: list[str] = []

    @app.get("/api/v2/token/refresh")
    async def token(request: Request) -> Any:
        refreshed.append(request.query_params["refresh_token"])
        lasts = int(time.time()) + 3600
        return {
            "code": 0,
            "data": {"access_token": f"a{len(refreshed)}", "access_token_expire_in": lasts},
        }

    @app.get("/order/202309/orders")
    async def order(request: Request) -> Any:
        assert signed_by(request, b"", secret)
        if code := next(codes, 0):
            return {"code": code, "message": "no"}
        assert request.headers["x-tts-access-token"] == "a2"
        ids = request.query_params["ids"]
        cancelled = {"status": "CANCELLED", "cancel_time": 1_777_881_000, "packages": [],
                     "cancel_reason": "Changed mind", "id": ids, "line_items": []}  # fmt: skip
        found = TIKTOK if ids == "5764" else {**TIKTOK, **cancelled}
        return {"code": 0, "data": {"orders": [found]}}

    @app.post("/return_refund/202309/returns/search")
    async def returns(request: Request) -> Any:
        body = await request.body()
        assert signed_by(request, body, secret)
        asked = json.loads(body)["order_ids"]
        if asked != ["5764"]:
            return {"code": 105005, "message": "not granted"}
        return {"code": 0, "data": {"return_orders": [RETURNED]}}

    async with serving(app, at_stand_in):
        await tiktok_says(intake, "5764")
        await all_asked(intake)
        await tiktok_says(intake, "5765")
        await all_asked(intake)

    said = await intake.said(*ANY)
    whole = [one for one in said if one.order.external_id == "5764"]
    assert [type(one) for one in whole] == [OrderPlaced, OrderPaid, OrderShipped, OrderRefunded]
    placed, paid, shipped, refunded = whole
    assert (placed.order.total.amount, placed.order.total.currency) == (2198, "GBP")
    assert [(one.line_id, one.price.amount) for one in placed.order.lines] == [
        ("l1", 999),
        ("l2", 999),
    ]
    assert (placed.order.ship_to.city, placed.order.ship_to.region) == ("London", "England")
    assert paid.occurred_at.timestamp() == 1_777_880_300
    assert (shipped.carrier, shipped.number) == ("Evri", "JX12345")
    assert (refunded.amount.amount, refunded.external_refund_id) == (999, "r1")
    other = [one for one in said if one.order.external_id == "5765"]
    assert [type(one) for one in other] == [OrderPlaced, OrderPaid, OrderCancelled]
    assert other[-1].reason == "Changed mind"
    assert refreshed == ["TTP_granted"] * 2


async def test_without_a_grant_nobody_is_asked(intake: Any, stores: Stores) -> None:
    account = stores.account("tiktok-shop", "7494")
    object.__setattr__(account, "refresh_token", None)

    await tiktok_says(intake, "5766")

    assert await testing.rows(intake.db, "SELECT 1 FROM order_errands") == []
