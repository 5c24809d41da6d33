"""What holds for each door: any payload is read without raising, nobody is let in unsigned."""

import copy
import json
import random
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.channels.mail import OurOwn
from intake.domain.items import Reading
from intake.handlers import recordings
from intake.handlers.doors import DOORS, Around, arrival
from shared.stores import Stores
from shared.stores.accounts import models
from shared.webhooks import Delivery

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3)
    ),
    max_leaves=12,
)

PAYLOADS: dict[str, list[Any]] = {
    "instagram": [
        {"entry": [{"id": "100", "messaging": [{"sender": {"id": "7"}, "timestamp": 1,
         "message": {"mid": "m", "text": "a", "attachments": [{"type": "image",
         "payload": {"url": "https://x.example/a.jpg"}}], "reply_to": {"mid": "n"}}}]}]},
    ],
    "messenger": [
        {"entry": [{"id": "100", "messaging": [{"sender": {"id": "7"}, "timestamp": 1,
         "reaction": {"mid": "m", "action": "react", "emoji": "x"}},
         {"sender": {"id": "7"}, "delivery": {"mids": ["m"], "watermark": 1}}]}]},
    ],
    "kakaotalk": [
        {"userRequest": {"utterance": "a", "lang": "kr", "user": {"id": "7"},
         "params": {"media": {"type": "image", "url": "https://x.example/a"}}}},
    ],
    "line": [
        {"destination": "U", "events": [{"type": "message", "timestamp": 1, "source":
         {"userId": "U1"}, "message": {"id": "1", "type": "sticker", "keywords": ["a"]}}]},
    ],
    "telegram": [
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 7}, "from":
         {"id": 7, "first_name": "A"}, "photo": [{"file_id": "f", "file_size": 1}],
         "contact": {"user_id": 7, "phone_number": "34600111222"}}},
    ],
    "tiktok": [
        {"event": "im_receive_msg", "user_openid": "100", "content": json.dumps({"type": "text",
         "message_id": "m", "from_user": {"id": "7"}, "text": {"body": "a"}})},
    ],
    "viber": [
        {"event": "message", "timestamp": 1, "message_token": 1, "sender": {"id": "7"},
         "message": {"type": "location", "location": {"lat": 1.5, "lon": 2}}},
    ],
    "vk": [
        {"type": "message_new", "object": {"message": {"id": 1, "from_id": 7, "peer_id": 7,
         "date": 1, "text": "a", "geo": {"coordinates": {"latitude": 1}}, "attachments":
         [{"type": "photo", "photo": {"sizes": [{"width": 1, "url": "https://x.example"}]}}]}}},
    ],
    "wechat": [
        {"MsgType": "text", "FromUserName": "o", "CreateTime": 1, "Content": "a", "MsgId": 1},
    ],
    "generic": [
        {"type": "message.received", "data": {"id": "1", "from": {"id": "7", "mail": "a@b.example",
         "phone": "+34600111222", "locale": "es"}, "text": "a", "sent_at": "2026", "attachments":
         [{"url": "https://x.example", "size": 1}]}},
        {"type": "call.ended", "data": {"id": "1", "from": {"mail": "a@b.example"},
         "duration_seconds": 5, "summary": "a"}},
    ],
    "infobip": [
        {"results": [{"messageId": "1", "from": "34600111222", "integrationType": "WHATSAPP",
         "message": {"type": "IMAGE", "url": "https://x.example"}, "receivedAt": "2026"},
         {"messageId": "2", "to": "34600111222", "status": {"groupName": "REJECTED"}}]},
    ],
    "messagebird": [
        {"type": "message.created", "contact": {"msisdn": 34600111222}, "message": {"id": "1",
         "from": "+34600111222", "platform": "whatsapp", "type": "location", "content":
         {"location": {"latitude": 1}}, "createdDatetime": "2026"}},
        {"id": "1", "originator": "34600111222", "body": "a", "createdDatetime": "x"},
        {"service": "channels", "event": "sms.inbound", "payload": {"id": "1", "sender": {"contact":
         {"identifierKey": "phonenumber", "identifierValue": "+34600111222"}}, "body":
         {"type": "image", "image": {"images": [{"mediaUrl": "https://x.example"}]}}}},
    ],
    "twilio": [
        {"MessageSid": "1", "From": "whatsapp:+34600111222", "Body": "", "NumMedia": "1",
         "MediaUrl0": "https://x.example", "MediaContentType0": "image/png"},
        {"MessageSid": "1", "MessageStatus": "failed", "To": "+34600111222", "ErrorCode": "1"},
    ],
    "vonage": [
        {"message_uuid": "1", "from": {"type": "whatsapp", "number": "34600111222"}, "message":
         {"content": {"type": "image", "image": {"url": "https://x.example"}}}},
        {"msisdn": "34600111222", "messageId": "1", "text": "a", "message-timestamp": "2026"},
    ],
    "x": [
        {"for_user_id": "100", "users": {"7": {"name": "A"}}, "direct_message_events": [
         {"type": "message_create", "id": "1", "message_create": {"sender_id": "7",
         "message_data": {"text": "a", "attachment": {"media": {"type": "photo"}}}}}]},
    ],
    "shopee": [
        {"code": 10, "shop_id": 100, "data": {"type": "message", "content": {"message_id": "1",
         "from_id": 5, "conversation_id": "9", "message_type": "text", "content": {"text": "a"},
         "created_timestamp": 1, "source_content": {"order_sn": "2"}}}},
    ],
    "tiktok-shop": [
        {"type": 14, "shop_id": "100", "data": {"message_id": "1", "type": "TEXT", "content":
         {"content": "a"}, "sender": {"role": "BUYER", "im_user_id": "1"}}},
    ],
    "woocommerce": [
        {"id": 1, "currency": "EUR", "total": "1", "billing": {"email": "a@b.example",
         "country": "ES", "phone": "600111222"}, "date_paid_gmt": "2026-05-04T09:01:00",
         "line_items": [{"id": 1, "quantity": 1, "total": "1", "total_tax": "0"}],
         "refunds": [{"id": 1, "total": "-1"}], "meta_data": [{"key":
         "_wc_shipment_tracking_items", "value": [{"tracking_number": "1"}]}]},
    ],
    "zalo": [
        {"event_name": "user_send_image", "sender": {"id": "7"}, "timestamp": "1", "message":
         {"msg_id": "m", "attachments": [{"type": "image", "payload":
         {"url": "https://x.example"}}]}},
    ],
}  # fmt: skip
"""One thing or more that each vendor says, to be broken in every place."""

