"""Stand-ins for the mail services that keep mails, and what they tell of one."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request, Response

from shared import testing

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
