"""Two stores with an account on every channel, and intake's doors on real sockets."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiosmtplib
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from intake import api
from intake.api.hooks import Hooks
from intake.api.smtp import SmtpListener
from intake.api.sockets import Chat
from intake.channels.mail import Mailboxes, OurOwn
from intake.handlers.keeping import Keeper
from intake.settings import Settings
from shared import service, testing
from shared.callers import Callers
from shared.contracts.base import Message
from shared.db import Database
from shared.service import Runtime
from shared.stores import Stores
from shared.tokens import Tokens

SECRETS = {
    "TOKEN_KEY": "0123456789abcdef0123456789abcdef",
    "WA_SECRET": "a secret of the app",
    "WA_SECRET_OLD": "an older secret of the app",
    "WA_OTHER_SECRET": "another app",
    "WA_VERIFY": "is it you",
    "WA_TOKEN": "graph token",
    "SHOP_SECRET": "shop secret",
    "SHOP_TOKEN": "shop token",
}

STORES = """
token_keys: ["env:TOKEN_KEY"]
stores:
  aurora:
    name: Aurora
    languages: [es, en]
    countries: [ES, DE]
    market: ES
    currency: EUR
    time_zone: Europe/Madrid
    accounts:
      - {channel: whatsapp, account_id: "100200300",
         app_secret: ["env:WA_SECRET", "env:WA_SECRET_OLD"],
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN"}
      - {channel: whatsapp, account_id: "100200301", app_secret: "env:WA_SECRET",
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN"}
      - {channel: whatsapp, account_id: "100200399", app_secret: "env:NOT_SET",
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN"}
      - {channel: mail, account_id: help, address: help@aurora.example, from_name: Aurora,
         smtp_host: 127.0.0.1, smtp_port: 25, smtp_tls: none}
      - {channel: mail, account_id: ventas, address: ventas@aurora.example, from_name: Aurora,
         smtp_host: 127.0.0.1, smtp_port: 25, smtp_tls: none}
      - {channel: chat, account_id: aurora-web, origins: ["https://aurora.example"]}
      - {channel: shopify, account_id: aurora.myshopify.com, webhook_secret: "env:SHOP_SECRET",
         access_token: "env:SHOP_TOKEN"}
  borealis:
    name: Borealis
    languages: [ja, en]
    countries: [JP]
    market: JP
    currency: JPY
    time_zone: Asia/Tokyo
    accounts:
      - {channel: whatsapp, account_id: "900800700", app_secret: "env:WA_OTHER_SECRET",
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN", max_requests_per_second: 5}
      - {channel: mail, account_id: help-jp, address: help@borealis.example, from_name: Borealis,
         smtp_host: 127.0.0.1, smtp_port: 25, smtp_tls: none, max_requests_per_second: 3}
      - {channel: chat, account_id: borealis-web}
"""


@pytest.fixture
def stores_file(tmp_path: Path) -> Path:
    """stores.yaml of two stores; one account of Aurora lacks its secret."""
    path = tmp_path / "stores.yaml"
    path.write_text(STORES)
    return path


@pytest.fixture
def secrets() -> dict[str, str]:
    """The environment that the stores' file names."""
    return SECRETS


@pytest.fixture
def stores(stores_file: Path) -> Stores:
    """The two stores."""
    return Stores.load(stores_file, environ=SECRETS)


@pytest.fixture
def tokens(stores: Stores) -> Tokens:
    """What signs the installation's tokens."""
    return stores.tokens()


@pytest.fixture
def own(stores: Stores, tokens: Tokens) -> OurOwn:
    """Our mailboxes and tokens."""
    return OurOwn(Mailboxes.of(stores), tokens)


def whatsapp(
    *messages: dict[str, Any],
    number: str = "100200300",
    statuses: tuple[dict[str, Any], ...] = (),
    name: str = "Ana Pérez",
) -> dict[str, Any]:
    """A webhook of WhatsApp with one change."""
    people = {str(one.get("from", "")) for one in messages}
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "34911000000", "phone_number_id": number},
        "contacts": [{"profile": {"name": name}, "wa_id": one} for one in people if one],
    }
    if messages:
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = list(statuses)
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def wa_text(body: str, *, id: str | None = None, sender: str = "34600111222", at: int = 0) -> Any:
    """A text message within such a webhook; `at` in seconds since 1970."""
    return {
        "from": sender,
        "id": id or f"wamid.{uuid4().hex}",
        "timestamp": str(at),
        "type": "text",
        "text": {"body": body},
    }


@pytest.fixture
def wa() -> Callable[..., dict[str, Any]]:
    """Makes WhatsApp webhooks."""
    return whatsapp


@pytest.fixture
def text_message() -> Callable[..., Any]:
    """Makes a WhatsApp text message."""
    return wa_text


def money_bag(
    amount: str, currency: str, shop: str | None = None, shop_currency: str = "EUR"
) -> Any:
    """Shopify's two-currency amount."""
    return {
        "shop_money": {"amount": shop or amount, "currency_code": shop_currency},
        "presentment_money": {"amount": amount, "currency_code": currency},
    }


def shop_order(**changes: Any) -> dict[str, Any]:
    """A Shopify order as its webhooks carry it."""
    order: dict[str, Any] = {
        "id": 5001,
        "name": "#1001",
        "created_at": "2026-05-04T10:00:00+02:00",
        "updated_at": "2026-05-04T10:00:00+02:00",
        "email": "Lucia.Gil@Example.org",
        "phone": None,
        "customer_locale": "es-ES",
        "currency": "EUR",
        "presentment_currency": "EUR",
        "financial_status": "pending",
        "cancelled_at": None,
        "cancel_reason": None,
        "total_price": "60.00",
        "total_price_set": money_bag("60.00", "EUR"),
        "customer": {"first_name": "Lucía", "last_name": "Gil", "email": "lucia.gil@example.org"},
        "shipping_address": {
            "name": "Lucía Gil",
            "address1": "Calle Mayor 1",
            "address2": None,
            "company": None,
            "city": "Madrid",
            "zip": "28013",
            "province_code": "M",
            "country_code": "ES",
            "phone": "600 222 333",
        },
        "line_items": [
            {
                "id": 71,
                "name": "Lámpara",
                "sku": "LAMP-1",
                "quantity": 2,
                "price": "30.00",
                "price_set": money_bag("30.00", "EUR"),
                "discount_allocations": [],
                "properties": [],
            }
        ],
        "fulfillments": [],
        "refunds": [],
    }
    return {**order, **changes}


def shop_parcel(**changes: Any) -> dict[str, Any]:
    """A Shopify fulfilment of that order."""
    parcel: dict[str, Any] = {
        "id": 81,
        "order_id": 5001,
        "status": "success",
        "created_at": "2026-05-05T09:00:00+02:00",
        "updated_at": "2026-05-05T09:00:00+02:00",
        "tracking_company": "Correos",
        "tracking_number": "PK123456789ES",
        "tracking_numbers": ["PK123456789ES"],
        "tracking_url": "https://carrier.example/PK123456789ES",
        "line_items": [{"id": 71}],
    }
    return {**parcel, **changes}


def shop_refund(**changes: Any) -> dict[str, Any]:
    """A Shopify refund of that order."""
    refund: dict[str, Any] = {
        "id": 91,
        "order_id": 5001,
        "created_at": "2026-05-06T09:00:00+02:00",
        "processed_at": "2026-05-06T09:00:00+02:00",
        "note": None,
        "refund_line_items": [],
        "transactions": [
            {"id": 95, "kind": "refund", "status": "success", "amount": "30.00", "currency": "EUR"}
        ],
    }
    return {**refund, **changes}


class Shop:
    """Makes Shopify's objects."""

    order = staticmethod(shop_order)
    parcel = staticmethod(shop_parcel)
    refund = staticmethod(shop_refund)
    bag = staticmethod(money_bag)


@pytest.fixture
def shop() -> type[Shop]:
    """Makes Shopify's objects."""
    return Shop


def hub_signature(body: bytes, secret: str) -> dict[str, str]:
    """What Meta signs with."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={mac}", "content-type": "application/json"}


def shop_signature(body: bytes, secret: str) -> dict[str, str]:
    """What Shopify signs with."""
    mac = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {"x-shopify-hmac-sha256": mac, "content-type": "application/json"}


@dataclass
class Intake:
    """A process's worth of intake: its doors on sockets, its own pool."""

    db: Database
    url: str
    settings: Settings
    keeper: Keeper
    smtp: SmtpListener
    http: httpx.AsyncClient
    sockets: list[ClientConnection] = field(default_factory=list)

    async def said(self, *types: type[Message]) -> list[Any]:
        """What waits in the outbox, oldest first; of these types where any are given."""
        return list(await testing.said(self.db, *types))

    async def send_whatsapp(
        self, payload: object, *, account: str = "100200300", secret: str = SECRETS["WA_SECRET"]
    ) -> httpx.Response:
        """Deliver a WhatsApp webhook, signed."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        return await self.post(f"/hooks/whatsapp/{account}", body, hub_signature(body, secret))

    async def send_signed(self, body: bytes) -> httpx.Response:
        """Deliver any octets as WhatsApp would sign them."""
        headers = hub_signature(body, SECRETS["WA_SECRET"])
        return await self.post("/hooks/whatsapp/100200300", body, headers)

    async def send_shopify(
        self, topic: str, payload: object, *, webhook_id: str | None = None
    ) -> httpx.Response:
        """Deliver a Shopify webhook, signed."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        headers = {
            **shop_signature(body, SECRETS["SHOP_SECRET"]),
            "x-shopify-topic": topic,
            "x-shopify-webhook-id": webhook_id or str(uuid4()),
        }
        return await self.post("/hooks/shopify/aurora.myshopify.com", body, headers)

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Post octets as they are."""
        return await self.http.post(path, content=body, headers=headers)

    async def mail(
        self, octets: bytes | str, *to: str, sender: str = "ana@example.org"
    ) -> tuple[int, str]:
        """Hand a mail over by SMTP; returns the answer to DATA, or that of the first refusal."""
        raw = textwrap.dedent(octets).encode() if isinstance(octets, str) else octets
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.smtp.port, timeout=30)
        async with client:
            try:
                await client.mail(sender)
                for address in to:
                    await client.rcpt(address)
                answer = await client.data(raw)
            except aiosmtplib.SMTPResponseException as why:
                return why.code, why.message
        return answer.code, answer.message

    async def smtp_says(self, *commands: str, last: str = "") -> list[str]:
        """Say SMTP commands as they are, then hang up; returns the answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.smtp.port)
        await reader.readline()
        answers = []
        for command in commands:
            writer.write(f"{command}\r\n".encode())
            answer = await reader.readline()
            while answer[3:4] == b"-":
                answer = await reader.readline()
            answers.append(answer.decode())
        writer.write(last.encode())
        await writer.drain()
        writer.close()
        return answers

    async def chat(self, account: str = "borealis-web", **headers: str) -> ClientConnection:
        """Open a chat socket."""
        address = f"{self.url.replace('http', 'ws', 1)}/chat/{account}"
        opened = await connect(address, additional_headers=headers, proxy=None)
        self.sockets.append(opened)
        return opened