STRANGE: list[Any] = [
    None,
    True,
    -1,
    2**80,
    1.5,
    float("nan"),
    "",
    "\ud800",
    [],
    [[]],
    {},
    {"a": 1},
]


def broken(value: Any) -> Iterator[Any]:
    """The value with each of its parts missing or replaced by something strange."""
    places = list(paths(value))
    for path in places:
        for strange in STRANGE:
            made = copy.deepcopy(value)
            inner = made
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = strange
            yield made


def paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in pairs:
        yield (*before, name)
        if isinstance(each, dict | list):
            yield from paths(each, (*before, name))


@pytest.mark.parametrize("channel", sorted(PAYLOADS))
def test_a_payload_broken_anywhere_is_read_without_raising(
    vendor: Callable[..., Any], channel: str
) -> None:
    one = vendor(channel)

    for payload in PAYLOADS[channel]:
        assert one.read(payload).items
        for worse in broken(payload):
            assert isinstance(one.read(worse), Reading)


RECORDED = Path(__file__).parents[4] / "shared/samples/webhooks.jsonl"


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not on this machine")
def test_a_recording_broken_anywhere_has_an_outcome() -> None:
    chance = random.Random(5)
    for number, recorded in enumerate(RECORDED.read_bytes().splitlines(), start=1):
        for _ in range(8):
            told = json.loads(recorded)
            told.pop("secret", None)
            given_, coded = told.pop("body", None), told.pop("body_b64", None)
            whole = b64decode(coded) if coded else str(given_).encode()
            body = bytearray(whole or b"x")
            for _ in range(chance.randint(1, 3)):
                at = chance.randrange(len(body))
                body[at : at + chance.randint(0, 3)] = bytes([chance.randrange(256)])
            told["body_b64"] = b64encode(bytes(body)).decode()
            shown = recordings.line(
                "here", json.dumps(told).encode(), datetime(2026, 5, 4, tzinfo=UTC)
            )
            assert shown["outcome"], number
            assert not any("reader failed" in note for note in shown["notes"]), (number, shown)


