"""Bounces, automatic replies, lists and our own mail: told as what they are, never as messages."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.intake import Delivery
from shared.tokens import Tokens

FAILED = "Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\n"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (FAILED + "Status: 5.1.1", (Delivery.BOUNCED, "5.1.1", True)),
        (FAILED + "Status: 5.0.0\r\nDiagnostic-Code: 550 5.7.1", (Delivery.BOUNCED, "5.7.1", True)),
        (FAILED + "Status: 4.2.2 (full)", (Delivery.BOUNCED, "4.2.2", False)),
        (FAILED, (Delivery.BOUNCED, None, None)),
        ("Status: 5.4.4", (Delivery.BOUNCED, "5.4.4", True)),
        ("Action: delivered\r\nStatus: 2.0.0", (Delivery.DELIVERED, "2.0.0", None)),
    ],
)
def test_a_bounce_tells_what_became_of_the_notification(
    read: Any, tokens: Tokens, bounce: Any, report: str, expected: object
) -> None:
    notification = uuid4()
    to = f"help+{tokens.sign('notification', notification)}@aurora.example"

    event = read.status(bounce(report), to).event

    assert (event.status, event.reason, event.is_permanent) == expected
    assert event.notification_id == notification
    assert event.external_id == "<x@aurora.example>"
    assert event.thread_id is None


def test_a_bounce_to_the_plain_address_is_known_by_the_returned_message_id(
    read: Any, our_id: Any, bounce: Any
) -> None:
    notification = uuid4()
    ours = our_id("order", uuid4(), notification)

    event = read.status(bounce(FAILED + "Status: 5.1.1", returned=f"Message-ID: {ours}")).event

    assert (event.notification_id, event.external_id) == (notification, ours)


def test_a_delay_says_nothing_and_a_strangers_bounce_is_odd(
    read: Any, tokens: Tokens, bounce: Any
) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"

    assert read.why(bounce("Action: delayed\r\nStatus: 4.4.1"), to, sender="").endswith("late")
    assert read.why(bounce(FAILED), sender="") == "a bounce of no mail of ours"


@pytest.mark.parametrize(
    ("text", "code", "permanent"),
    [
        ("The user does not exist. 550 5.1.1 unknown", "5.1.1", True),
        ("452 mailbox full, giving up", "4.2.2", False),
        ("It could not be delivered.", None, None),
    ],
)
def test_a_bounce_in_prose_is_one_too(
    read: Any, tokens: Tokens, text: str, code: str | None, permanent: bool | None, written: Any
) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"
    octets = written(text, From="Mail Delivery System <MAILER-DAEMON@mx.example>", Message_ID="")

    event = read.status(octets, to, sender="").event

    assert (event.status, event.reason, event.is_permanent) == (Delivery.BOUNCED, code, permanent)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Auto_Submitted": "auto-replied"}, "an automatic reply"),
        ({"Auto_Submitted": "auto-generated; owner=x"}, "an automatic reply"),
        ({"Precedence": "auto_reply"}, "an automatic reply"),
        ({"X_Autoreply": "yes"}, "an automatic reply"),
        ({"X_Autorespond": "away"}, "an automatic reply"),
        ({"Precedence": "bulk"}, "a mailing list"),
        ({"List_Id": "<news.example.org>"}, "a mailing list"),
        ({"From": "MAILER-DAEMON@mx.example"}, "a bounce of no mail of ours"),
    ],
)
def test_what_no_person_wrote_is_no_message(
    read: Any, headers: dict[str, str], expected: str, written: Any
) -> None:
    assert read.why(written("I am away", **headers)) == expected


def test_an_automatic_reply_to_the_envelope_sender_is_no_bounce(
    read: Any, tokens: Tokens, written: Any
) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"

    assert read.why(written("away", Auto_Submitted="auto-replied"), to, sender="") == (
        "an automatic reply"
    )


def test_a_person_who_answers_the_envelope_sender_is_heard(
    read: Any, tokens: Tokens, written: Any
) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"

    assert read.message(written("Thanks!"), to).event.text == "Thanks!"


def test_auto_submitted_no_is_a_persons(read: Any, written: Any) -> None:
    assert read.message(written(Auto_Submitted="no")).event.text == "Hello"


def test_our_own_mail_that_comes_back_says_nothing(read: Any, written: Any, our_id: Any) -> None:
    ours = our_id("order", uuid4())

    assert read.why(written(Message_ID=ours)) == "a mail of our own that came back"
