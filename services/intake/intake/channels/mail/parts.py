"""One part of a mail: its text, its file, the report in it."""

import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import TypeAlias
from urllib.parse import unquote

from intake.channels.mail import base64_bodies, unlabelled
from intake.channels.mail.charsets import Read, read
from intake.channels.mail.encoded_words import words
from intake.channels.mail.headers import Headers, as_written
from intake.channels.mail.mojibake import once
from intake.domain.texts import line
from shared.contracts.intake import Attachment

Part: TypeAlias = "Message[str, str]"


def fields(part: Part) -> Iterator[tuple[str, str]]:
    """The header of a part, in order, as it is written."""
    for name, value in part.raw_items():
        yield name, str(value)


_ENCODINGS = ("", "7bit", "8bit", "binary", "base64", "quoted-printable")
_PLAIN = ("", "7bit", "8bit", "binary")
_OF_UNIX = ("x-uuencode", "uuencode", "uue", "x-uue")
"""What the library decodes too."""


def has_odd_encoding(part: Part) -> bool:
    """Whether it names a transfer encoding that there is not. To be asked before it is read."""
    written = str(part.get("content-transfer-encoding", "")).strip().lower()
    return written not in _ENCODINGS and written not in _OF_UNIX


def _encoding(part: Part) -> str:
    """How its octets are written; an odd name for it is put right, so that the library knows it."""
    written = str(part.get("content-transfer-encoding", ""))
    encoding = written.strip().lower()
    if encoding not in _ENCODINGS:
        encoding = next((name for name in ("quoted", "base64") if name in encoding), encoding)
        encoding = "quoted-printable" if encoding == "quoted" else encoding
    if encoding != written.lower():
        part.replace_header("content-transfer-encoding", encoding)
    return encoding


def text(part: Part) -> str:
    """What a text part says, by its charset or by what it looks like."""
    return read_text(part).text


def read_text(part: Part, notes: list[str] | None = None) -> Read:
    """What a text part says, and in which charset it says so.

    What the header names counts, and less what a page names in itself. `notes` grows by what was
    decoded although nothing says that it is encoded.
    """
    encoding = _encoding(part)
    payload = part.get_payload(decode=True)
    written = part.get_payload()
    if isinstance(written, str) and encoding == "base64":
        payload = base64_bodies.octets_of(written)
        if notes is not None and (payload is None or _NO_BASE64.search(written)):
            notes.append("its text is labelled base64, and is not or not all of it")
        payload = _as_it_came(part) if payload is None else payload
    if not isinstance(payload, bytes):
        payload = str(written).encode("utf-8", "surrogateescape")
    if encoding in _PLAIN:
        written_so, payload = payload, unlabelled.octets_of(payload)
        if notes is not None and payload is not written_so:
            notes.append("its text was decoded, though no label says that it is encoded")
    is_page = part.get_content_type() in PAGES
    hint = _told_by_page(payload) if is_page else None
    return read(payload, parameter(part, "charset"), hint)


def _as_it_came(part: Part) -> object:
    """The octets of a body whose label says base64 and is wrong; as text they would be guessed."""
    part.replace_header("content-transfer-encoding", "8bit")
    octets = part.get_payload(decode=True)
    part.replace_header("content-transfer-encoding", "base64")
    return octets


PAGES = ("text/html", "application/xhtml+xml")


_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s]")
_PAGE_CHARSET = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)


def _told_by_page(octets: bytes) -> str | None:
    found = _PAGE_CHARSET.search(octets[:2_000])
    return found[1].decode("ascii", "replace") if found else None


def parameter(part: Part, name: str) -> str:
    """A parameter of the content type, in lower case; empty without one that can be read."""
    try:
        value = part.get_param(name)
    except Exception:  # noqa: BLE001 - RFC 2231 parameters of strangers
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "").lower()


_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,60}/[\w!#$&^.+-]{1,60}")


def attachment(part: Part, kind: str) -> Attachment:
    """The part as a file."""
    found = _MEDIA_TYPE.match(kind)
    media_type = found[0] if found else "application/octet-stream"
    return Attachment(name=_name(part), media_type=media_type, size=_size(part))


def nameless(name: str, octets: bytes) -> Attachment:
    """A file of which nothing but the name is told."""
    media_type = "application/octet-stream"
    return Attachment(name=line(name, 255), media_type=media_type, size=len(octets))


def _name(part: Part) -> str | None:
    try:
        name = _readable(part).get_filename()
        if not name and part.get_content_type() == "message/rfc822":
            name = str(embedded(part)[0].get("subject", "")) + ".eml" if embedded(part) else None
        return line(_plain_name(words(name or "")), 255)
    except Exception:  # noqa: BLE001 - RFC 2231 file names of strangers
        return None


_PERCENT = re.compile(r"%20|%[C-F][0-9A-F]%[89AB][0-9A-F]", re.IGNORECASE)


_PATH = re.compile(r"[A-Za-z]:\\|\\\\|/|file://")


def _plain_name(name: str) -> str:
    """Without quotes that do not count, octets of UTF-8 that nobody named, folders of a disk.

    >>> _plain_name("'bill.pdf'"), _plain_name("Rechnung%20f%C3%BCr.pdf")
    ('bill.pdf', 'Rechnung für.pdf')
    """
    if len(name) > 2 and name[0] == name[-1] == "'":
        name = name[1:-1]
    if " " not in name and _PERCENT.search(name):
        name = unquote(name)
    if _PATH.match(name):
        name = re.split(r"[\\/]", name)[-1] or name
    return name if name.isascii() else once(name)


def _readable(part: Part) -> Part:
    """The fields that name a file, decoded: the parser gives up on what is not ASCII."""
    found: Part = Message()
    for name, value in fields(part):
        if name.lower() in ("content-type", "content-disposition"):
            found[name] = as_written(value)
    return found


def embedded(part: Part) -> list[Part]:
    """The mails that are attached in a part."""
    # Of a text the library would decode the payload, and raises where its charset is no name.
    content = part.get_payload() if part.is_multipart() else None
    return (
        [each for each in content if isinstance(each, Message)] if isinstance(content, list) else []
    )


def content(part: Part) -> bytes:
    """The octets of a file, of an attached mail as it is written."""
    inner = embedded(part)
    if inner:
        return b"".join(each.as_bytes() for each in inner)
    _encoding(part)
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _size(part: Part) -> int:
    return len(content(part))


def groups(part: Part) -> list[Headers]:
    """The groups of fields of a delivery status: of the message, of each recipient."""
    inner = embedded(part)
    return [Headers(fields(group)) for group in inner] or [headers_of(str(part.get_payload()))]


def inner_header(part: Part) -> Headers | None:
    """The header of the mail in a part, or the header that a part is."""
    inner = embedded(part)
    return Headers(fields(inner[0])) if inner else headers_of(text(part))


def headers_of(written: str) -> Headers:
    """A text that is nothing but a header."""
    octets = written.encode("utf-8", "surrogateescape")
    parsed = BytesParser(policy=policy.compat32).parsebytes(octets, headersonly=True)
    return Headers(fields(parsed))
