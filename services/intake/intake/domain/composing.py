"""Mails put together again from the fields into which a service has taken them apart.

The header fields stay as they came; text, HTML and files become parts of it (RFC 5322, RFC 2046).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.encoders import encode_base64
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from uuid import uuid4

from intake.domain.shapes import Object, obj, text
from intake.domain.texts import line

Fields = Sequence[tuple[str, str]]
Texts = tuple[str, str]
"""A mail's plain text and its HTML; empty where there is none."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a mail; `content_id` is what its HTML calls it by."""

    name: str | None
    media_type: str | None
    octets: bytes = field(repr=False)
    content_id: str | None = None


_NAME = re.compile(r"[!-9;-~]{1,76}")
_OF_THE_BODY = ("content-type", "content-transfer-encoding", "mime-version", "content-disposition")


def compose(fields: Fields, texts: Texts, files: Iterable[File] = ()) -> bytes:
    """The octets of a mail, the same each time: a mail is known by what is in it.

    Fields of the body's own form are made anew.
    """
    head = [
        f"{name}: {_unfolded(value)}\r\n"
        for name, value in fields
        if _NAME.fullmatch(name) and name.lower() not in _OF_THE_BODY
    ]
    marked = [(f"{uuid4()}", file) for file in files]
    parting = _parting(texts, [file for _, file in marked])
    body = _body(texts, marked, _report_type(fields), parting).as_bytes()
    for mark, file in marked:
        body = body.replace(mark.encode(), file.octets, 1)
    return "".join(head).encode("utf-8", "replace") + body


def _parting(texts: Texts, files: Iterable[File]) -> str:
    """What the lines that part these end in: in none of them, for it is made of all."""
    made = hashlib.sha256()
    for each in texts:
        told = each.encode("utf-8", "replace")
        made.update(f"{len(told)}:".encode() + told)
    for file in files:
        made.update(f"{file.name!r}{file.media_type!r}{file.content_id!r}".encode())
        made.update(f"{len(file.octets)}:".encode() + file.octets)
    return made.hexdigest()[:40]


def _body(
    written: Texts, files: list[tuple[str, File]], report: str | None, parting: str
) -> Message:
    plain, html = written
    texts: list[Message] = []
    if plain or not html:
        texts.append(MIMEText(plain.encode("utf-8", "replace").decode(), "plain", "utf-8"))
    if html:
        texts.append(MIMEText(html.encode("utf-8", "replace").decode(), "html", "utf-8"))
    body: Message = texts[0]
    if len(texts) > 1:
        body = MIMEMultipart("alternative", f"=_a{parting}", texts)
    if files or report:
        outer = MIMEMultipart(
            "mixed", f"=_b{parting}", [body, *(_part(mark, file) for mark, file in files)]
        )
        if report:
            outer.replace_header("Content-Type", "multipart/report")
            outer.set_param("report-type", report)
        return outer
    return body


def _part(mark: str, file: File) -> Message:
    """A file's part; in that of a mail `mark` stands for its octets."""
    kind, _, subtype = (line(file.media_type, 100) or "").partition(";")[0].partition("/")
    is_kind = bool(_NAME.fullmatch(kind) and _NAME.fullmatch(subtype))
    part = MIMEBase(*(kind, subtype) if is_kind else ("application", "octet-stream"))
    if kind == "message" or subtype == "rfc822-headers":
        # RFC 2046 §5.2.1: a mail inside a mail is never base64. The library writes none that has
        # letters beyond ASCII, so that its octets are put in afterwards.
        part.set_payload(mark)
        part["Content-Transfer-Encoding"] = "8bit"
    else:
        part.set_payload(file.octets)
        encode_base64(part)
    name = line(file.name, 255)
    by_name = {"filename": ("utf-8", "", name)} if name else {}
    part.add_header("Content-Disposition", "attachment", **by_name)
    if content_id := line((file.content_id or "").strip("<>"), 200):
        part["Content-ID"] = f"<{content_id.encode('ascii', 'replace').decode()}>"
    return part


def _report_type(fields: Fields) -> str | None:
    for name, value in fields:
        if name.lower() == "content-type":
            found = re.search(r"report-type=\"?([a-z-]+)", value.lower())
            return found[1] if found else None
    return None


def _unfolded(value: str) -> str:
    return re.sub(r"[\r\n]+[ \t]*", " ", value).replace("\0", "").strip()


def texts_of(told: Object, plain: str, html: str) -> Texts:
    """The two texts by their names in an object."""
    return text(told.get(plain)) or "", text(told.get(html)) or ""


def with_missing(fields: Fields, others: Mapping[str, object]) -> Fields:
    """The fields, and those of the others that they lack."""
    there = {name.lower() for name, _ in fields}
    given = ((name, line(value, 2000)) for name, value in others.items())
    return [*fields, *((n, value) for n, value in given if value and n.lower() not in there)]


def mailbox(name: object, address: object) -> str | None:
    """Somebody as an address field has him; None without an address.

    >>> mailbox('Ana "the" Gil', "ana@x.example")
    '"Ana \'the\' Gil" <ana@x.example>'
    """
    at, shown = text(address), (text(name) or "").replace("\\", "").replace('"', "'")
    return f'"{shown}" <{at}>' if at and shown else at or None


def with_name(fields: Fields, name: object, address: object) -> Fields:
    """The fields, with the sender's name that a service tells apart from a bare `From`."""
    bare, named = (text(address) or "").lower(), mailbox(name, address)
    return [
        (key, named if named and key.lower() == "from" and _bare(value) == bare else value)
        for key, value in fields
    ]


def _bare(value: str) -> str:
    return value.strip().strip("<>").lower()


def of_object(told: object) -> Fields:
    """Fields out of an object by name, whose values are texts or lists of them."""
    return [
        (name, value)
        for name, values in obj(told).items()
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, str)
    ]


def of_list(told: object, name: str = "name", value: str = "value") -> Fields:
    """Fields out of a list of pairs, or of objects with these two members."""
    return list(_pairs(told, name, value))


def _pairs(told: object, name: str, value: str) -> Iterator[tuple[str, str]]:
    for each in told if isinstance(told, list) else ():
        pair = [each.get(name), each.get(value)] if isinstance(each, dict) else each
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(p, str) for p in pair):
            yield pair[0], pair[1]


def of_text(written: str) -> Fields:
    """Fields out of a header as it was written."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", written)
    found = (each.partition(":") for each in unfolded.splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in found if colon]


def sender_of(fields: Fields, *told: object) -> str:
    """The envelope's sender; empty only where the mail itself says that it has none."""
    for value in told:
        if found := line(value, 320):
            return found.strip("<>")
    for name, value in fields:
        if name.lower() in ("return-path", "x-envelope-from"):
            return value.strip().strip("<>")
    return next((value for name, value in fields if name.lower() == "from"), "unknown")


def decoded(value: object) -> bytes:
    """Octets out of base64; empty for what is none."""
    try:
        return base64.b64decode(value) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return b""
