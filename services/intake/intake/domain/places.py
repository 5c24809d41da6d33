"""Where a picture was taken is taken out of it; nothing else of it changes.

Cameras write the place into EXIF (CIPA DC-008, GPS IFD, tag 0x8825) and into XMP. Both are
blanked where they lie, so every format that carries them keeps its structure: JPEG, TIFF, WebP,
HEIC, PNG.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import islice

_GPS = 0x8825
_MOST_TAGS = 64
"""The standard has 32 of a place."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_MOST_ENTRIES = 512
_MOST_BLOCKS = 200
_MOST_PLACES = 8
_MOST_OCTETS = 4096
"""No camera writes so much; whoever does would keep us busy for hours."""
_TIFF = (b"II*\0", b"MM\0*")
_XMP = re.compile(
    rb"""(?<=[\s<])(?:[A-Za-z]+:)?GPS[A-Za-z]+\s*(?:=\s*(?:"([^"]{0,500})|'([^']{0,500}))|>([^<]{0,500}))"""
)
"""What it has looked at it never looks at again, closed or not: its time grows with the file."""
_PNG = b"\x89PNG\r\n\x1a\n"


def without_place(octets: bytes) -> bytes:
    """The picture without the place; the same octets where it tells none. Never raises."""
    changed = bytearray(octets)
    for start in islice(_exif(octets), _MOST_BLOCKS):
        _blank_gps(changed, start)
    for found in _XMP.finditer(octets):
        for group in (1, 2, 3):
            begin, end = found.span(group)
            changed[begin:end] = b" " * (end - begin)
    if bytes(changed) == octets:
        return octets
    return _summed(changed) if octets.startswith(_PNG) else bytes(changed)


def _exif(octets: bytes) -> Iterator[int]:
    """Where EXIF blocks begin: at the start of a TIFF, behind a JPEG's mark, in a PNG's chunk."""
    if octets[:4] in _TIFF:
        yield 0
    for mark in re.finditer(rb"(?:Exif\0\0|eXIf|EXIF....)(?=II\*\0|MM\0\*)", octets, re.DOTALL):
        yield mark.end()


def _blank_gps(octets: bytearray, start: int) -> None:
    order = "<" if octets[start : start + 2] == b"II" else ">"
    try:
        every = _entries(octets, start, _at(octets, start + 4, order), order)
        gps = (one for one in every if struct.unpack_from(f"{order}H", octets, one)[0] == _GPS)
        for entry in islice(gps, _MOST_PLACES):
            _blank_directory(octets, start, _at(octets, entry + 8, order), order)
    except struct.error:
        return  # cut off or wrong: there is no directory that anybody could read


def _at(octets: bytearray, where: int, order: str) -> int:
    value: int = struct.unpack_from(f"{order}I", octets, where)[0]
    return value


def _entries(octets: bytearray, start: int, directory: int, order: str) -> Iterator[int]:
    """Where the entries of a directory lie, and those of the directories that follow it."""
    for _ in range(8):
        begin = start + directory
        count: int = struct.unpack_from(f"{order}H", octets, begin)[0]
        if not directory or count > _MOST_ENTRIES:
            return
        yield from (begin + 2 + 12 * n for n in range(count))
        directory = _at(octets, begin + 2 + 12 * count, order)


def _blank_directory(octets: bytearray, start: int, directory: int, order: str) -> None:
    begin = start + directory
    count: int = struct.unpack_from(f"{order}H", octets, begin)[0]
    for entry in range(begin + 2, begin + 2 + 12 * min(count, _MOST_TAGS), 12):
        kind, number = struct.unpack_from(f"{order}HI", octets, entry + 2)
        size = min(_SIZES.get(kind, 1) * number, _MOST_OCTETS)
        where = start + _at(octets, entry + 8, order) if size > 4 else entry + 8
        end = min(where + size, len(octets))
        if where < end:
            octets[where:end] = bytes(end - where)


def _summed(octets: bytearray) -> bytes:
    """A PNG with the sums of its chunks written anew."""
    at = len(_PNG)
    while at + 12 <= len(octets):
        length = struct.unpack_from(">I", octets, at)[0]
        end = at + 8 + length
        if end + 4 > len(octets):
            break
        struct.pack_into(">I", octets, end, zlib.crc32(octets[at + 4 : end]))
        at = end + 4
    return bytes(octets)
