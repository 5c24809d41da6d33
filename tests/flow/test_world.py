"""The stand-in world keeps the vendors' promises that the stories rely on."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from deploy.demo import installation
from deploy.demo.clients import WorldClient, send_mail
from deploy.demo.installation import AURORA, KAEDE, SHOPS
from deploy.demo.world.app import application
from deploy.demo.world.shapes import Buyer, Fault, Kind, Line, Purchase, Scan, Writes
from deploy.local.ports import free_port
from shared.service import serve
from shared.stores import Stores
from shared.testing import eventually

REFUND = """mutation($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id note totalRefundedSet { presentmentMoney { amount currencyCode } } }
    userErrors { field message }
  }
}"""
PAYMENTS = """query($id: ID!) {
  order(id: $id) { transactions(first: 5) { id kind status gateway
    amountSet { presentmentMoney { amount currencyCode } } } }
}"""


@dataclass
class Hook:
    """What the vendors sent us."""

    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers; 200 when there are none."""


@dataclass
class Outside:
    """A running world, what it told us, and its secrets."""

    client: WorldClient
    http: httpx.AsyncClient
    hook: Hook
    smtp_port: int
    stores: Stores


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Outside]:
    port, ours, smtp = free_port(), free_port(), free_port()
    made = installation.make(tmp_path / "run", world=f"http://127.0.0.1:{port}", smtp_port=smtp)
    stores = Stores.load(made.stores)
    hook = Hook()
    us = f"http://127.0.0.1:{ours}"
    app = application(stores, intake=us, logistics=us, smtp_port=smtp)
    async with _served(_hook_app(hook), ours), app.router.lifespan_context(app), _served(app, port):
        client = WorldClient(f"http://127.0.0.1:{port}")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            yield Outside(client, http, hook, smtp, stores)
        await client.close()


@asynccontextmanager
async def _served(app: FastAPI, port: int) -> AsyncIterator[None]:
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, stop))
    try:
        async with asyncio.timeout(10), httpx.AsyncClient() as http:
            while True:
                try:
                    await http.get(f"http://127.0.0.1:{port}/livez")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.01)
        yield
    finally:
        stop.set()
        await serving


def _hook_app(hook: Hook) -> FastAPI:
    app = FastAPI()

    @app.post("/{path:path}")
    async def take(path: str, request: Request) -> Response:
        hook.heard.append((path, dict(request.headers), await request.body()))
        return Response(status_code=hook.answers.pop(0) if hook.answers else 200)

    return app


def _purchase() -> Purchase:
    buyer = Buyer(
        first_name="Yuki",
        last_name="Sato",
        mail="yuki@example.jp",
        phone="+81312345678",
        locale="ja",
        street="1-2-3 Ginza",
        city="Tokyo",
        postal_code="104-0061",
        country="JP",
    )
    ring = Line(title="Ring", sku="R-1", quantity=1, price=Decimal("120.00"))
    return Purchase(buyer=buyer, lines=[ring], currency="EUR", presented="JPY")


async def _graphql(outside: Outside, query: str, **variables: object) -> dict[str, Any]:
    shop = SHOPS[AURORA].shopify
    account = outside.stores.account("shopify", shop)
    token = account.access_token[0]  # type: ignore[union-attr]
    answer = await outside.http.post(
        f"/shopify/{shop}/graphql.json",
        json={"query": query, "variables": variables},
        headers={"x-shopify-access-token": token},
    )
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def _refund_input(outside: Outside, amount: str) -> dict[str, Any]:
    ordered = await outside.client.order(SHOPS[AURORA].shopify, _purchase())
    gid = f"gid://shopify/Order/{ordered.order_id}"
    found = await _graphql(outside, PAYMENTS, id=gid)
    payment = found["data"]["order"]["transactions"][0]
    repaid = {
        "orderId": gid,
        "parentId": payment["id"],
        "gateway": payment["gateway"],
        "kind": "REFUND",
        "amount": amount,
    }
    return {"orderId": gid, "currency": "JPY", "note": "a note", "transactions": [repaid]}


