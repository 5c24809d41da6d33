"""Twilio: what is signed, and what each form comes down to."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

URL = "https://hooks.example/hooks/twilio/AC1"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def twilio(vendor: Callable[..., Any]) -> Any:
    return vendor("twilio", "AC1", auth_token=("new", "old"))


def mac(token: str, signed: str) -> str:
    return base64.b64encode(
        hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    ).decode()


def sms(**more: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "SmsStatus": "received", "From": "+34600111222",
            "To": "+34911000000", "Body": "¿dónde?", "NumMedia": "0", **more}  # fmt: skip


def test_address_and_sorted_form_are_signed(twilio: Any, posted: Any) -> None:
    body = urlencode([("b", "2"), ("a", "ñ"), ("b", "1"), ("b", "2")])

    def given(shown: str, url: str = URL, sent: str = body) -> bool:
        return bool(
            twilio.verifies(posted(sent, url=url, headers={**FORM, "x-twilio-signature": shown}))
        )

    signed = URL + "añb1b2"
    assert [given(mac(token, signed)) for token in ("new", "old", "other")] == [True, True, False]
    assert not given(mac("new", signed), url=URL + "x")
    assert not given(mac("new", signed), sent=body.replace("1", "3"))


def test_signed_is_the_form_as_it_was_sent(twilio: Any, posted: Any) -> None:
    # An @ of GSM's alphabet is 0 where nobody translates it; a long text is cut within a letter.
    signed = URL.encode() + b"Bodyana\0b.example \xc3"
    shown = base64.b64encode(hmac.new(b"new", signed, hashlib.sha1).digest()).decode()
    headers = {**FORM, "x-twilio-signature": shown}

    assert twilio.verifies(posted("Body=ana%00b.example+%C3", url=URL, headers=headers))


def test_the_port_may_stand_in_the_address_or_not(twilio: Any, posted: Any) -> None:
    with_port = "https://hooks.example:443/hooks/twilio/AC1"

    for signed, seen in (
        (URL, with_port),
        (with_port, URL),
        ("https://h.example/x", "https://h.example:8443/x"),
    ):
        headers = {**FORM, "x-twilio-signature": mac("new", signed + "a1")}
        assert twilio.verifies(posted("a=1", url=seen, headers=headers))


def test_of_json_the_address_carries_the_digest(twilio: Any, posted: Any) -> None:
    body = b'{"a":1}'
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": mac("new", url)}

    assert twilio.verifies(posted(body, url=url, headers=headers))
    assert not twilio.verifies(posted(b'{"a":2}', url=url, headers=headers))
    assert not twilio.verifies(posted(body, url=URL, headers={**headers, "x-twilio-signature":
                                                              mac("new", URL)}))  # fmt: skip


def test_a_get_is_signed_and_read_by_its_address(twilio: Any, posted: Any) -> None:
    url = f"{URL}?{urlencode(sms())}"
    asked = posted(url=url, method="GET", headers={"x-twilio-signature": mac("new", url)})

    assert twilio.verifies(asked)
    [found] = twilio.take(asked).items
    assert found.event.text == "¿dónde?"


def test_an_sms_is_a_message(twilio: Any, posted: Any) -> None:
    found = twilio.message(sms())

    assert (found.event.text, found.event.external_id) == ("¿dónde?", "SM1")
    assert found.event.phone == found.event.reply_route.peer == "+34600111222"
    assert found.event.reply_route.window_until is None
    assert twilio.door.scheme.answer(posted(), twilio.account).text == "<Response/>"


def test_whatsapp_is_the_same_person_and_answered_there(twilio: Any) -> None:
    found = twilio.message(sms(From="whatsapp:+34600111222", ProfileName="Ana"))

    assert found.contact.contact_id == twilio.message(sms()).contact.contact_id
    assert (found.event.sender_name, found.event.phone) == ("Ana", "+34600111222")
    assert found.event.reply_route.peer == "whatsapp:+34600111222"
    assert found.event.reply_route.window_until == found.event.occurred_at + timedelta(hours=24)


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (sms(Body="", NumMedia="2", MediaUrl0="https://m/0", MediaContentType0="image/jpeg",
             MediaUrl1="https://m/1", MediaContentType1="application/pdf"),
         "[image] [document]", 2),
        (sms(Body="", Latitude="1.5", Longitude="2", Label="Sol"), "[location] Sol 1.5, 2", 0),
        (sms(Body="", ButtonText="Sí", ButtonPayload="y"), "Sí", 0),
        (sms(Body="👍", MessageType="reaction"), "👍", 0),
        (sms(Body="", MessageType="contacts"), "[contacts]", 0),
        (sms(Body=""), "[empty message]", 0),
        (sms(From="12345", Body="short code"), "short code", 0),
    ],
)  # fmt: skip
def test_every_kind_says_something(twilio: Any, told: Any, text: str, files: int) -> None:
    found = twilio.message(told)

    assert (found.event.text, len(found.remote)) == (text, files)


@pytest.mark.parametrize(
    ("told", "expected"),
    [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("undelivered", "failed"),
     ("failed", "failed")],
)  # fmt: skip
def test_callbacks_tell_what_became_of_ours(twilio: Any, told: str, expected: str) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": told, "To": "whatsapp:+34600111222",
            "ErrorCode": "30003"}  # fmt: skip

    assert twilio.statuses(form) == [("SM9", expected)]
    [news] = twilio.read(form).items
    assert news.event.reason == "30003"
    assert news.event.thread_id == twilio.message(sms()).event.thread_id


@pytest.mark.parametrize(
    "told",
    [
        *({"MessageSid": "SM9", "MessageStatus": told, "To": "+34600111222"} for told in (
            "accepted", "queued", "scheduled", "sending", "canceled")),
        sms(OptOutType="STOP", Body="STOP"),
        {"CallSid": "CA1", "CallStatus": "ringing", "From": "+34600111222"},
    ],
)  # fmt: skip
def test_the_rest_says_nothing(twilio: Any, told: Any) -> None:
    assert twilio.kinds(told) == (0, 1, 0)
    assert twilio.kinds({"a": "b"}) == (0, 0, 1)


def test_conversations_tell_messages_in_their_own_way(twilio: Any) -> None:
    told = {"EventType": "onMessageAdded", "MessageSid": "IM1", "ConversationSid": "CH1",
            "Author": "whatsapp:+34600111222", "Body": "hola", "DateCreated":
            "2026-05-04T11:59:00.000Z"}  # fmt: skip

    found = twilio.message(told)

    assert (found.event.text, found.event.phone) == ("hola", "+34600111222")
    assert found.event.reply_route.peer == "conversation:CH1"
    assert found.event.occurred_at == twilio.AT - timedelta(minutes=1)
    assert twilio.kinds({**told, "Author": "agent-7"}) == (0, 1, 0)
    assert twilio.kinds({**told, "EventType": "onConversationAdded"}) == (0, 1, 0)
