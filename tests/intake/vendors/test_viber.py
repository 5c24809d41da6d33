"""Viber: who signs, and what each callback comes down to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.webhooks import hmac_hex

SENT = 1_777_895_940_000


@pytest.fixture
def bot(vendor: Callable[..., Any]) -> Any:
    return vendor("viber", "shop", auth_token=("new", "old"))


def said(kind: str, **more: Any) -> dict[str, Any]:
    sender = {"id": "u/7=", "name": "Ana", "language": "bg", "country": "BG"}
    return {"event": "message", "timestamp": SENT, "message_token": 4912661846655238145,
            "sender": sender, "message": {"type": kind, **more}}  # fmt: skip


def test_either_token_signs_the_raw_body(bot: Any, posted: Any) -> None:
    body = b'{"event":"webhook"}'

    def signed(secret: str) -> bool:
        header = {"x-viber-content-signature": hmac_hex(secret, body)}
        return bool(bot.verifies(posted(body, headers=header)))

    assert (signed("new"), signed("old"), signed("other")) == (True, True, False)


def test_what_viber_shows_may_stand_in_the_address(bot: Any, posted: Any) -> None:
    body = b'{"event":"webhook"}'
    shown = [
        posted(body, url=f"https://shop.example/?sig={hmac_hex(key, body)}")
        for key in ("new", "other")
    ]

    assert [bot.verifies(delivery) for delivery in shown] == [True, False]


def test_a_text_keeps_every_digit_of_its_id(bot: Any) -> None:
    found = bot.message(said("text", text="здравей"))

    assert (found.event.text, found.event.external_id) == ("здравей", "4912661846655238145")
    assert (found.event.sender_name, found.event.locale) == ("Ana", "bg")
    assert found.event.reply_route.peer == "u/7="
    assert found.event.occurred_at == bot.AT - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (said("picture", media="https://m.example/a.jpg", text="look"), "look", 1),
        (said("picture", media="https://m.example/a.jpg"), "[image]", 1),
        (said("video", media="https://m.example/a.mp4", size=9), "[video]", 1),
        (said("file", media="https://m.example/a", file_name="a.pdf"), "[file: a.pdf]", 1),
        (said("sticker", sticker_id=46105), "[sticker]", 1),
        (said("location", location={"lat": 1.5, "lon": 2}), "[location] 1.5, 2", 0),
        (said("contact", contact={"name": "Eva", "phone_number": "+34"}), "[contact] Eva +34", 0),
        (said("url", media="https://shop.example"), "https://shop.example", 0),
    ],
)
def test_every_kind_says_something(bot: Any, told: Any, text: str, files: int) -> None:
    found = bot.message(told)

    assert found.event.text == text
    assert len(found.event.attachments) == files


@pytest.mark.parametrize(
    ("event", "expected"), [("delivered", "delivered"), ("seen", "read"), ("failed", "failed")]
)
def test_receipts_tell_what_became_of_ours(bot: Any, event: str, expected: str) -> None:
    told = {"event": event, "timestamp": SENT, "message_token": 99, "user_id": "u/7="}

    assert bot.statuses(told) == [("99", expected)]
    [news] = bot.read(told).items
    assert news.event.thread_id == bot.message(said("text", text="x")).event.thread_id


@pytest.mark.parametrize("event", ["webhook", "subscribed", "unsubscribed", "conversation_started"])
def test_the_rest_says_nothing(bot: Any, event: str) -> None:
    assert bot.kinds({"event": event}) == (0, 1, 0)
    assert bot.kinds({"event": "hologram"}) == (0, 0, 1)
    assert bot.kinds(said("hologram")) == (0, 0, 1)
