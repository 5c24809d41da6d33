"""TikTok: time and body are signed together, and content is JSON within JSON."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

SENT = 1_777_895_940


@pytest.fixture
def business(vendor: Callable[..., Any]) -> Any:
    return vendor("tiktok", "biz-1", client_secret=("new", "old"))


def event(kind: str = "text", name: str = "im_receive_msg", **content: Any) -> dict[str, Any]:
    told = {
        "type": kind,
        "message_id": "m1",
        "timestamp": SENT * 1000,
        "conversation_id": "c1",
        "from": "Ana",
        "from_user": {"id": "u7"},
        "to_user": {"id": "biz-1"},
        **content,
    }
    return {"event": name, "user_openid": "biz-1", "content": json.dumps(told)}


def test_either_secret_signs_time_and_body(business: Any, posted: Any) -> None:
    body = b'{"event":"x"}'

    def signed(secret: str, at: int = SENT, shown: int = SENT) -> Any:
        mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return posted(body, headers={"tiktok-signature": f"t={shown}, s={mac}"})

    assert [business.verifies(signed(key)) for key in ("new", "old", "other")] == [1, 1, 0]
    assert not business.verifies(signed("new", shown=SENT + 1))
    assert business.door.scheme.signed_at(signed("new")) == datetime.fromtimestamp(SENT, UTC)


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (event(text={"body": "hi"}), "hi", []),
        (event("image", image={"media_id": "i1"}), "[image]", ["i1"]),
        (event("share_post", share_post={"embed_url": "https://t.example"}),
         "[share post] https://t.example", []),
        (event("sticker"), "[sticker]", []),
        (event(text={"body": "cut \ud83d"}), "cut \ufffd", []),
    ],
)  # fmt: skip
def test_every_kind_says_something(business: Any, told: Any, text: str, files: list[str]) -> None:
    found = business.message(told)

    assert (found.event.text, found.event.external_id) == (text, "m1")
    assert [one.reference for one in found.remote] == files
    assert (found.event.sender_name, found.contact.address) == ("Ana", "u7")
    assert found.event.reply_route.peer == "c1"
    assert found.event.occurred_at == business.AT - timedelta(minutes=1)


@pytest.mark.parametrize("name", ["im_send_msg", "im_mark_read_msg", "authorization.removed"])
def test_events_that_are_no_message_say_nothing(business: Any, name: str) -> None:
    assert business.kinds(event(name=name)) == (0, 1, 0)


def test_what_cannot_be_read_is_odd(business: Any) -> None:
    assert business.kinds({"event": "im_receive_msg", "user_openid": "biz-1", "content": "{"}) == (
        0,
        0,
        1,
    )
    assert business.kinds({"event": "im_receive_msg", "user_openid": "?", "content": "{}"}) == (
        0,
        0,
        1,
    )
    assert business.kinds(event(text={"body": "x"}, from_user={"id": "biz-1"})) == (0, 1, 0)
