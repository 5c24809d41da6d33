"""What customers write for, by the words they use: a table for each language.

A table is text: `name: pattern | pattern`; a line that begins with a blank goes on with the one
before. Names are the intents; `fresh`, just unpacked, when what is broken is not for repair;
`sizing`, a question before a purchase about how ware fits, which is no return; `used`, months or
years of use, after which what is broken is for repair; and `anger`, `legal`, `safety` (also of the
writer himself), `threat` (press, chargeback) and `urgent` for what presses. `asking` is a question
before a purchase, whatever it asks for (a warranty, what if it does not fit); `unwanted` what the
writer says he does not want; `confirming` a confirmation that never came, nor a number to follow
the parcel by; `unsent` what has not been sent yet; `pickup` a return that waits for a courier.
`ware` begins a question about ware, which is one before a purchase unless `had` tells that the
writer has or awaits it. `harmless` is left out before alarming words are taken for a crisis: a
lawyer who needs an invoice, a court as an address. `roman_` before a name is for the language in
Latin letters. Patterns are regular expressions, each tried from the beginning of a word on, in
which a blank is whatever stands between two words, `~` some words of the same sentence until a next
one begins, `_` the end of a word; apostrophes are blanks and diacritics are left out on both sides,
as customers do. Chinese, Japanese, Korean, Thai and Hindi are not cut into words: their lines are
plain regular expressions.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_UNCUT = frozenset({"hi", "ja", "ko", "th", "yue", "zh"})
_GAP = r"[^.!?;؟。\n]{0,40}?(?<!\w)"
# Articles and particles that Arabic and Hebrew write together with the word.
_BEFORE = {
    "ar": "(?:وال|بال|فال|كال|لل|ال|[وبلف])?",
    "he": "[ושהבלכמ]{0,2}",
}
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("'’`´ʼ", " "),
        **{"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ς": "σ"},
        **dict.fromkeys("أإآٱ", "ا"),
        **{"ى": "ي", "ة": "ه", "ـ": None},
    }
)
_GOES_ON_WIDE, _GOES_ON = re.compile(r"\n +(?=\| )"), re.compile(r"\n +")
_CAPTURES = re.compile(r"\((?!\?)")
"""Groups that nobody reads; keeping what they match costs a quarter of the time."""
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")


class Table(NamedTuple):
    """The compiled lines of one language, by name; those for Latin letters apart."""

    own: dict[str, re.Pattern[str]]
    roman: dict[str, re.Pattern[str]]
    is_cut: bool


def bare(text: str) -> str:
    """Lower case, without diacritics and apostrophes, letters of one sound alike.

    >>> bare("Où est l'envoi ?"), bare("ÇALIŞMIYOR"), bare("أين الطلبية")
    ('ou est l envoi ?', 'calismiyor', 'اين الطلبيه')
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return _MARKS.sub("", plain.lower()).translate(_LETTERS)


def whole(text: str) -> str:
    """Lower case, wide and half-width forms alike, for scripts whose marks are letters.

    >>> whole("ｿﾆｰ の ＵＳＢ")
    'ソニー の usb'
    """
    return unicodedata.normalize("NFKC", text).lower()


@cache
def table(language: str) -> Table | None:
    """The table of a language (BCP 47 primary tag), read once; None when there is none."""
    path = files(__name__) / f"{language}.txt"
    if not language.isalpha() or not path.is_file():
        return None
    return _compiled(language, path.read_text(encoding="utf-8"))


_NEAR = {"da": "no", "id": "ms", "ms": "id", "no": "da", "yue": "zh", "zh": "yue"}


def neighbour(language: str | None) -> Table | None:
    """The table of the language (BCP 47) that a short message in this one may be in as well."""
    near = _NEAR.get((language or "").partition("-")[0])
    return table(near) if near else None


def load(languages: Iterable[str]) -> None:
    """Read the tables of these (BCP 47) now: some 30 ms each that no message shall wait for.

    Another's is read with the first message in it.
    """
    everywhere()
    for language in languages:
        table(language.partition("-")[0])
        neighbour(language)


@cache
def everywhere() -> Table:
    """What is read alike in every language, and takes the meaning from other words beside it.

    `web` (links, pages but those of `books`), `codes` (coupons, passwords) and `papers` (invoice,
    address) are no ware that does not open or has to be changed; `toys` are no police; who looks
    for `work` or offers services buys nothing. `harmless` is left out of what is read: a hospital
    to deliver to is no accident.
    """
    return _compiled("", (files(__name__) / "_all.txt").read_text(encoding="utf-8"))


def _compiled(language: str, text: str) -> Table:
    own: dict[str, re.Pattern[str]] = {}
    roman: dict[str, re.Pattern[str]] = {}
    for line in _GOES_ON.sub("", _GOES_ON_WIDE.sub(" ", text)).splitlines():
        name, _, patterns = line.partition(": ")
        if name.startswith("roman_"):
            roman[name.removeprefix("roman_")] = _by_words(patterns, "")
        elif name.endswith("_words"):
            roman[name.removesuffix("_words")] = _by_words(patterns, "")
        elif not language or language in _UNCUT:
            own[name] = re.compile(_CAPTURES.sub("(?:", whole(patterns)))
        else:
            own[name] = _by_words(patterns, _BEFORE.get(language, ""))
    return Table(own, roman, language not in _UNCUT)


def _by_words(patterns: str, before: str) -> re.Pattern[str]:
    # The class names of regular expressions keep their case: `\\W` is not `\\w`.
    parts = [bare(part) for part in re.split(r"(\\[WwSsDdBb])", patterns)]
    kept = re.findall(r"\\[WwSsDdBb]", patterns)
    parts[1::2] = kept
    joined = _CAPTURES.sub("(?:", "".join(parts)).strip().replace(" | ", "|")
    joined = joined.replace(" ", r"(?:\W+)").replace("~", _GAP + before).replace("_", r"\b")
    return re.compile(rf"(?<!\w){before}(?:{joined})")
