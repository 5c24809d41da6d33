"""Telegram: who may bring updates, and what each of them comes down to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

SENT = 1_777_895_940


@pytest.fixture
def bot(vendor: Callable[..., Any]) -> Any:
    return vendor("telegram", "110201543", webhook_secret=("new", "old"))


def update(name: str = "message", /, **more: Any) -> dict[str, Any]:
    sender = {"id": 7, "is_bot": False, "first_name": "Ana", "last_name": "Gil",
              "language_code": "pt-br"}  # fmt: skip
    told = {"message_id": 5, "date": SENT, "chat": {"id": 7, "type": "private"}, "from": sender}
    return {"update_id": 1, name: {**told, **more}}


@pytest.mark.parametrize(("shown", "expected"), [("new", 1), ("old", 1), ("", 0), ("neu", 0)])
def test_updates_show_our_secret(bot: Any, posted: Any, shown: str, expected: int) -> None:
    header = {"x-telegram-bot-api-secret-token": shown}

    assert bot.verifies(posted(b"{}", headers=header)) == bool(expected)


def test_a_text_has_all_that_an_answer_needs(bot: Any) -> None:
    found = bot.message(update(text="olá", reply_to_message={"message_id": 4}))

    event, route = found.event, found.event.reply_route
    assert (event.text, event.external_id, found.answers) == ("olá", "7:5", "7:4")
    assert (event.sender_name, event.locale) == ("Ana Gil", "pt-BR")
    assert (route.peer, route.reply_to_id) == ("7", "5")
    assert event.occurred_at == bot.AT - timedelta(minutes=1)


def test_in_a_group_the_answer_goes_to_the_group(bot: Any) -> None:
    found = bot.message(update(text="x", chat={"id": -100200, "type": "supergroup"}))

    assert (found.contact.address, found.event.reply_route.peer) == ("7", "-100200")


@pytest.mark.parametrize(
    ("told", "said", "remote"),
    [
        ({"photo": [{"file_id": "s"}, {"file_id": "l", "file_size": 9}]}, "[image]", ["l"]),
        ({"photo": [{"file_id": "l"}], "caption": "rota"}, "rota", ["l"]),
        ({"document": {"file_id": "d", "file_name": "a.pdf"}}, "[document: a.pdf]", ["d"]),
        ({"animation": {"file_id": "g"}, "document": {"file_id": "g"}}, "[animation]", ["g"]),
        ({"voice": {"file_id": "v", "mime_type": "audio/ogg"}}, "[voice message]", ["v"]),
        ({"video_note": {"file_id": "n"}}, "[video message]", ["n"]),
        ({"sticker": {"file_id": "k", "emoji": "😀"}}, "[sticker: 😀]", ["k"]),
        ({"location": {"latitude": 1.5, "longitude": 2}}, "[location] 1.5, 2", []),
        ({"venue": {"title": "Bar", "location": {"latitude": 1, "longitude": 2}},
          "location": {"latitude": 1, "longitude": 2}}, "[location] Bar 1, 2", []),
        ({"contact": {"first_name": "Eva", "phone_number": "34600"}}, "[contact] Eva 34600", []),
        ({"poll": {"question": "?", "options": [{"text": "a"}, {"text": "b"}]}},
         "[poll] ? a; b", []),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4", []),
        ({"web_app_data": {"button_text": "Form", "data": "x"}}, "Form: x", []),
    ],
)  # fmt: skip
def test_every_kind_says_something(
    bot: Any, told: dict[str, Any], said: str, remote: list[str]
) -> None:
    found = bot.message(update(**told))

    assert found.event.text == said
    assert [one.reference for one in found.remote] == remote


def test_a_customer_may_show_his_own_number_only(bot: Any) -> None:
    own = bot.message(update(contact={"phone_number": "34600111222", "user_id": 7}))
    friend = bot.message(update(contact={"phone_number": "34600111222", "user_id": 8}))

    assert (own.event.phone, friend.event.phone) == ("+34600111222", None)


def test_a_business_connection_brings_the_customers_words_not_the_owners(bot: Any) -> None:
    theirs = update("business_message", text="hi", business_connection_id="b")
    ours = {**theirs, "business_message": {**theirs["business_message"], "from": {"id": 1}}}

    assert bot.message(theirs).event.text == "hi"
    assert bot.kinds(ours) == (0, 1, 0)


@pytest.mark.parametrize(
    "told",
    [
        update("edited_message", text="y"),
        update("channel_post", text="y"),
        update("edited_business_message", text="y"),
        update(text="/start ref_1"),
        update(new_chat_members=[{"id": 9}]),
        update(pinned_message={"message_id": 1}),
        update(successful_payment={"currency": "EUR"}),
        update(text="beep", **{"from": {"id": 9, "is_bot": True}}),
        *({"update_id": 1, name: {"id": "1"}} for name in (
            "callback_query", "inline_query", "my_chat_member", "chat_member", "poll",
            "poll_answer", "message_reaction", "chat_join_request", "deleted_business_messages",
            "business_connection", "pre_checkout_query", "shipping_query", "chat_boost")),
    ],
)  # fmt: skip
def test_updates_that_are_no_new_message_say_nothing(bot: Any, told: dict[str, Any]) -> None:
    assert bot.kinds(told) == (0, 1, 0)


def test_what_is_unknown_is_odd(bot: Any) -> None:
    assert bot.kinds(update(hologram={"x": 1})) == (0, 0, 1)
    assert bot.kinds({"update_id": 1, "hologram": {}}) == (0, 0, 1)
