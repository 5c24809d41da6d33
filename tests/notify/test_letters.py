"""Every kind of notice in every language."""

import re
import unicodedata
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from notify.domain.kinds import KINDS
from notify.domain.languages import LANGUAGES
from notify.templates.catalogs import catalog
from notify.templates.letters import Letter, Letters
from shared.contracts.base import Money
from shared.stores import Store

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "customs_held": [
        {"exception_kind": "customs_documents"},
        {"exception_kind": "customs_duty_due"},
    ],
    "delivery_failed": [
        {"exception_kind": kind}
        for kind in ("address", "recipient_unavailable", "unclaimed", "refused")
    ],
    "shipment_lost": [{"exception_kind": "damaged"}, {"exception_kind": "seized_or_destroyed"}],
    "return_requested": [{"needs_person": True}, {"goods": ()}],
    "return_authorised": [
        {"basis": "withdrawal", "buyer_pays_return": True},
        {"basis": "conformity", "buyer_pays_return": False},
        {"basis": "shop_policy", "send_by": None, "refund_due": None},
    ],
    "return_declined": [{"why": "window_over"}, {"why": "custom_made"}],
    "return_inspected": [{"is_accepted": True}, {"is_accepted": False}],
}
EVERY = [
    pytest.param(kind, facts, id=f"{kind}-{number}")
    for kind in KINDS
    for number, facts in enumerate([{}, *VARIANTS.get(kind, [])])
]
WORDS_OF_STRANGERS = (
    "Aurora Jewels", "Ana Ruiz", "DHL", "JJD0099 9001-77", "Ring «Luna»", "Chain <585> & clasp",
    "https://track.example/es?n=JJD00999001&x=1", "EUR", "UTC",
)  # fmt: skip


