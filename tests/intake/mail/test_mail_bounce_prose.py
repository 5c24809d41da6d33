"""Bounces in prose: whom they name, and who else than a mail system sends them."""

from typing import Any

import pytest

from intake.channels.mail.bounces import is_bounce, outcomes, report_in
from intake.channels.mail.structure import take_apart

OURS = "news@shop.example"
OLD = f"Received: from mx.shop.example\nFrom: {OURS}\nTo: all@lists.example\nSubject: New lamps\n"


def letter(
    text: str, sender: str = "MAILER-DAEMON@mx.example", subject: str = "Returned mail"
) -> bytes:
    return f"From: {sender}\nTo: {OURS}\nSubject: {subject}\n\n{text}".encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "I was not able to deliver to these.\n\n<bo@one.example>:\nThis user doesn't have an "
            "account here.\n\n<eva@two.example>:\nThe mailbox is over quota.\n\n--- Below",
            [("bo@one.example", "5.1.1"), ("eva@two.example", "5.2.2")],
        ),
        (
            "A message that you sent could not be delivered. The following addresses failed:\n\n"
            "  bo@one.example\n    host mx.one.example: 550 5.7.1 refused\n"
            "  eva@two.example\n    unknown user\n",
            [("bo@one.example", "5.7.1"), ("eva@two.example", "5.1.1")],
        ),
        (
            'The following address failed:\n\n"bo@one.example":\nSMTP error: 5.1.1 User unknown\n'
            '"eva@two.example":\nSMTP error: 5.2.2 Mailbox full\n',
            [("bo@one.example", "5.1.1"), ("eva@two.example", "5.2.2")],
        ),
        (
            "These addresses failed\n<bo@one.example>\n    (reason: 550 5.1.1 unknown user)\n"
            "<eva@two.example>\n    (reason: 552 5.2.2 mailbox full)\n\n  --- Transcript ---\n",
            [("bo@one.example", "5.1.1"), ("eva@two.example", "5.2.2")],
        ),
        (
            "Unknown user: bo@one.example\nRCPT TO was answered:\n553 no such user\n\n"
            "Unknown user: eva@one.example\nRCPT TO was answered:\n553 no such user\n",
            [("bo@one.example", "5.1.1"), ("eva@one.example", "5.1.1")],
        ),
    ],
)
def test_each_recipient_of_a_list_is_told(text: str, expected: list[tuple[str, str]]) -> None:
    found = outcomes(take_apart(letter(text)))

    assert [(one.address, one.code) for one in found] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Your message\n\n  To: all@lists.example\n  Subject: New lamps\n\n"
        "did not reach the following recipient(s):\n\nc=DE;a= ;"
        "p=Corp;dda:SMTP=Bo@one.example; on Mon\n  unknown",
        "A message of list@lists.example could not be delivered to <bo@one.example>. Unknown user.",
        "Undeliverable address: bo@one.example\nAsk helpdesk@lists.example.",
        "Post von list@lists.example kam nicht an folgende Adresse: bo@one.example",
    ],
)
def test_the_one_behind_the_words_for_recipients_is_meant(text: str) -> None:
    [found] = outcomes(take_apart(letter(f"{text}\n\n----- Original message -----\n{OLD}")))

    assert found.address == "bo@one.example"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("550 <bo@one.example> is not a known user on this system", "5.1.1"),
        ("550 No mail box available for this user", "5.1.1"),
        ("550 Benutzer hat zuviele Mails auf dem Server.", "5.2.2"),
        ("552 Quota violation for bo@one.example", "5.2.2"),
        ("551 this is a deactivated mailbox", "5.2.1"),
        ("550 No such domain at this location", "5.1.2"),
        ("554 Too many hops 26 (25 max)", "5.4.6"),
        ("550 Your server requires confirmation", "5.7.1"),
        ("553 5.3.0 <bo@one.example>... Addressee unknown", "5.1.1"),
        ("L'adresse bo@one.example n'existe pas.", "5.1.1"),
        ("550 the user's space has been used up", "5.2.2"),
        ("552 mailbox size limit exceeded", "5.2.2"),
        ("550 due to extended inactivity new mail is not accepted for it", "5.2.1"),
        ("550 no account by that name here", "5.1.1"),
        ("550 recipient not ok", "5.1.1"),
        ("554 Sending address not accepted due to spam filter", "5.7.1"),
        ("550 refused due to recipient preferences", "5.7.1"),
        ("The domain one.example couldn't be found", "5.1.2"),
        ("retry time not reached for any host after a long failure period", "4.4.7"),
        ("Delivery failed 20 attempts: bo@one.example", "4.4.7"),
    ],
)
def test_words_mean_a_reason(words: str, code: str) -> None:
    [found] = outcomes(take_apart(letter(f"Your message to bo@one.example failed.\n{words}\n")))

    assert (found.code, found.is_permanent) == (code, code[0] == "5" and code != "5.2.2")


