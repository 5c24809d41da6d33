"""Stores, a mail server and Meta's API as real servers on loopback, and notify at work."""

import asyncio
import email
import email.policy
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from fastapi import FastAPI, Request, Response

from notify.channels.chat import ChatChannel
from notify.channels.mail import MailChannel
from notify.channels.whatsapp import WhatsAppChannel
from notify.settings import Settings
from notify.store.notifications import DUE
from notify.templates.letters import Letters
from notify.workers.attempts import Attempts, Limits
from notify.workers.sender import Sender
from shared import testing
from shared.contracts.base import Message
from shared.db import Database
from shared.stores import Stores
from tests.loopback import serving

STORES_YAML = """
token_keys: ["env:TOKEN_KEY"]
stores:
  aurora:
    name: Aurora Jewels
    languages: [es, en]
    countries: [ES, DE]
    market: ES
    currency: EUR
    time_zone: Europe/Madrid
    accounts:
      - channel: mail
        account_id: aurora
        address: shop@aurora.example
        from_name: Aurora Jewels
        smtp_host: 127.0.0.1
        smtp_port: {smtp_port}
        smtp_tls: none
      - channel: whatsapp
        account_id: "105551234567"
        app_secret: env:META_SECRET
        verify_token: env:META_VERIFY
        access_token: env:META_TOKEN
        base_url: "{graph_url}"
      - channel: chat
        account_id: aurora-web
  borealis:
    name: Borealis
    languages: [ja]
    countries: [JP]
    market: JP
    currency: JPY
    time_zone: Asia/Tokyo
    accounts:
      - channel: mail
        account_id: borealis
        address: hello@borealis.example
        from_name: ボレアリス
        smtp_host: 127.0.0.1
        smtp_port: {smtp_port}
        smtp_tls: none
"""
ENVIRON = {
    "TOKEN_KEY": "a key for tokens that only tests know",
    "META_SECRET": "meta-secret",
    "META_VERIFY": "meta-verify",
    "META_TOKEN": "meta-token",
}


class Got(NamedTuple):
    """A mail as the server was given it."""

    sender: str
    recipients: list[str]
    mail: EmailMessage
    octets: bytes

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])

    def part(self, subtype: str) -> str:
        body = self.mail.get_body((subtype,))
        assert body is not None
        return str(body.get_content())


