"""Vonage: two ways of signing, two APIs."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

SENT = 1_777_895_940
NEW, OLD, OTHER = "n" * 40, "o" * 40, "x" * 40
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def vonage(vendor: Callable[..., Any]) -> Any:
    return vendor("vonage", "abcd1234", signature_secret=(NEW, OLD))


def sms(**more: str) -> dict[str, str]:
    return {"msisdn": "34600111222", "to": "34911000000", "messageId": "0A01", "text": "a=b&c",
            "type": "text", "message-timestamp": "2026-05-04 11:59:00",
            "timestamp": str(SENT), **more}  # fmt: skip


def signed(told: dict[str, str], secret: str, method: str) -> str:
    written = "".join(
        f"&{name}={told[name].replace('&', '_').replace('=', '_')}" for name in sorted(told)
    )
    if method == "md5hash":
        return hashlib.md5((written + secret).encode()).hexdigest()
    return hmac.new(secret.encode(), written.encode(), method).hexdigest().upper()


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("how", ["GET", "form", "json"])
def test_the_parameters_are_signed(vonage: Any, posted: Any, method: str, how: str) -> None:
    def came(secret: str, **changed: str) -> Any:
        told = {**sms(), "sig": signed(sms(), secret, method), **changed}
        if how == "GET":
            return posted(url=f"https://h.example/x?{urlencode(told)}", method="GET")
        if how == "form":
            return posted(urlencode(told), headers=FORM)
        return posted(json.dumps(told), headers={"content-type": "application/json"})

    assert [vonage.verifies(came(key)) for key in (NEW, OLD, OTHER)] == [True, True, False]
    assert not vonage.verifies(came(NEW, text="forged"))
    assert vonage.door.scheme.signed_at(came(NEW)) == datetime.fromtimestamp(SENT, UTC)
    assert vonage.take(came(NEW)).items[0].event.text == "a=b&c"


def test_a_token_names_the_body(vonage: Any, posted: Any) -> None:
    body = b'{"message_uuid":"m"}'

    def came(secret: str, sent: bytes = body, **claims: Any) -> Any:
        told = {"iat": SENT, "payload_hash": hashlib.sha256(body).hexdigest(), **claims}
        token = jwt.encode(told, secret, algorithm="HS256")
        return posted(sent, headers={"authorization": f"Bearer {token}"})

    assert [vonage.verifies(came(key)) for key in (NEW, OLD, OTHER)] == [True, True, False]
    assert not vonage.verifies(came(NEW, sent=b"{}"))
    assert not vonage.verifies(came(NEW, payload_hash=None))
    assert vonage.door.scheme.signed_at(came(NEW)) == datetime.fromtimestamp(SENT, UTC)
    unsigned = jwt.encode({"payload_hash": hashlib.sha256(body).hexdigest()}, "", algorithm="none")
    assert not vonage.verifies(posted(body, headers={"authorization": f"Bearer {unsigned}"}))


def test_an_sms_is_a_message(vonage: Any) -> None:
    found = vonage.message(sms())

    assert (found.event.external_id, found.event.phone) == ("0A01", "+34600111222")
    assert found.event.occurred_at == vonage.AT - timedelta(minutes=1)
    assert vonage.message(sms(type="binary", text="")).event.text == "[binary message]"


def test_the_parts_of_a_long_sms_are_messages_of_one_thread(vonage: Any) -> None:
    parts = {"concat": "true", "concat-ref": "7", "concat-total": "2"}

    said = [
        vonage.message(sms(messageId=id, text=text, **parts, **{"concat-part": part})).event
        for id, text, part in (("0A02", "is?", "2"), ("0A01", "Where", "1"))
    ]

    assert [one.text for one in said] == ["is?", "Where"]
    assert len({one.message_id for one in said}) == 2
    assert len({one.thread_id for one in said}) == 1


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("accepted", "sent"),
        ("delivered", "delivered"),
        ("expired", "failed"),
        ("rejected", "failed"),
    ],
)
def test_receipts_of_the_sms_api(vonage: Any, told: str, expected: str) -> None:
    receipt = {"msisdn": "34600111222", "messageId": "0B", "status": told, "err-code": "6"}

    assert vonage.statuses(receipt) == [("0B", expected)]
    [news] = vonage.read(receipt).items
    assert news.event.thread_id == vonage.message(sms()).event.thread_id
    assert vonage.kinds({**receipt, "status": "unknown"}) == (0, 1, 0)


def chat(kind: str, channel: str = "whatsapp", **more: Any) -> dict[str, Any]:
    return {"message_uuid": "m1", "to": "34911000000", "from": "34600111222", "channel": channel,
            "timestamp": "2026-05-04T11:59:00Z", "message_type": kind,
            "profile": {"name": "Ana"}, **more}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (chat("text", text="hola"), "hola", 0),
        (chat("image", image={"url": "https://v/i.jpg", "caption": "rota"}), "rota", 1),
        (chat("file", file={"url": "https://v/f.pdf", "name": "f.pdf"}), "[file: f.pdf]", 1),
        (chat("location", location={"lat": 1, "long": 2, "name": "Sol"}), "[location] Sol 1, 2", 0),
        (chat("reply", reply={"id": "1", "title": "Sí"}), "Sí", 0),
        (chat("button", button={"payload": "y", "text": "OK"}), "OK", 0),
        (chat("reaction", reaction={"action": "react", "emoji": "👍"}), "👍", 0),
        (chat("order", order={"product_items": [{"product_retailer_id": "L1", "quantity": "2"}]}),
         "[order] 2 × L1", 0),
        (chat("unsupported"), "[unsupported]", 0),
        ({"message_uuid": "m1", "from": {"type": "whatsapp", "number": "34600111222"},
          "message": {"content": {"type": "text", "text": "old"}}}, "old", 0),
    ],
)  # fmt: skip
def test_every_kind_of_the_messages_api(vonage: Any, told: Any, text: str, files: int) -> None:
    found = vonage.message(told)

    assert (found.event.text, len(found.remote)) == (text, files)
    assert (found.event.external_id, found.event.phone) == ("m1", "+34600111222")
    assert found.event.reply_route.peer == "whatsapp:+34600111222"
    assert found.event.reply_route.window_until is not None


def test_messengers_are_answered_by_their_own_ids(vonage: Any) -> None:
    found = vonage.message({**chat("text", "messenger", text="x"), "from": "779"})

    assert (found.contact.identity, found.event.reply_route.peer) == ("user", "messenger:779")


@pytest.mark.parametrize(
    ("told", "expected"),
    [("submitted", "sent"), ("delivered", "delivered"), ("read", "read"),
     ("rejected", "failed"), ("undeliverable", "failed")],
)  # fmt: skip
def test_statuses_of_the_messages_api(vonage: Any, told: str, expected: str) -> None:
    status = {"message_uuid": "m9", "to": "34600111222", "from": "34911000000", "status": told,
              "channel": "whatsapp", "error": {"title": "1340"}}  # fmt: skip

    assert vonage.statuses(status) == [("m9", expected)]
    [news] = vonage.read(status).items
    assert news.event.thread_id == vonage.message(chat("text", text="x")).event.thread_id


def test_the_rest_says_nothing(vonage: Any) -> None:
    assert vonage.kinds({"uuid": "u", "conversation_uuid": "CON", "status": "ringing"}) == (0, 1, 0)
    assert vonage.kinds({"a": 1}) == (0, 0, 1)
