"""Octets of mail to text, whatever the label on them says.

Labels are missing, wrong or no charset at all in a good part of real mail. What is read here is
always text: at worst some of its characters are U+FFFD.
"""

import codecs
import re
from functools import lru_cache

from charset_normalizer import from_bytes

from intake.channels.mail import japanese
from intake.channels.mail.guesses import LATIN, best_guess, better_guess, score

# What mail programs write, and what they mean by it (WHATWG Encoding Standard §4.2: a label stands
# for the superset that its writers use).
_MEANT = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gb-2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "chinese": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "korean": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc-jp": "euc_jis_2004",
    "x-euc-jp": "euc_jis_2004",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ce": "mac-latin2",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "koi8": "koi8-r",
    "win-1251": "cp1251",
    "windows1251": "cp1251",
    "windows1252": "cp1252",
    "iso-8859-8-e": "iso8859-8",
    "cp-850": "cp850",
}
_LATIN = {"cp1252"}
_CYRILLIC = {"cp1251": "cp1251", "windows-1251": "cp1251", "koi8-r": "koi8_u", "koi8-u": "koi8_u"}
"""Each is sent under the other's name; what one says reads badly as the other."""
_OTHER_CYRILLIC = 0.22
_FIRST_HALF, _LAST_HALF = bytes(range(0xC0, 0xE0)), bytes(range(0xE0, 0x100))
"""The large letters of windows-1251, which are the small ones of KOI8, and the other way."""
_ESCAPING = {"utf-7", "utf7", "hz", "hz-gb-2312", "iso-2022-kr"}
"""Charsets that write other scripts with ASCII octets; ISO-2022-JP is tried by itself."""
_GUESSES = [
    "utf_8", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949", "cp1251", "koi8_r",
    "cp874", "cp1250", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
]  # fmt: skip
_ENOUGH = 8 * 1024
_CLEARLY = 0.3
_READS_WELL, _FEW, _HIGH = 0.55, 8, re.compile(rb"[\x80-\xff]")
"""Letters of its languages, if seldom ones, and too few of them to say that the label is wrong."""
_GENERAL_LATIN = "iso8859-15"
"""Where windows-1252 has the sign for any currency, which nobody writes, it has the euro's."""


_C1 = re.compile("[\x80-\x9f]")


def decoded(octets: bytes, label: str | None) -> str:
    """The text that the octets are, by their label where it can be true.

    Control characters of C1 are what windows-1252 has there: nobody writes them.
    """
    text = _decoded(octets, label)
    return text if text.isascii() else _C1.sub(_as_windows, once(text))


_WINDOWS = {
    ord(octet.decode("cp1252")): number
    for number in range(0x80, 0xA0)
    if (octet := bytes([number])) not in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
}


_TWICE = re.compile(f"[\xc2-\xf4][\x80-\xbf{''.join(map(chr, _WINDOWS))}]")


def once(text: str) -> str:
    """Text whose UTF-8 was taken for Latin-1 or windows-1252 and written as UTF-8 again, put right.

    >>> once("GrÃ¼ÃŸe"), once("Grüße")
    ('Grüße', 'Grüße')
    """
    if not _TWICE.search(text):
        return text
    try:
        return text.translate(_WINDOWS).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("latin-1").decode("cp1252", "replace")


_MARKED = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WORDS = re.compile(rb"[A-Za-z ]{4,}")


def _decoded(octets: bytes, label: str | None) -> str:
    codec = _codec(label)
    if octets.startswith(_MARKED) and not _is_ascii_words(octets[2:]):
        return octets.decode("utf-16", "replace")
    if (
        b"\x1b" in octets
        and codec not in _ESCAPING
        and (found := japanese.read(octets)) is not None
    ):
        return found
    if octets.isascii() and codec not in _ESCAPING:
        return octets.decode("ascii")
    if _is_surely_utf8(octets, codec):
        return octets.decode("utf-8")
    if codec is None:
        codec = _guessed(octets) or "cp1252"
    elif codec in _LATIN:
        codec = _or_better(octets, codec)
    elif codec in _CYRILLIC:
        codec = _or_other_cyrillic(octets, codec)
    return _strictly(octets, codec) or _least_bad(octets, codec)


