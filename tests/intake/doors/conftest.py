"""Intake's doors on real sockets, and clients that come to them."""

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
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiosmtplib
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from intake import api
from intake.api.files import FilesDoor
from intake.api.hooks import Hooks
from intake.api.messages import Messages
from intake.api.smtp import SmtpListener
from intake.api.sockets import Chat
from intake.api.uploads import Uploads
from intake.channels.mail import OurOwn
from intake.clients.objects import Objects
from intake.handlers.doors import Around
from intake.handlers.keeping import Keeper
from intake.settings import Settings
from intake.workers import mails as mails_worker
from intake.workers.files import Files
from intake.workers.mails import Mails
from intake.workers.orders import Orders
from shared import service, testing
from shared.callers import Actor, Callers, Role
from shared.contracts.base import ActorKind, Message
from shared.db import Database
from shared.service import Runtime
from shared.stores import Stores
from tests.intake.doors.mail_services import CHANNELS, Services
from tests.loopback import serving


def hub_signature(body: bytes, secret: str) -> dict[str, str]:
    """What Meta signs with."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={mac}", "content-type": "application/json"}


def shop_signature(body: bytes, secret: str) -> dict[str, str]:
    """What Shopify signs with."""
    mac = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {"x-shopify-hmac-sha256": mac, "content-type": "application/json"}


TOKENS = {name: f"token of {name}" for name in ("phones", "desk", "borealis", "warehouse")}

CALLERS = Callers(
    [
        (
            hashlib.sha256(token.encode()).hexdigest(),
            Actor(
                ActorKind.SERVICE,
                name,
                Role.WAREHOUSE if name == "warehouse" else Role.LEAD,
                frozenset({"borealis" if name == "borealis" else "aurora"}),
            ),
        )
        for name, token in TOKENS.items()
    ]
)


@dataclass
class Intake:
    """A process's worth of intake: its doors on sockets, its own pool."""

    db: Database
    url: str
    settings: Settings
    keeper: Keeper
    smtp: SmtpListener
    http: httpx.AsyncClient
    secrets: dict[str, str]
    sockets: list[ClientConnection] = field(default_factory=list)

    async def said(self, *types: type[Message]) -> list[Any]:
        """What waits in the outbox, oldest first; of these types where any are given."""
        return list(await testing.said(self.db, *types))

    async def send_whatsapp(
        self, payload: object, *, account: str = "100200300", secret: str | None = None
    ) -> httpx.Response:
        """Deliver a WhatsApp webhook, signed."""
        body = json.dumps(payload).encode()
        signed = hub_signature(body, secret or self.secrets["WA_SECRET"])
        return await self.post(f"/hooks/whatsapp/{account}", body, signed)

    async def send_signed(self, body: bytes) -> httpx.Response:
        """Deliver any octets as WhatsApp would sign them."""
        headers = hub_signature(body, self.secrets["WA_SECRET"])
        return await self.post("/hooks/whatsapp/100200300", body, headers)

    async def send_shopify(
        self, topic: str, payload: object, *, webhook_id: str | None = None
    ) -> httpx.Response:
        """Deliver a Shopify webhook, signed."""
        body = json.dumps(payload).encode()
        headers = {
            **shop_signature(body, self.secrets["SHOP_SECRET"]),
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
    database_url: str, stores: Stores, secrets: dict[str, str], tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Intake]]]:
    """`await intake_process()` opens doors of their own over the test's database."""
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:

        async def begin(**knobs: Any) -> Intake:
            settings = Settings(**{"files_url": str(tmp_path / "files"), **knobs})
            db = await stack.enter_async_context(testing.opened_database(database_url, "intake"))
            tokens = stores.tokens()
            keeper = Keeper(db, tokens, settings.public_url, settings.seal())
            chat = Chat(db, stores, tokens, keeper, settings)
            runtime = Runtime("intake", settings, db, stores, Callers(), stop)
            own = OurOwn.of(stores, tokens)
            around, objects = Around(stores, own), Objects(settings.files_url)
            doors = api.Doors(
                Hooks(around, keeper, settings.public_url, settings.smtp_max_octets),
                chat,
                Messages(db, stores, keeper),
                FilesDoor(db, tokens, objects, settings.public_url),
                Uploads(db, stores, tokens, objects, None, settings.file_max_octets),
            )
            routes = api.app(
                doors,
                callers=CALLERS,
                ready=runtime.ready,
                max_body=settings.hook_max_octets,
            )
            smtp = SmtpListener(own, keeper, settings)
            port = _free_port()
            parts = [
                service.serve(routes, "127.0.0.1", port, stop),
                smtp.run(stop),
                chat.run(stop),
                Mails(db, around, keeper, settings.smtp_max_octets).run(stop),
                Orders(db, around, keeper).run(stop),
                Files(
                    db,
                    around,
                    objects,
                    None,
                    seal=settings.seal(),
                    most_octets=settings.file_max_octets,
                ).run(stop),
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
            url = str(http.base_url).rstrip("/")
            made = Intake(db, url, settings, keeper, smtp, http, secrets)
            stack.push_async_callback(_hang_up, made)
            return made

        yield begin


@pytest.fixture
async def intake(intake_process: Callable[..., Awaitable[Intake]]) -> Intake:
    """Intake's doors."""
    return await intake_process()


@pytest.fixture
def caller_tokens() -> dict[str, str]:
    """Tokens of callers: two of Aurora's, one of the other store, one of the warehouse."""
    return TOKENS


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives ports that nobody listens on."""
    return _free_port


@pytest.fixture
def hub(secrets: dict[str, str]) -> Callable[[bytes], dict[str, str]]:
    """Signs a body as Meta does for Aurora's app."""
    return lambda body: hub_signature(body, secrets["WA_SECRET"])


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


@pytest.fixture
async def services(
    stores: Stores, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    """The services, which the accounts ask; attempts follow each other quickly."""
    port = free_port()
    for channel in CHANNELS:
        account = stores.account(channel, "aurora")
        object.__setattr__(account, "base_url", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(mails_worker, "_FIRST_PAUSE", timedelta(milliseconds=5))
    monkeypatch.setattr(mails_worker, "_SWEEP", 0.05)
    made = Services(port)
    async with serving(made.app, port):
        yield made
