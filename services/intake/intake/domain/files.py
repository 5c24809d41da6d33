"""What a file is, by its octets and not by what is said of it, and whether it is taken in."""

import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

import puremagic

from shared.contracts.base import StoreId
from shared.tokens import Tokens

_PROGRAMS = (
    b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!/", b"#! /", b"dex\n",
    b"L\0\0\0\x01\x14\x02\0", b"\0asm",
)  # fmt: skip
_PROGRAM_NAMES = (
    ".apk", ".bat", ".cmd", ".com", ".cpl", ".deb", ".dll", ".dmg", ".exe", ".gadget", ".hta",
    ".iso", ".jar", ".js", ".jse", ".lnk", ".mobileconfig", ".msc", ".msi", ".msp", ".pif", ".pkg",
    ".ps1", ".psm1", ".reg", ".rpm", ".scr", ".sh", ".vb", ".vbe", ".vbs", ".wsf", ".wsh", ".xll",
)  # fmt: skip
_ARCHIVES = (
    b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"MSCF",
    b"\x28\xb5\x2f\xfd", b"\x1f\x9d", b"xar!", b"LZIP", b"!<arch>",
)  # fmt: skip
_ARCHIVE_NAMES = (
    ".7z", ".ace", ".arj", ".bz2", ".cab", ".gz", ".lha", ".lzh", ".rar", ".tar", ".tgz", ".xz",
    ".zip", ".zst",
)  # fmt: skip
_ARCHIVES_WITHIN = ((257, b"ustar"), (2, b"-lh"), (32_769, b"CD001"))
"""Signs that stand further in: tar, LHA, and images of discs (ISO 9660)."""
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Office before 2007, Windows Installer, Outlook ([MS-CFB] 2.2)."""
_RUNS = (
    "_VBA_PROJECT".encode("utf-16-le"),
    b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
)
"""In such a file: macros ([MS-OVBA] 2.3.4.1), and the class of an installer's packages."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OFFICE_FOLDERS = {
    "word/": _OFFICE + "wordprocessingml.document",
    "xl/": _OFFICE + "spreadsheetml.sheet",
    "ppt/": _OFFICE + "presentationml.presentation",
}
_UNKNOWN = "application/octet-stream"

A_PROGRAM = "a program, or a document with programs in it"
AN_ARCHIVE = "an archive: send the files themselves"
TOO_LARGE = "larger than is taken in"
EMPTY = "empty"
INFECTED = "malicious by the virus scanner's word"
FAILED = "it could not be looked at"
GONE = "not to be had from the vendor any more"


@dataclass(frozen=True)
class Verdict:
    """What a file is; `refused` tells in a constant phrase why it is not taken in."""

    media_type: str
    refused: str | None = None


FILES = "files"
"""What those who fetch files are woken by."""


def last_of(path: str) -> str:
    """A file's name where a path was given, of whichever system."""
    return re.split(r"[/\\]", path)[-1].lstrip(".")


LINKS_LAST = timedelta(days=7)
"""As long as Kafka keeps the event that carries the link; a newer one is to be had by the API."""


def linked(
    tokens: Tokens, public_url: str | None, store_id: StoreId, file_id: UUID, at: datetime
) -> str:
    """The link to a file for a week from `at` (aware); only its path where nobody told ours."""
    token = tokens.sign_until("file", file_id, at + LINKS_LAST)
    return f"{public_url or ''}/files/{store_id}/{token}"


def judge(octets: bytes, name: str | None, declared: str | None, most_octets: int) -> Verdict:
    """Tell what a file is.

    `name` and `declared` (a media type) are the sender's words: they can make a file suspect, and
    tell plain texts apart, never vouch for it. A file without a known sign is
    `application/octet-stream`.

    >>> judge(b"MZ" + bytes(60), "photo.jpg", "image/jpeg", 1000).refused == A_PROGRAM
    True
    >>> judge(b"%PDF-1.7 ...", "bill.pdf", None, 1000)
    Verdict(media_type='application/pdf', refused=None)
    """
    if not octets:
        return Verdict(_UNKNOWN, EMPTY)
    if len(octets) > most_octets:
        return Verdict(_UNKNOWN, TOO_LARGE)
    called = (name or "").strip().rstrip(". ").lower()  # as Windows writes it to a disk
    runs = octets.startswith(_COMPOUND) and any(sign in octets for sign in _RUNS)
    if runs or octets.startswith(_PROGRAMS) or called.endswith(_PROGRAM_NAMES):
        return Verdict(_UNKNOWN, A_PROGRAM)
    if octets.startswith(_ZIP):
        return _zip(octets)
    is_within = any(octets[at:].startswith(sign) for at, sign in _ARCHIVES_WITHIN)
    if octets.startswith(_ARCHIVES) or is_within or called.endswith(_ARCHIVE_NAMES):
        return Verdict(_UNKNOWN, AN_ARCHIVE)
    return Verdict(_sniffed(octets, declared))


def _zip(octets: bytes) -> Verdict:
    """Documents that are archives inside are documents; those with macros are programs."""
    try:
        with zipfile.ZipFile(BytesIO(octets)) as archive:
            names = archive.namelist()
            kind = _said(archive) if names[:1] == ["mimetype"] else ""
    except Exception:  # noqa: BLE001 - whatever the library trips over, it is no document
        return Verdict(_UNKNOWN, AN_ARCHIVE)
    if any(one.lower().endswith("vbaproject.bin") for one in names):
        return Verdict(_UNKNOWN, A_PROGRAM)
    if _DOCUMENT.fullmatch(kind):
        return Verdict(kind)
    if "[Content_Types].xml" in names and (office := _office(names)):
        return Verdict(office)
    return Verdict(_UNKNOWN, AN_ARCHIVE)


_DOCUMENT = re.compile(r"application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,40}|epub\+zip)")


def _said(archive: zipfile.ZipFile) -> str:
    """What a document says it is; its standards want that uncompressed (OpenDocument 1.3, 3.3)."""
    with archive.open("mimetype") as opened:
        is_plain = archive.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
        return opened.read(100).decode("ascii", "replace") if is_plain else ""


def _office(names: Collection[str]) -> str | None:
    found = (kind for folder, kind in _OFFICE_FOLDERS.items()
             if any(name.startswith(folder) for name in names))  # fmt: skip
    return next(found, None)


def _sniffed(octets: bytes, declared: str | None) -> str:
    try:
        found = puremagic.magic_string(octets[:8192])
    except Exception:  # noqa: BLE001 - whatever the library trips over, nothing is known of it
        found = []
    likely = [one.mime_type for one in found if one.mime_type and one.confidence >= 0.3]
    if declared in likely or (not likely and declared in _TEXTS and _is_text(octets)):
        return str(declared)
    if likely:
        return str(likely[0])
    return "text/plain" if _is_text(octets) else _UNKNOWN


_TEXTS = frozenset({"text/plain", "text/csv", "text/calendar", "text/vcard", "text/x-vcard"})


def _is_text(octets: bytes) -> bool:
    try:
        text = octets[:65_536].decode("utf-8")
    except UnicodeDecodeError as why:
        # The look may end within a letter.
        return why.start > len(octets[:65_536]) - 4 and why.start > 0
    return not any(ord(letter) < 9 or 13 < ord(letter) < 32 for letter in text)
