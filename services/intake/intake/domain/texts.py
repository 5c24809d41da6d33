"""Text from strangers, made fit to store and to say."""

import re
from collections.abc import Iterable

MESSAGE_LIMIT = 32 * 1024
"""Octets of UTF-8 that `MessageReceived.text` may have."""

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_UNFIT_ASCII = bytes(each for each in range(0x80) if _UNFIT.match(chr(each)))


def clean(text: str) -> str:
    """Line ends become `\\n`; what neither PostgreSQL nor JSON nor a reader can bear goes.

    >>> clean("a\\x00b\\r\\nc\\ud800")
    'ab\\nc\\ufffd'
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text.encode().translate(None, _UNFIT_ASCII).decode()
    return _UNFIT.sub(lambda found: "\ufffd" if found[0] > "\x7f" else "", text)


def line(value: object, limit: int = 998) -> str | None:
    """One line of at most `limit` characters out of whatever was given; None when nothing is left.

    >>> line(" Ana\\n  Pérez ")
    'Ana Pérez'
    >>> line(None) is None
    True
    """
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    return " ".join(clean(str(value)).split())[:limit].strip() or None


def cut(text: str, limit: int = MESSAGE_LIMIT) -> tuple[str, bool]:
    """At most `limit` octets of UTF-8, and whether anything was left out.

    >>> cut("añb", 2)
    ('a', True)
    """
    octets = text.encode()
    if len(octets) <= limit:
        return text, False
    return octets[:limit].decode("utf-8", "ignore").rstrip(), True


def joined(parts: Iterable[str | None], by: str) -> str | None:
    """The parts that are there, joined; None when there is none."""
    return by.join(part for part in parts if part) or None
