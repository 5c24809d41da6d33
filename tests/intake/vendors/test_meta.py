"""Messenger and Instagram: what every kind of event comes down to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from intake.domain.items import Inbound
from shared.webhooks import hmac_hex

SENT = 1_777_895_940_000
URL = "https://cdn.example/a/b.jpg?sig=1"


@pytest.fixture(params=["messenger", "instagram"])
def page(request: pytest.FixtureRequest, vendor: Callable[..., Any]) -> Any:
    return vendor(request.param, "100", app_secret=("new", "old"), verify_token="ours")


def batch(*events: dict[str, Any], page: str = "100", **more: Any) -> dict[str, Any]:
    told = [{"sender": {"id": "7"}, "recipient": {"id": page}, "timestamp": SENT, **each}
            for each in events]  # fmt: skip
    return {"object": "page", "entry": [{"id": page, "time": SENT, "messaging": told, **more}]}


def text(mid: str = "m.1", body: str = "hola", **more: Any) -> dict[str, Any]:
    return {"message": {"mid": mid, "text": body, **more}}


def attached(kind: str, **payload: Any) -> dict[str, Any]:
    return {"message": {"mid": "m.1", "attachments": [{"type": kind, "payload": payload}]}}


def test_either_secret_signs_the_raw_body_and_nothing_else(page: Any, posted: Any) -> None:
    body = '{"object":"páge"}'.encode()

    def signed(secret: str, octets: bytes = body) -> bool:
        header = f"sha256={hmac_hex(secret, octets)}"
        return bool(page.verifies(posted(body, headers={"x-hub-signature-256": header})))

    assert (signed("new"), signed("old")) == (True, True)
    assert not signed("other")
    assert not signed("new", body + b" ")
    assert not page.verifies(posted(body))


def test_the_handshake_is_metas(page: Any, posted: Any) -> None:
    def asked(token: str) -> Any:
        query = f"hub.mode=subscribe&hub.verify_token={token}&hub.challenge=42"
        return page.door.handshake(posted(url=f"https://h.example/x?{query}"), page.account)

    assert (asked("ours"), asked("theirs")) == ("42", None)


def test_a_text_has_all_that_an_answer_needs(page: Any) -> None:
    found = page.message(batch(text(reply_to={"mid": "m.0"})))

    event, route = found.event, found.event.reply_route
    assert (event.text, event.external_id, found.answers) == ("hola", "m.1", "m.0")
    assert (found.contact.identity, found.contact.scope, route.peer) == ("user", "100", "7")
    assert event.occurred_at == page.AT - timedelta(minutes=1)
    assert route.window_until == event.occurred_at + timedelta(hours=24)
    assert (event.phone, route.reply_to_id) == (None, "m.1")


@pytest.mark.parametrize(
    ("event", "said", "files"),
    [
        (text(quick_reply={"payload": "RED"}, body="Red"), "Red", []),
        (attached("image", url=URL), "[image]", ["image/jpeg"]),
        (attached("video", url="https://cdn.example/v"), "[video]", ["application/octet-stream"]),
        (attached("file", url="https://cdn.example/f.pdf"), "[file]", ["application/pdf"]),
        (attached("story_mention", url=URL), "[story mention]", ["image/jpeg"]),
        (attached("image", url=URL, sticker_id=369239263222822), "👍", []),
        (attached("image", url=URL, sticker_id=5), "[sticker]", []),
        (attached("location", title="Sol", coordinates={"lat": 40.4, "long": -3.7}),
         "[location] Sol 40.4, -3.7", []),
        (attached("share", url="https://ig.example/p/1"), "[share] https://ig.example/p/1", []),
        (attached("template", product={"elements": [{"title": "Ring"}]}), "[template] Ring", []),
        ({"message": {"mid": "m.1", "is_unsupported": True}}, "[unsupported message]", []),
        ({"message": {"mid": "m.1", "attachments": [{"type": "like_heart"}]}}, "❤️", []),
        ({"postback": {"mid": "m.1", "title": "Where is it?", "payload": "WHERE"}},
         "Where is it?", []),
        ({"postback": {"title": "Talk to us", "payload": "TALK"}}, "Talk to us", []),
        ({"reaction": {"mid": "m.0", "action": "react", "emoji": "❤"}}, "❤", []),
        ({"reaction": {"mid": "m.0", "action": "react", "reaction": "love"}}, "[love]", []),
        ({"message": {"mid": "m.1", "attachments": [
            {"type": "image", "payload": {"url": URL, "sticker_id": 5}},
            {"type": "sticker", "payload": {"url": URL, "sticker_id": 5}}]}}, "[sticker]", []),
        (attached("ig_reel", url=URL, title="New kettles"), "[reel] New kettles", ["image/jpeg"]),
        (attached("ig_post", url="https://ig.example/p/1", title="Blue", id=4),
         "[post] Blue https://ig.example/p/1", []),
        (attached("appointment_booking", booking_id="b", status="requested",
                  start_time=1739612400, end_time=1739616000, timezone="America/Los_Angeles"),
         "[appointment] requested 2025-02-15 01:40 America/Los_Angeles"
         " – 2025-02-15 02:40 America/Los_Angeles", []),
        (attached("appointment_booking", start_time=1739612400, timezone="Mars/Base"),
         "[appointment] 2025-02-15 09:40 UTC", []),
        (attached("template", product={"elements": [
            {"id": "1", "retailer_id": "R-1", "title": "Ring", "subtitle": "$40"},
            {"title": "Chain"}]}), "[template] Ring, $40, R-1; Chain", []),
        (attached("template", generic={"elements": [{"title": "Track it", "subtitle": "now"}]}),
         "[template] Track it, now", []),
        ({"message": {"mid": "m.1", "text": "Is it blue?", "referral": {"product": {"id": "9"}}}},
         "Is it blue?", []),
        ({"message": {"mid": "m.1", "referral": {"source": "ADS", "ads_context_data":
            {"ad_title": "Kettles", "product_id": "9"}}}}, "[product] 9 Kettles", []),
        ({"message": {"mid": "m.1", "text": "wow", "reply_to": {"story": {"id": "s", "url": URL}}}},
         "wow", []),
        ({"order": {"note": "as a present", "products": [
            {"id": 1, "retailer_id": "R-1", "name": "Ring", "unit_price": 11.5,
             "currency": "THB", "quantity": 2},
            {"id": 2}]}}, "[order] 2 × Ring [R-1] (11.5 THB), 1 × 2 as a present", []),
        ({"messaging_feedback": {"feedback_screens": [{"screen_id": 0, "questions": {"q": {
            "type": "csat", "payload": "2", "follow_up":
            {"type": "free_form", "payload": "Nobody answered"}}}}]}},
         "[feedback] 2: Nobody answered", []),
        ({"messaging_customer_information": {"screens": [{"screen_id": "address", "responses": [
            {"key": "street", "value": "Gran Vía 1"}, {"key": "city", "value": "Madrid"}]}]}},
         "[form]\nstreet: Gran Vía 1\ncity: Madrid", []),
    ],
)  # fmt: skip
def test_every_kind_says_something(
    page: Any, event: dict[str, Any], said: str, files: list[str]
) -> None:
    found = page.message(batch(event))

    assert found.event.text == said
    assert [file.media_type for file in found.event.attachments] == files
    assert [(one.index, one.is_url) for one in found.remote] == [
        (n, True) for n in range(len(files))
    ]


def test_a_reaction_has_one_name_however_often_it_comes(page: Any) -> None:
    told = {"reaction": {"mid": "m.0", "action": "react", "reaction": "love", "emoji": "❤"}}

    first, again = page.message(batch(told)), page.message(batch(told))
    later = page.message(batch({**told, "timestamp": SENT + 1}))

    assert first.event.message_id == again.event.message_id != later.event.message_id
    assert first.answers == "m.0"


def test_a_basket_has_one_name_however_often_it_comes(page: Any) -> None:
    def basket(quantity: int, **more: Any) -> Any:
        products = [{"name": "Ring", "quantity": quantity}]
        return page.message(batch({"order": {"products": products}, **more})).event.message_id

    assert basket(1) == basket(1)
    assert len({basket(1), basket(2), basket(1, timestamp=SENT + 1)}) == 3


def test_what_bears_no_time_of_its_own_came_with_its_batch(page: Any) -> None:
    payload = batch({"order": {"note": "soon"}})
    del payload["entry"][0]["messaging"][0]["timestamp"]

    assert page.message(payload).event.occurred_at == page.AT - timedelta(minutes=1)


@pytest.mark.parametrize(
    "event",
    [
        text(is_echo=True, app_id=5),
        {"message": {"mid": "m.1", "is_deleted": True}},
        {"message_edit": {"mid": "m.1", "text": "hallo", "num_edit": 1}},
        {"reaction": {"mid": "m.0", "action": "unreact"}},
        {"read": {"watermark": SENT}},
        {"postback": {"title": "Get Started", "payload": "START"}},
        {"postback": {"title": "Comenzar", "payload": "GET_STARTED_PAYLOAD"}},
        {"delivery": {"watermark": SENT}},
        {"sender": {"id": "100"}, "recipient": {"id": "7"}, **text()},
        {"order": {"products": []}},
        {"messaging_feedback": {"feedback_screens": [
            {"questions": {"q": {"type": "csat", "payload": "5"}}}]}},
        *({name: {"x": 1}} for name in (
            "postback", "referral", "optin", "account_linking", "policy_enforcement",
            "pass_thread_control", "take_thread_control", "request_thread_control", "app_roles",
            "game_play", "payment", "checkout_update", "pre_checkout", "messaging_feedback",
            "order", "typing", "customer_information")),
    ],
)  # fmt: skip
def test_events_that_are_no_message_say_nothing(page: Any, event: dict[str, Any]) -> None:
    assert page.kinds(batch(event)) == (0, 1, 0)


def test_receipts_tell_of_the_messages_they_name(page: Any) -> None:
    delivered = batch({"delivery": {"mids": ["m.8", "m.9"], "watermark": SENT}})

    assert page.statuses(delivered) == [("m.8", "delivered"), ("m.9", "delivered")]
    assert page.statuses(batch({"read": {"mid": "m.9"}})) == [("m.9", "read")]
    thread = page.message(batch(text())).event.thread_id
    assert {one.event.thread_id for one in page.read(delivered).items} == {thread}


def test_all_entries_count_and_an_odd_one_costs_no_other(page: Any) -> None:
    payload = batch(text("m.1"), {"hologram": {}}, text("m.2"), {"message": {"mid": "m.9"}})
    payload["entry"] += [
        None,
        {"id": "100", "standby": [text("m.3")], "changes": [{"field": "feed", "value": {}}]},
        *batch(text("m.4"), page="101")["entry"],
        *batch(text("m.5"), page="a stranger's")["entry"],
    ]

    reading = page.read(payload)

    said = [(one.event.external_id, one.event.account_id) for one in reading.items]
    assert said == [("m.1", "100"), ("m.2", "100"), ("m.4", "101")]
    assert (len(reading.known), len(reading.odd)) == (2, 3)


def test_instagram_may_tell_messages_as_changes(page: Any) -> None:
    value = {"sender": {"id": "7"}, "recipient": {"id": "100"}, "timestamp": SENT, **text()}
    payload = {"entry": [{"id": "100", "changes": [{"field": "messages", "value": value}]}]}

    found = page.message(payload)

    assert isinstance(found, Inbound)
    assert found.event.text == "hola"