@pytest.mark.parametrize("channel", sorted(DOORS))
@given(payload=JSON)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_payload_is_read_without_raising(
    vendor: Callable[..., Any], channel: str, payload: Any
) -> None:
    reading = vendor(channel, **WITH.get(channel, {})).read(payload)

    assert isinstance(reading, Reading)
    assert reading.known or reading.odd or reading.items


@pytest.mark.parametrize("channel", sorted(DOORS))
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b"a=b", b"<a/>", b"\xff\xfe", b'{"secret":""}']
)
def test_what_is_not_signed_is_let_in_nowhere(
    vendor: Callable[..., Any], posted: Callable[..., Any], channel: str, body: bytes
) -> None:
    one = vendor(channel, **WITH.get(channel, {}))

    for method in ("GET", "POST"):
        for media_type in ("application/json", "application/x-www-form-urlencoded", ""):
            headers = {"content-type": media_type} if media_type else {}
            delivery = posted(body, headers=headers, method=method)
            assert not one.verifies(delivery)
            signed_at = one.door.scheme.signed_at(delivery)
            assert signed_at is None or isinstance(signed_at, datetime)


@pytest.mark.parametrize("channel", sorted(DOORS))
def test_no_secret_is_kept_wherever_a_vendor_shows_it(
    vendor: Callable[..., Any], posted: Callable[..., Any], own: OurOwn, channel: str
) -> None:
    fields = {name: info.annotation for name, info in DOORS[channel].account.model_fields.items()}
    names = [name for name, annotation in fields.items() if "Secret" in str(annotation)]
    secrets = {name: (f'{name} "old" é', f"{name} new") for name in names}
    extra = {"access_key_id": "AKIA"} if "access_key_id" in fields else {}
    one = vendor(channel, **{**WITH.get(channel, {}), **extra, **secrets})
    values = [value for both in secrets.values() for value in both]
    delivery = posted(
        json.dumps(values) + json.dumps(values, ensure_ascii=False) + "".join(values),
        headers={f"x-{n}": f"v1,{value}" for n, value in enumerate(values)}
        | {"x-kept": "as it is"},
        url="https://hooks.example/hooks?s=" + "&s=".join(map(quote, values)) + "".join(values),
    )

    raw = arrival(delivery, {}, one.account, Around(Stores({}), own), one.AT).raw

    assert raw is not None
    shown = f"{raw.url} {raw.headers} {raw.body.decode()}"
    assert raw.headers["x-kept"] == "as it is"
    assert not [name for name in names if f"{name} new" in shown or f"{name}%20new" in shown]
    assert "old" not in shown


HEADERS = [
    "authorization", "messagebird-request-timestamp", "messagebird-signature",
    "messagebird-signature-jwt", "tiktok-signature", "webhook-id", "webhook-signature",
    "webhook-timestamp", "x-hub-signature", "x-hub-signature-256", "x-line-signature",
    "x-request-id", "x-telegram-bot-api-secret-token", "x-twilio-signature",
    "x-twitter-webhooks-signature", "x-viber-content-signature", "x-zevent-signature",
]  # fmt: skip
QUERY = ["bodySHA256", "crc_token", "echostr", "hub.challenge", "hub.mode", "hub.verify_token",
         "msg_signature", "nonce", "secret", "sig", "signature", "timestamp"]  # fmt: skip
