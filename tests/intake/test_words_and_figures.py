"""Text, time, money, phones and language tags of strangers."""

import doctest
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest

from intake.domain import ids
from intake.domain.languages import language_tag
from intake.domain.money import at_rate, money, per_piece, sum_of
from intake.domain.phones import e164, e164_of_wa_id
from intake.domain.shapes import obj, objects, text
from intake.domain.texts import MESSAGE_LIMIT, clean, cut, joined, line
from intake.domain.times import from_iso, from_seconds, happened_at, not_later
from shared.contracts.base import AccountId, Channel, Money, StoreId

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
AURORA = StoreId("aurora")


@pytest.mark.parametrize(
    "module",
    [
        "domain.languages",
        "domain.money",
        "domain.phones",
        "domain.texts",
        "domain.times",
        "channels.mail.encoded_words",
        "channels.mail.moments",
    ],
)
def test_the_examples_in_docstrings_hold(module: str) -> None:
    results = doctest.testmod(import_module(f"intake.{module}"))

    assert results.attempted
    assert results.failed == 0


def test_what_neither_database_nor_json_can_bear_is_left_out() -> None:
    assert clean("a\x00b\x1bc\ud83dd\r\ne\rf\ttab") == "abc\ufffdd\ne\nf\ttab"
    assert clean("😀 שלום\n").encode()


def test_a_line_is_one_line_of_something_readable() -> None:
    assert line("  two\n words ") == "two words"
    assert line(17) == "17"
    assert line("x" * 50, 10) == "x" * 10
    assert line("") is line("  ") is line(None) is line({}) is line(True) is None
    assert joined(["a", None, "", "b"], "-") == "a-b"
    assert joined([None], "-") is None


def test_a_long_text_is_cut_between_characters() -> None:
    text_of_limit = "ñ" * (MESSAGE_LIMIT // 2)

    assert cut(text_of_limit) == (text_of_limit, False)
    shorter, is_cut = cut("a" + text_of_limit)
    assert is_cut
    assert len(shorter.encode()) <= MESSAGE_LIMIT
    assert shorter == "a" + "ñ" * (MESSAGE_LIMIT // 2 - 1)


def test_a_moment_is_believed_only_within_reason() -> None:
    week_ago = NOW - timedelta(days=7)

    assert happened_at(NOW - timedelta(hours=1), NOW) == NOW - timedelta(hours=1)
    assert happened_at(week_ago, NOW) == week_ago
    assert happened_at(NOW + timedelta(seconds=1), NOW) == NOW
    assert happened_at(datetime(1970, 1, 1, tzinfo=UTC), NOW) == NOW
    assert happened_at(None, NOW) == NOW
    assert not_later(NOW + timedelta(days=1), NOW) == NOW
    assert not_later(datetime(2020, 1, 1, tzinfo=UTC), NOW).year == 2020


@pytest.mark.parametrize("value", [None, "", "soon", "1e400", "nan", [], 10**20, -(10**20)])
def test_what_is_no_moment_is_none(value: object) -> None:
    assert from_seconds(value) is None
    assert from_iso(value) is None


def test_a_moment_of_nothing_but_blanks_is_none_in_no_time() -> None:
    begun = time.process_time()

    assert from_iso("2026-05-04" + " " * 20_000) is None

    assert time.process_time() - begun < 0.1


def test_moments_are_read_with_their_offset() -> None:
    assert from_iso("2026-05-04T14:00:00+02:00") == NOW
    assert from_iso("2026-05-04T12:00:00Z") == NOW
    assert from_iso("2026-05-04T12:00:00") is None
    assert from_seconds("1777896000") == from_seconds(1777896000) == NOW


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("3.125", "KWD", 3125),
        ("0.5", "CLF", 5000),
        ("-7.005", "USD", -700),
        ("100", "IQD", 100_000),
        ("99.99", "rsd", 9999),
    ],
)
def test_money_has_the_minor_units_of_iso_4217(amount: str, currency: str, minor: int) -> None:
    assert money(amount, currency) == Money(amount=minor, currency=currency.upper())


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("", "EUR"), ("1,50", "EUR"), ("NaN", "EUR"), ("Infinity", "EUR"), ("1e99", "EUR"),
     ("1e999999", "EUR"), ("-9e999999", "JPY"),
     ("1", ""), ("1", "EURO"), ("1", None), (None, "EUR"), ("1", "E€R")],
)  # fmt: skip
def test_what_is_no_money_is_none(amount: object, currency: object) -> None:
    assert money(amount, currency) is None


def test_the_price_of_a_piece_never_adds_up_to_more_than_was_paid() -> None:
    line_total = Money(amount=1000, currency="EUR")

    assert per_piece(line_total, 3).amount == 333
    assert per_piece(Money(amount=-5, currency="EUR"), 2).amount == -3
    assert sum_of([]) is None


def test_an_amount_goes_over_at_the_orders_own_rate() -> None:
    rate = Money(amount=9720, currency="JPY"), Money(amount=6000, currency="EUR")

    assert at_rate(Money(amount=9720, currency="JPY"), rate) == rate[1]
    assert at_rate(Money(amount=4860, currency="JPY"), rate).amount == 3000
    same = Money(amount=7, currency="EUR")
    assert at_rate(same, (same, same)) == same


def test_phones_come_out_in_e164_or_not_at_all() -> None:
    assert e164("600 222 333", "ES") == "+34600222333"
    assert e164("+81 3-1234-5678") == "+81312345678"
    assert e164("600222333") is e164("abc", "ES") is e164(None) is e164("+1" * 50) is None
    assert e164_of_wa_id("34600111222") == "+34600111222"
    assert e164_of_wa_id("5215512345678") == "+525512345678"
    assert e164_of_wa_id("551187654321") == "+5511987654321"
    assert e164_of_wa_id("5511987654321") == "+5511987654321"
    assert e164_of_wa_id("+34600111222") is e164_of_wa_id("x") is e164_of_wa_id(None) is None


def test_language_tags_are_written_the_usual_way() -> None:
    assert language_tag("ES") == "es"
    assert language_tag("pt_BR") == "pt-BR"
    assert language_tag("zh-hant-hk") == "zh-Hant-HK"
    assert language_tag("zh-HK") == "zh-Hant-HK"
    assert language_tag("es-419") == "es-419"
    assert language_tag("") is language_tag("español") is language_tag(5) is None


def test_strangers_json_is_taken_for_what_it_should_be() -> None:
    assert obj([1]) == obj(None) == {}
    assert list(objects([{"a": 1}, None, 3, {"b": 2}])) == [{"a": 1}, {"b": 2}]
    assert list(objects({"a": 1})) == []
    assert (text("x"), text(5), text(None), text(True), text(1.5)) == ("x", "5", None, None, None)


def test_ids_differ_where_their_parts_differ_and_only_there() -> None:
    channel, account = Channel("whatsapp"), AccountId("1")

    one = ids.message_id(AURORA, channel, account, "wamid.1")

    assert one == ids.message_id(AURORA, channel, account, "wamid.1")
    assert one != ids.message_id(StoreId("borealis"), channel, account, "wamid.1")
    assert ids.message_id(AURORA, channel, "a", "bc") != ids.message_id(AURORA, channel, "ab", "c")
    assert ids.contact_id(AURORA, "mail", "", "a@b") != ids.contact_id(AURORA, "phone", "", "a@b")
