"""Buyers who write through a marketplace."""

from datetime import UTC, datetime

import pytest

from intake.channels.mail import Envelope, Mailboxes, OurOwn, Recipient, Sellers
from intake.domain import ids
from intake.domain.items import Inbound
from intake.handlers import mails, readings
from shared.contracts.base import About, AccountId, Channel, StoreId
from shared.contracts.intake import MessageReceived
from shared.stores import MailAccount
from shared.tokens import Tokens

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


STORE = StoreId("aurora")
RELAY = "k7m2x9q4w1ab3@marketplace.amazon.de"
BEGIN, END = "----- Begin message -----", "----- End message -----"


def told(
    *sellers: tuple[str, str], instead: tuple[str, str] = ("", ""), lines: bool = True
) -> MessageReceived:
    """What a store with these accounts at Amazon, by id and region, is told by the mail."""
    text = MAIL.format(begin=BEGIN, end=END) if lines else MAIL.format(begin="", end="")
    text = text.replace(*instead) if instead[0] else text
    account = MailAccount(
        channel="mail", account_id=AccountId("help"), address="help@aurora.example",
        from_name="Aurora", smtp_host="mail.aurora.example", smtp_port=25, smtp_tls="none",
    )  # fmt: skip
    account._store_id = STORE
    accounts = ((STORE, AccountId(id), region) for id, region in sellers)
    own = OurOwn(Mailboxes([account]), Tokens([bytes(32)]), Sellers(accounts))
    envelope = Envelope("bounces@amazonses.example", (Recipient(account, ""),))
    [item] = mails.reading(text.encode(), envelope, own, AT).items
    assert isinstance(item, Inbound)
    return item.event


def order(seller: str, number: str = "302-1234567-7654321") -> About:
    channel = Channel("amazon-sp-api")
    return About(kind="order", id=str(ids.order_id(STORE, channel, AccountId(seller), number)))


SUBJECT = "Frage zur Bestellung (Bestellung: 302-1234567-7654321)"


def test_the_order_that_amazon_names_is_what_it_is_about() -> None:
    assert told(("A1", "eu")).about == order("A1")
    assert told(("A1", "eu"), instead=(SUBJECT, "Question")).about == order("A1")
    assert told(("A1", "eu"), lines=False).about == order("A1")
    assert told(("A1", "na"), ("A2", "eu")).about == order("A2")


@pytest.mark.parametrize("sellers", [(("A1", "eu"),), (("A1", "eu"), ("A2", "eu")), ()])
def test_all_that_a_buyer_writes_about_one_order_is_one_thread(
    sellers: tuple[tuple[str, str], ...],
) -> None:
    first, again = told(*sellers), told(*sellers, instead=("Sprung", "Riss"))
    other = told(*sellers, instead=("302-1234567-7654321", "302-1234567-0000001"))
    another = told(*sellers, instead=(RELAY, "zzz@marketplace.amazon.de"))

    assert first.message_id != again.message_id
    assert first.thread_id == again.thread_id
    assert len({first.thread_id, other.thread_id, another.thread_id}) == 3


@pytest.mark.parametrize(
    "instead",
    [
        (f"<{RELAY}>", "<ana@example.org>"),
        (f"<{RELAY}>", "<x@marketplace.amazon.de.example.org>"),
        (f"<{RELAY}>", f"<ana@example.org>\nReply-To: {RELAY}"),
        ("Message-ID:", "Authentication-Results: mx; dkim=none; dmarc=fail\nMessage-ID:"),
        ("(Bestellung: 302-1234567-7654321)", "302-1234567-7654321 302-1234567-0000001"),
    ],
)
def test_a_stranger_who_names_an_order_is_not_believed(instead: tuple[str, str]) -> None:
    assert told(("A1", "eu"), instead=instead).about is None


def test_an_order_in_the_buyers_own_words_is_no_word_of_amazons() -> None:
    text = MAIL.format(begin=BEGIN, end=END).replace("302-1234567-7654321", "")
    text = text.replace("Was nun?", "302-1234567-7654321")

    [item] = mails.alone(text.encode(), AT).items

    assert isinstance(item, Inbound)
    assert item.event.about is None


def test_without_an_account_or_with_two_there_it_is_not_known_whose_order_it_is() -> None:
    assert told().about is None
    assert told(("A1", "eu"), ("A2", "eu")).about is None


@pytest.mark.parametrize(
    ("sender", "outcome"),
    [
        ("Etsy <conversations@mail.etsy.com>", "message"),
        ("kettle-fan <63ae59ac280fe0fa69@members.ebay.com>", "message"),
        ("Ala <8awgqyk6a5+cub31c122@allegromail.pl>", "message"),
        ("<3C93FAEC67834D5C@relay.walmart.com>", "message"),
        ("Etsy <emails@mail.etsy.com>", "list"),
        ("bol <noreply@verkopen.bol.com>", "list"),
        ("Amazon <donotreply@marketplace.amazon.com>", "list"),
        ("<etsy@mail.etsy.com.example.org>", "list"),
    ],
)
def test_one_may_unsubscribe_from_what_a_marketplace_passes_on(sender: str, outcome: str) -> None:
    text = (
        f"Return-Path: <b@bounces.example>\nFrom: {sender}\nSubject: New message\n"
        "List-Unsubscribe: <https://shop.example/u>\nPrecedence: bulk\n\nIs it blue?\n"
    )

    assert readings.outcome(mails.alone(text.encode(), AT)) == outcome
