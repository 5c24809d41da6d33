"""LINE: who signs, and what each event comes down to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.webhooks import hmac_base64

SENT = 1_777_895_940_000


@pytest.fixture
def line(vendor: Callable[..., Any]) -> Any:
    return vendor("line", "165700", channel_secret=("new", "old"))


def events(*told: dict[str, Any]) -> dict[str, Any]:
    made = [
        {"mode": "active", "timestamp": SENT, "source": {"type": "user", "userId": "U7"}, **each}
        for each in told
    ]
    return {"destination": "Ubot", "events": made}


def message(kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"type": "message", "message": {"id": "31", "type": kind, **more}}


def test_either_secret_signs_the_raw_body(line: Any, posted: Any) -> None:
    body = '{"destination":"ボ"}'.encode()

    def signed(secret: str) -> bool:
        header = {"x-line-signature": hmac_base64(secret, body)}
        return bool(line.verifies(posted(body, headers=header)))

    assert (signed("new"), signed("old"), signed("other")) == (True, True, False)
    mac = hmac_base64("new", body)
    assert not line.verifies(posted(body + b"\n", headers={"x-line-signature": mac}))
    assert not line.verifies(posted(body, headers={"x-line-signature": mac.lower()}))


def test_a_text_has_all_that_an_answer_needs(line: Any) -> None:
    found = line.message(events(message(text="もしもし", quotedMessageId="30")))

    assert (found.event.text, found.event.external_id, found.answers) == ("もしもし", "31", "30")
    assert found.event.reply_route.peer == found.contact.address == "U7"
    assert found.event.occurred_at == line.AT - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("source", "who", "peer"),
    [
        ({"type": "group", "groupId": "C1", "userId": "U7"}, "U7", "C1"),
        ({"type": "room", "roomId": "R1"}, "R1", "R1"),
    ],
)
def test_in_a_group_the_answer_goes_to_the_group(
    line: Any, source: dict[str, str], who: str, peer: str
) -> None:
    found = line.message(events({**message(text="x"), "source": source}))

    assert (found.contact.address, found.event.reply_route.peer) == (who, peer)


@pytest.mark.parametrize(
    ("told", "said", "remote"),
    [
        (message("image", contentProvider={"type": "line"}), "[image]", [("31", False)]),
        (message("video", contentProvider={"type": "external", "originalContentUrl": "https://v"}),
         "[video]", [("https://v", True)]),
        (message("file", fileName="a.pdf", fileSize=9), "[file: a.pdf]", [("31", False)]),
        (message("sticker", keywords=["Love", "x"]), "[sticker: Love]", []),
        (message("sticker"), "[sticker]", []),
        (message("location", title="駅", address="東京", latitude=35.6, longitude=139.7),
         "[location] 駅, 東京 35.6, 139.7", []),
    ],
)  # fmt: skip
def test_every_kind_says_something(
    line: Any, told: dict[str, Any], said: str, remote: list[tuple[str, bool]]
) -> None:
    found = line.message(events(told))

    assert found.event.text == said
    assert [(one.reference, one.is_url) for one in found.remote] == remote


@pytest.mark.parametrize(
    "kind",
    ["follow", "unfollow", "join", "leave", "memberJoined", "memberLeft", "postback", "beacon",
     "unsend", "videoPlayComplete", "accountLink", "things", "membership", "module", "activated",
     "deactivated", "botSuspended", "botResumed", "delivery", "messageEdited"],
)  # fmt: skip
def test_events_that_are_no_message_say_nothing(line: Any, kind: str) -> None:
    assert line.kinds(events({"type": kind})) == (0, 1, 0)


def test_all_events_count_and_an_odd_one_costs_no_other(line: Any) -> None:
    payload = events(
        message(text="1"), {"type": "hologram"}, message("text"), {**message(text="2"),
        "mode": "standby"}, message(text="3"))  # fmt: skip

    reading = line.read(payload)

    assert [one.event.text for one in reading.items] == ["1", "3"]
    assert (len(reading.known), len(reading.odd)) == (1, 2)
    assert line.kinds({"destination": "U", "events": []}) == (0, 1, 0)
