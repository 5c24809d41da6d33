"""Buyers who write through a marketplace."""

from datetime import UTC, datetime

from intake.domain.items import Inbound
from intake.handlers import mails

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
MAIL = """\
From: "Klara" <k7m2x9q4w1ab3@marketplace.amazon.de>
To: help@aurora.example
Subject: Frage zur Bestellung (Bestellung: 302-1234567-7654321)
Message-ID: <1@marketplace.amazon.de>
Date: Mon, 04 May 2026 10:00:00 +0200
Content-Type: text/plain; charset=utf-8

Sie haben eine Nachricht erhalten.

Bestellnr.: 302-1234567-7654321
{begin}

Die Kanne hat einen Sprung.
Was nun?

{end}

Wie beurteilen Sie diese Nachricht?
"""


def read(begin: str, end: str, sender: str = "") -> Inbound:
    text = MAIL.format(begin=begin, end=end)
    if sender:
        text = text.replace("k7m2x9q4w1ab3@marketplace.amazon.de", sender)
    [item] = mails.alone(text.encode(), AT).items
    assert isinstance(item, Inbound)
    return item


def test_the_buyers_words_are_what_stands_between_the_lines() -> None:
    item = read(
        "------------- Begin message -------------", "------------- End message -------------"
    )

    assert item.text == "Die Kanne hat einen Sprung.\nWas nun?"
    assert item.event.mail == "k7m2x9q4w1ab3@marketplace.amazon.de"
    assert item.original is not None
    assert "302-1234567-7654321" in item.original


def test_in_whatever_language_the_lines_are() -> None:
    item = read(
        "------------- Beginn der Nachricht -----", "----- Ende der Nachricht -------------"
    )

    assert item.text == "Die Kanne hat einen Sprung.\nWas nun?"


def test_without_lines_the_mail_is_read_as_any_other() -> None:
    assert "Die Kanne hat einen Sprung." in read("", "").text


def test_somebody_elses_mail_with_such_lines_is_his_own() -> None:
    for sender in ("ana@example.org", "x@marketplace.amazon.de.example.org"):
        assert (
            "Bestellnr."
            in read("----- Begin message -----", "----- End message -----", sender).text
        )
