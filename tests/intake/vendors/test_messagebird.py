"""MessageBird: three ways of signing, SMS and conversations."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

SENT = 1_777_895_940
NEW, OLD, OTHER = "n" * 40, "o" * 40, "x" * 40
URL = "https://hooks.example/hooks/messagebird/care?z=1&a=2"


@pytest.fixture
def bird(vendor: Callable[..., Any]) -> Any:
    return vendor("messagebird", "care", signing_key=(NEW, OLD))


def sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def test_a_token_names_address_and_body(bird: Any, posted: Any) -> None:
    body = b'{"type":"message.created"}'

    def came(secret: str, url: str = URL, sent: bytes = body, **claims: Any) -> Any:
        told = {"iss": "MessageBird", "nbf": SENT, "exp": SENT + 60,
                "url_hash": sha256(URL.encode()), "payload_hash": sha256(body),
                **claims}  # fmt: skip
        token = jwt.encode({k: v for k, v in told.items() if v}, secret, algorithm="HS256")
        return posted(sent, url=url, headers={"messagebird-signature-jwt": token})

    assert [bird.verifies(came(key)) for key in (NEW, OLD, OTHER)] == [True, True, False]
    assert not bird.verifies(came(NEW, url=URL + "3"))
    assert not bird.verifies(came(NEW, sent=body + b" "))
    assert not bird.verifies(came(NEW, payload_hash=None))
    assert bird.verifies(came(NEW, sent=b"", payload_hash=None))
    assert bird.door.scheme.signed_at(came(NEW)) == datetime.fromtimestamp(SENT, UTC)


@pytest.mark.parametrize("middle", ["a=2&z=1", URL])
def test_the_other_schemes_sign_time_address_and_digest(
    bird: Any, posted: Any, middle: str
) -> None:
    body = b'{"a":1}'
    signed = f"{SENT}\n{middle}\n".encode() + hashlib.sha256(body).digest()

    def came(secret: str, sent: bytes = body, at: int = SENT) -> Any:
        mac = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
        headers = {"messagebird-signature": mac, "messagebird-request-timestamp": str(at)}
        return posted(sent, url=URL, headers=headers)

    assert [bird.verifies(came(key)) for key in (NEW, OLD, OTHER)] == [True, True, False]
    assert not bird.verifies(came(NEW, sent=b"{}"))
    assert not bird.verifies(came(NEW, at=SENT + 1))
    assert bird.door.scheme.signed_at(came(NEW)) == datetime.fromtimestamp(SENT, UTC)


SMS = {"id": "e8", "originator": "34600111222", "recipient": "34911", "body": "hola",
       "createdDatetime": "2026-05-04T11:59:00+00:00"}  # fmt: skip


def test_an_sms_comes_by_get_too(bird: Any, posted: Any) -> None:
    asked = posted(url=f"https://h.example/x?{urlencode(SMS)}", method="GET")

    [found] = bird.take(asked).items

    assert (found.event.text, found.event.external_id) == ("hola", "e8")
    assert found.event.phone == found.event.reply_route.peer == "+34600111222"
    assert found.event.occurred_at == bird.AT - timedelta(minutes=1)
    assert bird.message({**SMS, "body": ""}).event.text == "[empty message]"


def test_an_mms_has_files(bird: Any, posted: Any) -> None:
    form = [("message_id", "e9"), ("originator", "34600111222"), ("mediaURLs", "https://m/a.jpg"),
            ("mediaURLs", "https://m/b.pdf")]  # fmt: skip
    headers = {"content-type": "application/x-www-form-urlencoded"}

    [found] = bird.take(posted(urlencode(form), headers=headers)).items

    assert (found.event.external_id, found.event.text) == ("e9", "[file] [file]")
    assert [one.reference for one in found.remote] == ["https://m/a.jpg", "https://m/b.pdf"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [("sent", "sent"), ("buffered", "sent"), ("delivered", "delivered"), ("expired", "failed"),
     ("delivery_failed", "failed")],
)  # fmt: skip
def test_reports_tell_what_became_of_ours(bird: Any, told: str, expected: str) -> None:
    report = {"id": "f9", "recipient": "34600111222", "status": told, "statusErrorCode": "104",
              "statusDatetime": "2026-05-04T11:59:00+00:00", "reference": "r"}  # fmt: skip

    assert bird.statuses(report) == [("f9", expected)]
    [news] = bird.read(report).items
    assert news.event.thread_id == bird.message(SMS).event.thread_id
    assert bird.kinds({**report, "status": "scheduled"}) == (0, 1, 0)


def created(kind: str, content: Any, event: str = "message.created", **more: Any) -> dict[str, Any]:
    message = {"id": "m1", "conversationId": "c1", "platform": "whatsapp", "from": "+34600111222",
               "to": "+34911000000", "direction": "received", "status": "received", "type": kind,
               "content": content, "createdDatetime": "2026-05-04T11:59:00Z", **more}  # fmt: skip
    contact = {"id": "k1", "msisdn": 34600111222, "displayName": "Ana"}
    return {"type": event, "contact": contact, "conversation": {"id": "c1"}, "message": message}


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (created("text", {"text": "hola"}), "hola", 0),
        (created("image", {"image": {"url": "https://m/i.jpg"}}), "[image]", 1),
        (created("whatsappSticker", {"whatsappSticker": {"link": "https://m/s"}}), "[sticker]", 1),
        (created("location", {"location": {"latitude": 1, "longitude": 2}}), "[location] 1, 2", 0),
        (created("interactive", {"interactive": {"type": "button_reply", "reply": {"text": "Sí"}}}),
         "Sí", 0),
        (created("hologram", {}), "[hologram]", 0),
    ],
)  # fmt: skip
def test_every_kind_of_a_conversation(bird: Any, told: Any, text: str, files: int) -> None:
    found = bird.message(told)

    assert (found.event.text, len(found.remote)) == (text, files)
    assert (found.event.phone, found.event.sender_name) == ("+34600111222", "Ana")
    assert found.event.reply_route.peer == "conversation:c1"


def test_what_became_of_ours_in_a_conversation(bird: Any) -> None:
    told = created("text", {}, "message.updated", direction="sent", status="read",
                   updatedDatetime="2026-05-04T11:59:30Z")  # fmt: skip

    assert bird.statuses(told) == [("m1", "read")]


def test_the_rest_says_nothing(bird: Any) -> None:
    assert bird.kinds({"type": "conversation.created", "conversation": {"id": "c"}}) == (0, 1, 0)
    assert bird.kinds(created("text", {"text": "x"}, "message.updated")) == (0, 1, 0)
    assert bird.kinds({"a": 1}) == (0, 0, 1)


def channels(event: str, **payload: Any) -> dict[str, Any]:
    person = {"id": "k1", "identifierKey": "phonenumber", "identifierValue": "+34600111222",
              "annotations": {"name": "Ana"}}  # fmt: skip
    told = {"id": "b1", "sender": {"contact": person}, "receiver": {"contacts": [person]},
            "createdAt": "2026-05-04T11:59:00Z", **payload}  # fmt: skip
    return {"service": "channels", "event": event, "payload": told}


@pytest.mark.parametrize(
    ("body", "text", "files"),
    [
        ({"type": "text", "text": {"text": "hola"}}, "hola", 0),
        ({"type": "image", "image": {"images": [{"mediaUrl": "https://b/1"}]}}, "[image]", 1),
        ({"type": "file", "file": {"files": [{"mediaUrl": "https://b/1", "filename": "a.pdf"}],
          "text": "la factura"}}, "la factura", 1),
        ({"type": "location", "location": {"coordinates": {"latitude": 1, "longitude": 2}}},
         "[location] 1, 2", 0),
        ({"type": "hologram"}, "[hologram]", 0),
    ],
)  # fmt: skip
def test_every_kind_of_the_newer_api(bird: Any, body: Any, text: str, files: int) -> None:
    found = bird.message(channels("whatsapp.inbound", body=body))

    assert (found.event.text, len(found.remote)) == (text, files)
    assert (found.event.external_id, found.event.phone) == ("b1", "+34600111222")
    assert found.event.reply_route.peer == "whatsapp:+34600111222"
    assert found.event.occurred_at == bird.AT - timedelta(minutes=1)


def test_what_became_of_ours_in_the_newer_api(bird: Any) -> None:
    told = channels("sms.outbound", status="delivery_failed", failure={"code": 10})

    assert bird.statuses(told) == [("b1", "failed")]
    assert bird.statuses(channels("sms.outbound", status="delivered")) == [("b1", "delivered")]
    assert bird.kinds(channels("sms.outbound", status="accepted")) == (0, 1, 0)
    assert bird.kinds(channels("whatsapp.interaction")) == (0, 1, 0)
    assert bird.kinds({"service": "conversations", "event": "x", "payload": {}}) == (0, 1, 0)
