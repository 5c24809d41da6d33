"""Infobip: three ways of proving itself, batches of messages and reports."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.webhooks import hmac_hex

BODY = b'{"results":[]}'


@pytest.fixture
def infobip(vendor: Callable[..., Any]) -> Any:
    return vendor("infobip", "care", webhook_secret=("new", "old"))


def by_mac(posted: Any, secret: str) -> Any:
    return posted(BODY, headers={"x-hub-signature": f"sha256={hmac_hex(secret, BODY)}"})


def by_password(posted: Any, secret: str) -> Any:
    given = base64.b64encode(f"infobip:{secret}".encode()).decode()
    return posted(BODY, headers={"authorization": f"Basic {given}"})


def by_address(posted: Any, secret: str) -> Any:
    return posted(BODY, url=f"https://h.example/x?secret={secret}")


def test_the_secret_may_be_name_and_password(vendor: Callable[..., Any], posted: Any) -> None:
    account = vendor("infobip", "care", webhook_secret="infobip:open")

    given = [account.verifies(by_password(posted, secret)) for secret in ("open", "shut")]

    assert given == [True, False]


@pytest.mark.parametrize("how", [by_mac, by_password, by_address])
def test_each_way_takes_either_secret(infobip: Any, posted: Any, how: Any) -> None:
    given = [infobip.verifies(how(posted, secret)) for secret in ("new", "old", "other", "")]

    assert given == [True, True, False, False]


def test_a_wrong_mac_is_not_healed_by_the_address(infobip: Any, posted: Any) -> None:
    headers = {"x-hub-signature": "sha256=00"}

    assert not infobip.verifies(posted(BODY, url="https://h.example/?secret=new", headers=headers))
    assert not infobip.verifies(posted(BODY, headers={"authorization": "Basic %%%"}))


def sms(id: str = "8177", **more: Any) -> dict[str, Any]:
    return {"messageId": id, "from": "34600111222", "to": "34911000000", "text": "hola",
            "cleanText": "hola", "receivedAt": "2026-05-04T11:59:00.000+0000", **more}  # fmt: skip


def chat(**message: Any) -> dict[str, Any]:
    told = {k: v for k, v in sms().items() if k not in ("text", "cleanText")}
    return {**told, "integrationType": "WHATSAPP", "contact": {"name": "Ana"}, "message": message}


def test_every_message_of_a_batch_counts(infobip: Any) -> None:
    reading = infobip.read({"results": [sms("1"), {"x": 1}, None, sms("2")], "messageCount": 2})

    assert [one.event.external_id for one in reading.items] == ["1", "2"]
    assert len(reading.odd) == 1
    first = reading.items[0].event
    assert first.occurred_at == infobip.AT - timedelta(minutes=1)
    assert first.phone == first.reply_route.peer == "+34600111222"


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (chat(type="TEXT", text="hola"), "hola", 0),
        (chat(type="IMAGE", url="https://i/a.jpg", caption="rota"), "rota", 1),
        (chat(type="DOCUMENT", url="https://i/a.pdf", filename="a.pdf"), "[document: a.pdf]", 1),
        (chat(type="LOCATION", latitude=1.5, longitude=2), "[location] 1.5, 2", 0),
        (chat(type="INTERACTIVE_BUTTON_REPLY", id="1", title="Sí"), "Sí", 0),
        (chat(type="HOLOGRAM"), "[hologram]", 0),
        ({"channel": "WHATSAPP", "sender": "34600111222", "messageId": "8177", "event": "MO",
          "content": [{"type": "TEXT", "text": "a"}, {"type": "IMAGE", "url": "https://i/a.png"}]},
         "a", 1),
    ],
)  # fmt: skip
def test_every_kind_says_something(infobip: Any, told: Any, text: str, files: int) -> None:
    found = infobip.message({"results": [told]})

    assert (found.event.text, len(found.remote)) == (text, files)
    assert found.event.reply_route.peer == "whatsapp:+34600111222"
    assert found.event.reply_route.window_until is not None


def test_an_mms_is_a_list_of_parts(infobip: Any) -> None:
    parts = [{"contentType": "text/plain", "value": "mira"},
             {"contentType": "image/jpeg", "url": "https://i/1"}]  # fmt: skip

    found = infobip.message({"results": [sms(message=parts)]})

    assert (found.event.text, found.event.attachments[0].media_type) == ("mira", "image/jpeg")
    assert found.event.reply_route.peer == "+34600111222"


@pytest.mark.parametrize(
    ("group", "expected"),
    [("PENDING", "sent"), ("DELIVERED", "delivered"), ("UNDELIVERABLE", "failed"),
     ("EXPIRED", "failed"), ("REJECTED", "failed")],
)  # fmt: skip
def test_reports_tell_what_became_of_ours(infobip: Any, group: str, expected: str) -> None:
    report = {"messageId": "M9", "to": "34600111222", "doneAt": "2026-05-04T11:59:00.000+0000",
              "status": {"groupName": group},
              "error": {"name": "EC_X", "permanent": True}}  # fmt: skip

    assert infobip.statuses({"results": [report]}) == [("M9", expected)]
    [news] = infobip.read({"results": [report]}).items
    failed = ("EC_X", True) if expected == "failed" else (None, None)
    assert (news.event.reason, news.event.is_permanent) == failed
    assert news.event.thread_id == infobip.message({"results": [sms()]}).event.thread_id


def test_what_was_seen_is_told(infobip: Any) -> None:
    seen = {"messageId": "M9", "from": "34911000000", "to": "34600111222",
            "seenAt": "2026-05-04T11:59:00.000+0000"}  # fmt: skip

    assert infobip.statuses({"results": [seen]}) == [("M9", "read")]
