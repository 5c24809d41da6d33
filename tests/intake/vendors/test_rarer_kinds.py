"""What vendors tell more rarely: each kind has words or files, or is known for what it is."""

import json
from typing import Any

import pytest

from intake.domain.items import Inbound


def whatsapp(kind: str, **more: Any) -> dict[str, Any]:
    return {"from": "34600111222", "id": "wamid.1", "timestamp": "1777895940", "type": kind, **more}


def changed(*messages: Any, field: str = "messages", **value: Any) -> dict[str, Any]:
    told = {"metadata": {"phone_number_id": "100"}, "messages": list(messages), **value}
    return {"entry": [{"changes": [{"field": field, "value": told}]}]}


def page(**event: Any) -> dict[str, Any]:
    told = {"sender": {"id": "7"}, "timestamp": 1_777_895_940_000, **event}
    return {"entry": [{"id": "100", "messaging": [told]}]}


def line(**event: Any) -> dict[str, Any]:
    told = {"timestamp": 1_777_895_940_000, "source": {"userId": "U7"}, **event}
    return {"destination": "U", "events": [told]}


def telegram(**message: Any) -> dict[str, Any]:
    told = {"message_id": 5, "date": 1_777_895_940, "chat": {"id": 7}, "from": {"id": 7}, **message}
    return {"update_id": 1, "message": told}


def kakao(utterance: str, **params: Any) -> dict[str, Any]:
    user = {"id": "k7", "type": "botUserKey"}
    return {"userRequest": {"utterance": utterance, "user": user}, "action": {"params": params}}


def vonage(kind: str, **more: Any) -> dict[str, Any]:
    return {"message_uuid": "v1", "channel": "mms", "from": "34600111222", "message_type": kind,
            **more}  # fmt: skip


def bird(kind: str, **content: Any) -> dict[str, Any]:
    message = {"id": "b1", "from": "+34600111222", "type": kind, "content": content}
    return {"type": "message.created", "contact": {}, "message": message}


def infobip(kind: str, **message: Any) -> dict[str, Any]:
    told = {"messageId": "i1", "from": "34600111222", "integrationType": "WHATSAPP"}
    return {"results": [{**told, "message": {"type": kind, **message}}]}


