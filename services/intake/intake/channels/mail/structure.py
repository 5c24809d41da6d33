"""A mail taken apart: header fields, texts, files, and the report inside a bounce.

Python's parser raises on three or four in a hundred real mails; none of that leaves this module.
What cannot be taken apart comes out as one text.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser

from intake.channels.mail.charsets import decoded
from intake.channels.mail.headers import Headers, words
from intake.domain.texts import line
from shared.contracts.intake import Attachment

_PARSER = BytesParser(policy=policy.compat32)
_MOST_PARTS = 300
_MOST_BOUNDARIES = 5_000
"""Each costs the parser as much as a part; no mail has so many but to keep us busy."""
_DEEPEST = 30
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


@dataclass
class Structure:
    """What a mail is made of. `notes` are constant sentences on what was repaired."""

    headers: Headers
    plain: list[str] = field(default_factory=list, repr=False)
    html: list[str] = field(default_factory=list, repr=False)
    files: list[Attachment] = field(default_factory=list)
    report: list[Headers] = field(default_factory=list)
    """The groups of fields of a delivery status (RFC 3464): of the message, of each recipient."""
    returned: Headers | None = None
    """The header of the mail that a report is about."""
    report_type: str = ""
    notes: list[str] = field(default_factory=list)


def take_apart(octets: bytes) -> Structure:
    """Read a whole mail. Never raises for what a stranger wrote."""
    if octets.count(b"\n--") > _MOST_BOUNDARIES:
        return _as_one_text(octets)
    try:
        message = _PARSER.parsebytes(octets)
        found = Structure(Headers(_fields(message)))
        found.report_type = _parameter(message, "report-type")
        for part in _leaves(_with_boundary(message, octets)):
            _take(part, found)
    except Exception:  # noqa: BLE001 - whatever the library trips over, the mail is kept
        return _as_one_text(octets)
    is_lost = found.notes and not (found.plain or found.html)
    return _as_one_text(octets) if is_lost else found


_BOUNDARY = re.compile(rb"^--([^\s-][^\r\n\"]{0,69}|-[^\r\n\"]{1,69})\r?\nContent-", re.M | re.I)


def _with_boundary(message: "Message[str, str]", octets: bytes) -> "Message[str, str]":
    """The mail parsed by the boundary that its body shows, where its header names none or another.

    Such mails come from programs that forward or archive, and from senders of spam.
    """
    if message.get_content_maintype() != "multipart" or message.is_multipart():
        return message
    body = body_octets(octets)
    shown = _BOUNDARY.search(body)
    if shown is None:
        return message
    header = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n' % shown[1].rstrip()
    return _PARSER.parsebytes(header + body)


def body_octets(octets: bytes) -> bytes:
    """What stands after the header."""
    end = _END_OF_HEADERS.search(octets)
    return octets[end.end() :] if end else b""


def _fields(message: "Message[str, str]") -> Iterator[tuple[str, str]]:
    for name, value in message.raw_items():
        yield name, str(value)


def _leaves(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """All parts that hold something, in order. Attached mails stay whole."""
    waiting = [(message, 0)]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        content = part.get_payload()
        is_whole = part.get_content_maintype() == "message" or depth > _DEEPEST
        if isinstance(content, list) and not is_whole:
            children = [child for child in reversed(content) if isinstance(child, Message)]
            waiting += [(child, depth + 1) for child in children]
        else:
            yield part


def _take(part: "Message[str, str]", found: Structure) -> None:
    """Put one part where it belongs; a part that cannot be read becomes a file without content."""
    try:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            found.report += _groups(part)
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            found.returned = found.returned or _inner(part)
            found.files.append(_file(part, kind))
        elif _is_text(part, kind):
            (found.html if kind == "text/html" else found.plain).append(_text(part))
        else:
            found.files.append(_file(part, kind))
    except Exception:  # noqa: BLE001 - one part must not cost the others
        found.notes.append("a part could not be read")


def _is_text(part: "Message[str, str]", kind: str) -> bool:
    if part.get_content_disposition() == "attachment":
        return False
    if kind in ("text/plain", "text/html"):
        return part.get_filename() is None or part.get_content_disposition() == "inline"
    # A multipart without boundary or parts: what is in it is text, as the parser leaves it.
    return part.get_content_maintype() == "multipart" and not part.is_multipart()


def _text(part: "Message[str, str]") -> str:
    payload = part.get_payload(decode=True)
    written = part.get_payload()
    encoding = str(part.get("content-transfer-encoding")).strip().lower()
    if isinstance(written, str) and encoding == "base64":
        # Where words stand between spaces, somebody forgot to encode what he labelled.
        payload = None if re.search(r"\S \S", written) else _base64(written)
    if not isinstance(payload, bytes):
        payload = str(written).encode("utf-8", "surrogateescape")
    return decoded(payload, _parameter(part, "charset"))


def _base64(written: str) -> bytes:
    """Leniently: what is no base64 is passed over, and a last character too many is dropped."""
    digits = re.sub(r"[^A-Za-z0-9+/]", "", written)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def _parameter(part: "Message[str, str]", name: str) -> str:
    try:
        value = part.get_param(name)
    except Exception:  # noqa: BLE001 - RFC 2231 parameters of strangers
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "").lower()


def _file(part: "Message[str, str]", kind: str) -> Attachment:
    try:
        name = line(words(part.get_filename() or ""), 255)
    except Exception:  # noqa: BLE001 - RFC 2231 file names of strangers
        name = None
    return Attachment(name=name, media_type=kind[:100], size=_size(part))


def _size(part: "Message[str, str]") -> int:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return len(payload)
    inner = part.get_payload()
    mails = inner if isinstance(inner, list) else []
    return sum(len(each.as_bytes()) for each in mails if isinstance(each, Message))


def _groups(part: "Message[str, str]") -> list[Headers]:
    content = part.get_payload()
    if isinstance(content, list):
        return [Headers(_fields(group)) for group in content if isinstance(group, Message)]
    return [_headers_of(str(content))]


def _inner(part: "Message[str, str]") -> Headers | None:
    content = part.get_payload()
    if isinstance(content, list) and content and isinstance(content[0], Message):
        return Headers(_fields(content[0]))
    return _headers_of(_text(part))


def _headers_of(text: str) -> Headers:
    octets = text.encode("utf-8", "surrogateescape")
    return Headers(
        _fields(BytesParser(policy=policy.compat32).parsebytes(octets, headersonly=True))
    )


_FIELD = re.compile(rb"^([!-9;-~]{1,76}):[ \t]*(.*(?:\r?\n[ \t].*)*)", re.MULTILINE)


def _as_one_text(octets: bytes) -> Structure:
    """The mail by the plainest reading there is: lines with colons, an empty line, text."""
    end = _END_OF_HEADERS.search(octets)
    head = octets[: end.start()] if end else octets[: 64 * 1024]
    fields = [
        (name.decode("ascii"), value.decode("ascii", "surrogateescape"))
        for name, value in _FIELD.findall(head)[:500]
    ]
    return Structure(
        headers=Headers(fields),
        plain=[decoded(body_octets(octets), None)],
        notes=["taken as one text"],
    )
