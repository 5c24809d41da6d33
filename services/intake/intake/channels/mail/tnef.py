"""Outlook's own wrapping of texts and files, winmail.dat (MS-OXTNEF §2.1): the plain things in it.

Its rich text and its MAPI properties are left alone; Outlook sends the plain text beside it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.channels.mail.charsets import decoded
from intake.domain.texts import line
from shared.contracts.intake import Attachment

MEDIA_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")

_SIGNATURE = 0x223E9F78
_BODY, _TITLE, _DATA, _BEGINS = 0x800C, 0x8010, 0x800F, 0x9002
_MOST = 500


@dataclass
class Inner:
    """The text and the files; empty when nothing was found."""

    text: str = field(default="", repr=False)
    files: list[Attachment] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list, repr=False)

    def add(self, name: str | None, octets: bytes) -> None:
        """One file more."""
        media_type = "application/octet-stream"
        self.files.append(Attachment(name=name, media_type=media_type, size=len(octets)))
        self.contents.append(octets)


def read(octets: bytes) -> Inner:
    """What is inside. Never raises."""
    found = Inner()
    name: str | None = None
    content = b""
    is_open = False
    for attribute, value in _attributes(octets):
        if attribute == _BODY:
            found.text = decoded(value.rstrip(b"\0"), None)
        elif attribute == _BEGINS:
            if is_open:
                found.add(name, content)
            name, content, is_open = None, b"", True
        elif attribute == _TITLE:
            name = line(decoded(value.rstrip(b"\0"), None), 255)
        elif attribute == _DATA:
            content = value
    if is_open:
        found.add(name, content)
    return found


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Each is a level, an id, a length, the value and a checksum."""
    if len(octets) < 6 or struct.unpack_from("<I", octets)[0] != _SIGNATURE:
        return
    at = 6
    for _ in range(_MOST):
        if at + 9 > len(octets):
            return
        attribute, length = struct.unpack_from("<II", octets, at + 1)
        at += 9
        yield attribute & 0xFFFF, octets[at : at + length]
        at += length + 2
