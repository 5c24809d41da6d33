"""Whoever wrote, wherever he is named; when, however it is written; what else stands beside it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

SENT = datetime(2026, 5, 4, 11, 59, tzinfo=UTC)
MS = int(SENT.timestamp()) * 1000

Make = Callable[..., Any]


def whatsapp(contact: dict[str, Any], message: dict[str, Any], **change: Any) -> dict[str, Any]:
    told = {"id": "wamid.9", "timestamp": str(MS // 1000), "type": "text", "text": {"body": "hola"}}
    value = {"contacts": [contact], "messages": [{**told, **message}]}
    return {"entry": [{"changes": [{**change, "value": value}]}]}


def update(**message: Any) -> dict[str, Any]:
    return {"update_id": 3, "message": {"message_id": 8, "date": MS // 1000, "text": "hi",
            **message}}  # fmt: skip


def viber(kind: str, **message: Any) -> dict[str, Any]:
    return {"event": "message", "timestamp": MS, "message_token": 5, "sender": {"id": "u7"},
            "message": {"type": kind, **message}}  # fmt: skip


def zalo(name: str, **more: Any) -> dict[str, Any]:
    return {"event_name": name, "timestamp": str(MS), "sender": {"id": "7"},
            "recipient": {"id": "G5"}, **more}  # fmt: skip


def activity(kind: str, **payload: Any) -> dict[str, Any]:
    return {"data": {"event_type": kind, "filter": {"user_id": "100"}, "payload": payload}}


def direct(sender: str = "7") -> dict[str, Any]:
    return {"id": "11", "created_timestamp": str(MS),
            "message_create": {"sender_id": sender, "message_data": {"text": "hey"}}}  # fmt: skip


def test_a_whatsapp_user_name_is_a_name_where_there_is_none_else(vendor: Make) -> None:
    contact = {"profile": {"username": "ana.gil"}, "user_id": "ES.7"}

    found = vendor("whatsapp").message(
        whatsapp(contact, {"from_user_id": "ES.7"}, field="messages")
    )

    assert (found.event.sender_name, found.event.reply_route.peer) == ("ana.gil", "ES.7")


def test_a_change_passed_on_without_its_field_is_read(vendor: Make) -> None:
    found = vendor("whatsapp").message(whatsapp({}, {"from": "34600111222"}))

    assert (found.event.text, found.event.phone) == ("hola", "+34600111222")


GROUP = {"id": -5, "type": "supergroup", "title": "Buyers"}
STAND_IN = {"id": 1087968824, "is_bot": True, "first_name": "Group"}


def test_who_hides_behind_his_group_is_no_bot(vendor: Make) -> None:
    told = update(chat=GROUP, sender_chat=GROUP, **{"from": STAND_IN})

    found = vendor("telegram").message(told)

    assert (found.event.sender_name, found.event.external_id) == ("Buyers", "-5:8")
    own = update(chat=GROUP, sender_chat={"id": -9}, is_automatic_forward=True)
    assert vendor("telegram").kinds(own) == (0, 1, 0)


def test_a_private_chat_is_of_the_one_it_is_with(vendor: Make) -> None:
    found = vendor("telegram").message(
        update(chat={"id": 7, "type": "private", "first_name": "Ana"})
    )

    assert (found.event.sender_name, found.event.reply_route.peer) == ("Ana", "7")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (viber("location", location={"lat": 42.7, "lon": 23.3, "address": "Vitosha 1"}),
         "[location] Vitosha 1 42.7, 23.3"),
        (viber("location", location={"lat": 1, "lon": 2}, text="here"), "here\n[location] 1, 2"),
        (viber("contact", contact={"name": "Bo", "phone_number": "+359"}, text="ask him"),
         "ask him\n[contact] Bo +359"),
    ],
)  # fmt: skip
def test_words_beside_a_place_or_a_card_are_kept(vendor: Make, told: Any, expected: str) -> None:
    assert vendor("viber").message(told).event.text == expected


def test_wechat_may_tell_milliseconds(vendor: Make) -> None:
    told = {"MsgType": "text", "FromUserName": "o7", "MsgId": 1, "Content": "喂", "CreateTime": MS}

    assert vendor("wechat").message(told).event.occurred_at == SENT


def test_a_zalo_group_is_answered_in_the_group(vendor: Make) -> None:
    told = zalo("user_send_group_sticker", message={"mid": "m1"})

    event = vendor("zalo").message(told).event

    assert (event.text, event.external_id, event.reply_route.peer) == ("[sticker]", "m1", "G5")


def test_people_of_the_x_activity_api_are_wrapped_once_more(vendor: Make) -> None:
    people = {"7": {"data": {"name": "Ana", "username": "ana"}}}
    told = activity("dm.received", direct_message_events=[direct()], users=people)

    event = vendor("x").message(told).event

    assert (event.sender_name, event.text, event.occurred_at) == ("Ana", "hey", SENT)


def test_what_x_encrypts_from_end_to_end_is_told_of(vendor: Make) -> None:
    told = activity("chat.received", id="c1", sender_id="7", created_at_msec=MS, encoded_event="Zg")

    event = vendor("x").message(told).event

    assert (event.text, event.external_id) == ("[encrypted message]", "c1")
    assert (event.reply_route.peer, event.occurred_at) == ("7", SENT)
    assert vendor("x").kinds(activity("chat.sent", id="c2", encoded_event="Zg")) == (0, 1, 0)


def test_only_others_reading_is_a_receipt_of_x(vendor: Make) -> None:
    def read(by: str) -> dict[str, Any]:
        return activity("dm.read", direct_message_mark_read_events=[
            {"sender_id": by, "last_read_event_id": "9", "created_timestamp": str(MS)}
        ])  # fmt: skip

    assert vendor("x").statuses(read("7")) == [("9", "read")]
    assert vendor("x").kinds(read("100")) == (0, 1, 0)


def test_a_post_shared_on_tiktok_is_named(vendor: Make) -> None:
    content = {"message_id": "m", "type": "share_post", "from_user": {"id": "7"},
               "share_post": {"video_id": "73"}}  # fmt: skip

    found = vendor("tiktok").message({"event": "im_receive_msg", "content": content})

    assert found.event.text == "[share post] 73"


def test_cards_that_vonage_lists_inside_the_contact_are_read(vendor: Make) -> None:
    card = {"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+359"}]}
    told = {"message_uuid": "v", "channel": "whatsapp", "from": "34600111222",
            "message_type": "contact", "contact": {"contacts": [card]}}  # fmt: skip

    assert vendor("vonage").message(told).event.text == "[contact] Bo +359"


def test_signs_that_were_taken_back_say_nothing(vendor: Make) -> None:
    of_vonage = {"message_uuid": "v", "channel": "whatsapp", "from": "34600111222",
                 "message_type": "reaction", "reaction": {"action": "unreact"}}  # fmt: skip
    of_infobip = {"messageId": "i", "from": "34600111222", "integrationType": "WHATSAPP",
                  "message": {"type": "REACTION", "emoji": ""}}  # fmt: skip

    assert vendor("vonage").kinds(of_vonage) == (0, 1, 0)
    assert vendor("infobip").kinds({"results": [of_infobip]}) == (0, 1, 0)


def test_a_message_to_messagebird_may_have_its_time_in_words(vendor: Make) -> None:
    told = {"message_id": "m", "originator": "34600111222", "message": "hola",
            "receive_datetime": SENT.isoformat()}  # fmt: skip

    assert vendor("messagebird").message(told).event.occurred_at == SENT


def test_reasons_are_told_where_the_vendor_has_them(vendor: Make) -> None:
    report = {"messageId": "i", "to": "34600111222",
              "status": {"groupName": "REJECTED", "name": "REJECTED_PREFIX_MISSING"},
              "error": {"name": "NO_ERROR", "permanent": False}}  # fmt: skip
    to = {"identifierKey": "phonenumber", "identifierValue": "+34600111222"}
    sent = {"id": "b", "status": "sending_failed", "reason": "no route",
            "receiver": {"contacts": [to]}}  # fmt: skip
    bird = {"service": "channels", "event": "sms.outbound", "payload": sent}

    [of_infobip] = vendor("infobip").read({"results": [report]}).items
    [of_bird] = vendor("messagebird").read(bird).items

    assert (of_infobip.event.reason, of_infobip.event.is_permanent) == (
        "REJECTED_PREFIX_MISSING",
        None,
    )
    assert of_bird.event.reason == "no route"