WORDS = st.text(max_size=12) | st.sampled_from(
    ["Bearer a.b.c", "Basic \xe9", "Basic Og==", "sha256=", "mac=", "t=1,s=", "v1,", "1e400", "-1",
     "Bearer eyJhbGciOiJub25lIn0.e30.", "nan"])  # fmt: skip


PROOFS = [
    json.dumps({
        **dict.fromkeys(["auth", "secret", "timestamp", "app_id", "Encrypt", "MsgSignature"], told),
        "signature": dict.fromkeys(["timestamp", "token", "signature"], told),
        "Type": "Notification", "SigningCertURL": told, "Signature": told, "SignatureVersion": told,
    }).encode()
    for told in ("\ud800", "\0", "", "é", "a" * 5000, ["a"], {"a": 1}, 10**4000, True, None)
] + [b'{"auth":"\xff"}', b'{"Type":"\xff","TopicArn":"x"}']  # fmt: skip
"""Bodies that carry a proof of their own, and in it what nobody signs with."""


@pytest.mark.parametrize("channel", sorted(DOORS))
@pytest.mark.parametrize("body", PROOFS)
def test_no_proof_within_a_body_stops_the_door(
    vendor: Callable[..., Any], posted: Callable[..., Any], channel: str, body: bytes
) -> None:
    one = vendor(channel, **WITH.get(channel, {}))

    assert not one.verifies(posted(body, headers={"content-type": "application/json"}))


@pytest.mark.parametrize("channel", sorted(DOORS))
@given(
    headers=st.dictionaries(st.sampled_from(HEADERS), WORDS, min_size=1, max_size=3),
    query=st.dictionaries(st.sampled_from(QUERY), WORDS, max_size=3),
    body=st.binary(max_size=20)
    | st.sampled_from([b"{}", b"a=1", b"<xml><Encrypt>a</Encrypt></xml>", *PROOFS]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_a_stranger_writes_lets_him_in_or_stops_the_door(
    vendor: Callable[..., Any],
    channel: str,
    headers: dict[str, str],
    query: dict[str, str],
    body: bytes,
) -> None:
    one = vendor(channel, **WITH.get(channel, {}))
    delivery = Delivery("POST", "https://[h.example/x", headers, query, body)

    assert not one.verifies(delivery)
    one.door.scheme.signed_at(delivery)
    one.door.delivery_id(delivery)
    if one.door.handshake is not None and channel not in ASKS_ONLY_WHETHER_WE_ARE_THERE:
        assert one.door.handshake(delivery, one.account) is None


@pytest.mark.parametrize("channel", sorted(DOORS))
def test_a_stranger_is_answered_no_challenge(
    vendor: Callable[..., Any], posted: Callable[..., Any], channel: str
) -> None:
    one = vendor(channel, **WITH.get(channel, {}))
    asked = "?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1&echostr=1&signature=x"

    if one.door.handshake is not None and channel not in ASKS_ONLY_WHETHER_WE_ARE_THERE:
        assert one.door.handshake(posted(url=f"https://h.example/{asked}"), one.account) is None


def test_every_account_that_a_webhook_comes_to_has_a_door() -> None:
    named = {model.model_fields["channel"].annotation.__args__[0] for model in models()}  # type: ignore[union-attr]

    assert named - set(DOORS) <= NO_DOOR


NO_DOOR = {"mail", "imap", "chat", "aftership"}

ASKS_ONLY_WHETHER_WE_ARE_THERE = {"x", "mandrill", "unisender-go"}
"""X's check proves us, not X; the others look for an answer of any kind."""

WITH: dict[str, dict[str, Any]] = {
    "amazon-ses": {"topic_arns": ["arn:aws:sns:eu-west-1:1:mails"]},
    "mailtrap": {"signing_secret": "s3cret"},
    "sendgrid": {"verification_key": "s3cret"},
    "shopify": {"account_id": "aurora.myshopify.com"},
}
"""What an account must be made with, where `100` does not do."""
