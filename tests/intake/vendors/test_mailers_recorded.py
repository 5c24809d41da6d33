"""Recorded requests of mail services, with their secrets as settings name them."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from intake.handlers import recordings

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
BASIC = f"Basic {base64.b64encode(b'user:pass').decode()}"
BODY = {"RecordType": "Bounce", "Type": "HardBounce", "Email": "ana@x.example", "MessageID": "1"}


def read(vendor: str, body: Any, **more: Any) -> dict[str, Any]:
    recorded = {"vendor": vendor, "method": "POST", "body": json.dumps(body), **more}
    return recordings.line("here", json.dumps(recorded).encode(), AT)


@pytest.mark.parametrize(
    "secret",
    ["user:pass", ["other:pass", "user:pass"], {"webhook_secret": "user:pass"},
     {"WEBHOOK_SECRET": "user:pass"}, None, "['other:pass', 'user:pass']",
     {"WEBHOOK_SECRET": '["user:pass", "other:pass"]'}],
)  # fmt: skip
def test_basic_auth_vouches_for_a_recording(secret: Any) -> None:
    shown = read("postmark", BODY, secret=secret, headers={"Authorization": BASIC})

    assert shown["outcome"] == "bounce"
    [told] = shown["messages"]
    assert (told["address"], told["is_permanent"]) == ("ana@x.example", True)
    assert (
        read("postmark", BODY, secret="user:x", headers={"Authorization": BASIC})["outcome"]
        == "unverified"
    )


def test_both_secrets_of_an_account_must_fit() -> None:
    mac = hmac.new(b"key", b"1tok", hashlib.sha256).hexdigest()
    stamp = {"timestamp": "1", "token": "tok", "signature": mac}
    body = {"signature": stamp, "event-data": {"event": "delivered"}}
    secrets = {"WEBHOOK_SECRET": "user:pass", "MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    headers = {"Authorization": BASIC}

    assert read("mailgun", body, secret=secrets, headers=headers)["outcome"] == "status"
    assert read("mailgun", body, secret=secrets)["outcome"] == "unverified"
    assert read("mailgun", body, secret="key")["outcome"] == "status"
    other = {**secrets, "MAILGUN_WEBHOOK_SIGNING_KEY": "other"}
    assert read("mailgun", body, secret=other, headers=headers)["outcome"] == "unverified"


def test_what_would_have_to_be_fetched_is_noted() -> None:
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
    body = {"Type": "SubscriptionConfirmation", "SubscribeURL": url}
    shown = read("amazon_ses", body, secret="user:pass", headers={"Authorization": BASIC})

    assert shown["outcome"] == "event"
    assert any("nothing was fetched" in note for note in shown["notes"])


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        (["delivered", "click", "bounce"], "bounce"),
        (["click", "delivered"], "status"),
        (["delivered", "spamreport"], "feedback"),
        (["click", "unsubscribe"], "event"),
    ],
)
def test_a_batch_is_what_weighs_most_in_it(events: list[str], outcome: str) -> None:
    body = [{"event": each, "email": "ana@x.example", "sg_message_id": each} for each in events]

    assert read("sendgrid", body)["outcome"] == outcome


def test_a_bounce_of_postal_is_one_under_any_name() -> None:
    payload = {"original_message": {"to": "ana@x.example"}, "bounce": {"to": "b@x.example"}}
    shown = read("postal", {"event": "MessageDelayed", "payload": payload})

    assert shown["outcome"] == "bounce"
    assert shown["messages"][0]["address"] == "ana@x.example"


@pytest.mark.parametrize(("given", "outcome"), [("word", "status"), ("other", "unverified")])
def test_a_secret_under_the_fields_own_name_is_meant_for_it(given: str, outcome: str) -> None:
    body = [{"event": "delivered", "email": "ana@x.example"}]
    shown = read("sendgrid", body, url="https://x.example/?secret=word",
                 secret={"webhook_secret": given})  # fmt: skip

    assert shown["outcome"] == outcome


@pytest.mark.parametrize(
    ("vendor", "body", "at"),
    [
        ("sparkpost", [{"msys": {"message_event": {"type": "delivery", "tdate":
         "2026-05-04T10:00:00.000Z"}}}], "2026-05-04T10:00:00Z"),
        ("mailersend", {"type": "activity.delivered", "created_at": "2026-05-04T10:00:00Z",
         "data": {}}, "2026-05-04T10:00:00Z"),
        ("amazon_ses", {"source": "aws.ses", "detail": {"eventType": "Delivery", "mail":
         {"destination": ["a@x.example"]}, "delivery": {"timestamp": "2026-05-04T10:00:00Z"}}},
         "2026-05-04T10:00:00Z"),
    ],
)  # fmt: skip
def test_a_time_counts_in_whichever_field_it_stands(vendor: str, body: Any, at: str) -> None:
    shown = read(vendor, body)

    assert (shown["outcome"], shown["messages"][0]["occurred_at"]) == ("status", at)


def test_mailguns_older_webhooks_tell_why_in_words() -> None:
    told = {"event": "dropped", "code": "607", "reason": "hardfail", "recipient": "ana@x.example",
            "description": "Not delivering to a user who marked your messages as spam"}  # fmt: skip
    shown = recordings.line(
        "here",
        json.dumps({"vendor": "mailgun", "body": told,
                    "content_type": "application/x-www-form-urlencoded"}).encode(),
        AT,
    )  # fmt: skip

    [found] = shown["messages"]
    assert (found["reason"], found["is_permanent"]) == (told["description"], True)
