"""Text that is encoded for its way although its header does not say so.

Programs that pass mail on lose the label. What is decoded here is encoded for sure: nobody writes
nothing but digits of base64, or signs of quoted-printable wherever he writes `=`.
"""

import base64
import binascii
import quopri
import re

_QUOTED = re.compile(rb"=[C-F][0-9A-F]=[89AB][0-9A-F]|(?<=[^\n]{60})=\r?\n")
"""A letter in UTF-8, or a long line that goes on."""
_LETTER = re.compile(rb"(?<=[A-Za-z]{2})=[C-F][0-9A-F][a-z]")
"""One of Latin-1 inside a word; in addresses of pages parameters look like it."""
_ANY_SIGN = re.compile(rb"=(?:[0-9A-F]{2}|[ \t]*\r?\n|\Z)")
_LEAST_QUOTED = 2
_ENCODED = re.compile(rb"[A-Za-z0-9+/\r\n]+={0,2}")
_LEAST_ENCODED = 40
_UNFIT = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def octets_of(written: bytes) -> bytes:
    """The octets that were encoded, or what is written where nothing was."""
    if b"=" in written and _is_quoted(written):
        signs = written.count(b"=")
        if signs >= _LEAST_QUOTED and signs == len(_ANY_SIGN.findall(written)):
            return quopri.decodestring(written)
    if b" " not in written[:100].strip() and _ENCODED.fullmatch(written.strip()):
        return _decoded(b"".join(written.split())) or written
    return written


def _is_quoted(written: bytes) -> bool:
    return bool(_QUOTED.search(written) or (b"://" not in written and _LETTER.search(written)))


def _decoded(digits: bytes) -> bytes | None:
    """What base64 says, where that is text in UTF-8 with words."""
    if len(digits) < _LEAST_ENCODED or len(digits) % 4:
        return None
    try:
        octets = base64.b64decode(digits, validate=True)
        octets.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    is_text = b" " in octets or not octets.isascii()
    return octets if is_text and not _UNFIT.search(octets) else None