def direct(text: str, urls: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    data = {"text": text, "entities": {"urls": urls}, **more}
    event = {"type": "message_create", "id": "11", "message_create": {"sender_id": "7",
             "message_data": data}}  # fmt: skip
    return {"for_user_id": "100", "direct_message_events": [event]}


CARD = {"name": {"formatted_name": "", "first_name": "Eva", "last_name": "Ruiz"},
        "phones": [{"phone": "+34 600"}], "emails": [{"email": "eva@x.example"}]}  # fmt: skip
GOODS = {"product_retailer_id": "ring-7", "quantity": 2, "item_price": 30.5, "currency": "EUR"}
FILE = "https://x.com/messages/media/1"


@pytest.mark.parametrize(
    ("channel", "payload", "text", "types"),
    [
        ("whatsapp", changed(whatsapp("contacts", contacts=[CARD])),
         "[contact] Eva Ruiz +34 600 eva@x.example", []),
        ("whatsapp", changed(whatsapp("order", order={"product_items": [GOODS]})),
         "[order] 2 × ring-7 (30.5 EUR)", []),
        ("whatsapp", changed(whatsapp("text", text={"body": "a"}))["entry"][0]["changes"][0],
         "a", []),
        ("messenger", page(message={"mid": "m", "attachments": [{"type": "fallback", "payload":
         {"url": "https://x.example", "title": "Rings"}}]}), "[link] Rings https://x.example", []),
        ("instagram", {"field": "messages", "value": {"sender": {"id": "7"}, "message":
         {"mid": "m", "text": "a"}}}, "a", []),
        ("line", line(type="message", message={"id": "1", "type": "audio", "contentProvider":
         {"originalContentUrl": "https://files.example.com"}}), "[audio]", ["audio/m4a"]),
        ("line", line(type="message", message={"id": "1", "type": "image", "contentProvider":
         {"originalContentUrl": "https://x.example/a.png?w=1"}}), "[image]", ["image/png"]),
        ("telegram", telegram(video_note={"file_id": "f"}), "[video message]", ["video/mp4"]),
        ("telegram", telegram(paid_media={"paid_media": [{"type": "photo", "photo":
         [{"file_id": "f"}]}]}), "[paid media]", ["image/jpeg"]),
        ("kakaotalk", kakao("사진", photo=json.dumps({"secureUrls": "List(https://x.example/a.jpg)"})),
         "사진", ["image/jpeg"]),
        ("vonage", vonage("content", content=[{"type": "image", "url": "https://x.example/a.jpg"},
         {"type": "text", "text": "look"}]), "look", ["image/jpeg"]),
        ("vonage", vonage("contact", contact=CARD), "[contact] +34 600", []),
        ("messagebird", bird("contacts", contacts=[{"name": {"firstName": "Eva"}, "phones":
         [{"phone": "+34 600"}]}]), "[contact] Eva +34 600", []),
        ("messagebird", bird("email", email={"subject": "Ring", "content": {"text": "Where?"}}),
         "Ring\nWhere?", []),
        ("infobip", infobip("CONTACT", contacts=[{"name": {"formattedName": "Eva"}}]),
         "[contact] Eva", []),
        ("infobip", infobip("ORDER", productItems=[{"productRetailerId": "ring-7", "quantity": 1,
         "itemPrice": 5, "currency": "EUR"}]), "[order] 1 × ring-7 (5 EUR)", []),
        ("x", direct("see t.co/a", [{"url": "t.co/a", "expanded_url": "https://x.example/ring"}]),
         "see https://x.example/ring", []),
        ("x", direct("look t.co/b", [{"url": "t.co/b", "expanded_url": FILE}], attachment={"media":
         {"type": "photo", "media_url_https": "https://x.example/a.jpg"}}), "look",
         ["image/jpeg"]),
        ("twilio", {"EventType": "onMessageAdded", "MessageSid": "IM1", "Author": "+34600111222",
         "Media": '[{"ContentType": "image/png", "Filename": "a.png", "Size": 7}]'},
         "[image: a.png]", ["image/png"]),
        ("twilio", {"MessageSid": "SM1", "From": "+34600111222", "NumMedia": "1", "MediaUrl0":
         "https://x.example", "MediaContentType0": "text/vcard"}, "[contact]", ["text/vcard"]),
        ("tiktok-shop", {"type": 14, "shop_id": "100", "data": {"message_id": "m", "type": "IMAGE",
         "content": {"url": "https://x.example/a"}, "sender": {"role": "BUYER", "im_user_id":
         "7"}}}, "[image]", ["image/jpeg"]),
        ("tiktok-shop", {"type": 14, "shop_id": "100", "data": {"message_id": "m", "type":
         "PRODUCT_CARD", "content": {"product_id": "9"}, "sender": {"im_user_id": "7"}}},
         "[product card] 9", []),
        ("shopee", {"code": 10, "shop_id": 100, "data": {"type": "message", "content":
         {"message_id": "1", "from_id": 7, "message_type": "video", "content":
         {"video_url": "https://x.example/a"}}}}, "[video]", ["video/mp4"]),
        ("shopee", {"code": 10, "shop_id": 100, "data": {"type": "message", "content":
         {"message_id": "1", "from_id": 7, "message_type": "faq_liveagent", "content":
         {"text": "somebody there?"}}}}, "somebody there?", []),
    ],
)  # fmt: skip
def test_it_is_said_with_its_words_and_files(
    vendor: Any, channel: str, payload: Any, text: str, types: list[str]
) -> None:
    [found] = vendor(channel, "100").read(payload).items

    assert isinstance(found, Inbound)
    assert found.event.text == text
    assert [each.media_type for each in found.event.attachments] == types


TESTER = "Udeadbeefdeadbeefdeadbeefdeadbeef"


@pytest.mark.parametrize(
    ("channel", "payload", "why"),
    [
        ("whatsapp", changed(whatsapp("edit", edit={})), "a message was edited"),
        ("whatsapp", changed(whatsapp("revoke", revoke={})), "a message was taken back"),
        ("whatsapp", changed(whatsapp("reaction", reaction={"message_id": "m"})),
         "a reaction was taken back"),
        ("whatsapp", changed(field="smb_message_echoes", message_echoes=[{}]),
         "what the business wrote on its phone"),
        ("whatsapp", changed(statuses=[{"id": "w", "type": "payment", "status": "captured"}]),
         "a status of no concern"),
        ("messenger", page(message_edit={"mid": "m"}), "a message was edited"),
        ("line", line(type="unsend", unsend={"messageId": "1"}), "a message was taken back"),
        ("line", line(type="follow"), "somebody follows the account"),
        ("line", {"events": []}, "a test of the address"),
        ("line", line(type="message", source={"userId": TESTER}, message={"type": "text"}),
         "a test of the address"),
        ("telegram", {"update_id": 1, "edited_message": {}}, "a message was edited"),
        ("telegram", {"update_id": 1, "my_chat_member": {}},
         "somebody follows the bot, or does so no more"),
        ("viber", {"event": "subscribed"}, "somebody follows the bot"),
        ("zalo", {"event_name": "unfollow"}, "somebody follows the account no more"),
        ("vk", {"type": "message_edit", "object": {}}, "a message was edited"),
        ("tiktok", {"event": "im_send_msg"}, "what the account itself wrote"),
        ("wechat", {"MsgType": "event", "Event": "subscribe"}, "somebody follows the account"),
        ("kakaotalk", {"user_key": "k", "type": "text", "content": "a"},
         "a request of the interface before skills, which Kakao has closed"),
        ("messagebird", bird("event", event={}), "an event that is no message"),
        ("infobip", {"results": [{"messageId": "i", "sender": "34", "event": "DELETION"}]},
         "a message was taken back"),
        ("shopee", {"code": 10, "shop_id": 100, "data": {"type": "message", "content":
         {"message_id": "1", "from_id": 7, "sub_account_id": 5, "content": {"text": "a"}}}},
         "a message of our own"),
        ("tiktok-shop", {"type": 14, "shop_id": "100", "data": {"message_id": "m", "type":
         "ALLOCATED_SERVICE", "sender": {"role": "BUYER"}}}, "a note of the conversation"),
    ],
)  # fmt: skip
def test_it_says_nothing_and_is_known_for_what_it_is(
    vendor: Any, channel: str, payload: Any, why: str
) -> None:
    reading = vendor(channel, "100").read(payload)

    assert [each.why for each in reading.known] == [why]
    assert (reading.items, reading.odd) == ((), ())


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("infobip", {"results": [{"messageId": "o1", "status": {"groupName": "DELIVERED"}}]}),
        ("twilio", {"MessageSid": "o1", "MessageStatus": "delivered"}),
    ],
)
def test_a_status_that_names_nobody_is_shown_and_said_to_nobody(
    vendor: Any, channel: str, payload: Any
) -> None:
    [known] = vendor(channel, "100").read(payload).known
    [told] = known.unsaid

    assert (known.kind, told.external_id, told.status.value) == ("status", "o1", "delivered")


def test_a_receipt_of_viber_tells_why_it_failed(vendor: Any) -> None:
    told = {"event": "failed", "message_token": 5, "user_id": "u", "desc": "blocked"}
    [found] = vendor("viber", "100").read(told).items

    assert (found.event.status.value, found.event.reason) == ("failed", "blocked")


def test_event_streams_of_twilio_are_a_list(vendor: Any) -> None:
    data = {"messageSid": "SM1", "messageStatus": "DELIVERED", "to": "+34600111222"}
    [found] = vendor("twilio", "100").read([{"type": "com.twilio.x", "data": data}]).items

    assert (found.event.external_id, found.event.status.value) == ("SM1", "delivered")


def test_somebody_without_name_is_not_called_by_his_number(vendor: Any) -> None:
    person = {"displayName": "34600111222", "firstName": "Eva", "msisdn": 34600111222}
    told = {**bird("text", text="a"), "contact": person}

    assert vendor("messagebird", "100").message(told).event.sender_name == "Eva"
