"""Recorded requests are read again without a store, and never stop the reading."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from intake.cli import main
from intake.handlers import recordings

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
MESSAGE = {
    "entry": [
        {
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "metadata": {"phone_number_id": "77"},
                        "messages": [
                            {
                                "from": "34600111222",
                                "id": "wamid.1",
                                "timestamp": "1777888000",
                                "type": "text",
                                "text": {"body": "hola"},
                            }
                        ],
                    },
                }
            ]
        }
    ]
}


def read(**recording: Any) -> dict[str, Any]:
    return recordings.line("here", json.dumps(recording).encode(), AT)


def signed(body: str, secret: str) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={mac}"}


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("hola", []),
        ("hola \ud800 x", ["some characters could not be read"]),
        ("hola " * 8_000, ["its text is longer than a message may be: the end of it is left out"]),
    ],
)
def test_what_could_not_be_said_as_it_was_written_is_noted(text: str, notes: list[str]) -> None:
    body = json.dumps(MESSAGE).replace('"hola"', json.dumps(text))

    assert read(channel="whatsapp", method="POST", body=body)["notes"] == notes


def test_a_message_is_shown_in_full() -> None:
    shown = read(channel="whatsapp", method="POST", body=json.dumps(MESSAGE))

    assert (shown["source"], shown["channel"], shown["outcome"]) == ("here", "whatsapp", "message")
    [message] = shown["messages"]
    assert message["type"] == "MessageReceived"
    assert (message["text"], message["account_id"], message["version"]) == ("hola", "77", 1)
    assert message["phone"] == "+34600111222"


def test_a_body_may_come_in_base64_or_as_a_value() -> None:
    encoded = base64.b64encode(json.dumps(MESSAGE).encode()).decode()

    assert read(vendor="WhatsApp", body_b64=encoded)["outcome"] == "message"
    assert read(vendor="whatsapp", body=MESSAGE)["outcome"] == "message"


@pytest.mark.parametrize("secret", ["right", ["new", "right"], {"app_secret": "right"}])
def test_a_secret_vouches_for_what_it_signed(secret: Any) -> None:
    body = json.dumps(MESSAGE)

    good = read(channel="whatsapp", body=body, headers=signed(body, "right"), secret=secret)
    forged = read(channel="whatsapp", body=body, headers=signed(body, "other"), secret=secret)
    bare = read(channel="whatsapp", body=body, secret=secret)

    assert good["outcome"] == "message"
    assert (forged["outcome"], forged["messages"]) == ("unverified", [])
    assert bare["outcome"] == "unverified"


def test_a_handshake_is_an_event() -> None:
    asked = "https://x.example/hooks/whatsapp/77?hub.mode=subscribe&hub.challenge=1"

    assert read(channel="whatsapp", method="GET", url=asked)["outcome"] == "event"


def test_an_order_is_shown_as_if_nothing_were_known_of_it() -> None:
    order = {
        "id": 5001,
        "name": "#1",
        "created_at": "2026-05-04T10:00:00Z",
        "updated_at": "2026-05-04T10:00:00Z",
        "currency": "EUR",
        "financial_status": "pending",
        "total_price": "12.50",
        "line_items": [{"id": 1, "title": "Ring", "quantity": 1, "price": "12.50"}],
    }

    shown = read(channel="shopify", body=order, headers={"x-shopify-topic": "orders/create"})

    assert shown["outcome"] == "order"
    assert [each["type"] for each in shown["messages"]] == ["OrderPlaced"]


def test_what_was_recorded_long_ago_keeps_its_time() -> None:
    old = json.loads(json.dumps(MESSAGE).replace("1777888000", "1577880000"))
    never = json.loads(json.dumps(MESSAGE).replace("1777888000", "5"))

    times = [read(channel="whatsapp", body=body)["messages"][0]["occurred_at"]
             for body in (old, never)]  # fmt: skip

    assert times == ["2020-01-01T12:00:00Z", "2026-05-04T12:00:00Z"]


def test_of_a_part_of_an_order_it_is_told_that_it_waits() -> None:
    shown = read(channel="shopee", body={"code": 3, "data": {"ordersn": "2605"}})

    assert (shown["outcome"], shown["messages"]) == ("order", [])
    assert "when the whole order is known" in shown["notes"][0]


def test_an_empty_question_by_get_is_a_test_of_the_address() -> None:
    assert read(channel="messagebird", method="GET", url="https://x.example")["outcome"] == "event"
    assert read(channel="telegram", method="GET", url="https://x.example")["outcome"] == "event"


def test_a_head_asks_only_whether_somebody_is_there() -> None:
    assert read(channel="mandrill", method="HEAD")["outcome"] == "event"


@pytest.mark.parametrize(
    ("named", "channel"),
    [
        ("Twilio SMS", "twilio"),
        ("amazon_ses", "amazon-ses"),
        ("SP-API", "amazon-sp-api"),
        ("TikTok Shop", "tiktok-shop"),
        ("X direct messages", "x"),
        ("x-cart", "x-cart"),
        ("meta", "messenger"),
        ("Standard Webhooks", "generic"),
        ("fedex", "fedex"),
    ],
)
def test_a_vendor_is_known_by_what_others_call_it(named: str, channel: str) -> None:
    assert read(vendor=named, body="{}")["channel"] == channel


def test_apps_of_meta_are_told_apart() -> None:
    body = {"object": "whatsapp_business_account", **MESSAGE}

    assert read(vendor="Meta", body=body)["channel"] == "whatsapp"


def test_headers_may_be_written_in_any_usual_way() -> None:
    body = json.dumps(MESSAGE)
    mac = signed(body, "right")["X-Hub-Signature-256"]
    ways: list[Any] = [
        {"HTTP_X_HUB_SIGNATURE_256": mac},
        {"x-hub-signature-256": [mac]},
        [["X-Hub-Signature-256", mac]],
    ]

    shown = [read(channel="whatsapp", body=body, headers=way, secret="right") for way in ways]

    assert [each["outcome"] for each in shown] == ["message"] * 3


def test_a_form_may_be_recorded_as_an_object() -> None:
    body = {"MessageSid": "SM1", "From": "+34600111222", "Body": "¿dónde?"}
    url = "https://x.example/twilio"
    told = url + "Body¿dónde?From+34600111222MessageSidSM1"
    mac = base64.b64encode(hmac.new(b"right", told.encode(), "sha1").digest()).decode()

    def of(url: str, **headers: str) -> dict[str, Any]:
        return read(
            channel="twilio",
            url=url,
            body=body,
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": mac, **headers},
            secret="right",
        )

    assert [each["text"] for each in of(url)["messages"]] == ["¿dónde?"]
    assert of("/twilio", Host="x.example")["outcome"] == "message"
    assert of("/twilio")["outcome"] == "unverified"


def test_a_line_may_begin_with_a_mark_and_have_half_an_emoji() -> None:
    told = json.dumps({"channel": "whatsapp", "body": json.dumps(MESSAGE), "note": "\ud83d"})

    shown = recordings.line("here", b"\xef\xbb\xbf" + told.encode(), AT)

    assert shown["outcome"] == "message"


def test_two_secrets_may_have_names_of_one_field() -> None:
    body = json.dumps(MESSAGE)
    secret = {"APP_SECRET": "new", "OLD_APP_SECRET": "right"}

    shown = read(channel="whatsapp", body=body, headers=signed(body, "right"), secret=secret)

    assert shown["outcome"] == "message"


def test_a_stranger_is_an_event_or_unreadable() -> None:
    assert read(vendor="a carrier", body="{}")["outcome"] == "event"
    assert read(vendor="a carrier", body="{")["outcome"] == "unreadable"


@pytest.mark.parametrize(
    "octets",
    [b"no json", b"[]", b"1", b'{"channel": "whatsapp", "body_b64": "\xff"}', b'{"headers": 1}',
     b'{"channel": "whatsapp", "body_b64": "!"}', b"[" * 9000],
)  # fmt: skip
def test_a_bad_recording_is_a_line_like_any_other(octets: bytes) -> None:
    shown = recordings.line("here", octets, AT)

    assert shown["outcome"] == "unreadable"
    assert shown["notes"]


@given(st.dictionaries(st.sampled_from(["channel", "method", "body", "headers", "secret", "url"]),
                       st.none() | st.text() | st.integers() | st.lists(st.text())))  # fmt: skip
def test_whatever_is_in_a_recording_gives_a_line(recording: dict[str, Any]) -> None:
    assert recordings.line("here", json.dumps(recording).encode(), AT)["outcome"]


def test_the_command_gives_a_line_for_each_and_ends_well(tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text(f"{json.dumps({'channel': 'whatsapp', 'body': MESSAGE})}\nrubbish\n\n")

    result = CliRunner().invoke(main, ["read", "requests", str(file)])

    assert result.exit_code == 0
    assert [json.loads(each)["outcome"] for each in result.stdout.splitlines()] == [
        "message",
        "unreadable",
    ]