class MailServer:
    """A mail server that takes what it is given, or answers as told, one answer a mail.

    An answer is a pair of step (`MAIL`, `RCPT`, `DATA`) and reply; `hang` as reply says nothing.
    """

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: deque[tuple[str, str]] = deque()
        self.released = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.port = 0
        self.password: str | None = None
        self.said_goodbye = asyncio.Event()
        self._came = asyncio.Condition()

    async def _answer(self, step: str) -> str | None:
        if not self.answers or self.answers[0][0] != step:
            return None
        reply = self.answers.popleft()[1]
        if reply == "hang":
            await self.released.wait()
        return reply

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (reply := await self._answer("MAIL")) is not None:
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (reply := await self._answer("RCPT")) is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.hold.wait()
            return await self._take(envelope)
        finally:
            self.at_once -= 1

    async def handle_QUIT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        self.said_goodbye.set()
        return "221 Bye"

    def authenticate(
        self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Let in who knows the password."""
        is_right = isinstance(data, LoginPassword) and data.password.decode() == self.password
        return AuthResult(success=is_right, handled=False)

    async def _take(self, envelope: Envelope) -> str:
        octets = envelope.content
        assert isinstance(octets, bytes)
        parsed = email.message_from_bytes(octets, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        if not (self.answers and self.answers[0][1].startswith(("4", "5"))):
            self.got.append(Got(str(envelope.mail_from), list(envelope.rcpt_tos), parsed, octets))
            async with self._came:
                self._came.notify_all()
        return await self._answer("DATA") or "250 OK"

    async def mails(self, count: int, within: float = 10.0) -> list[Got]:
        """The first `count` mails; fails when they do not come."""
        async with asyncio.timeout(within), self._came:
            await self._came.wait_for(lambda: len(self.got) >= count)
        return self.got[:count]


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    """A mail server on a free loopback port."""
    world = MailServer()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions.append(
            SMTP(
                world,
                hostname="sink.test",
                enable_SMTPUTF8=False,
                authenticator=world.authenticate,
                auth_require_tls=False,
            )
        )
        return sessions[-1]

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    world.port = server.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        world.released.set()
        world.hold.set()
        server.close()
        for each in sessions:
            if isinstance(each.transport, asyncio.Transport):
                each.transport.abort()
        await server.wait_closed()


class Graph:
    """Meta's Graph API as far as it is used. `answers` are given first: status and body, or
    "hang"."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.answers: deque[tuple[int, Any] | str] = deque()
        self.released = asyncio.Event()
        self.base_url = ""
        self.app = FastAPI()
        self.app.add_api_route("/v23.0/{number}/messages", self.send, methods=["POST"])

    async def send(self, request: Request, number: str) -> Response:
        body = await request.json()
        token = request.headers.get("authorization")
        self.calls.append({"number": number, "authorization": token, **body})
        if self.answers:
            answer = self.answers.popleft()
            if answer == "hang":
                await self.released.wait()
                return Response(status_code=500)
            assert not isinstance(answer, str)
            return Response(json.dumps(answer[1]), answer[0], media_type="application/json")
        found = {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{len(self.calls)}"}]}
        return Response(json.dumps(found), media_type="application/json")


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    """Meta's API on a free loopback port."""
    world = Graph()
    async with serving(world.app) as url:
        world.base_url = f"{url}/v23.0"
        try:
            yield world
        finally:
            world.released.set()


@pytest.fixture
def stores_path(mail_server: MailServer, graph: Graph, tmp_path: Path) -> Path:
    """The stores file, its accounts at the servers above."""
    path = tmp_path / "stores.yaml"
    text = STORES_YAML.replace("{smtp_port}", str(mail_server.port))
    path.write_text(text.replace("{graph_url}", graph.base_url), "utf-8")
    return path


@pytest.fixture
def environ() -> dict[str, str]:
    """The secrets that the stores file names."""
    return dict(ENVIRON)


@pytest.fixture
def stores(stores_path: Path) -> Stores:
    """Two stores."""
    return Stores.load(stores_path, environ=ENVIRON)


Hear = Callable[..., Awaitable[None]]
Find = Callable[..., Awaitable[list[dict[str, Any]]]]


class Office:
    """notify at work on its own database: what it hears, what it sends, what it keeps."""

    def __init__(
        self, db: Database, stores: Stores, settings: Settings, *, hear: Hear, find: Find
    ) -> None:
        self.db = db
        self.stores = stores
        self.hear = hear
        self.find = find
        self._settings = settings
        self._client = httpx.AsyncClient()
        self._at_work: list[tuple[asyncio.Event, asyncio.Task[None]]] = []

    def sender(self, **given: Any) -> Sender:
        """A sender with the real channels; settings may be given."""
        settings = self._settings.model_copy(update=given)
        limits = Limits(
            in_flight=settings.in_flight,
            in_flight_each=settings.in_flight_each,
            call=settings.call_timeout,
            lease=settings.lease,
            late_after=settings.late_after,
            give_up_after=settings.give_up_after,
            give_up_replies_after=settings.give_up_replies_after,
        )
        tokens = self.stores.tokens()
        channels: dict[str, Any] = {
            "mail": MailChannel(tokens, timeout=settings.mail_timeout.total_seconds()),
            "whatsapp": WhatsAppChannel(
                self._client, tokens, timeout=settings.http_timeout.total_seconds()
            ),
            "chat": ChatChannel(),
        }
        attempts = Attempts(stores=self.stores, channels=channels, letters=Letters(), limits=limits)
        return Sender(db=self.db, attempts=attempts, limits=limits)

    async def start(
        self, sender: Sender | None = None, *, is_impatient: bool = False, **given: Any
    ) -> None:
        """Send in the background until the end of the test or `stop`.

        An impatient sender waits half a second for an answer.
        """
        if is_impatient:
            given |= dict.fromkeys(("mail_timeout", "http_timeout"), timedelta(seconds=0.5))
        stop = asyncio.Event()
        sender = sender or self.sender(**given)
        self._at_work.append((stop, asyncio.create_task(sender.run(stop))))

    async def stop(self) -> None:
        """Stop all senders in order; what broke one of them is raised."""
        while self._at_work:
            stop, task = self._at_work.pop()
            stop.set()
            await asyncio.wait_for(task, 20)
        await self._client.aclose()

    async def until(self, where: str, **values: Any) -> dict[str, Any]:
        """The first notification of which this is true, as soon as it is."""

        async def there() -> list[dict[str, Any]]:
            for _, task in self._at_work:
                if task.done():
                    task.result()
            return await self.find(where, **values)

        return (await testing.eventually(there))[0]

    async def ended(self, template: str, state: str) -> dict[str, Any]:
        """The notification of this template, as soon as it is in this state."""
        return await self.until(
            "template = :template AND state = :state", template=template, state=state
        )

    async def hurry(self) -> None:
        """Let the pauses between attempts be over."""
        await testing.rows(
            self.db, "UPDATE notifications SET due_at = now() WHERE state = 'queued' RETURNING 1"
        )
        self.db.wake_now(DUE)

    async def said(self, *types: type[Message]) -> list[Any]:
        """What notify has said, oldest first."""
        return list(await testing.said(self.db, *types))


@pytest.fixture
async def office(
    db: Database, stores: Stores, settings: Settings, hear: Hear, find: Find
) -> AsyncIterator[Office]:
    """notify at work."""
    office = Office(db, stores, settings, hear=hear, find=find)
    yield office
    await office.stop()
