"""Tell a mere name from words: makers, shops and people are called alike in every language."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from shared.i18n.words import words

USUAL = words("usual")
"""What messages to shops are made of, in Latin letters."""
_AFFIX = 6
_BEGINNINGS = frozenset(word[:_AFFIX] for word in USUAL if len(word) >= _AFFIX)
_ENDINGS = frozenset(word[-_AFFIX:] for word in USUAL if len(word) >= _AFFIX)
_VIETNAMESE = re.compile("[\u1ea0-\u1eff]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEW = 4
"""Words up to which a message may be a mere name."""
_SHORT = 80
"""Characters that so many words have at most."""
_JOINING = frozenset(("and", "da", "de", "di", "du", "et", "la", "le", "of", "van", "von", "y"))

_ENOUGH, _UNUSUAL, _NEVER = 0.45, 0.6, 1.1


def needed(text: str) -> float:
    """The probability from which on a language is believed of a text in Latin letters.

    A few words of which most are not usual need more of it, and where each of them has a capital
    as names have, no probability is enough: `Massimo Dutti` is surely Italian to every detector.

    >>> needed("where is my order"), needed("lorem ipsum"), needed("Massimo Dutti")
    (0.45, 0.6, 1.1)
    """
    if len(text) > _SHORT:
        return _ENOUGH
    found = _WORD.findall(text)
    if not found or len(found) > _FEW or _VIETNAMESE.search(text):
        return _ENOUGH
    if 2 * sum(map(_is_usual, found)) >= len(found):
        return _ENOUGH
    is_name = all(word[0].isupper() or word in _JOINING for word in found)
    return _NEVER if is_name and not _is_shouted("".join(found)) else _UNUSUAL


def _is_usual(word: str) -> bool:
    """Whether it is one of the words, another form of one (`Reklamacja`) or made of one."""
    word = word.lower()
    if word in USUAL:
        return True
    return len(word) > _AFFIX and (word[:_AFFIX] in _BEGINNINGS or word[-_AFFIX:] in _ENDINGS)


def _is_shouted(letters: str) -> bool:
    return sum(map(str.isupper, letters)) > 0.7 * len(letters)


def without_brands(text: str, brands: Iterable[str]) -> str:
    """Drop these names, whichever way they are written, so that none of them votes.

    >>> without_brands("mein TOMMY hilfiger Hemd ist da", ("Tommy Hilfiger",))
    'mein  Hemd ist da'
    """
    index = _index(tuple(brands))
    if not index:
        return text
    kept: list[str] = []
    begin = end = 0
    found = list(_WORDS.finditer(text))
    spoken = [word[0].casefold() for word in found]
    for place, word in enumerate(found):
        if word.start() < end:
            continue
        for name in index.get(spoken[place], ()):
            if tuple(spoken[place : place + len(name)]) == name:
                end = found[place + len(name) - 1].end()
                kept.append(text[begin : word.start()])
                begin = end
                break
    return "".join((*kept, text[begin:]))


_WORDS = re.compile(r"\w+")


@lru_cache(maxsize=64)
def _index(brands: tuple[str, ...]) -> Mapping[str, list[tuple[str, ...]]]:
    """Names by their first word, the longest first."""
    index: dict[str, list[tuple[str, ...]]] = {}
    for name in sorted(
        {tuple(map(str.casefold, _WORDS.findall(brand))) for brand in brands},
        key=lambda name: (-len(name), name),
    ):
        if name:
            index.setdefault(name[0], []).append(name)
    return index