async def test_a_refund_repeated_with_its_key_is_made_once(outside: Outside) -> None:
    asked = await _refund_input(outside, "19440")

    first, second = await asyncio.gather(
        *(_graphql(outside, REFUND, input=asked, key="k-1") for _ in range(2))
    )

    made = first["data"]["refundCreate"]
    assert made["userErrors"] == []
    assert made["refund"]["totalRefundedSet"]["presentmentMoney"]["amount"] == "19440"
    assert second["data"]["refundCreate"]["refund"]["id"] == made["refund"]["id"]
    refunds = await outside.client.refunds()
    assert [(refund.key, refund.asked) for refund in refunds] == [("k-1", 2)]

    async def told() -> list[bytes]:
        return [
            body
            for _, headers, body in outside.hook.heard
            if headers.get("x-shopify-topic") == "refunds/create"
        ]

    assert json.loads((await eventually(told))[0])["note"] == "a note"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"currency": "EUR"}, "presentment currency"),
        ({"orderId": "gid://shopify/Order/1"}, "does not exist"),
        ({"transactions": []}, "one transaction"),
    ],
)
async def test_a_refund_that_cannot_be_is_told_in_user_errors(
    outside: Outside, change: dict[str, Any], why: str
) -> None:
    asked = await _refund_input(outside, "19440")

    answer = await _graphql(outside, REFUND, input={**asked, **change}, key="k-2")

    assert why in answer["data"]["refundCreate"]["userErrors"][0]["message"]
    assert await outside.client.refunds() == []


async def test_more_than_was_paid_is_never_refunded(outside: Outside) -> None:
    asked = await _refund_input(outside, "19000")

    await _graphql(outside, REFUND, input=asked, key="k-3")
    again = await _graphql(outside, REFUND, input=asked, key="k-4")

    assert "left to refund" in again["data"]["refundCreate"]["userErrors"][0]["message"]


async def test_a_refund_without_a_key_and_a_field_that_is_not_there_are_errors(
    outside: Outside,
) -> None:
    asked = await _refund_input(outside, "100")

    keyless = await _graphql(
        outside, REFUND.replace("@idempotent(key: $key)", ""), input=asked, key="k-5"
    )
    wrong = await _graphql(outside, PAYMENTS.replace("gateway", "gatewayName"), id="x")

    assert keyless["errors"]
    assert "gatewayName" in wrong["errors"][0]["message"]
    assert await outside.client.refunds() == []


async def test_parcels_are_registered_once_and_scanned_only_when_registered(
    outside: Outside,
) -> None:
    account = outside.stores.account("aftership", SHOPS[KAEDE].aftership)
    key = {"as-api-key": account.api_key[0]}  # type: ignore[union-attr]
    parcel = {"tracking_number": "RB123456785ES"}
    scan = Scan(tag="InTransit", subtag="InTransit_001", message="on the way")
    with pytest.raises(httpx.HTTPStatusError, match="never registered"):
        await outside.client.scan(SHOPS[KAEDE].aftership, "RB123456785ES", scan)

    keyless = await outside.http.post("/aftership/trackings", json=parcel)
    first = await outside.http.post("/aftership/trackings", json=parcel, headers=key)
    second = await outside.http.post("/aftership/trackings", json=parcel, headers=key)
    sent = await outside.client.scan(SHOPS[KAEDE].aftership, "RB123456785ES", scan)

    assert keyless.status_code == 401
    assert (first.status_code, first.json()["data"]["slug"]) == (201, "spain-correos-es")
    assert (second.status_code, second.json()["meta"]["code"]) == (400, 4003)
    assert sent.is_taken
    told = json.loads(outside.hook.heard[-1][2])
    assert told["msg"]["checkpoints"][0]["subtag"] == "InTransit_001"
    assert told["is_tracking_first_tag"] is True


