"""Encoded words of RFC 2047: text of any charset in a header that may only be ASCII."""

import base64
import binascii
import quopri
import re

from intake.channels.mail.charsets import read

_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)(?:\?=|\??\Z)")
"""The last of a field may want its end: programs cut fields that are long."""


def words(value: str, hint: str | None = None, notes: list[str] | None = None) -> str:
    """Free text with its encoded words decoded, and those that an encoded word held.

    `hint` is a charset they may be in too; `notes` grows by each that was not read by its label.

    >>> words("=?utf-8?q?Hola=2C?= =?UTF-8?B?IFBlcMOp?= !")
    'Hola, Pepé !'
    """
    if "=?" not in value:
        return value
    once = _decoded(value, hint, notes)
    is_twice = once != value and _WORD.fullmatch(once.strip()) is not None
    return _decoded(once.strip(), hint, notes) if is_twice else once


def _decoded(value: str, hint: str | None, notes: list[str] | None) -> str:
    text, end = "", 0
    octets, label, cut = b"", "", ""

    def said() -> str:
        found = read(octets + _octets("b", cut), label, hint)
        if notes is not None and (note := found.note(label)):
            notes.append(note)
        return found.text

    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        end = found.end()
        if (octets or cut) and (between.strip() or found[1].lower() != label):
            text, octets, cut = text + said(), b"", ""
        if between.strip() or not (text or octets or cut):
            text += between
        # Writers cut characters in two; words of one charset are joined before they are decoded.
        label = found[1].lower()
        written, cut = cut + found[3] if found[2] in "bB" else found[3], ""
        if found[2] in "bB" and len(written) % 4 and "=" not in written:
            cut = written  # and some cut the base64 of a character
        else:
            octets += _octets(found[2], written)
    return text + (said() if octets or cut else "") + value[end:]


def _octets(encoding: str, written: str) -> bytes:
    octets = written.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(octets, header=True)
    try:
        return base64.b64decode(octets + b"=" * (-len(octets) % 4))
    except (binascii.Error, ValueError):
        return _as_far_as_it_goes(octets)


def _as_far_as_it_goes(octets: bytes) -> bytes:
    """Without the last character, of which four in a row must be; else as it stands."""
    whole = octets[: len(octets) - len(octets) % 4]
    try:
        return base64.b64decode(whole) if len(octets) % 4 == 1 else octets
    except (binascii.Error, ValueError):
        return octets
