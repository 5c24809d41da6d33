"""The language of short support messages, against 300 of our own in 20 languages."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.i18n.language import LANGUAGES, detect

MESSAGES = Path(__file__).with_name("language_messages.tsv")

NOTHING_TO_READ = [
    "",
    "   \n",
    "ok",
    "👍👍",
    "😡",
    "#A10293-88",
    "RX551200917DE",
    "SKU-0091-BLK",
    "https://shop.example/track/99?utm=mail",
    "kim@example.com",
    "+49 30 1234567",
    "€ 49,99",
    "31/12/2026",
    "iPhone 15 Pro Max 256GB",
    "Nike Air Max 90",
    "USB-C",
    "...?!",
    "> Your parcel is on its way",
]


def messages() -> list[tuple[str, str]]:
    lines = MESSAGES.read_text(encoding="utf-8").splitlines()
    cells = (line.split("\t") for line in lines)
    return [(language, text.replace("\\n", "\n")) for language, text in cells]


def test_the_set_has_fifteen_messages_in_each_of_twenty_languages() -> None:
    counts = Counter(language for language, _ in messages())

    assert len(counts) == 20
    assert set(counts.values()) == {15}


def test_at_least_93_of_100_messages_are_named_rightly() -> None:
    named = [(language, text, detect(text)) for language, text in messages()]

    right = Counter(language for language, _, found in named if found.language == language)
    wrong = [
        f"{language}: {found.language} ({found.confidence:.2f}) {text!r}"
        for language, text, found in named
        if found.language != language
    ]
    table = "\n".join(f"{language:8} {right[language]}/15" for language in sorted(LANGUAGES))
    share = sum(right.values()) / len(named)
    assert share >= 0.93, f"{share:.3f}\n{table}\n" + "\n".join(wrong)


@pytest.mark.parametrize("text", NOTHING_TO_READ)
def test_a_message_without_words_has_no_language(text: str) -> None:
    assert detect(text, prior={"es": 1.0}).language is None


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("请问订单什么时候发货", "zh-Hans", "Hans"),
        ("請問訂單什麼時候出貨", "zh-Hant", "Hant"),
        ("請問張單幾時出貨呀唔該", "yue", "Hant"),
        ("我啲嘢几时到啊", "yue", "Hans"),
        ("返品希望", "ja", "Jpan"),
        ("商品はまだですか", "ja", "Jpan"),
        ("سلام، سفارش من کی می‌رسد؟", "fa", "Arab"),
        ("Где мой заказ", "ru", "Cyrl"),
        ("Де моє замовлення", "uk", "Cyrl"),
    ],
)
def test_neighbours_in_one_script_are_told_apart(text: str, language: str, script: str) -> None:
    found = detect(text)

    assert (found.language, found.script) == (language, script)


def test_a_script_is_believed_against_the_languages_expected() -> None:
    assert detect("ขอเงินคืนด่วน", languages=["es", "en"]).language == "th"


def test_only_the_languages_expected_are_named_where_a_script_has_several() -> None:
    assert detect("hvor er pakken min", languages=["en", "da"]).language == "da"
    assert detect("hvor er pakken min", languages=["en", "no"]).language == "no"


def test_what_is_known_of_the_writer_decides_what_the_words_leave_open() -> None:
    text = "virker ikke"

    assert detect(text, prior={"no": 0.9}).language == "no"
    assert detect(text, prior={"da": 0.9}).language == "da"


def test_what_is_known_of_the_writer_does_not_outvote_a_clear_sentence() -> None:
    text = "Guten Tag, wann kommt endlich mein Paket an?"

    assert detect(text, prior={"en": 1.0}).language == "de"


def test_indonesian_and_malay_are_told_apart_by_their_own_words() -> None:
    assert detect("kapan pesanan saya dikirim? belum sampai juga").language == "id"
    assert detect("bila barang saya nak sampai? tak hantar lagi ke").language == "ms"


def test_a_brand_does_not_outvote_the_words_around_it() -> None:
    assert detect("Samsung Galaxy Buds Pro kaputt").language == "de"


@given(st.text(max_size=200))
def test_any_text_gets_an_answer_that_is_a_probability(text: str) -> None:
    found = detect(text)

    shares = [found.confidence, *(share for _, share in found.alternatives)]
    assert all(0 <= share <= 1 for share in shares)
    assert sum(shares) <= 1 + 1e-9
    assert (found.language is None) == (found.confidence == 0.0)


@given(st.text(alphabet="0123456789 #-/.:,!?€😀👍", max_size=40))
def test_digits_signs_and_emoji_never_have_a_language(text: str) -> None:
    assert detect(text).language is None
