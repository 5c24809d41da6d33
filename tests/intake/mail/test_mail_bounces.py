"""Bounces as mail systems write them: by RFC 3464, and in prose of many kinds and languages."""

from typing import Any
from uuid import uuid4

import pytest

from intake.channels.mail.bounces import outcomes
from intake.channels.mail.structure import take_apart
from intake.domain.items import Known
from shared.contracts.intake import Delivery, MessageStatusChanged
from shared.tokens import Tokens

ANA = "ana@example.org"


def told(reading: Any) -> list[MessageStatusChanged]:
    """What a bounce of a mail that is none of ours tells."""
    [known] = reading.known
    assert isinstance(known, Known)
    assert known.kind == "bounce"
    return list(known.unsaid)


def prose(text: str, subject: str, sender: str = "MAILER-DAEMON@mx.example") -> bytes:
    """A bounce without a report."""
    head = f"From: {sender}\r\nTo: shop@aurora.example\r\nSubject: {subject}\r\n"
    kind = "Content-Type: text/plain; charset=utf-8\r\n"
    return f"{head}{kind}Date: Mon, 04 May 2026 13:50:00 +0200\r\n\r\n{text}\r\n".encode()


RETURNED = (
    "Received: by mx.example; Mon, 4 May 2026 10:00:00 +0000\r\nMessage-ID: <x@aurora.example>\r\n"
    "From: shop@aurora.example\r\nTo: ana@example.org\r\nSubject: Your order\r\n\r\nHello\r\n"
)


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        (
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.\r\nI wasn't able to deliver your "
            "message to the following addresses.\r\n\r\n<ana@example.org>:\r\n"
            "Sorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
            f"--- Below this line is a copy of the message.\r\n\r\n{RETURNED}",
            ("5.1.1", True),
        ),
        (
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software.\r\n\r\n"
            "  ana@example.org\r\n    SMTP error from remote mail server after RCPT TO:\r\n"
            "    550 Unrouteable address\r\n\r\n------ This is a copy of the message ------\r\n\r\n"
            f"{RETURNED}",
            ("5.1.2", True),
        ),
        (
            "Undeliverable: Your order",
            "Your message did not reach some or all of the intended recipients.\r\n\r\n"
            "ana@example.org on 04.05.2026 12:00\r\n  The recipient's mailbox is full. "
            "MSEXCH:MSExchangeIS 452",
            ("4.2.2", False),
        ),
        (
            "Returned mail: see transcript for details",
            "   ----- The following addresses had permanent fatal errors -----\r\n"
            "<ana@example.org>\r\n    (reason: 550 5.7.1 message blocked as spam)\r\n\r\n"
            f"   ----- Original message follows -----\r\n\r\n{RETURNED}",
            ("5.7.1", True),
        ),
        (
            "Undelivered Mail Returned to Sender",
            "<ana@example.org>: host mx.example.org said: 550 message size exceeds limit",
            ("5.3.4", True),
        ),
        (
            "メール配信エラー",
            "以下のメールアドレスへの送信に失敗しました。\r\nana@example.org\r\n宛先不明",
            ("5.1.1", True),
        ),
        (
            "Unzustellbar: Ihre Bestellung",
            "Ihre Nachricht an ana@example.org konnte nicht zugestellt werden. Empfänger unbekannt",
            ("5.1.1", True),
        ),
        ("Returned mail", "Sorry, ana@example.org: 552 5.2.2 Mailbox full", ("5.2.2", False)),
        ('FAILED MAIL to "ana"', "The address ana@example.org is none of ours.", (None, None)),
        ("邮件退信", "无法投递到 ana@example.org ：用户不存在 550", ("5.1.1", True)),
        ("Returned Mail", "ana@example.org\r\nIt could not be delivered.", (None, None)),
    ],
)
def test_prose_tells_whom_and_why(
    read: Any, subject: str, text: str, expected: tuple[str | None, bool | None]
) -> None:
    [event] = told(read(prose(text, subject), sender=""))

    assert (event.reason, event.is_permanent) == expected
    assert (event.status, event.address) == (Delivery.BOUNCED, ANA)
    assert event.notification_id is None
    if "Message-ID" in text:
        assert event.external_id == "<x@aurora.example>"


