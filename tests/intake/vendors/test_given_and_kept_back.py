"""What customers give of themselves, what vendors keep back, and signs that are no words."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from intake.handlers.recorded import channel_of
from shared.webhooks import Delivery

Make = Callable[..., Any]
MS = 1_777_895_940_000


def tiktok(kind: str, **content: Any) -> dict[str, Any]:
    told = {"message_id": "m1", "type": kind, "from_user": {"id": "7"}, **content}
    return {"event": "im_receive_msg", "user_openid": "100", "content": json.dumps(told)}


def whatsapp(kind: str, **message: Any) -> dict[str, Any]:
    told = {"from": "34600111222", "id": "w1", "timestamp": "1777895940", "type": kind, **message}
    return {"entry": [{"changes": [{"field": "messages", "value": {"messages": [told]}}]}]}


def zalo(**more: Any) -> dict[str, Any]:
    return {"event_name": "user_submit_info", "timestamp": str(MS), "sender": {"id": "7"}, **more}


@pytest.mark.parametrize("phone", ["84912345678", "+84912345678", "0912345678"])
def test_details_that_a_customer_gives_are_a_message(vendor: Make, phone: str) -> None:
    given = zalo(info={"name": "Lan", "phone": phone, "city": "Huế"})

    event = vendor("zalo").message(given).event

    assert event.text == f"[details]\nname: Lan\nphone: {phone}\ncity: Huế"
    assert (event.phone, event.external_id) == ("+84912345678", f"details:7:{MS}")


def test_details_may_be_json_in_the_message(vendor: Make) -> None:
    written = {"msg_id": "m7", "text": json.dumps({"name": "Lan"})}

    event = vendor("zalo").message(zalo(message=written)).event

    assert (event.text, event.external_id, event.phone) == ("[details]\nname: Lan", "m7", None)
    assert vendor("zalo").kinds(zalo(message={"text": "{"})) == (0, 1, 0)


def test_what_europeans_write_on_tiktok_is_kept_back(vendor: Make) -> None:
    reading = vendor("tiktok").read(
        {"event": "im_receive_msg_eu", "content": json.dumps({"to": "shop", "timestamp": MS})}
    )

    assert [each.why.partition(",")[0] for each in reading.known] == ["somebody in Europe wrote"]


def test_signs_on_tiktok_point_at_a_message(vendor: Make) -> None:
    added = {"operation": "ADD", "emoji": "🎉", "original_msg_id": "o1"}
    gone = {**added, "operation": "REMOVE"}

    found = vendor("tiktok").message(tiktok("reaction", reaction=[added]))

    assert (found.event.text, found.answers) == ("🎉", "o1")
    assert vendor("tiktok").kinds(tiktok("reaction", reaction=[gone])) == (0, 1, 0)


@pytest.mark.parametrize("kind", ["sticker", "emoji"])
def test_drawn_signs_of_tiktok_are_files(vendor: Make, kind: str) -> None:
    found = vendor("tiktok").message(tiktok(kind, **{kind: {"url": "https://p.example/s"}}))

    assert found.event.text == f"[{kind}]"
    assert [file.reference for file in found.remote] == ["https://p.example/s"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (whatsapp("unsupported", unsupported={"type": "poll_creation"}),
         "[unsupported: poll creation]"),
        (whatsapp("unsupported", unsupported={"type": "unknown"}), "[unsupported message]"),
        (whatsapp("interactive", interactive={"type": "call_permission_reply",
                                              "call_permission_reply": {"response": "reject"}}),
         "[call permission reply] reject"),
    ],
)  # fmt: skip
def test_whatsapp_says_what_it_holds_back(vendor: Make, told: Any, expected: str) -> None:
    assert vendor("whatsapp").message(told).event.text == expected


def test_an_edit_that_whatsapp_calls_unsupported_is_an_edit(vendor: Make) -> None:
    assert vendor("whatsapp").kinds(whatsapp("unsupported", unsupported={"type": "edit"})) == (
        0,
        1,
        0,
    )


def test_who_has_no_number_at_infobip_has_an_id(vendor: Make) -> None:
    told = {"messageId": "i1", "integrationType": "WHATSAPP", "message": {"text": "hei"},
            "contact": {"userId": "NO.7", "username": "kari"}}  # fmt: skip

    event = vendor("infobip").message({"results": [told]}).event

    assert (event.sender_name, event.reply_route.peer) == ("kari", "whatsapp:NO.7")


def test_who_is_shown_by_a_number_alone_is_a_caller(vendor: Make) -> None:
    body = {"type": "text", "text": {"text": "hola"}}
    sender = {"contact": {"identifierValue": "+34600111222"}}
    told = {"service": "channels", "event": "whatsapp.inbound",
            "payload": {"id": "b1", "sender": sender, "body": body}}  # fmt: skip

    event = vendor("messagebird").message(told).event

    assert event.phone == "+34600111222"
    assert event.reply_route.window_until is not None


def test_a_kakao_user_may_be_known_by_the_channel_alone(vendor: Make) -> None:
    asker = {"type": "botUserKey", "properties": {"plusfriendUserKey": "pf7"}}

    found = vendor("kakaotalk").message({"userRequest": {"utterance": "네", "user": asker}})

    assert found.event.reply_route.peer == "pf7"


def test_an_event_of_vk_lends_its_id_to_a_message_without(vendor: Make) -> None:
    message = {"from_id": 7, "peer_id": 7, "text": "да"}

    found = vendor("vk").message(
        {"type": "message_new", "event_id": "e9", "object": {"message": message}}
    )

    assert found.event.external_id == "e9"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("meta-whatsapp", "whatsapp"), ("Meta (Instagram)", "instagram"), ("X (Twitter)", "x"),
     ("meta", "messenger"), ("vkontakte", "vk"), ("TG", "telegram")],
)  # fmt: skip
def test_vendors_are_known_by_more_names(name: str, expected: str) -> None:
    assert channel_of(name, Delivery("POST", "", {}, {}, b"{}")) == expected


def test_a_telegram_button_says_its_words(vendor: Make) -> None:
    keys = [[{"text": "Yes, please", "callback_data": "y"}], [{"text": "No", "callback_data": "n"}]]
    shown = {"message_id": 4, "chat": {"id": 7}, "reply_markup": {"inline_keyboard": keys}}
    query = {"id": "q1", "from": {"id": 7, "first_name": "Ana"}, "message": shown, "data": "y"}

    found = vendor("telegram").message({"update_id": 1, "callback_query": query})

    assert (found.event.text, found.answers, found.event.sender_name) == (
        "Yes, please",
        "7:4",
        "Ana",
    )
    unknown = {**query, "data": "x"}
    assert vendor("telegram").kinds({"update_id": 1, "callback_query": unknown}) == (0, 1, 0)


def test_a_message_without_id_is_known_by_what_it_tells(vendor: Make) -> None:
    def ids(*texts: str, later: int = 0) -> list[str]:
        told = [whatsapp("text", text={"body": each}) for each in texts]
        messages = [each["entry"][0]["changes"][0]["value"]["messages"][0] for each in told]
        for each in messages:
            del each["id"]
            each["timestamp"] = str(int(each["timestamp"]) + later)
        found = [vendor("whatsapp").message(each).event for each in told]
        assert {event.reply_route.reply_to_id for event in found} == {None}
        return [event.external_id for event in found]

    first, again, other = ids("hola", "hola", "adiós")

    assert first == again != other
    assert ids("hola", later=40) != [first]
    timeless = whatsapp("text", text={"body": "hola"}, id=None, timestamp=None)
    assert vendor("whatsapp").kinds(timeless) == (0, 0, 1)
