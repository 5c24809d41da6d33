"""Find languages that are written in Latin letters though their script is another.

Customers write Hindi, Arabic, Russian and others so on a Latin keyboard. No detector at hand knows
it; a list of words that stand in nearly every such message does.
"""

import re
from functools import cache

from shared.i18n.words import lists

_WORD = re.compile(r"[^\W_]+")
_SHARE = 0.5
_SHARE_WITH_TWO = 0.34


@cache
def _telling() -> dict[str, dict[str, bool]]:
    """For each word the languages that it speaks for, and whether it does so alone."""
    found: dict[str, dict[str, bool]] = {}
    for language, words in lists("romanised").items():
        for word in words:
            alone = word.startswith("+")
            found.setdefault(word.lstrip("+"), {})[language] = alone
    return found


def romanised(text: str, among: frozenset[str]) -> str | None:
    """The language (BCP 47 primary tag, of `among`) that a text in Latin letters romanises.

    None unless a good share of its words are of that language's list, with one at least that no
    language written in Latin letters is likely to have.

    >>> romanised("mera order kab aayega", frozenset({"hi", "ru"}))
    'hi'
    >>> romanised("where is my order", frozenset({"hi", "ru"})) is None
    True
    """
    telling = _telling()
    words = _WORD.findall(text.lower())
    strong: dict[str, int] = {}
    every: dict[str, int] = {}
    for word in words:
        for language, alone in telling.get(word, {}).items():
            if language in among:
                every[language] = every.get(language, 0) + 1
                strong[language] = strong.get(language, 0) + alone
    if not every:
        return None
    best = max(every, key=lambda language: (strong[language], every[language]))
    if not strong[best]:
        return None
    needed = _SHARE if strong[best] == 1 else _SHARE_WITH_TWO
    return best if every[best] >= needed * len(words) else None
