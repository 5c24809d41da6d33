"""Charsets that write every script with octets of ASCII, where no label tells of them."""

import codecs
import re

from intake.channels.mail import japanese
from intake.channels.mail.languages import reads_as_language

_MARKED = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WORDS = re.compile(rb"[A-Za-z ]{4,}")
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}")
_UTF7 = re.compile(rb"\+[A-Za-z0-9+/]{3,}-?")
_KOREAN = b"\x1b$)C"
_ENOUGH = 4_000
_LANGUAGE = 1.0
_ODD = re.compile(
    "[^\\w\\s\u0300-\u036f\u0e31-\u0e4e -~\xa0-\xbf\u2010-\u203a\u20ac\u3000-\u30ff\uff00-\uffef]"
)
"""What stands in no mail but by misreading."""


def marked(octets: bytes) -> str | None:
    """Text in UTF-16, by its mark, or by NUL in every second octet; None of anything else."""
    if octets.startswith(_MARKED) and not _is_ascii_words(octets[2:]):
        return octets.decode("utf-16", "replace")
    if octets.count(0) * 5 > len(octets) * 2 > 14:
        even, odd = octets[::2].count(0), octets[1::2].count(0)
        if not min(even, odd):
            return octets.decode("utf-16-le" if odd else "utf-16-be", "replace")
    return None


def _is_ascii_words(octets: bytes) -> bool:
    """Whether most octets stand in words of ASCII, which halves of UTF-16 never do."""
    return 2 * sum(map(len, _WORDS.findall(octets))) > len(octets)


def escaped(octets: bytes) -> tuple[str, str] | None:
    """The text and its charset; None where these escape nothing."""
    if b"\x1b" in octets:
        found = _korean(octets) if _KOREAN in octets else japanese.read(octets)
        if found is not None:
            return found, "iso-2022-kr" if _KOREAN in octets else "iso-2022-jp"
    if not octets.isascii():
        return None
    if b"~{" in octets and _HZ.search(octets) and (found := _strictly(octets, "hz")) is not None:
        return found, "hz-gb-2312"
    if b"+" in octets and _UTF7.search(octets) and (found := _utf7(octets)) is not None:
        return found, "utf-7"
    return None


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _korean(octets: bytes) -> str | None:
    return _strictly(octets, "iso2022_kr")


def _utf7(octets: bytes) -> str | None:
    """Only where a language comes out: `+` stands before telephone numbers and in sums too."""
    text = _strictly(octets, "utf-7")
    if text is None or text.isascii() or _ODD.search(text):
        return None
    said, written = (reads_as_language(each[:_ENOUGH]) for each in (text, octets.decode("ascii")))
    return text if said >= _LANGUAGE and said > written else None