class Html(HTMLParser):
    """What a reader sees, and every element's attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(source)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def plain(text: str) -> str:
    """Without isolates and with ordinary spaces."""
    kept = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return kept.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


@pytest.fixture(scope="module")
def store() -> Store:
    return Store(
        name="Aurora Jewels",
        languages=("es", "en"),
        countries=("ES",),
        market="ES",
        currency="EUR",
        time_zone="Europe/Madrid",
    )


@pytest.fixture
def write(letters: Letters, store: Store, make: Any) -> Any:
    def write(kind: str, language: str, **given: Any) -> Letter:
        recipient = {"language": language} | given.pop("recipient", {})
        return letters.notice(make.due(kind, recipient=recipient, **given), store)

    return write


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "facts"), EVERY)
def test_every_notice_says_what_it_is_about(
    write: Any, kind: str, facts: dict[str, Any], language: str
) -> None:
    letter: Letter = write(kind, language, facts=facts)

    page = Html(letter.html)
    for text in (letter.subject, letter.text, page.text):
        assert "#1001" in text
        assert not re.search(r"%\(|\{\{|\{%|\bNone\b|Undefined", text)
    assert "Ana Ruiz" in plain(letter.text)
    assert "Aurora Jewels" in plain(letter.text)
    assert "\n" not in letter.subject
    assert letter.language == language
    assert letter.is_automatic


@pytest.mark.parametrize("language", ["ja", "ar", "zh-Hant"])
@pytest.mark.parametrize(("kind", "facts"), EVERY)
def test_no_english_is_left_in_another_script(
    write: Any, kind: str, facts: dict[str, Any], language: str
) -> None:
    letter: Letter = write(kind, language, facts=facts, recipient={"country": "JP"})

    for text in (letter.subject, letter.text, Html(letter.html).text):
        left = text
        for word in WORDS_OF_STRANGERS:
            left = left.replace(word, "")
        assert re.findall(r"[A-Za-z]{2,}", left) == []


@pytest.mark.parametrize("language", ["es", "de"])
@pytest.mark.parametrize(("kind", "facts"), EVERY)
def test_no_english_sentence_is_left_in_another_latin_language(
    write: Any, kind: str, facts: dict[str, Any], language: str
) -> None:
    letter: Letter = write(kind, language, facts=facts)

    english = [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalog(language)
        if message.id
    ]
    beginnings = [text.split("%")[0] for text in english]
    for beginning in beginnings:
        if len(beginning) > 12:
            assert beginning not in letter.text
            assert beginning not in letter.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_direction_and_language_are_marked(write: Any, language: str) -> None:
    page = Html(write("shipping_notice", language).html)

    direction = "rtl" if language == "ar" else "ltr"
    for tag in ("html", "body"):
        assert page.of(tag)[0]["lang"] == language
        assert page.of(tag)[0]["dir"] == direction
    assert all(table["dir"] == direction for table in page.of("table"))


def test_numbers_in_arabic_stand_in_isolates_and_the_link_alone_on_its_line(write: Any) -> None:
    letter: Letter = write("shipping_notice", "ar")

    assert "\u2066#1001\u2069" in letter.subject
    assert "\u2066#1001\u2069" in letter.text
    assert "\u2066JJD0099 9001-77\u2069" in letter.text
    # An isolate's end right after a link would become part of it.
    assert "https://track.example/es?n=JJD00999001&x=1" in letter.text.splitlines()
    assert '<bdi dir="ltr">JJD0099 9001-77</bdi>' in letter.html


def test_latin_languages_have_no_invisible_characters_to_copy(write: Any) -> None:
    letter: Letter = write("shipping_notice", "de")

    assert [
        char for char in letter.text + letter.subject if unicodedata.category(char) == "Cf"
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tracking_link_is_given_whole_in_both_parts(write: Any, language: str) -> None:
    letter: Letter = write("shipping_notice", language)

    links = [attributes["href"] for attributes in Html(letter.html).of("a")]
    assert links == ["https://track.example/es?n=JJD00999001&x=1"]
    assert "https://track.example/es?n=JJD00999001&x=1" in letter.text


def test_a_link_that_is_none_is_left_out(write: Any) -> None:
    facts = {"tracking_url": "javascript:alert(document.cookie)"}

    letter: Letter = write("shipping_notice", "en", facts=facts)

    assert "javascript" not in letter.html + letter.text
    assert Html(letter.html).of("a") == []


@pytest.mark.parametrize(
    ("language", "country", "currency", "sums"),
    [
        ("en", "GB", "GBP", ("£918.00", "£1,057.40")),
        ("en", "US", "USD", ("$918.00", "$1,057.40")),
        ("es", "ES", "EUR", ("918,00 €", "1.057,40 €")),
        ("es-MX", None, "MXN", ("$918.00", "$1,057.40")),
        ("de", "DE", "EUR", ("918,00 €", "1.057,40 €")),
        ("de", "AT", "EUR", ("€ 918,00", "€ 1.057,40")),
        ("ja", "JP", "JPY", ("¥91,800", "¥105,740")),
        ("zh-Hant", "TW", "TWD", ("$918.00", "$1,057.40")),
        ("ar", "AE", "AED", ("918.00 د.إ.", "1,057.40 د.إ.")),
        ("ar", "KW", "KWD", ("91.800 د.ك.", "105.740 د.ك.")),
    ],
)
def test_the_confirmation_shows_every_line_and_sum_as_the_reader_writes_money(
    write: Any, make: Any, language: str, country: str, currency: str, sums: tuple[str, str]
) -> None:
    recipient = {
        "language": language,
        "country": country,
        "lines": make.lines(currency),
        "total": Money(amount=105_740, currency=currency),
    }

    letter: Letter = write("order_confirmation", language, recipient=recipient)

    for source in (letter.text, Html(letter.html).text):
        text = plain(source).replace("￥", "¥")
        assert "1 × Ring «Luna»" in text
        assert "2 × Chain <585> & clasp" in text
        assert [amount for amount in sums if amount not in text] == []


def test_what_the_total_holds_beside_the_lines_has_a_line_of_its_own(write: Any) -> None:
    letter: Letter = write("order_confirmation", "en")

    assert "Shipping, taxes and discounts: €9.90" in plain(letter.text)


def test_what_prices_of_pieces_were_rounded_by_is_no_shipping(write: Any) -> None:
    recipient = {"total": Money(amount=129_50 + 918_00 + 2, currency="EUR")}

    letter: Letter = write("order_confirmation", "en", recipient=recipient)

    assert "Shipping" not in letter.text


@pytest.mark.parametrize(
    ("language", "country", "day"),
    [
        ("en", "GB", "2 March 2026"),
        ("en", "US", "March 1, 2026"),
        ("ja", "JP", "2026年3月2日"),
        ("de", "DE", "2. März 2026"),
        ("ar", "AE", "2 مارس 2026"),
        ("en", None, "March 1, 2026"),
    ],
)
def test_days_are_the_buyers_own(write: Any, language: str, country: str, day: str) -> None:
    late_in_the_evening_utc = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    if country in ("GB", None):
        late_in_the_evening_utc = datetime(2026, 3, 2 if country else 1, 0, 30, tzinfo=UTC)
    facts = {"send_by": late_in_the_evening_utc}

    letter: Letter = write(
        "return_authorised", language, facts=facts, recipient={"country": country}
    )

    assert day in letter.text


def test_a_moment_of_a_buyer_whose_zone_is_unknown_is_marked_utc(write: Any) -> None:
    facts = {"at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC)}

    known = write("delivered", "en", facts=facts, recipient={"country": "US"})
    unknown = write("delivered", "en", facts=facts, recipient={"country": None})

    assert "March 1, 2026, 6:30 PM the carrier" in plain(known.text)
    assert "March 1, 2026, 11:30 PM UTC the carrier" in plain(unknown.text)


def test_a_strangers_words_can_neither_mark_up_nor_turn_our_words_around(write: Any) -> None:
    recipient = {
        "name": "<script>alert(1)</script>\u202eevil\r\nBcc: x@y.example",
        "number": "#1001",
    }

    letter: Letter = write("delivered", "en", recipient=recipient)

    assert "<script" not in letter.html
    assert "\u202e" not in letter.text + letter.html
    assert "Hello <script>alert(1)</script>evil Bcc: x@y.example," in letter.text


def test_a_buyer_without_a_name_is_greeted_all_the_same(write: Any) -> None:
    assert "\nHello,\n" in write("delivered", "en", recipient={"name": None}).text


def test_a_parcel_of_part_of_the_order_shows_what_is_in_it(write: Any) -> None:
    part = write("shipping_notice", "en", facts={"goods": (), "line_ids": ("11",)})
    whole = write("shipping_notice", "en", facts={"goods": (), "line_ids": ("11", "12")})

    assert "This parcel contains 1 item of your order:\n\n- 1 × Ring «Luna»" in part.text
    assert "Chain" not in part.text
    assert "This parcel contains" not in whole.text


def test_an_exact_amount_is_never_rounded_by_custom(write: Any) -> None:
    facts = {"amount": Money(amount=1_234_56, currency="RSD")}

    letter: Letter = write("refund_issued", "en", facts=facts, recipient={"country": "RS"})

    assert "1.234,56" in letter.text or "1,234.56" in letter.text


def test_a_reply_is_the_agents_words_and_nothing_else(
    letters: Letters, store: Store, make: Any
) -> None:
    due = make.due("reply", text="مرحبا\n\n<b>fett</b> & mehr", language="ar", facts={})

    letter = letters.reply(due, store)

    page = Html(letter.html)
    assert letter.text == "مرحبا\n\n<b>fett</b> & mehr"
    assert page.of("html")[0]["dir"] == "rtl"
    assert [paragraph["dir"] for paragraph in page.of("p")] == ["auto", "auto"]
    assert "<b>fett</b> & mehr" in page.text
    assert letter.subject == "رسالتكم إلى Aurora Jewels"
    assert not letter.is_automatic
