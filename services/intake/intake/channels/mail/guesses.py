"""Which charset octets without a true label are in, by what they would say in each.

Each charset has the letters that its languages use often; what reads as such letters, in words as
people write them, is likelier than what reads as symbols, rare letters or capitals inside words.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

_TYPOGRAPHY = frozenset("“”„‘’‚–—…«»€£°§©®™№¿¡·´ \u200e\u200f")
_WESTERN = "éèàçñüöäßáíóúâêîôãõåøæ"
_CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžöőüűäôľășțâîđ"
_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшю"
_ALPHABETS = {
    "cp1252": (_WESTERN + "ðþý", "ùëïûœìòÿ¤"),
    "cp1250": (_CENTRAL, "ĺŕşţçë"),
    "iso8859-2": (_CENTRAL, "ĺŕşţçë"),
    "cp1251": (_CYRILLIC + "іїє", "цщэфъёґўјљњћђџ"),
    "koi8_u": (_CYRILLIC + "іїє", "цщэфъёґ"),
    "iso8859-5": (_CYRILLIC + "іїє", "цщэфъёўјљњћђџ"),
    "cp866": (_CYRILLIC + "їє", "цщэфъёў"),
    "mac_cyrillic": (_CYRILLIC + "іїє", "цщэфъёґўјљњћђџ"),
    "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ", "ϊϋΐΰ"),
    "iso8859-7": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ", "ϊϋΐΰ"),
    "cp1254": ("şğıçöüéâ", "îûİ"),
    "cp1255": ("אבגדהוזחטיכלמנסעפצקרשתםןץףך", "ְֱֲֳִֵֶַָֹֻּ"),
    "cp1256": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإ،؟؛", "آئؤپچژگًٌٍَُِّْ"),
    "iso8859-6": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإ،؟؛", "آئؤًٌٍَُِّْـ"),
    "cp1257": ("ąčęėįšųūžāēģīķļņõäöü", "ōŗóśźż"),
    "cp874": ("กขคงจฉชซญดตถทนบปผพฟภมยรลวศสหอะัาิีืุูเแโใไ่้็์ำๆณธฐษ", "ึฮฝฤ"),
    "mac_roman": (_WESTERN, "ùëïûœìòÿ"),
    "cp850": (_WESTERN, "ùëïûìòÿ"),
}
_UNLIKELY = {"mac_roman": 0.4, "mac_cyrillic": 0.1, "cp850": 0.4, "cp866": 0.1, "iso8859-5": 0.05}
"""What must be made up for by a better reading: few mail programs still write these."""
LATIN = ("cp1252", "cp1250", "iso8859-2", "cp1254", "cp1257", "mac_roman", "cp850")
"""In their languages most letters of a word are those of ASCII."""
_VOWELS = frozenset("аеиоуыэюяёіїє")
_THAI_MARKS = frozenset("ัิีึืฺุู็่้๊๋์ํ๎ำ")

_FINAL = frozenset("ςםןץףךىة")
"""Greek, Hebrew and Arabic end words with these, and write them nowhere else."""

_COMMON_HAN = frozenset(
    "的一是不了在人有我他这这个们中来上大为和国地到以说时要就出会可也你对生能而子那得着下自之年过发后作里"
    "這個們來為國說時對過發後裡還沒请請问問谢謝您好單单货貨收订訂买買没还吗嗎"
)
_CHINESE = ("gb18030", "big5hkscs")
_EAST_ASIAN = ("cp932", "euc_jis_2004", "cp949", "gb18030", "big5hkscs")
_ALL = (*_EAST_ASIAN, *_ALPHABETS)
_CYRILLIC_CHARSETS = ("cp1251", "koi8_u", "iso8859-5", "cp866", "mac_cyrillic")
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
_ENOUGH = 2_000
_LEAST = 0.35
_MOST_OF_LETTERS = 1.0
"""No charset of one octet a character scores more."""


def best_guess(octets: bytes) -> str | None:
    """The likeliest charset; None where none reads well."""
    for codec in _CHINESE:
        if _common_share(_sample(octets), codec) > 0.2 and score(octets, codec) > 0:
            return codec
    ranked = sorted(((score(octets, codec), codec) for codec in _ALL), key=_by_score)
    found, codec = ranked[-1]
    return codec if found >= _LEAST else None


def better_guess(octets: bytes, codec: str, by: float) -> str | None:
    """The likeliest charset, where its score is that of `codec` and `by` or more; else None."""
    least = max(score(octets, codec), 0.0) + by
    if least > _MOST_OF_LETTERS and all(score(octets, one) < least for one in _EAST_ASIAN):
        return None
    guess = best_guess(octets)
    return guess if guess is not None and score(octets, guess) >= least else None


_NOT_ASCII = re.compile(rb"[\x00-\x7f]{0,20}[\x80-\xff][^\n]{0,200}")
_ASCII = bytes(range(0x80))
_NO_LETTERS = bytes(range(0x41))


class _Sample(NamedTuple):
    """Octets that are enough to judge by; `high` of them are not ASCII.

    `pairs` are those two octets in a row of which one is not ASCII: no other weighs anything, and
    there are far fewer different ones than octets.
    """

    octets: bytes
    high: int
    pairs: dict[tuple[int, int], int]


@lru_cache(maxsize=4)
def _sample(octets: bytes) -> _Sample:
    """Enough of what is not ASCII, with a little of what stands before it."""
    found, size = [], 0
    for each in _NOT_ASCII.finditer(octets):
        found.append(each[0])
        size += len(each[0])
        if size > _ENOUGH:
            break
    sample = b"\n".join(found)
    pairs = Counter(zip(b" " + sample, sample, strict=False))
    return _Sample(
        octets=sample,
        high=len(sample.translate(None, _ASCII)),
        pairs={pair: n for pair, n in pairs.items() if max(pair) > 0x7F},
    )


class _Characters(NamedTuple):
    """How often each character occurs that is not ASCII, and each behind a letter of ASCII."""

    all: Counter[str]
    behind_letters: Counter[str]


_OTHERS = re.compile(r"[^\x00-\x7f]")
_BEHIND_LETTERS = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f]")


@lru_cache(maxsize=16)
def _characters(octets: bytes, codec: str) -> _Characters:
    text = octets.decode(codec, "replace")
    return _Characters(Counter(_OTHERS.findall(text)), Counter(_BEHIND_LETTERS.findall(text)))


def _common_share(sample: _Sample, codec: str) -> float:
    """How much of what is not ASCII are Chinese characters that every text is full of."""
    found = _characters(sample.octets, codec).all
    common = sum(n for one, n in found.items() if one in _COMMON_HAN)
    return common / max(found.total(), 1)


def _by_score(one: tuple[float, str]) -> tuple[float, int]:
    # Of two that read alike the one that more people write.
    return round(one[0], 3), -_ALL.index(one[1])


def score(octets: bytes, codec: str) -> float:
    """How well octets read in a charset: 1 like text of its languages, 0 or less like none."""
    sample = _sample(octets)
    if not sample.high:
        return 0.0
    if codec in _EAST_ASIAN:
        return 2 * _characters_score(sample, codec) / sample.high
    weights = _pair_weights(codec)
    found = sum(n * weights[pair] for pair, n in sample.pairs.items()) / sample.high
    if codec in _CYRILLIC_CHARSETS and not _has_vowels(sample, codec):
        found *= 0.5
    if codec in LATIN and sample.high * 2 > len(sample.octets.translate(None, _NO_LETTERS)):
        found *= 0.3
    return found - _UNLIKELY.get(codec, 0.0)


def _characters_score(sample: _Sample, codec: str) -> float:
    found = _characters(sample.octets, codec)
    total = sum(n * _east_asian(one, codec) for one, n in found.all.items())
    # Nobody writes them right behind a letter of ASCII.
    return total - sum(
        n * (_east_asian(one, codec) + 1.0) for one, n in found.behind_letters.items()
    )


@cache
def _weights(codec: str) -> dict[str, float]:
    often, seldom = _ALPHABETS[codec]
    small = {**dict.fromkeys(seldom, 0.6), **dict.fromkeys(often, 1.0)}
    return {**{char.upper(): 0.8 * weight for char, weight in small.items()}, **small}


class _PairWeights(dict[tuple[int, int], float]):
    """How likely an octet is behind another, in a charset of one octet a character."""

    def __init__(self, codec: str) -> None:
        super().__init__()
        self._codec = codec
        self._weights = _weights(codec)
        self._is_latin = self._weights.get("é", 0) > 0 or codec == "cp1257"

    def __missing__(self, pair: tuple[int, int]) -> float:
        before, char = tuple(bytes(pair).decode(self._codec, "replace"))
        found = 0.0
        if char > "\x7f":
            found = self._weights.get(char, _sign(char)) - _misplaced(char, before, self._is_latin)
        elif before > "\x7f" and self._breaks_off(before, char):
            found = -1.0
        self[pair] = found
        return found

    def _breaks_off(self, before: str, char: str) -> bool:
        """Whether a word goes on with this letter of ASCII as none does."""
        if self._is_latin:
            return before.islower() and char.isupper()
        return before.isalpha() and char.isalpha()


_pair_weights = cache(_PairWeights)


def _misplaced(char: str, before: str, is_latin: bool) -> float:
    """How much a character stands where nobody writes it."""
    if char == "þ":
        return 2.0 if before.isalpha() else 0.0  # Icelandic begins words with it
    if char in _THAI_MARKS:
        return 0.0 if before > "\u0e00" else 2.0
    if char.isupper() and before.islower():
        return 1.5
    if before in _FINAL and char.isalpha():
        return 2.0
    return 1.0 if not is_latin and char.isalpha() and before < "\x80" and before.isalpha() else 0.0


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
    if "\uac00" <= char <= "\ud7a3":
        return 1.0 if codec == "cp949" and _is_in(char, "euc_kr") else -1.0
    if "\u4e00" <= char <= "\u9fff":
        return _han(char, codec)
    return _sign(char)


def _sign(char: str) -> float:
    """How likely something is that is no usual letter."""
    if char == "\ufffd":
        return -2.0
    return 0.3 if char in _TYPOGRAPHY else -1.0


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
