"""How well a text reads as one of sixty languages.

eldc knows short pieces of words. Of one text read in several charsets the right reading has the
most pieces that a language knows, and no letter that this language has not.
"""

import re
from functools import cache
from math import log
from typing import Any

import eldc

from intake.channels.mail.alphabets import BY_LANGUAGE

_FOREIGN_LETTERS, _STEEP = 2.0, 4
_MOST = 1 - 1e-6
_LETTERS = re.compile("[^\\W\\d_\\x00-\\x7f]|[\u0300-\u036f]")


def reads_as_language(text: str) -> float:
    """About 0 for no language, 2 to 3 for a sentence that its language's letters suffice for.

    >>> reads_as_language("esernyő törött") > reads_as_language("esernyõ törött")
    True
    """
    return _best(text)[0]


def is_of_one_language(text: str, at_least: float) -> bool:
    """Whether it reads so well as a language that has each of its letters."""
    found, foreign = _best(text)
    return not foreign and found >= at_least


def _best(text: str) -> tuple[float, float]:
    """How well it reads as the likeliest language, and how much of that its letters cost."""
    letters = _LETTERS.findall(text.lower())
    scores: dict[str, float] = _detector().detect_details(text).scores
    found = [(_known(share), _foreign(letters, language)) for language, share in scores.items()]
    known, foreign = max(found, key=lambda one: one[0] - one[1], default=(0.0, 0.0))
    return max(0.0, known - foreign), foreign


def _known(share: float) -> float:
    """How much of it the language knows: eldc gives 1 - exp(-of this)."""
    return -log(1 - min(share, _MOST))


def _foreign(letters: list[str], language: str) -> float:
    """What letters cost that the language has not: a few of them nearly as much as all."""
    own = BY_LANGUAGE.get(language)
    if own is None or not letters:
        return 0.0
    share = sum(one not in own for one in letters) / len(letters)
    return _FOREIGN_LETTERS * (1 - (1 - share) ** _STEEP)


@cache
def _detector() -> Any:
    eldc.init()
    detector = eldc.instance()
    detector.set_scores(3)
    return detector
