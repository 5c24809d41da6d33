"""X: the hourly check, the signature, and what each activity comes down to."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

SENT = "1777895940000"


@pytest.fixture
def account(vendor: Callable[..., Any]) -> Any:
    return vendor("x", "100", consumer_secret=("new", "old"))


def mac(secret: str, octets: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), octets, hashlib.sha256).digest()).decode()


def direct(id: str = "11", sender: str = "7", kind: str = "message_create", **data: Any) -> Any:
    made = {"target": {"recipient_id": "100"}, "sender_id": sender, "message_data": data}
    return {"type": kind, "id": id, "created_timestamp": SENT, "message_create": made}


def batch(*events: Any, user: str = "100", **more: Any) -> dict[str, Any]:
    people = {"7": {"id": "7", "name": "Ana", "screen_name": "ana"}}
    return {"for_user_id": user, "users": people, "direct_message_events": list(events), **more}


def test_the_check_is_answered_under_the_newest_secret(account: Any, posted: Any) -> None:
    asked = posted(url="https://h.example/x?crc_token=abc", method="GET")

    answer = account.door.handshake(asked, account.account)

    assert answer.media_type == "application/json"
    assert json.loads(answer.text) == {"response_token": "sha256=" + mac("new", b"abc")}
    assert account.door.handshake(posted(), account.account) is None


def test_either_secret_signs_the_raw_body(account: Any, posted: Any) -> None:
    def signed(secret: str) -> bool:
        header = {"x-twitter-webhooks-signature": "sha256=" + mac(secret, b'{"a":1}')}
        return bool(account.verifies(posted(b'{"a":1}', headers=header)))

    assert (signed("new"), signed("old"), signed("other")) == (True, True, False)


def test_a_direct_message_has_all_that_an_answer_needs(account: Any) -> None:
    found = account.message(batch(direct(text="hello")))

    assert (found.event.text, found.event.external_id) == ("hello", "11")
    assert (found.event.sender_name, found.event.reply_route.peer) == ("Ana", "7")
    assert found.event.occurred_at == account.AT - timedelta(minutes=1)


def test_media_come_as_files(account: Any) -> None:
    video = {"type": "video", "media_url_https": "https://p.example/t.jpg", "video_info": {
        "variants": [{"bitrate": 1, "url": "https://v.example/s.mp4"},
                     {"bitrate": 9, "url": "https://v.example/l.mp4"}, {"url": "x"}]}}  # fmt: skip
    attachment = {"type": "media", "media": video}

    found = account.message(batch(direct(text="", attachment=attachment)))

    assert found.event.text == "[video]"
    assert [one.reference for one in found.remote] == ["https://v.example/l.mp4"]


def test_all_events_count_and_ours_say_nothing(account: Any) -> None:
    payload = batch(
        direct("1", text="a"), direct("2", sender="100", text="ours"), direct("3"),
        direct("4", kind="reaction_create"), direct("5", text="b"))  # fmt: skip

    reading = account.read(payload)

    assert [one.event.text for one in reading.items] == ["a", "b"]
    assert (len(reading.known), len(reading.odd)) == (2, 1)
    assert account.read(batch(direct(text="x"), user="101")).items[0].event.account_id == "101"


def test_what_he_has_read_is_told(account: Any) -> None:
    told = {"created_timestamp": SENT, "sender_id": "7", "last_read_event_id": "90"}

    assert account.statuses(batch(direct_message_mark_read_events=[told])) == [("90", "read")]


@pytest.mark.parametrize(
    "name",
    ["tweet_create_events", "favorite_events", "follow_events", "block_events", "mute_events",
     "tweet_delete_events", "direct_message_indicate_typing_events", "user_event"],
)  # fmt: skip
def test_the_rest_says_nothing(account: Any, name: str) -> None:
    assert account.kinds({"for_user_id": "100", name: [{}]}) == (0, 1, 0)


def test_the_activity_api_wraps_the_same(account: Any) -> None:
    def wrapped(kind: str, **payload: Any) -> dict[str, Any]:
        data = {"event_type": kind, "filter": {"user_id": "100"}, "payload": payload}
        return {"data": data}

    assert account.message(wrapped("dm.received", **batch(direct(text="a")))).event.text == "a"
    flat = {"id": "5", "sender_id": "7", "text": "b", "created_at": "2026-05-04T11:59:00.000Z"}
    assert account.message(wrapped("dm.received", **flat)).event.text == "b"
    assert account.kinds(wrapped("profile.update.bio", after="x")) == (0, 1, 0)
    assert account.kinds(wrapped("dm.received")) == (0, 0, 1)
