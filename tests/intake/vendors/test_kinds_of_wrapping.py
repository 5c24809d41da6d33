"""The same said in another wrapping: an older one, or a provider's around a messenger's."""

import json
from typing import Any

import pytest

from intake.domain.items import Inbound, StatusNews

ANA, AT = "34600111222", 1_777_895_940
GOODS = {"product_retailer_id": "ring-7", "quantity": 2, "item_price": 30.5, "currency": "EUR"}
ADDRESS = {"saved_address_id": "a1", "values": {"in_pin_code": "400064", "city": "Mumbai"}}


def tiktok(kind: str, **more: Any) -> dict[str, Any]:
    sender = {} if "unique_identifier" in more else {"from_user": {"id": "7"}}
    content = {"message_id": "m", "type": kind, "timestamp": AT * 1000, **sender, **more}
    return {"event": "im_receive_msg", "user_openid": "100", "content": json.dumps(content)}


def vonage(kind: str, **more: Any) -> dict[str, Any]:
    return {"message_uuid": "v1", "channel": "whatsapp", "from": ANA, "message_type": kind, **more}


def bird(kind: str, body: Any) -> dict[str, Any]:
    message = {"id": "b1", "from": f"+{ANA}", "type": kind, "content": {kind: body}}
    return {"type": "message.created", "contact": {}, "message": message}


def infobip(kind: str, **more: Any) -> dict[str, Any]:
    told = {"messageId": "i1", "from": ANA, "integrationType": "WHATSAPP"}
    return {"results": [{**told, "message": {"type": kind, **more}}]}


FORM = {"id": "w", "from": ANA, "timestamp": str(AT), "type": "interactive", "interactive":
        {"type": "nfm_reply", "nfm_reply": {"response_json": json.dumps(ADDRESS)}}}  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "payload", "text", "types"),
    [
        ("whatsapp", {"contacts": [{"wa_id": ANA}], "messages": [{"from": ANA, "id": "w",
         "timestamp": str(AT), "type": "text", "text": {"body": "a"}}]}, "a", []),
        ("whatsapp", {"messages": [FORM]},
         "[form]\nsaved_address_id: a1\nin_pin_code: 400064\ncity: Mumbai", []),
        ("instagram", {"entry": [{"id": "100", "messaging": [{"sender": {"id": "7"}, "message":
         {"mid": "m", "attachments": [{"type": "ig_post", "payload": {"title": "Ring"}}]}}]}]},
         "[post] Ring", []),
        ("telegram", {"update_id": 1, "message": {"message_id": 5, "date": AT, "chat": {"id": -9},
         "sender_chat": {"id": -9, "title": "Ring friends"}, "text": "a"}}, "a", []),
        ("tiktok", tiktok("text", unique_identifier="7", text={"body": "a"}), "a", []),
        ("tiktok", tiktok("image", image={"media_id": "i"}), "[image]", ["image/jpeg"]),
        ("tiktok", tiktok("template", template={"title": "Sizes?"}), "[template] Sizes?", []),
        ("vonage", vonage("contact", contact=[{"name": {"formatted_name": "Eva"}, "phones":
         [{"phone": "+34 600"}]}, {"name": {"formatted_name": "Leo"}}]),
         "[contact] Eva +34 600; Leo", []),
        ("vonage", vonage("sticker", sticker={"url": "https://x.example/1"}), "[sticker]",
         ["image/webp"]),
        ("messagebird", bird("whatsappOrder", {"product_items": [GOODS], "text": "soon?"}),
         "[order] 2 × ring-7 (30.5 EUR) soon?", []),
        ("messagebird", bird("image", {"url": "https://x.example/1"}), "[image]", ["image/jpeg"]),
        ("infobip", infobip("INTERACTIVE_FLOW_REPLY", response='{"size": "7", "flow_token": "t"}'),
         "size: 7", []),
        ("infobip", infobip("FLOW_RESPONSE", response={"size": "7", "flow_token": "t"}),
         "size: 7", []),
        ("infobip", infobip("VOICE", url="https://x.example/1"), "[voice]", ["audio/ogg"]),
    ],
)  # fmt: skip
def test_it_is_said_with_its_words_and_files(
    vendor: Any, channel: str, payload: Any, text: str, types: list[str]
) -> None:
    [found] = vendor(channel, "100").read(payload).items

    assert isinstance(found, Inbound)
    assert found.event.text == text
    assert [each.media_type for each in found.event.attachments] == types


def test_whoever_writes_in_the_name_of_a_chat_is_that_chat(vendor: Any) -> None:
    chat = {"id": -9, "title": "Ring friends"}
    told = {"message_id": 5, "chat": {"id": -9}, "sender_chat": chat, "text": "a"}
    event = vendor("telegram", "100").message({"update_id": 1, "message": told}).event

    assert (event.sender_name, event.reply_route.peer) == ("Ring friends", "-9")


@pytest.mark.parametrize(
    ("channel", "payload", "expected"),
    [
        ("whatsapp", {"statuses": [{"id": "w", "recipient_id": ANA, "status": "read",
         "timestamp": str(AT)}]}, ("w", "read", None)),
        ("vonage", {"message_uuid": "v", "to": ANA, "channel": "sms", "status": "delivered",
         "error": {"title": 1000}}, ("v", "delivered", None)),
        ("vonage", {"message_uuid": "v", "to": ANA, "channel": "sms", "status": "rejected",
         "error": {"title": 1000}}, ("v", "failed", "1000")),
    ],
)  # fmt: skip
def test_a_receipt_tells_why_only_where_something_failed(
    vendor: Any, channel: str, payload: Any, expected: tuple[str, str, str | None]
) -> None:
    [found] = vendor(channel, "100").read(payload).items

    assert isinstance(found, StatusNews)
    event = found.event
    assert (event.external_id, event.status.value, event.reason) == expected


def test_event_streams_and_conversations_of_twilio_tell_when(vendor: Any) -> None:
    at = "2026-05-04T10:00:00Z"
    data = {"messageSid": "SM1", "from": f"+{ANA}", "body": "a", "timestamp": at}
    one = vendor("twilio", "100")
    [stream] = one.read([{"type": "com.twilio.x", "data": data}]).items
    updated = {"EventType": "onDeliveryUpdated", "MessageSid": "IM1", "ChannelMessageSid": "SM2",
               "Status": "undelivered", "ErrorCode": "63016", "DateUpdated": at}  # fmt: skip
    [known] = one.read(updated).known
    [told] = known.unsaid

    assert stream.event.occurred_at.isoformat() == "2026-05-04T10:00:00+00:00"
    assert (told.external_id, told.status.value, told.reason) == ("SM2", "failed", "63016")
    assert told.occurred_at.isoformat() == "2026-05-04T10:00:00+00:00"


def test_a_link_that_was_followed_is_no_fate(vendor: Any) -> None:
    clicked = {"message_uuid": "v", "to": ANA, "channel": "rcs", "status": "clicked"}

    assert vendor("vonage", "100").kinds(clicked) == (0, 1, 0)
