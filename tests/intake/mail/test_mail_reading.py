"""A mail by SMTP, read: who wrote it, when, and which mails are the same."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.handlers import mails

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
HELP, VENTAS = "help@aurora.example", "ventas@aurora.example"


def test_a_mail_becomes_a_message_with_all_that_an_answer_needs(read: Any, written: Any) -> None:
    octets = written(
        "Hola\n", References="<a@x.example> <b@x.example>", In_Reply_To="<b@x.example>"
    )

    found = read.message(octets)

    event, route = found.event, found.event.reply_route
    assert (event.text, event.subject) == ("Hola", "Lamp")
    assert (event.mail, event.sender_name) == ("ana@example.org", "Ana Pérez")
    assert event.occurred_at == datetime(2026, 5, 4, 11, 50, tzinfo=UTC)
    assert (event.store_id, event.account_id, event.external_id) == (
        "aurora",
        "help",
        "<1@example.org>",
    )
    assert (route.peer, route.subject, route.in_reply_to) == (
        "ana@example.org",
        "Lamp",
        "<1@example.org>",
    )
    assert route.references == ("<a@x.example>", "<b@x.example>", "<1@example.org>")
    assert found.answers == "<b@x.example>"
    assert found.contact.address == "ana@example.org"


def test_a_long_chain_of_references_keeps_its_first_and_its_newest(read: Any, written: Any) -> None:
    chain = " ".join(f"<{n}@x.example>" for n in range(60))

    route = read.message(written(References=chain)).event.reply_route

    assert len(route.references) == 20
    assert route.references[0] == "<0@x.example>"
    assert route.references[-2:] == ("<59@x.example>", "<1@example.org>")


@pytest.mark.parametrize(
    ("date", "minutes"),
    [
        ("Mon, 04 May 2026 11:00:00 +0000", 60),
        ("Mon, 04 May 2026 23:00:00 +0000", 0),
        ("Thu, 01 Jan 1970 00:00:00 +0000", 0),
        ("yesterday", 0),
        ("", 0),
    ],
)
def test_a_date_is_believed_within_reason(read: Any, date: str, minutes: int, written: Any) -> None:
    event = read.message(written(Date=date)).event

    assert event.occurred_at == AT - timedelta(minutes=minutes)


def test_a_form_on_a_page_has_the_customer_in_reply_to(read: Any, written: Any) -> None:
    octets = written(From="Web form <form@host.example>", Reply_To="Eva <Eva@Example.org>")

    found = read.message(octets)

    assert found.event.reply_route.peer == found.contact.address == "eva@example.org"
    assert found.event.sender_name == "Eva"


def test_our_own_address_in_reply_to_is_no_writer(read: Any, written: Any) -> None:
    assert read.message(written(Reply_To=VENTAS)).contact.address == "ana@example.org"


def test_a_mail_without_from_has_its_envelopes_sender(read: Any, written: Any) -> None:
    assert read.message(written(From="")).contact.address == "ana@example.org"
    nobody = read.message(b"\r\nhello", sender="nobody")
    assert nobody.event.mail is None
    assert nobody.contact.address.endswith("@sender.invalid")


def test_the_same_mail_in_two_mailboxes_is_one_message(read: Any, written: Any) -> None:
    octets = written()

    first, second = read.message(octets, HELP), read.message(octets, VENTAS)

    assert first.event.message_id == second.event.message_id
    assert first.event.thread_id == second.event.thread_id


def test_line_ends_and_a_trailing_empty_line_make_no_other_mail(read: Any, written: Any) -> None:
    octets = written()

    changed = octets.replace(b"\r\n", b"\n") + b"\n\n"

    assert read.message(octets).event.message_id == read.message(changed).event.message_id


def test_one_message_id_on_two_mails_makes_two_messages(read: Any, written: Any) -> None:
    one, other = read.message(written("one")), read.message(written("other"))

    assert one.event.external_id == other.event.external_id
    assert one.event.message_id != other.event.message_id


PLAIN = (
    b"Return-Path: <ana@example.org>\nFrom: Ana <ana@example.org>\nSubject: Lamp\n"
    b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nHol=\na\n"
)


@pytest.mark.parametrize(
    "octets",
    [
        PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        PLAIN.replace(b"\n", b"\r\r\n"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\n\n" + PLAIN,
        b"From ana@example.org Mon May  4 12:00:00 2026\n" + PLAIN,
        PLAIN.replace(b": ", b": \0"),
    ],
    ids=["lf", "crlf", "cr", "crcrlf", "bom", "empty lines", "mbox", "nul"],
)
def test_line_ends_and_octets_that_are_none_cost_nothing(read: Any, octets: bytes) -> None:
    event = read.message(octets).event

    assert (event.text, event.subject, event.mail) == ("Hola", "Lamp", "ana@example.org")


def test_a_return_path_is_found_whatever_the_line_ends(read: Any) -> None:
    bounced = PLAIN.replace(b"<ana@example.org>", b"<>", 1).replace(b"Subject", b"Precedence")

    for octets in (bounced, bounced.replace(b"\n", b"\r")):
        [known] = mails.alone(octets.replace(b": Lamp", b": bulk"), AT).known
        assert known.kind == "auto-reply"


@pytest.mark.parametrize("charset", ["iso-8859-2", "windows-1250", "utf-8"])
def test_a_mail_is_known_by_its_octets_however_they_are_read(read: Any, charset: str) -> None:
    sender, date = "Łukasz Żak <a@example.org>".encode(charset), b"Mon, 04 May 2026 13:50:00 +0200"
    body = "Żółta lampa nie działa, proszę o zwrot pieniędzy.".encode(charset)
    head = b"From: %s\r\nDate: %s\r\nContent-Type: text/plain; charset=%s\r\n\r\n"

    event = read.message(head % (sender, date, charset.encode()) + body).event

    digest = hashlib.sha256(b"\0".join((sender, date, body))).hexdigest()
    assert (event.sender_name, event.external_id) == ("Łukasz Żak", f"digest:{digest}")