def test_what_is_called_permanent_is_for_good_without_a_reason() -> None:
    text = "Delivery to the following recipient failed permanently:\n\n   bo@one.example\n"

    [found] = outcomes(take_apart(letter(text)))

    assert (found.code, found.is_permanent, found.address) == (None, True, "bo@one.example")


def test_a_report_that_another_system_packed_up_is_read(bounce: Any) -> None:
    inner = bounce("Final-Recipient: rfc822; bo@one.example\r\nAction: failed\r\nStatus: 5.1.1")
    head = (
        "From: postmaster@mx.example\r\nTo: news@shop.example\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/mixed; report-type=delivery-status; boundary="o"\r\n\r\n'
        "--o\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    inner = inner.replace(b'"b"', b'"i"').replace(b"--b", b"--i")
    outer = head.encode() + inner + b"\r\n--o--\r\n"

    [found] = outcomes(report_in(take_apart(outer)))

    assert (found.address, found.code) == ("bo@one.example", "5.1.1")


FAILED = "Your message could not be delivered to the following recipients:\n\nbo@one.example\n\n"


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("scanner@one.example", "Mail could not be delivered", f"{FAILED}RCPT TO answered 550\n"),
        ("ndr@one.example", "Mail delivery failed", f"{FAILED}----- Original message -----\n{OLD}"),
        (
            "av_for_smtp@one.example",
            "Delivery failure",
            f"{FAILED}Delivery attempts will continue to be made.\n",
        ),
    ],
)
def test_a_machine_without_a_mail_systems_name_tells_of_a_failed_mail(
    sender: str, subject: str, text: str
) -> None:
    assert is_bounce(take_apart(letter(text, sender, subject)), sender)


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (
            "ana@example.org",
            "Delivery failed",
            "Your e-mail says that it could not be delivered. "
            "I paid 450 euros! Write to bo@one.example.",
        ),
        (
            "ana@example.org",
            "Delivery failure",
            "Parcel 17 could not be delivered to bo@one.example",
        ),
        ("ana@example.org", "Mail delivery failed", f"What is this?\n\nMy mail:\n{FAILED}SMTP 550"),
        ("Ana <ana@example.org>", "Delivery failure", f"{FAILED}RCPT TO answered 550"),
        (
            "ana@example.org",
            "Undeliverable",
            "The mail with the code was not delivered to bo@one.example, please send it again.",
        ),
    ],
)
def test_a_person_who_writes_of_it_is_heard(sender: str, subject: str, text: str) -> None:
    assert not is_bounce(take_apart(letter(text, sender, subject)), sender)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery failed", "My parcel could not be delivered. Please help."),
        ("Unzustellbar", "Mein Paket ist unzustellbar zurückgekommen."),
        ("Не доставлено", "Посылка не доставлена"),
        ("投递失败", "快递投递失败，请重新发货"),
    ],
)
def test_a_parcel_is_no_mail_even_from_a_null_return_path(subject: str, text: str) -> None:
    assert not is_bounce(take_apart(letter(text, "Ana <ana@example.org>", subject)), "")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Not delivered, for nobody here takes mail from lists@other.example:\n\tbo", None),
        ("It was from lists@other.example and bo@one.example is no user here.", "bo@one.example"),
        ("This failed:\n  an address (generated from bo@one.example)", "bo@one.example"),
        (
            "Ours look like name@ours.example. The address to which your message was addressed, "
            "bo@one.example, does not.",
            "bo@one.example",
        ),
    ],
)
def test_whom_a_mail_was_from_is_no_recipient(text: str, address: str | None) -> None:
    [found] = outcomes(take_apart(letter(text)))

    assert found.address == address