@pytest.mark.parametrize(
    "sender",
    [
        '"Mail Delivery System" <MAILER-DAEMON>',
        "MAILER-DAEMON <>",
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "postmaster@mx.example",
        "post_master@mx.example",
        "System Administrator <admin@mx.example>",
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example>",
    ],
)
def test_a_mail_systems_name_and_a_second_sign_make_a_bounce(read: Any, sender: str) -> None:
    octets = prose("550 no such user here: ana@example.org", "Re: Your order", sender)

    [event] = told(read(octets, sender="unknown"))

    assert (event.reason, event.address) == ("5.1.1", ANA)


def test_a_postmaster_who_orders_is_a_person(read: Any) -> None:
    sender = "postmaster@mx.example"
    order = prose(
        "Our last order has a problem: two lamps are missing.", "Delivery problem", sender
    )
    failed = prose("The mail reads (in part): Lamp", "Delivery problem", sender)

    assert read.message(order, sender=sender)
    assert told(read(failed, sender=sender))


def test_a_report_tells_each_recipient(read: Any, bounce: Any) -> None:
    groups = (
        "Final-Recipient: rfc822; <ana@example.org>\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "Original-Recipient: rfc822;eva@example.org\r\nAction: failed\r\nStatus: 4.2.2\r\n\r\n"
        "Final-Recipient: rfc822; old@example.org\r\nAction: delayed\r\nStatus: 4.4.7"
    )

    found = told(read(bounce(groups), sender=""))

    assert [(one.address, one.reason, one.is_permanent) for one in found] == [
        (ANA, "5.1.1", True),
        ("eva@example.org", "4.2.2", False),
    ]


def test_a_report_that_it_arrived_is_no_bounce(read: Any, bounce: Any) -> None:
    arrived = "Final-Recipient: rfc822; ana@example.org\r\nAction: delivered\r\nStatus: 2.0.0"
    [known] = read(bounce(arrived), sender="").known

    assert (known.kind, [one.status for one in known.unsaid]) == ("status", ["delivered"])


@pytest.mark.parametrize(
    ("status", "diagnostic", "reason"),
    [
        ("5.2.2", "", "5.2.2"),
        ("5.3.1", "", "5.3.1"),
        ("4.2.2", "", "4.2.2"),
        ("5.0.0", "smtp; 550 Mailbox is full", "5.2.2"),
        ("5.0.0", "x; 받는 사람의 사서함이 가득 찼습니다", "5.2.2"),
        ("5.0.0", "x; Ящик получателя переполнен", "5.2.2"),
        ("5.7.0", "x-unix; the mailbox has exceeded its limit", "5.2.2"),
        ("5.7.1", "smtp; 552 5.7.1 over quota", "5.2.2"),
    ],
)
def test_a_full_mailbox_is_not_for_good(
    read: Any, bounce: Any, status: str, diagnostic: str, reason: str
) -> None:
    report = f"Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: {status}"

    [event] = told(read(bounce(f"{report}\r\nDiagnostic-Code: {diagnostic}"), sender=""))

    assert (event.reason, event.is_permanent) == (reason, False)


def test_a_bounce_of_ours_is_said_with_its_address(read: Any, tokens: Tokens, bounce: Any) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"
    report = "Final-Recipient: rfc822; Ana@Example.org\r\nAction: failed\r\nStatus: 5.1.1"

    assert read.status(bounce(report), to).event.address == ANA


def test_our_message_id_in_the_prose_shows_whose_bounce_it_is(read: Any, our_id: Any) -> None:
    notification = uuid4()
    ours = our_id("order", uuid4(), notification)
    returned = RETURNED.replace("<x@aurora.example>", ours)
    text = f"ana@example.org: user unknown\r\n\r\nOriginal message follows.\r\n\r\n{returned}"

    event = read.status(prose(text, "Undeliverable Mail"), sender="").event

    assert (event.notification_id, event.external_id) == (notification, ours)
    assert event.address == ANA


