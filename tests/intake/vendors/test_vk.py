"""VK: the secret in the body, the words it wants to read, and what each event comes down to."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

SENT = 1_777_895_940


@pytest.fixture
def community(vendor: Callable[..., Any]) -> Any:
    return vendor("vk", "100", secret=("new", "old"), confirmation="a1b2c3")


def event(kind: str = "message_new", **object_: Any) -> dict[str, Any]:
    return {"type": kind, "group_id": 100, "event_id": "e", "v": "5.199", "object": object_}


def said(**more: Any) -> dict[str, Any]:
    message = {"id": 55, "date": SENT, "peer_id": 7, "from_id": 7, "text": "", "out": 0, **more}
    return event(message=message, client_info={"lang_id": 0})


@pytest.mark.parametrize(("secret", "expected"), [("new", 1), ("old", 1), ("", 0), ("other", 0)])
def test_the_body_carries_a_secret(community: Any, posted: Any, secret: str, expected: int) -> None:
    delivery = posted(json.dumps({**event(), "secret": secret}))

    assert community.verifies(delivery) == bool(expected)


def test_vk_reads_what_it_wants(community: Any, posted: Any) -> None:
    def answer(told: dict[str, Any]) -> str:
        return str(community.door.scheme.answer(posted(json.dumps(told)), community.account).text)

    assert answer({"type": "confirmation", "group_id": 100}) == "a1b2c3"
    assert answer(said(text="x")) == "ok"


def test_a_text_has_all_that_an_answer_needs(community: Any) -> None:
    found = community.message(said(text="привет", reply_message={"id": 54}))

    assert (found.event.text, found.event.external_id, found.answers) == ("привет", "55", "54")
    assert (found.event.reply_route.peer, found.event.locale) == ("7", "ru")
    assert found.event.occurred_at == community.AT - timedelta(minutes=1)


def attached(kind: str, **body: Any) -> dict[str, Any]:
    return said(attachments=[{"type": kind, kind: body}])


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (attached("photo", sizes=[{"width": 9, "url": "https://l"}, {"width": 1, "url": "https://s"}]),
         "[image]", ["https://l"]),
        (attached("doc", title="a.pdf", url="https://d", size=3), "[document: a.pdf]", ["https://d"]),
        (attached("audio_message", link_ogg="https://o"), "[voice message]", ["https://o"]),
        (attached("sticker", sticker_id=9), "[sticker]", []),
        (attached("link", title="T", url="https://u"), "[link] T https://u", []),
        (attached("market", title="Ring"), "[market] Ring", []),
        (said(geo={"coordinates": {"latitude": 1.5, "longitude": 2}}), "[location] 1.5, 2", []),
        (said(fwd_messages=[{"text": "old"}]), "[forwarded] old", []),
        (event(id=55, from_id=7, date=SENT, text="before 5.103"), "before 5.103", []),
    ],
)  # fmt: skip
def test_every_kind_says_something(community: Any, told: Any, text: str, files: list[str]) -> None:
    found = community.message(told)

    assert found.event.text == text
    assert [one.reference for one in found.remote] == files


def test_in_a_chat_of_many_the_chat_numbers_messages(community: Any) -> None:
    found = community.message(said(id=0, conversation_message_id=3, peer_id=2000000001, text="x"))

    assert found.event.external_id == "2000000001:3"
    assert (found.contact.address, found.event.reply_route.peer) == ("7", "2000000001")


def test_what_was_read_is_told(community: Any) -> None:
    told = event("message_read", from_id=7, peer_id=7, read_message_id=60)

    assert community.statuses(told) == [("60", "read")]


@pytest.mark.parametrize(
    "told",
    [
        said(out=1, text="ours"),
        said(from_id=-100, text="ours"),
        said(action={"type": "chat_invite_user"}),
        *(event(name) for name in (
            "confirmation", "message_reply", "message_edit", "message_allow", "message_deny",
            "message_typing_state", "message_event", "wall_post_new", "group_join", "group_leave",
            "market_order_new", "like_add")),
    ],
)  # fmt: skip
def test_the_rest_says_nothing(community: Any, told: dict[str, Any]) -> None:
    assert community.kinds(told) == (0, 1, 0)
