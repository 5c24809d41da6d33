"""Japanese mail in ISO-2022-JP (RFC 1468), and as Windows writes it under that label.

Windows adds half-width kana (JIS X 0201) and its own signs, ① and ㈱ among them, which no charset
of Python's has at these places. Shift-JIS of Windows has them: the same table in another coding.
"""

import re

_CHARSETS = ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004")
_SHIFT = re.compile(rb"\x1b(\$[@B]|\([ABJI])")
_PAIR = re.compile(rb"[\x21-\x7e]{2}")


def read(octets: bytes) -> str | None:
    """The text; None where it is none of these."""
    for codec in _CHARSETS:
        try:
            return octets.decode(codec)
        except (UnicodeError, ValueError):
            continue
    return _of_windows(octets)


def _of_windows(octets: bytes) -> str | None:
    """By its shifts between ASCII, kana and two octets a character.

    >>> _of_windows(b"\\x1b$B-!\\x1b(B")
    '①'
    """
    found = _SHIFT.split(octets)
    if len(found) == 1 or not octets.isascii():
        return None
    shifted = [found[0]]
    for shift, written in zip(found[1::2], found[2::2], strict=True):
        shifted.append(_in_shift_jis(shift, written))
    try:
        return b"".join(shifted).decode("cp932")
    except UnicodeError:
        return None


def _in_shift_jis(shift: bytes, written: bytes) -> bytes:
    if shift == b"(I":
        return bytes(one + 0x80 if one > 0x20 else one for one in written)
    return _PAIR.sub(_moved, written) if shift[:1] == b"$" else written


def _moved(pair: re.Match[bytes]) -> bytes:
    """The two octets of a character of JIS X 0208, in Shift-JIS."""
    row, cell = pair[0]
    first = ((row - 0x21) >> 1) + (0x81 if row < 0x5F else 0xC1)
    if row % 2 == 0:
        return bytes((first, cell + 0x7E))
    return bytes((first, cell + (0x1F if cell < 0x60 else 0x20)))
