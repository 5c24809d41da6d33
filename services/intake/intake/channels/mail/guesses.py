"""Which charset octets without a true label are in, by what they would say in each.

Each charset has the letters that its languages use often; what reads as such letters, in words as
people write them, is likelier than what reads as symbols, rare letters or capitals inside words.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

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
    "cp1254": ("şğıçöüé", "âîûİ"),
    "cp1255": ("אבגדהוזחטיכלמנסעפצקרשתםןץףך", "ְֱֲֳִֵֶַָֹֻּ"),
    "cp1256": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآئؤ،؟؛", "پچژگًٌٍَُِّْ"),
    "iso8859-6": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآئؤ،؟؛", "ًٌٍَُِّْـ"),
    "cp1257": ("ąčęėįšųūžāēģīķļņõäöü", "ōŗóśźż"),
    "cp874": ("กขคงจฉชซญดตถทนบปผพฟภมยรลวศสหอะัาิีืุูเแโใไ่้็์ำๆณธฐษ", "ึฮฝฤ"),
    "mac_roman": (_WESTERN, "ùëïûœìòÿ"),
    "cp850": (_WESTERN, "ùëïûìòÿ"),
}
_UNLIKELY = {"mac_roman": 0.4, "mac_cyrillic": 0.1, "cp850": 0.4, "cp866": 0.1, "iso8859-5": 0.05}
"""What must be made up for by a better reading: few mail programs still write these."""
_LATIN = ("cp1252", "cp1250", "iso8859-2", "cp1254", "cp1257", "mac_roman", "cp850")
"""In their languages most letters of a word are those of ASCII."""
_VOWELS = frozenset("аеиоуыэюяёіїє")
_THAI_MARKS = frozenset("ัิีึืฺุู็่้๊๋์ํ๎ำ")

_COMMON_HAN = frozenset(
    "的一是不了在人有我他这这个们中来上大为和国地到以说时要就出会可也你对生能而子那得着下自之年过发后作里"
    "這個們來為國說時對過發後裡還沒请請问問谢謝您好單单货貨收订訂买買没还吗嗎"
)
_CHINESE = ("gb18030", "big5hkscs")
_EAST_ASIAN = ("cp932", "euc_jis_2004", "cp949", "gb18030", "big5hkscs")
_ALL = (*_EAST_ASIAN, *_ALPHABETS)
_ENOUGH = 2_000
_LEAST = 0.35


def best_guess(octets: bytes) -> str | None:
    """The likeliest charset; None where none reads well."""
    for codec in _CHINESE:
        if _common_share(_sample(octets), codec) > 0.2 and score(octets, codec) > 0:
            return codec
    ranked = sorted(((score(octets, codec), codec) for codec in _ALL), key=_by_score)
    found, codec = ranked[-1]
    return codec if found >= _LEAST else None


_NOT_ASCII = re.compile(rb"[\x00-\x7f]{0,20}[\x80-\xff][^\n]{0,200}")


@lru_cache(maxsize=4)
def _sample(octets: bytes) -> bytes:
    """Enough of what is not ASCII, with a little of what stands before it."""
    found, size = [], 0
    for each in _NOT_ASCII.finditer(octets):
        found.append(each[0])
        size += len(each[0])
        if size > _ENOUGH:
            break
    return b"\n".join(found)


def _common_share(octets: bytes, codec: str) -> float:
    """How much of what is not ASCII are Chinese characters that every text is full of."""
    others = [one for one in octets.decode(codec, "replace") if one > "\x7f"]
    return sum(one in _COMMON_HAN for one in others) / max(len(others), 1)


def _by_score(one: tuple[float, str]) -> tuple[float, int]:
    # Of two that read alike the one that more people write.
    return round(one[0], 3), -_ALL.index(one[1])


def score(octets: bytes, codec: str) -> float:
    """How well octets read in a charset: 1 like text of its languages, 0 or less like none."""
    octets = _sample(octets)
    high = sum(byte > 0x7F for byte in octets)
    if not high:
        return 0.0
    text = octets.decode(codec, "replace")
    if codec in _EAST_ASIAN:
        before = " " + text
        pairs = zip(before, text, strict=False)
        return sum(2 * _east_asian(one, last, codec) for last, one in pairs if one > "\x7f") / high
    found = _letters(text, codec) / high
    if codec in ("cp1251", "koi8_u", "iso8859-5", "cp866", "mac_cyrillic") and not _has_vowels(
        text
    ):
        found *= 0.5
    if codec in _LATIN and high * 2 > sum(byte > 0x40 for byte in octets):
        found *= 0.3
    return found - _UNLIKELY.get(codec, 0.0)


@cache
def _weights(codec: str) -> dict[str, float]:
    often, seldom = _ALPHABETS[codec]
    small = {**dict.fromkeys(seldom, 0.6), **dict.fromkeys(often, 1.0)}
    return {**{char.upper(): 0.8 * weight for char, weight in small.items()}, **small}


def _letters(text: str, codec: str) -> float:
    weights = _weights(codec)
    is_latin = weights.get("é", 0) > 0 or codec == "cp1257"
    total, before = 0.0, " "
    for char in text:
        if char > "\x7f":
            total += weights.get(char, _sign(char))
            total -= _misplaced(char, before, is_latin)
        elif not is_latin and char.isalpha() and before > "\x7f" and before.isalpha():
            total -= 1.0
        before = char
    return total


def _misplaced(char: str, before: str, is_latin: bool) -> float:
    """How much a character stands where nobody writes it."""
    if char == "þ":
        return 2.0 if before.isalpha() else 0.0  # Icelandic begins words with it
    if char in _THAI_MARKS:
        return 0.0 if before > "\u0e00" else 2.0
    if char.isupper() and before.islower():
        return 1.5
    return 1.0 if not is_latin and char.isalpha() and before < "\x80" and before.isalpha() else 0.0


def _has_vowels(text: str) -> bool:
    """Whether Cyrillic text has as many vowels as a language has."""
    letters = re.findall(r"[\u0400-\u04ff]", text.lower())
    return bool(letters) and 0.25 <= sum(one in _VOWELS for one in letters) / len(letters) <= 0.65


_BLOCKS: tuple[tuple[str, str, Mapping[str, float], float], ...] = (
    ("\uff61", "\uff9f", {}, -0.5),  # half-width katakana
    ("\u3000", "\u303f", {}, 0.5),  # punctuation
    ("\uff01", "\uff5e", {}, 0.5),
    ("\u3040", "\u30ff", {"cp932": 1.0, "euc_jis_2004": 1.0}, 0.2),  # kana
)


def _east_asian(char: str, before: str, codec: str) -> float:
    """How likely a character of a charset of two octets is; 1 for what every text is full of."""
    if before.isascii() and before.isalpha():
        return -1.0
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