async def test_webhooks_are_signed_over_their_bytes_and_sent_until_taken(
    outside: Outside,
) -> None:
    outside.hook.answers = [503, 500]

    ordered = await outside.client.order(SHOPS[AURORA].shopify, _purchase())

    created = ordered.webhooks[0]
    assert [each.status for each in created.tries] == [503, 500, 200]
    _, headers, body = outside.hook.heard[0]
    secret = outside.stores.account("shopify", SHOPS[AURORA].shopify).webhook_secret[0]  # type: ignore[union-attr]
    mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    assert headers["x-shopify-hmac-sha256"] == base64.b64encode(mac).decode()
    again = await outside.client.send_again()
    assert [each.status for each in again] == [200, 200]
    assert outside.hook.heard[-1][2] in [body, ordered.webhooks[1].body.encode()]


async def test_whatsapp_delivers_only_to_customers_who_wrote_within_a_day(
    outside: Outside,
) -> None:
    number = SHOPS[AURORA].whatsapp
    account = outside.stores.account("whatsapp", number)
    token = {"authorization": f"Bearer {account.access_token[0]}"}  # type: ignore[union-attr]
    await outside.client.write(number, Writes(phone="+34612345678", name="L", text="hola"))

    async def answer(to: str, headers: dict[str, str]) -> httpx.Response:
        text = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "hi"}}
        return await outside.http.post(f"/whatsapp/{number}/messages", json=text, headers=headers)

    forged, known, stranger = [
        await answer("34612345678", {"authorization": "Bearer no"}),
        await answer("34612345678", token),
        await answer("34699999999", token),
    ]

    assert (forged.status_code, forged.json()["error"]["code"]) == (401, 190)
    assert known.json()["messages"][0]["id"].startswith("wamid.")
    assert [message.to for message in await outside.client.phone("+34612345678")]
    assert await outside.client.phone("+34699999999") == []
    assert stranger.status_code == 200

    async def statuses() -> set[str] | None:
        told = [json.loads(body) for path, _, body in outside.hook.heard if "whatsapp" in path]
        values = [each["entry"][0]["changes"][0]["value"] for each in told]
        found = {status["status"] for value in values for status in value.get("statuses", ())}
        return found if len(found) == 3 else None

    assert await eventually(statuses) == {"sent", "delivered", "failed"}


async def test_mail_is_shown_as_its_reader_sees_it(outside: Outside) -> None:
    mail = EmailMessage()
    mail["From"] = "care@aurora.example"
    mail["To"] = "layla@example.ae"
    mail["Subject"] = "طلبك في الطريق"
    mail.set_content("مرحبا")
    mail.add_alternative('<html dir="rtl"><body>مرحبا</body></html>', subtype="html")
    mail["Content-Language"] = "ar"

    await send_mail(outside.smtp_port, mail)

    found = (await outside.client.mails("layla@example.ae"))[0]
    assert (found.subject, found.language, found.direction) == ("طلبك في الطريق", "ar", "rtl")
    assert found.text.strip() == "مرحبا"
    page = await outside.http.get("/")
    assert "طلبك في الطريق" in page.text


async def test_servers_fail_as_asked(outside: Outside) -> None:
    key = {"as-api-key": outside.stores.account("aftership", SHOPS[KAEDE].aftership).api_key[0]}  # type: ignore[union-attr]

    async def register(number: str) -> httpx.Response:
        parcel = {"tracking_number": number}
        return await outside.http.post("/aftership/trackings", json=parcel, headers=key)

    await outside.client.fail(Fault(server="aftership", kind=Kind.ERROR))
    broken = await register("RB111111111ES")
    await outside.client.fail(Fault(server="aftership", kind=Kind.DROP))
    with pytest.raises(httpx.TransportError):
        await register("RB222222222ES")
    fine = await register("RB333333333ES")

    assert (broken.status_code, fine.status_code) == (500, 201)
    there = [tracking.number for tracking in await outside.client.trackings()]
    assert there == ["RB222222222ES", "RB333333333ES"]
