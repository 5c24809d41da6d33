"""Every word in every language."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir

from notify.domain.languages import LANGUAGES, SOURCE
from notify.templates.catalogs import catalog, translations

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
SAME_IN_ALL = "%(label)s: %(value)s"


@pytest.fixture(scope="module")
def words() -> Catalog:
    """What the templates say, extracted as translators' tools do it."""
    folder = Path(str(files("notify")))
    found = Catalog()
    extracted = extract_from_dir(
        folder,
        method_map=[
            ("templates/**.j2", "jinja2.ext.babel_extract"),
            ("templates/letters.py", "python"),
        ],
        options_map={"templates/**.j2": {"trim_blocks": "true", "lstrip_blocks": "true"}},
    )
    for _, _, message, _, _ in extracted:
        found.add(message)
    return found


def key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> list[str]:
    found = message.string or ""
    return [found] if isinstance(found, str) else list(found)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_word_has_its_translation_and_none_is_left_over(
    words: Catalog, language: str
) -> None:
    wanted = {key(message) for message in words if message.id}
    there = {key(message) for message in catalog(language) if message.id}

    assert there == wanted
    assert len(wanted) > 80


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_empty_doubtful_or_the_english_itself(language: str) -> None:
    found = catalog(language)

    odd = [
        key(message)
        for message in found
        if message.id
        and (
            message.fuzzy
            or not all(forms(message))
            or (key(message) in forms(message) and key(message) != SAME_IN_ALL)
        )
    ]

    assert odd == []
    assert not found.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_has_the_placeholders_of_the_english(language: str) -> None:
    for message in catalog(language):
        if not message.id:
            continue
        wanted = set(PLACEHOLDER.findall(key(message)))
        if isinstance(message.id, str):
            assert set(PLACEHOLDER.findall(forms(message)[0])) == wanted, message.id
            continue
        # A form for exactly one or two of a thing may say so in words, without the figure.
        for form in forms(message):
            assert wanted - {"num"} <= set(PLACEHOLDER.findall(form)) <= wanted, form
        assert set(PLACEHOLDER.findall(forms(message)[-1])) == wanted


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_brings_markup_or_a_bare_percent_sign(language: str) -> None:
    for message in catalog(language):
        for form in forms(message) if message.id else ():
            assert not set("<>&") & set(form)
            assert "%" not in PLACEHOLDER.sub("", form)


@pytest.mark.parametrize(
    ("count", "word"),
    [
        (1, "منتجًا واحدًا"),
        (2, "منتجين"),
        (3, "3 منتجات"),
        (10, "10 منتجات"),
        (11, "11 منتجًا"),
        (99, "99 منتجًا"),
        (100, "100 منتج"),
        (103, "103 منتجات"),
    ],
)
def test_arabic_counts_in_six_ways(count: int, word: str) -> None:
    text = translations("ar").ngettext(
        "You ordered %(num)s item:", "You ordered %(num)s items:", count
    )

    assert text.replace("%(num)s", str(count)) == f"طلبتم {word}:"


def test_english_itself_has_a_singular() -> None:
    ngettext = translations("en").ngettext

    assert ngettext("%(num)s item", "%(num)s items", 1) == "%(num)s item"
    assert ngettext("%(num)s item", "%(num)s items", 2) == "%(num)s items"
