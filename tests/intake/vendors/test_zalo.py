"""Zalo: the plain hash that is its signature, and what each event comes down to."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

SENT = "1777895940000"


@pytest.fixture
def oa(vendor: Callable[..., Any]) -> Any:
    return vendor("zalo", "579", oa_secret=("new", "old"), app_id="360")


def event(name: str = "user_send_text", **more: Any) -> dict[str, Any]:
    return {"app_id": "360", "event_name": name, "timestamp": SENT, "sender": {"id": "246"},
            "recipient": {"id": "388"}, **more}  # fmt: skip


def attached(kind: str, **payload: Any) -> dict[str, Any]:
    message = {"msg_id": "m1", "attachments": [{"type": kind, "payload": payload}]}
    return event(f"user_send_{kind}", message=message)


def test_the_mac_covers_app_body_time_and_secret(oa: Any, posted: Any) -> None:
    body = json.dumps(event(message={"text": "xin chào"}), ensure_ascii=False).encode()

    def signed(secret: str, app_id: str = "360", octets: bytes = body) -> bool:
        mac = hashlib.sha256(app_id.encode() + body + (SENT + secret).encode()).hexdigest()
        return bool(oa.verifies(posted(octets, headers={"x-zevent-signature": f"mac={mac}"})))

    assert (signed("new"), signed("old"), signed("other")) == (True, True, False)
    assert not signed("new", octets=body.replace(b"xin", b"yin"))
    assert not signed("new", app_id="361", octets=body.replace(b'"360"', b'"361"'))
    assert oa.door.scheme.signed_at(posted(body)) is None


def test_a_text_has_all_that_an_answer_needs(oa: Any) -> None:
    found = oa.message(event(message={"msg_id": "m1", "text": "chào", "quote_msg_id": "m0"}))

    assert (found.event.text, found.event.external_id, found.answers) == ("chào", "m1", "m0")
    assert found.event.reply_route.peer == "246"
    assert found.event.occurred_at == oa.AT - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (attached("image", url="https://f.example/a.jpg"), "[image]", 1),
        (attached("file", url="https://f.example/a", name="a.pdf", size="120"), "[file: a.pdf]", 1),
        (attached("sticker", url="https://f.example/s", id="5"), "[sticker]", 1),
        (attached("location", coordinates={"latitude": "1.5", "longitude": "2"}),
         "[location] 1.5, 2", 0),
        (attached("link", title="T", url="https://u.example"), "[link] T https://u.example", 0),
        (event("anonymous_send_text", message={"msg_id": "m1", "text": "x"}), "x", 0),
        (event("user_send_hologram", message={"msg_id": "m1"}), "[hologram]", 0),
    ],
)  # fmt: skip
def test_every_kind_says_something(oa: Any, told: Any, text: str, files: int) -> None:
    found = oa.message(told)

    assert found.event.text == text
    assert len(found.remote) == files


def test_receipts_tell_of_the_messages_they_name(oa: Any) -> None:
    ours = {"sender": {"id": "579"}, "recipient": {"id": "246"}}
    seen = event("user_seen_message", message={"msg_ids": ["m8", "m9"]}, **ours)
    received = event("user_received_message", message={"msg_id": "m8"}, **ours)

    assert oa.statuses(seen) == [("m8", "read"), ("m9", "read")]
    assert oa.statuses(received) == [("m8", "delivered")]
    [news] = oa.read(received).items
    message = oa.message(event(message={"msg_id": "m1", "text": "x"}))
    assert news.event.thread_id == message.event.thread_id


@pytest.mark.parametrize(
    "name",
    ["follow", "unfollow", "oa_send_text", "oa_send_image", "user_submit_info", "user_click_button",
     "user_click_chatnow", "user_reacted_message", "shop_has_order", "add_user_to_tag",
     "user_feedback", "change_template_status", "user_reply_consent", "create_group"],
)  # fmt: skip
def test_events_that_are_no_message_say_nothing(oa: Any, name: str) -> None:
    assert oa.kinds(event(name)) == (0, 1, 0)
