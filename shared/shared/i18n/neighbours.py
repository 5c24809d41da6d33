"""Tell apart languages that share most words, by those that they do not share."""

import re
from dataclasses import dataclass
from functools import cached_property

from shared.i18n.words import words

_WORD = re.compile(r"[^\W\d_]+")
# Norwegian puts the owner behind the thing: pakken min, bestillingen vår.
_OWNER_BEHIND = re.compile(r"\b\w{2,}(?:en|et|a|ene) (?:min|mi|mitt|mine|vår|vårt|våre)\b")


@dataclass(frozen=True)
class Neighbours:
    """Two languages; a telling word of one counts `per_word`, `lean` is for what has none."""

    one: str
    other: str
    lean: float
    per_word: float

    @cached_property
    def _of_one(self) -> frozenset[str]:
        return words(self.one)

    @cached_property
    def _of_other(self) -> frozenset[str]:
        return words(self.other)

    def odds(self, text: str) -> float:
        """Log-odds of the first language against the second that a text's own words give.

        >>> INDONESIAN_OR_MALAY.odds("kapan barang dikirim?") > 0
        True
        >>> NORWEGIAN_OR_DANISH.odds("har ikke fået noget") > 0
        False
        """
        lower = text.lower()
        found = _WORD.findall(lower)
        told = sum((word in self._of_one) - (word in self._of_other) for word in found)
        if self.one == "no" and _OWNER_BEHIND.search(lower):
            told += 1
        return self.lean + told * self.per_word


# Indonesian has several times the speakers, so without a telling word it is likelier.
INDONESIAN_OR_MALAY = Neighbours("id", "ms", lean=0.8, per_word=1.6)
NORWEGIAN_OR_DANISH = Neighbours("no", "da", lean=0.0, per_word=1.2)
RUSSIAN_OR_UKRAINIAN = Neighbours("ru", "uk", lean=0.0, per_word=1.5)
NEIGHBOURS = (INDONESIAN_OR_MALAY, NORWEGIAN_OR_DANISH, RUSSIAN_OR_UKRAINIAN)
