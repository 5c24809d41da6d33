"""Mails that services keep are fetched from stand-ins for them, and each is said once."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute

from intake.clients import fetching
from intake.store import mail_errands
from intake.workers import mails as worker
from intake.workers.mails import Mails
from shared import testing
from shared.contracts.intake import MessageReceived
from shared.stores import Stores
from shared.stores.accounts.mail import ResendAccount
from tests.loopback import serving

KEY = "key of the mail service"
MAIL = (
    b"Return-Path: <ana@x.example>\r\nFrom: Ana <ana@x.example>\r\n"
    b"To: ventas@aurora.example\r\nSubject: =?utf-8?q?Mi_pedido?=\r\nMessage-ID: <m1@x.example>\r\n"
    b"Date: Mon, 04 May 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"\xc2\xbfd\xc3\xb3nde est\xc3\xa1?\r\n\r\nOn Sun, Aurora wrote:\r\n> hola\r\n"
    b'--b\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
    b'Content-Disposition: attachment; filename="a.pdf"\r\n\r\n%PDF-1.7 x\r\n--b--\r\n'
)
CHANNELS = ("resend", "mailtrap", "mailgun", "amazon-ses")


class Services:
    """All four services at one port; `failures` are answered before anything else."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.mail = MAIL
        self.asked: list[str] = []
        self.failures: list[int] = []
        self.told: dict[str, Any] = {}
        self.laid_at = f"{self.base}/laid/1"
        self.before: Callable[[], Awaitable[None]] | None = None
        self.app = FastAPI()
        self.app.add_api_route("/{path:path}", self.answer)

    async def answer(self, request: Request, path: str) -> Any:
        self.asked.append(path)
        if self.before is not None:
            await self.before()
        if path.startswith("laid/"):
            assert "authorization" not in request.headers
            return Response(self.mail)
        shown = request.headers.get("authorization", "")
        basic = base64.b64encode(f"api:{KEY}".encode()).decode()
        wanted = {f"Bearer {KEY}", f"Basic {basic}"}
        if not (shown in wanted or shown.startswith("AWS4-HMAC-SHA256 Credential=AKIA1/")):
            return Response(status_code=401)
        if self.failures:
            return Response(status_code=self.failures.pop(0))
        if path.startswith("aurora-mail/"):
            return Response(self.mail, headers={"etag": '"1"', **self.told})
        return {
            "raw": {"download_url": self.laid_at},
            "raw_message_url": self.laid_at,
            "body-mime": self.mail.decode("utf-8", "replace"),
        } | self.told