def _is_ascii_words(octets: bytes) -> bool:
    """Whether most octets stand in words of ASCII, which halves of UTF-16 never do."""
    return 2 * sum(map(len, _WORDS.findall(octets))) > len(octets)


def is_known(label: str | None) -> bool:
    """Whether a label means a charset."""
    return _codec(label) is not None


@lru_cache(maxsize=1_000)
def _codec(label: str | None) -> str | None:
    """The codec that a label means; None when it means none."""
    name = (label or "").strip().strip("\"'").lower()
    name = _MEANT.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    return name if info._is_text_encoding else None


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except (UnicodeError, ValueError):
        return None


_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def _is_surely_utf8(octets: bytes, codec: str | None) -> bool:
    """Whether these are UTF-8 whatever the label says.

    Text in an East Asian charset is UTF-8 by chance only when it is very short.
    """
    if _strictly(octets, "utf-8") is None:
        return False
    needed = 1 if codec is None or codec in _LATIN or codec.startswith("utf") else 3
    return len(_UTF8_SEQUENCE.findall(octets[:_ENOUGH])) >= needed


def _or_better(octets: bytes, codec: str) -> str:
    """The charset of the label, unless another reads clearly better: it is on everything."""
    sample = octets[:_ENOUGH]
    guess = better_guess(sample, codec, _CLEARLY)
    if guess in LATIN and score(sample, codec) >= _READS_WELL and len(_HIGH.findall(sample)) < _FEW:
        guess = None  # `où` alone is no reason to read `oů`
    return guess or (_GENERAL_LATIN if b"\xa4" in octets else codec)


def _or_other_cyrillic(octets: bytes, codec: str) -> str:
    sample, other = octets[:_ENOUGH], "koi8_u" if _CYRILLIC[codec] == "cp1251" else "cp1251"
    # What is small in one is large in the other, and most letters are small.
    first, last = (len(sample.translate(None, half)) for half in (_FIRST_HALF, _LAST_HALF))
    if (first < last) == (other == "cp1251"):
        return codec
    gain = score(sample, other) - score(sample, _CYRILLIC[codec])
    return other if gain >= _OTHER_CYRILLIC else codec


def _guessed(octets: bytes) -> str | None:
    sample = octets[:_ENOUGH]
    if (found := best_guess(sample)) is not None:
        return _GENERAL_LATIN if found == "cp1252" and b"\xa4" in octets else found
    best = from_bytes(sample, cp_isolation=_GUESSES, enable_fallback=False).best()
    return best.encoding if best is not None else None


def _least_bad(octets: bytes, codec: str) -> str:
    """By the label, or by what the octets look like, whichever loses fewer characters."""
    if codec.startswith("utf") and (mostly := _mostly_utf8(octets)) is not None:
        return mostly
    guess = _guessed(octets) or "cp1252"
    tries = [octets.decode(name, "replace") for name in (codec, guess)]
    return min(tries, key=lambda text: text.count("\ufffd"))


_ODD = re.compile("[\udc80-\udcff]+")


def _mostly_utf8(octets: bytes) -> str | None:
    """UTF-8 into which a program wrote some characters of windows-1252; None of anything else.

    What is left of a character that was cut is not one of them.
    """
    text = octets.decode("utf-8", "surrogateescape")
    odd = sum(map(len, _ODD.findall(text)))
    rest = sum(each > "\x7f" for each in text) - odd
    return _ODD.sub(_as_written_by_windows, text) if rest >= 2 * odd else None


def _as_written_by_windows(found: re.Match[str]) -> str:
    octets = found[0].encode("utf-8", "surrogateescape")
    is_cut = octets[0] >= 0xC2 and (len(octets) > 1 or found.end() == len(found.string))
    return "\ufffd" if is_cut else octets.decode("cp1252", "replace")
