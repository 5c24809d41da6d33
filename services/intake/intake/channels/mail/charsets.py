"""Octets of mail to text, whatever the label on them says.

Labels are missing, wrong or no charset at all in a good part of real mail. What is read here is
always text: at worst some of its characters are U+FFFD.
"""

import codecs
import re

from charset_normalizer import from_bytes

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
    "cp-850": "cp850",
}
_LATIN = {"cp1252"}
_ESCAPING = {"utf-7", "utf7", "hz", "hz-gb-2312", "iso-2022-kr"}
"""Charsets that write other scripts with ASCII octets; ISO-2022-JP is tried by itself."""
_JAPANESE_MAIL = ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004")
_GUESSES = [
    "utf_8", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949", "cp1251", "koi8_r",
    "cp874", "cp1250", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
]  # fmt: skip
_ENOUGH = 8 * 1024


_C1 = re.compile("[\x80-\x9f]")


def decoded(octets: bytes, label: str | None) -> str:
    """The text that the octets are, by their label where it can be true.

    Control characters of C1 are what windows-1252 has there: nobody writes them.
    """
    return _C1.sub(_as_windows, _decoded(octets, label))


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("latin-1").decode("cp1252", "replace")


def _decoded(octets: bytes, label: str | None) -> str:
    codec = _codec(label)
    if b"\x1b" in octets and codec not in _ESCAPING and (found := _japanese(octets)) is not None:
        return found
    if octets.isascii() and codec not in _ESCAPING:
        return octets.decode("ascii")
    if _is_surely_utf8(octets, codec):
        return octets.decode("utf-8")
    if codec is None or (codec in _LATIN and _looks_foreign(octets)):
        codec = _guessed(octets) or codec or "cp1252"
    return _strictly(octets, codec) or _least_bad(octets, codec)


def is_known(label: str | None) -> bool:
    """Whether a label means a charset."""
    return _codec(label) is not None


def _codec(label: str | None) -> str | None:
    """The codec that a label means; None when it means none."""
    name = (label or "").strip().strip("\"'").lower()
    name = _MEANT.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    return name if info._is_text_encoding else None


def _japanese(octets: bytes) -> str | None:
    for codec in _JAPANESE_MAIL:
        if (found := _strictly(octets, codec)) is not None:
            return found
    return None


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


def _looks_foreign(octets: bytes) -> bool:
    """Whether so many octets are high ones that no text in a western language would have them."""
    sample = octets[:_ENOUGH]
    letters = sum(byte > 0x40 for byte in sample)
    return sum(byte > 0x7F for byte in sample) * 2 > letters


_COMMON_HAN = frozenset(
    "的一是不了在人有我他这这个们中来上大为和国地到以说时要就出会可也你对生能而子那得着下自之年过发后作里"
    "這個們來為國說時對過發後裡還沒请請问問谢謝您好单單货貨收订訂买買没还吗嗎"
)
_CHINESE = ("gb18030", "big5hkscs")


def _guessed(octets: bytes) -> str | None:
    sample = octets[:_ENOUGH]
    # The detector takes short simplified Chinese for other East Asian charsets.
    shares = {codec: _common_share(sample, codec) for codec in _CHINESE}
    likeliest = max(shares, key=lambda codec: shares[codec])
    if shares[likeliest] > 0.2:
        return likeliest
    best = from_bytes(sample, cp_isolation=_GUESSES, enable_fallback=False).best()
    return best.encoding if best is not None else None


def _common_share(octets: bytes, codec: str) -> float:
    """How much of what is not ASCII are Chinese characters that every text is full of."""
    others = [one for one in octets.decode(codec, "replace") if one > "\x7f"]
    return sum(one in _COMMON_HAN for one in others) / max(len(others), 1)


def _least_bad(octets: bytes, codec: str) -> str:
    """By the label, or by what the octets look like, whichever loses fewer characters."""
    guess = _guessed(octets) or "cp1252"
    tries = [octets.decode(name, "replace") for name in (codec, guess)]
    return min(tries, key=lambda text: text.count("\ufffd"))