@pytest.fixture
async def services(
    stores: Stores, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Services]:
    """The services, which the accounts ask; attempts follow each other quickly."""
    port = free_port()
    for channel in CHANNELS:
        account = stores.account(channel, "aurora")
        object.__setattr__(account, "base_url", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(worker, "_FIRST_PAUSE", timedelta(milliseconds=5))
    monkeypatch.setattr(worker, "_SWEEP", 0.05)
    made = Services(port)
    async with serving(made.app, port):
        yield made


def notice(channel: str, base: str) -> tuple[str, bytes, dict[str, str]]:
    """What a service tells of the mail, as path, body and headers."""
    as_json = {"content-type": "application/json"}
    basic = {"authorization": "Basic " + base64.b64encode(b"mailers:secret").decode()}
    path = f"/hooks/{channel}/aurora"
    if channel == "resend":
        body = json.dumps({"type": "email.received", "created_at": "2026-05-04T08:00:01Z", "data": {
            "email_id": "5676-1", "from": "Ana <ana@x.example>", "to": ["ventas@aurora.example"],
            "message_id": "<m1@x.example>", "subject": "Mi pedido",
            "attachments": [{"id": "a1", "filename": "a.pdf"}]}}).encode()  # fmt: skip
        id, at = f"msg_{uuid4()}", str(int(time.time()))
        key = base64.b64decode("cmVzZW5k")
        mac = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256")).decode()
        signed = {"svix-id": id, "svix-timestamp": at, "svix-signature": f"v1,{mac}"}
        return path, body, as_json | signed
    if channel == "mailtrap":
        event = {"event": "inbound.message_received", "inbox_id": 250, "from": "ana@x.example",
                 "message_id": "18703", "timestamp": 1_777_881_600_000}  # fmt: skip
        return path, json.dumps({"events": [event]}).encode(), as_json | basic
    if channel == "mailgun":
        return path, *mailgun_form(f"{base}/v3/domains/aurora.example/messages/eyJw")
    message = {"notificationType": "Received",
               "mail": {"source": "ana@x.example", "messageId": "0001",
                        "commonHeaders": {"from": ["Ana <ana@x.example>"], "subject": "Mi pedido"}},
               "receipt": {"recipients": ["ventas@aurora.example"], "action": {
                   "type": "S3", "bucketName": "aurora-mail", "objectKeyPrefix": "in/",
                   "objectKey": "in/0001"}}}  # fmt: skip
    body = json.dumps({"Type": "Notification", "MessageId": str(uuid4()),
                       "Message": json.dumps(message)}).encode()  # fmt: skip
    return path, body, {"content-type": "text/plain"} | basic


def mailgun_form(url: str) -> tuple[bytes, dict[str, str]]:
    """What `store()` tells of a mail that lies there."""
    at, token = str(int(time.time())), uuid4().hex
    signature = hmac.new(b"mailers:secret", f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    fields = {
        "recipient": "ventas@aurora.example", "sender": "ana@x.example", "timestamp": at,
        "token": token, "signature": signature, "message-url": url, "body-plain": "¿dónde está?",
        "from": "Ana <ana@x.example>", "subject": "Mi pedido", "Message-Id": "<m1@x.example>",
        "attachments": json.dumps([{"name": "a.pdf", "size": 10, "url": f"{url}/attachments/0"}]),
    }  # fmt: skip
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{parts}--x--\r\n".encode(), {"content-type": "multipart/form-data; boundary=x"}


async def tell(intake: Any, channel: str, base: str = "") -> None:
    path, body, headers = notice(channel, base)
    assert (await intake.post(path, body, headers)).status_code == 200


async def all_fetched(intake: Any) -> None:
    async def none_due() -> bool:
        rows = await testing.rows(
            intake.db, "SELECT why FROM mail_errands WHERE due_at IS NOT NULL"
        )
        return rows == []

    await testing.eventually(none_due, within=20)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_mail_that_lies_with_its_service_is_fetched_and_said_once(
    services: Services, intake: Any, channel: str
) -> None:
    services.failures = [404, 503, 429]

    for _ in range(2):
        await tell(intake, channel, services.base)
    await all_fetched(intake)
    await tell(intake, channel, services.base)
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert (event.channel, event.account_id, event.text) == ("mail", "ventas", "¿dónde está?")
    assert (event.mail, event.subject) == ("ana@x.example", "Mi pedido")
    assert event.reply_route.in_reply_to == "<m1@x.example>"
    assert await testing.rows(intake.db, "SELECT 1 FROM mail_errands") == []
    rows = await testing.rows(
        intake.db, "SELECT channel, method, outcome FROM raw_requests ORDER BY received_at"
    )
    assert {(row["channel"], row["method"]) for row in rows} == {
        (channel, "POST"),
        ("mail", "API"),
    }
    assert {row["outcome"] for row in rows} <= {"understood", "repeated"}

    async def file() -> Any:
        answer = await intake.http.get(event.attachments[0].url)
        return answer if answer.status_code != 503 else None

    assert (await testing.eventually(file)).content == b"%PDF-1.7 x"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_mail_that_is_never_to_be_had_is_said_as_it_was_told_and_never_twice(
    services: Services, intake: Any, channel: str
) -> None:
    services.failures = [404] * 1000

    for _ in range(2):
        await tell(intake, channel, services.base)
    await all_fetched(intake)
    asked = len(services.asked)
    services.failures = []
    await tell(intake, channel, services.base)
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert asked == len(services.asked) == worker._MOST_REFUSALS
    assert event.mail == "ana@x.example"
    words = "¿dónde está?" if channel == "mailgun" else "lies with the mail service"
    assert words in event.text
    [row] = await testing.rows(intake.db, "SELECT why, attempts FROM mail_errands")
    assert (row["why"], row["attempts"]) == ("the vendor has it no more", asked)


async def test_an_answer_that_comes_when_the_mail_was_given_up_says_nothing_more(
    services: Services,
    intake_process: Callable[..., Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "_PATIENCE", timedelta(milliseconds=100))
    monkeypatch.setattr(worker, "_MOST_REFUSALS", 2)
    first, _ = await intake_process(), await intake_process()
    is_free = asyncio.Event()

    async def only_the_first_waits() -> None:
        if len(services.asked) == 1:
            services.failures = [404]
            await is_free.wait()

    services.before = only_the_first_waits
    await tell(first, "mailtrap")
    await testing.eventually(lambda: first.said(MessageReceived))
    is_free.set()
    await all_fetched(first)

    async def answered() -> bool:
        rows = await testing.rows(
            first.db, "SELECT 1 FROM raw_requests WHERE method = 'API' AND outcome = 'repeated'"
        )
        return len(rows) == 1

    await testing.eventually(answered)
    [event] = await first.said(MessageReceived)
    assert "lies with the mail service" in event.text


async def test_who_is_killed_between_fetching_and_noting_it_fetches_again_and_says_nothing(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = asyncio.Event()

    async def never_noted(tx: Any, errand: Any) -> None:
        killed.set()
        raise ConnectionError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(mail_errands, "done", never_noted)
        patch.setattr(worker, "_PATIENCE", timedelta(milliseconds=50))
        await tell(intake, "resend")
        await asyncio.wait_for(killed.wait(), 10)
    await all_fetched(intake)

    assert len(await intake.said(MessageReceived)) == 1
    assert services.asked.count("emails/receiving/5676-1") > 1


async def test_a_key_that_is_refused_may_be_mended(
    services: Services, intake: Any, stores: Stores
) -> None:
    account = stores.account("resend", "aurora")
    assert isinstance(account, ResendAccount)
    key = account.api_key
    object.__setattr__(account, "api_key", ("another",))

    await tell(intake, "resend")
    await testing.eventually(lambda: asyncio.sleep(0, len(services.asked) > 2))
    assert await intake.said(MessageReceived) == []
    object.__setattr__(account, "api_key", key)
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert event.text == "¿dónde está?"


async def test_a_service_that_is_asked_too_fast_is_asked_again_without_giving_up(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_SOON", 0.01)
    services.failures = [429] * (worker._MOST_ATTEMPTS + 5)

    await tell(intake, "resend")
    await all_fetched(intake)
    services.failures = [429] * 1000
    monkeypatch.setattr(worker, "_MOST_PATIENCE", timedelta(0))
    await tell(intake, "mailtrap")
    await all_fetched(intake)

    first, second = await intake.said(MessageReceived)
    assert first.text == "¿dónde está?"
    assert "lies with the mail service" in second.text


async def test_a_mail_that_kills_whoever_fetches_it_is_said_as_it_was_told(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_MOST_ATTEMPTS", 0)

    await tell(intake, "mailtrap")
    await all_fetched(intake)

    [event] = await intake.said(MessageReceived)
    assert "lies with the mail service" in event.text
    assert services.asked == []


async def test_a_mail_that_we_fail_to_give_up_keeps_no_other_waiting(
    services: Services, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    def fails(*_: Any) -> Any:
        loop.call_soon_threadsafe(failed.set)
        raise ValueError("a mistake of ours")

    loop = asyncio.get_running_loop()
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_MOST_ATTEMPTS", 0)
        patch.setattr(Mails, "_arrival", fails)
        await tell(intake, "mailtrap")
        await asyncio.wait_for(failed.wait(), 10)
    await tell(intake, "resend")

    async def only_that_is_left() -> bool:
        rows = await testing.rows(intake.db, "SELECT channel FROM mail_errands")
        return [row["channel"] for row in rows] == ["mailtrap"]

    await testing.eventually(only_that_is_left)
    assert len(await intake.said(MessageReceived)) == 1


async def test_files_that_brevo_keeps_are_fetched_by_their_tokens(
    services: Services, intake: Any, stores: Stores
) -> None:
    account = stores.account("brevo", "aurora")
    object.__setattr__(account, "base_url", f"{services.base}/v3")
    shown: list[tuple[str, str | None]] = []

    async def attachment(request: Request, token: str) -> Response:
        shown.append((token, request.headers.get("api-key")))
        return Response(b"%PDF-1.7 x")

    services.app.router.routes.insert(0, APIRoute("/v3/inbound/attachments/{token}", attachment))

    told = {"items": [{
        "From": {"Address": "ana@x.example"}, "To": [{"Address": "help@aurora.example"}],
        "RawTextBody": "hola", "MessageId": "<9@x.example>", "Attachments": [{"Name": "a.pdf",
        "ContentType": "application/pdf", "DownloadToken": "eyJ="}]}]}  # fmt: skip
    auth = ("mailers", "secret")
    assert (await intake.http.post("/hooks/brevo/aurora", json=told, auth=auth)).is_success
    [event] = await intake.said(MessageReceived)

    async def file() -> Any:
        answer = await intake.http.get(event.attachments[0].url)
        return answer if answer.status_code != 503 else None

    assert (await testing.eventually(file)).content == b"%PDF-1.7 x"
    assert shown == [("eyJ=", KEY)]