@pytest.fixture
async def intake_process(
    database_url: str, stores: Stores
) -> AsyncIterator[Callable[..., Awaitable[Intake]]]:
    """`await intake_process()` opens doors of their own over the test's database."""
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:

        async def begin(**knobs: Any) -> Intake:
            settings = Settings(**knobs)
            db = await stack.enter_async_context(testing.opened_database(database_url, "intake"))
            keeper, tokens = Keeper(db), stores.tokens()
            chat = Chat(db, stores, tokens, keeper, settings)
            runtime = Runtime("intake", settings, db, stores, Callers(), stop)
            routes = api.app(
                Hooks(stores, keeper),
                chat,
                callers=Callers(),
                ready=runtime.ready,
                max_body=settings.hook_max_octets,
            )
            smtp = SmtpListener(OurOwn(Mailboxes.of(stores), tokens), keeper, settings)
            port = _free_port()
            parts = [
                service.serve(routes, "127.0.0.1", port, stop),
                smtp.run(stop),
                chat.run(stop),
            ]
            for part in parts:
                running = asyncio.create_task(part)
                stack.push_async_callback(_ended, stop, running)
            http = httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False
            )
            await stack.enter_async_context(http)

            async def is_open() -> bool:
                try:
                    return (await http.get("/livez")).is_success and smtp.port is not None
                except httpx.TransportError:
                    return False

            await testing.eventually(is_open)
            made = Intake(db, str(http.base_url).rstrip("/"), settings, keeper, smtp, http)
            stack.push_async_callback(_hang_up, made)
            return made

        yield begin


@pytest.fixture
async def intake(intake_process: Callable[..., Awaitable[Intake]]) -> Intake:
    """Intake's doors."""
    return await intake_process()


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives ports that nobody listens on."""
    return _free_port


@pytest.fixture
def hub() -> Callable[[bytes], dict[str, str]]:
    """Signs a body as Meta does for Aurora's app."""
    return lambda body: hub_signature(body, SECRETS["WA_SECRET"])


async def _ended(stop: asyncio.Event, part: "asyncio.Task[None]") -> None:
    stop.set()
    await part


async def _hang_up(made: Intake) -> None:
    for opened in made.sockets:
        await opened.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
