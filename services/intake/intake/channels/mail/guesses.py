"""Which charset octets without a true label are in, by what they would say in each.

Each charset has the letters that its languages use; what reads as such letters, in words as people
write them, is likelier than what reads as symbols, rare letters or capitals inside words. Of
charsets that read alike so far, the one wins in which the words are those of a language.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from intake.channels.mail.alphabets import BY_CHARSET, CLOSING, OPENING, TYPOGRAPHY
from intake.channels.mail.languages import is_of_one_language, reads_as_language

_UNLIKELY = {
    "mac_roman": 0.4, "mac_cyrillic": 0.3, "cp850": 0.4, "cp866": 0.1, "iso8859-5": 0.05,
    "cp1258": 0.1, "iso8859-13": 0.05,
}  # fmt: skip
"""What must be made up for by a better reading: few mail programs still write these."""
_LATIN = (
    "cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "cp1257", "iso8859-13", "cp1258",
    "mac_roman", "cp850",
)  # fmt: skip
"""In their languages most letters of a word are those of ASCII."""
WESTERN = ("cp1252", "iso8859-15")
"""Their labels are on everything."""
_VOWELS = frozenset("аеиоуыэюяёіїє")
_THAI_VOWELS, _THAI_TONES = frozenset("ัิีึืฺุู็ำ"), frozenset("่้๊๋์ํ๎")
_THAI_BEFORE = frozenset("เแโใไ")
_LEAST_WORDS, _LEAST_OCTETS = 0.6, 6
_SURE_LETTERS, _SURE_EAST_ASIAN, _SURE_WORDS = 0.9, 0.6, 1.5
"""Letters and words of which none are missing: no other charset is looked for."""

_FINAL = frozenset("ςםןץףךىة")
"""Greek, Hebrew and Arabic end words with these, and write them nowhere else."""

_COMMON_HAN = frozenset(
    "的一是不了在人有我他这这个们中来上大为和国地到以说时要就出会可也你对生能而子那得着下自之年过发后作里"
    "這個們來為國說時對過發後裡還沒請请問问謝谢您好單单貨货收訂订買买没還吗嗎"
)
_CHINESE = ("gb18030", "big5hkscs")
EAST_ASIAN = ("cp932", "euc_jis_2004", "cp949", "gb18030", "big5hkscs")
_JUDGED = (*EAST_ASIAN, *BY_CHARSET)
_ALL = tuple(one for one in _JUDGED if one != "iso8859-15")
CYRILLIC = ("cp1251", "koi8_u", "iso8859-5", "cp866", "mac_cyrillic")
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
_ENOUGH = 2_000
_LEAST = 0.35
_WORDS_COUNT, _HALF_OF_IT = 0.8, 2
"""How much being a language counts beside letters; of so many words it is half of that."""


def best_guess(octets: bytes) -> str | None:
    """The likeliest charset; None where none reads well."""
    codec = max(_ALL, key=lambda one: fit(octets, one))
    return codec if score(octets, codec) >= _LEAST else None


def better_guess(octets: bytes, codec: str, by: float) -> str | None:
    """The likeliest charset, where it fits better than `codec` by so much or more; else None.

    Among charsets of Latin letters it is words that count, and a language must know them.
    """
    if codec not in _JUDGED or not is_enough(octets, codec):
        return None
    least = _SURE_EAST_ASIAN if codec in EAST_ASIAN else _SURE_LETTERS
    if score(octets, codec) >= least and is_of_one_language(_text(octets, codec), _SURE_WORDS):
        return None
    guess = best_guess(octets)
    if guess is None or guess == codec:
        return None
    if guess in _LATIN and codec in _LATIN and words(octets, guess) < _LEAST_WORDS:
        return None
    return guess if fit(octets, guess) >= max(fit(octets, codec), 0.0) + by else None


def is_enough(octets: bytes, codec: str) -> bool:
    """Whether what is not ASCII is enough to doubt a label: not some signs, nor one short word."""
    if codec in WESTERN:
        text = _text(octets, codec)
        return not set(text) - _ASCII_CHARS <= TYPOGRAPHY or bool(_INSIDE_WORD.search(text))
    return _sample(octets).high >= _LEAST_OCTETS


def fit(octets: bytes, codec: str) -> float:
    """How well octets read in a charset, letters and words together."""
    letters = score(octets, codec) if codec in _JUDGED else 0.0
    if letters <= 0:
        return letters
    count = _sample(octets).words
    return letters + _WORDS_COUNT * count / (count + _HALF_OF_IT) * words(octets, codec)


@lru_cache(maxsize=64)
def words(octets: bytes, codec: str) -> float:
    """How well the words with octets beyond ASCII read as those of a language."""
    return reads_as_language(_text(octets, codec))


def _text(octets: bytes, codec: str) -> str:
    text = _sample(octets).octets.decode(codec, "replace")
    return unicodedata.normalize("NFC", text) if codec == "cp1258" else text


_NOT_ASCII = re.compile(rb"[\x00-\x7f]{0,20}[\x80-\xff][^\n]{0,200}")
_PART_OF_WORD = re.compile(rb"[A-Za-z]+(?=[ \n])")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_INSIDE_WORD = re.compile("[A-Za-z][^\x00-\x7f’‘\xad·][a-z]")
_ASCII = bytes(range(0x80))
_ASCII_CHARS = frozenset(map(chr, _ASCII))
_NO_LETTERS = bytes(range(0x41))


class _Sample(NamedTuple):
    """Octets that are enough to judge by; `high` of them are not ASCII.

    `pairs` are those two octets in a row of which one is not ASCII: no other weighs anything, and
    there are far fewer different ones than octets.
    """

    octets: bytes
    high: int
    words: int
    pairs: dict[tuple[int, int], int]


@lru_cache(maxsize=4)
def _sample(octets: bytes) -> _Sample:
    """Enough of what is not ASCII, with a little of what stands before it."""
    found, size = [], 0
    for each in _NOT_ASCII.finditer(octets):
        cut = _PART_OF_WORD.match(octets, each.start(), each.end()) if each.start() else None
        found.append(octets[cut.end() if cut else each.start() : each.end()])
        size += len(found[-1])
        if size > _ENOUGH:
            break
    sample = b"\n".join(found)
    pairs = Counter(zip(b" " + sample, sample + b" ", strict=False))
    return _Sample(
        octets=sample,
        high=len(sample.translate(None, _ASCII)),
        words=len(_WORD.findall(sample)),
        pairs={pair: n for pair, n in pairs.items() if max(pair) > 0x7F},
    )


class _Characters(NamedTuple):
    """How often each character occurs that is not ASCII, and each behind a letter of ASCII."""

    all: Counter[str]
    behind_letters: Counter[str]
    before_letters: Counter[str]


_OTHERS = re.compile(r"[^\x00-\x7f]")
_BEHIND_LETTERS = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]")
_BEFORE_LETTERS = re.compile(r"(?<![^\x00-\x7f])[^\x00-\x7f](?=[a-z])")


@lru_cache(maxsize=16)
def _characters(octets: bytes, codec: str) -> _Characters:
    text = octets.decode(codec, "replace")
    found = (_OTHERS, _BEHIND_LETTERS, _BEFORE_LETTERS)
    return _Characters(*(Counter(each.findall(text)) for each in found))


@lru_cache(maxsize=64)
def score(octets: bytes, codec: str) -> float:
    """How well octets read in a charset: 1 like text of its languages, 0 or less like none."""
    sample = _sample(octets)
    if not sample.high:
        return 0.0
    if codec in EAST_ASIAN:
        return 2 * _characters_score(sample, codec) / sample.high
    weights = _pair_weights(codec)
    found = sum(n * weights[pair] for pair, n in sample.pairs.items()) / sample.high
    if codec in CYRILLIC and not _has_vowels(sample, codec):
        found *= 0.5
    if codec in _LATIN and sample.high * 2 > len(sample.octets.translate(None, _NO_LETTERS)):
        found *= 0.3
    return found - _UNLIKELY.get(codec, 0.0)


def _characters_score(sample: _Sample, codec: str) -> float:
    found = _characters(sample.octets, codec)
    total = sum(n * _east_asian(one, codec) for one, n in found.all.items())
    # Nobody writes them right behind a letter of ASCII, nor one alone right before some.
    odd = found.behind_letters + found.before_letters
    return total - sum(n * (_east_asian(one, codec) + 1.0) for one, n in odd.items())


@cache
def _weights(codec: str) -> dict[str, float]:
    often, seldom = BY_CHARSET[codec]
    small = {**dict.fromkeys(seldom, 0.6), **dict.fromkeys(often, 1.0)}
    return {**{char.upper(): 0.9 * weight for char, weight in small.items()}, **small}


class _PairWeights(dict[tuple[int, int], float]):
    """How likely an octet is behind another, in a charset of one octet a character."""

    def __init__(self, codec: str) -> None:
        super().__init__()
        self._codec = codec
        self._weights = _weights(codec)
        self._is_latin = codec in _LATIN

    def __missing__(self, pair: tuple[int, int]) -> float:
        before, char = tuple(bytes(pair).decode(self._codec, "replace"))
        found = 0.0
        if char > "\x7f":
            found = self._weights.get(char, _sign(char, before))
            found -= _misplaced(char, before, self._is_latin)
        elif before > "\x7f":
            found = self._before(char, before)
        self[pair] = found
        return found

    def _before(self, char: str, before: str) -> float:
        """How likely something of ASCII is behind something that is not."""
        if before in OPENING or before in CLOSING:
            return 0.25 if before in (OPENING if char.isalnum() else CLOSING) else 0.0
        if self._is_latin:
            is_broken = before.islower() and char.isupper()
        else:
            is_broken = char.isalpha() and before not in TYPOGRAPHY
        return -1.0 if is_broken else 0.0


_pair_weights = cache(_PairWeights)


def _misplaced(char: str, before: str, is_latin: bool) -> float:
    """How much a character stands where nobody writes it."""
    if char == "þ" and before.isalpha():
        return 2.0  # Icelandic begins words with it
    is_mixed = not is_latin and char not in TYPOGRAPHY and before < "\x80" and before.isalpha()
    if is_mixed or (char.isupper() and before.islower()):
        return 1.5
    if "\u0e00" < char < "\u0e7f":
        return _misplaced_thai(char, before)
    if before in _FINAL and char.isalpha():
        return 2.0
    if unicodedata.combining(char):
        return 0.0 if before.isalpha() else 2.0
    return 0.0


def _misplaced_thai(char: str, before: str) -> float:
    if char in _THAI_VOWELS or char in _THAI_TONES:
        is_marked = before in _THAI_TONES or (char in _THAI_VOWELS and before in _THAI_VOWELS)
        is_free = before <= "\u0e00" or before in _THAI_BEFORE or is_marked
        return 2.0 if is_free else 0.0
    return 1.5 if before in _THAI_BEFORE and char in _THAI_BEFORE else 0.0


def _has_vowels(sample: _Sample, codec: str) -> bool:
    """Whether Cyrillic text has as many vowels as a language has."""
    text = sample.octets.translate(None, _ASCII).decode(codec, "replace").lower()
    letters = _CYRILLIC_LETTER.findall(text)
    return bool(letters) and 0.25 <= sum(map(_VOWELS.__contains__, letters)) / len(letters) <= 0.65


_BLOCKS: tuple[tuple[str, str, Mapping[str, float], float], ...] = (
    ("\uff61", "\uff9f", {}, -0.5),  # half-width katakana
    ("\u3000", "\u303f", {}, 0.5),  # punctuation
    ("\uff01", "\uff5e", {}, 0.5),
    ("\u3040", "\u30ff", {"cp932": 1.0, "euc_jis_2004": 1.0}, 0.2),  # kana
)


@lru_cache(maxsize=50_000)
def _east_asian(char: str, codec: str) -> float:
    """How likely a character of a charset of two octets is; 1 for what every text is full of."""
    for first, last, by_codec, otherwise in _BLOCKS:
        if first <= char <= last:
            return by_codec.get(codec, otherwise)
    if "\u3131" <= char <= "\u318e":
        return 0.8 if codec == "cp949" else -1.0  # what Koreans laugh and cry with
    if "\uac00" <= char <= "\ud7a3":
        return 1.0 if codec == "cp949" and _is_in(char, "euc_kr") else -1.0
    if "\u4e00" <= char <= "\u9fff":
        return _han(char, codec)
    return 0.3 if char in TYPOGRAPHY else _sign(char, " ")


def _sign(char: str, before: str) -> float:
    """How likely something is that is no usual letter."""
    if char == "\ufffd" or "\x80" <= char <= "\x9f":
        return -2.0
    if char not in TYPOGRAPHY:
        return -1.0
    return 0.7 if char in (CLOSING if before.isalnum() else OPENING) else 0.4


def _han(char: str, codec: str) -> float:
    if codec in _CHINESE:
        if char in _COMMON_HAN:
            return 1.6
        return 0.45 if _is_in(char, "gb2312" if codec == "gb18030" else "big5") else -1.0
    return {"cp949": -0.2}.get(codec, 0.4 if _is_in(char, "shift_jis") else -1.0)


def _is_in(char: str, codec: str) -> bool:
    try:
        return len(char.encode(codec)) <= 2  # EUC-KR writes the syllables it lacks in eight
    except UnicodeError:
        return False