def test_who_forges_a_bounce_is_not_believed(read: Any, our_id: Any, bounce: Any) -> None:
    ours = our_id("order", uuid4(), uuid4())
    flipped = ours.replace(ours[5], "a" if ours[5] != "a" else "b", 1)
    report = "Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: 5.1.1"

    reading = read(bounce(report, returned=f"Message-ID: {flipped}"), sender="")

    assert reading.items == ()


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery Status Notification (Delay)", "It will be retried for 2 more days."),
        ("Warning: could not send message for past 4 hours", "THIS IS A WARNING MESSAGE ONLY"),
        ("Delayed Mail", "You do not need to resend it. We will continue to try."),
    ],
)
def test_what_is_only_late_is_an_event(read: Any, subject: str, text: str) -> None:
    [known] = read(prose(text, subject), sender="").known

    assert (known.kind, known.why) == ("event", "a mail of ours is late")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Undeliverable parcel", "My parcel could not be delivered, the address was not found."),
        ("Delivery failure", "The courier wrote: delivery failed, recipient unknown. 550 euros!"),
        ("FW: Undelivered Mail Returned to Sender", "Your mail to me came back, see below."),
        ("Returned mail", "I sent the lamp back, the post office returned it to sender."),
        ("mailbox full?", "Is your mailbox full? My mail was rejected."),
    ],
)
def test_a_person_who_writes_of_failed_deliveries_is_heard(
    read: Any, written: Any, subject: str, text: str
) -> None:
    assert read.message(written(text, Subject=subject)).event.text == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "The original message was received at noon\n\n"
            "   ----- The following addresses have delivery notifications -----\n"
            "bo@shop.example  (unrecoverable error)\n\n"
            "   ----- Transcript of session follows -----\n"
            "550 bo@shop.example... Host unknown (Name server: shop.example: host not found)\n",
            "5.1.2",
        ),
        (
            "This is a delivery status notification of mx.example.\n\n"
            "The original message was received at noon.\n\n"
            "Your message to these recipients cannot be delivered:\n\n<bo@shop.example>:\n"
            ">>> RCPT TO:<bo@shop.example>\n<<< 550 User unknown\n",
            "5.1.1",
        ),
    ],
)
def test_the_transcript_of_a_session_is_read(text: str, code: str) -> None:
    letter = f"From: MAILER-DAEMON@mx.example\r\nSubject: Returned mail\r\n\r\n{text}"

    [told] = outcomes(take_apart(letter.encode()))

    assert (told.code, told.is_permanent, told.address) == (code, True, "bo@shop.example")


HIDDEN = (
    "Message-ID: <x@aurora.example>\r\nFrom: shop@aurora.example\r\nSubject: Your order\r\n"
    "{field}\r\nReceived: by mx.example; Mon, 4 May 2026 10:00:00 +0000\r\n\r\nHello\r\n"
)


@pytest.mark.parametrize(
    "field",
    [
        "X-Original-To: ana@example.org",
        "Delivered-To: <ana@example.org>",
        "X-Failed-Recipients: ana@example.org",
        "Envelope-To: ANA@example.org",
    ],
)
def test_the_header_of_what_came_back_tells_whom_where_nothing_else_does(
    read: Any, field: str
) -> None:
    words = "The following message could not be delivered: 550 5.1.1 no such user\r\n\r\n"
    raw = prose(f"{words}------ This is a copy of the message ------\r\n\r\n{HIDDEN}", "failure")
    mime = raw.replace(b"{field}", field.encode())

    [event] = told(read(mime, sender=""))

    assert (event.address, event.reason) == (ANA, "5.1.1")


def test_a_report_without_recipients_fields_has_them_in_others(read: Any) -> None:
    head = (
        "From: MAILER-DAEMON@mx.example\r\nTo: shop@aurora.example\r\nSubject: Undelivered\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    )
    group = "Action: failed\r\nStatus: 5.1.1\r\nX-Original-To: ana@example.org\r\n"
    parts = (
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n{group}"
    )
    raw = f"{head}{parts}\r\n--b--\r\n".encode()

    [event] = told(read(raw, sender=""))

    assert (event.address, event.reason, event.is_permanent) == (ANA, "5.1.1", True)


def test_each_of_the_failed_recipients_in_the_header_is_told(read: Any) -> None:
    raw = prose("550 5.1.1 no such user", "Mail delivery failed: returning message to sender")
    field = b"X-Failed-Recipients: ana@example.org,\r\n  Bo@example.org, ana@example.org\r\n"

    events = told(read(field + raw, sender=""))

    assert [(one.address, one.reason) for one in events] == [
        (ANA, "5.1.1"),
        ("bo@example.org", "5.1.1"),
    ]


def test_our_own_address_that_a_bounce_came_to_is_nobodys_who_failed(read: Any) -> None:
    raw = prose("Mail could not be delivered.", "Undelivered Mail Returned to Sender")
    fields = b"Delivered-To: shop@mailbox.example\r\nX-Original-To: shop@aurora.example\r\n"

    [event] = told(read(fields + raw, sender=""))

    assert event.address is None
