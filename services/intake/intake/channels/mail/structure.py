"""A mail taken apart: header fields, texts, files, and the report inside a bounce.

Python's parser raises on three or four in a hundred real mails; none of that leaves this module.
What cannot be taken apart comes out as one text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from functools import partial
from itertools import islice

from intake.channels.mail import flowed, oddities, parts, smime, tnef, uuencoded
from intake.channels.mail.charsets import read
from intake.channels.mail.headers import Headers
from intake.channels.mail.labels import is_known
from intake.channels.mail.parts import Part
from intake.channels.mail.repairs import (
    body_octets,
    is_nested_deeper,
    shown_boundary,
    with_folded_fields,
    with_plain_header,
    with_plain_lines,
)
from shared.contracts.intake import Attachment

_PARSER = BytesParser(policy=policy.compat32)
_MOST_PARTS = 300
"""Behind so many only text is looked for: a customer's words may stand under all his files."""
_MOST_BOUNDARIES = 5_000
"""Each costs the parser as much as a part; no mail has so many but to keep us busy."""
_MOST_FIELDS = 20_000
_DEEPEST = 30


@dataclass
class Structure:
    """What a mail is made of. `notes` are constant sentences on what was repaired or left out."""

    headers: Headers
    plain: list[str] = field(default_factory=list, repr=False)
    html: list[str] = field(default_factory=list, repr=False)
    spare: list[str] = field(default_factory=list, repr=False)
    """What stands in forms that nobody reads where there is another (RFC 1896, Markdown)."""
    files: list[Attachment] = field(default_factory=list)
    contents: list[Callable[[], bytes]] = field(default_factory=list, repr=False)
    """What gives the octets of each of `files`."""
    attached: list[Part] = field(default_factory=list, repr=False)
    """Mails in this mail."""
    report: list[Headers] = field(default_factory=list)
    """The groups of fields of a delivery status (RFC 3464): of the message, of each recipient."""
    returned: Headers | None = None
    """The header of the mail that a report is about, or of the first that is attached."""
    report_type: str = ""
    has_feedback: bool = False
    """Whether a part is a feedback report (RFC 5965), however the whole is labelled."""
    is_receipt: bool = False
    """Whether a part is a disposition notification (RFC 8098)."""
    notes: list[str] = field(default_factory=list)

    def add(self, file: Attachment, octets: Callable[[], bytes]) -> None:
        """One file more."""
        self.files.append(file)
        self.contents.append(octets)


def take_apart(octets: bytes) -> Structure:
    """Read a whole mail. Never raises for what a stranger wrote."""
    written, octets = octets, with_plain_lines(octets)
    if octets.count(b"\n--") > _MOST_BOUNDARIES or is_nested_deeper(octets, _DEEPEST):
        return _as_one_text(octets)
    try:
        plain = with_plain_header(with_folded_fields(octets))
        if plain.count(b"\n", 0, 4 * 1024 * 1024) > _MOST_FIELDS and _head(plain) > _MOST_FIELDS:
            return _as_one_text(octets)
        message = _PARSER.parsebytes(plain)
        found = Structure(Headers(parts.fields(message)))
        if octets != written:
            found.notes.append("its line ends or octets between them were put right")
        if plain != octets:
            found.notes.append("lines of a header that are no fields were left out or folded")
        found.report_type = parts.parameter(message, "report-type")
        whole = _with_boundary(message, plain, found)
        if (judged := _judged(whole)) is not None:
            return inside(judged, "it was taken out of a spam filter's report")
        found.notes += oddities.of_parts(whole)
        _take_all(whole, found)
        _know_pages(found)
    except Exception:  # noqa: BLE001 - whatever the library trips over, the mail is kept
        return _as_one_text(octets)
    is_lost = "a part could not be read" in found.notes and not (found.plain or found.html)
    return _as_one_text(octets) if is_lost else found


def inside(part: Part, *notes: str) -> Structure:
    """A mail that is attached, taken apart. Never raises."""
    found = Structure(Headers(parts.fields(part)), notes=list(notes))
    _take_all(part, found)
    _know_pages(found)
    return found


def _judged(message: Part) -> "Part | None":
    """The mail that SpamAssassin packed into its report, where it does so (`report_safe`)."""
    if "x-spam-flag" not in message or not message.is_multipart():
        return None
    for part in parts.embedded(message):
        if parts.parameter(part, "x-spam-type") == "original" and parts.embedded(part):
            return parts.embedded(part)[0]
    return None


_PAGE = re.compile(r"\s*(?:<!doctype html|<html[\s>]|<head>|<body[\s>])", re.IGNORECASE)


def _know_pages(found: Structure) -> None:
    """A page that is labelled as plain text, or not at all, is a page; a spare text may count."""
    if not (found.plain or found.html):
        found.plain = found.spare
    if not found.html and len(found.plain) == 1 and _PAGE.match(found.plain[0]):
        found.html, found.plain = found.plain, []


def _head(octets: bytes) -> int:
    """How many lines the header has."""
    return (octets[: len(octets) - len(body_octets(octets))]).count(b"\n")


def _with_boundary(message: Part, octets: bytes, found: Structure) -> Part:
    body = body_octets(octets)
    shown = shown_boundary(message, body)
    if shown is None:
        return message
    found.notes.append("the boundary of its parts is the one that its body shows")
    header = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n' % shown
    return _PARSER.parsebytes(header + body)


def _take_all(message: Part, found: Structure) -> None:
    for n, part in enumerate(_leaves(message)):
        if n >= _MOST_PARTS and not _is_text(part, part.get_content_type()):
            note = f"files after its first {_MOST_PARTS} parts are left out"
            found.notes += [note] if note not in found.notes else []
            continue
        try:
            _take(part, found)
            if part is not message and found.returned is None and _is_bare_mail(part):
                found.returned = Headers(parts.fields(part))
        except Exception:  # noqa: BLE001 - one part must not cost the others
            found.notes.append("a part could not be read")


def _leaves(message: Part) -> Iterator[Part]:
    """All parts that hold something, in order. Attached mails stay whole."""
    waiting = [(message, 0)]
    for _ in range(_MOST_BOUNDARIES):
        if not waiting:
            return
        part, depth = waiting.pop()
        is_whole = part.get_content_maintype() == "message" or depth > _DEEPEST
        children = [] if is_whole else parts.embedded(part)
        if children:
            waiting += [(child, depth + 1) for child in reversed(children)]
        else:
            yield part


_HEADERS = ("text/rfc822-headers", "message/rfc822-headers", "message/partial")


_OF_PROGRAMS = ("application/applefile", "text/x-amp-html")
"""What no person sees: the second half of a Macintosh's file, a page for another program."""


def _take(part: Part, found: Structure) -> None:
    """Put one part where it belongs."""
    kind = part.get_content_type().split()[0]  # some forget the semicolon behind it
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        found.report += parts.groups(part)
    elif kind in ("message/rfc822", "message/global", *_HEADERS):
        found.returned = found.returned or parts.inner_header(part)
        found.attached += parts.embedded(part)
        found.add(parts.attachment(part, kind), partial(parts.content, part))
    elif kind in _OF_PROGRAMS:
        return
    elif kind == "message/feedback-report":
        found.has_feedback = True
    elif kind == "message/disposition-notification":
        found.is_receipt = True
    elif _is_text(part, kind):
        _take_text(part, kind, found)
    else:
        _take_file(part, kind, found)


_MARKDOWN = ("text/markdown", "text/x-markdown", "text/x-web-markdown")


def _is_text(part: Part, kind: str) -> bool:
    if part.get_content_disposition() == "attachment":
        return False
    if kind in ("text/plain", "text/enriched", *parts.PAGES, *_MARKDOWN):
        is_named = part.get_filename() is not None
        return not is_named or part.get_content_disposition() == "inline"
    # A multipart without boundary or parts: what is in it is text, as the parser leaves it.
    return part.get_content_maintype() == "multipart" and not parts.embedded(part)


def _take_text(part: Part, kind: str, found: Structure) -> None:
    if part.get_content_maintype() == "multipart":
        found.notes.append("a part that should hold parts was taken as text")
    text = _plain_lines(part, kind, _said(part, found))
    if kind == "text/enriched" or kind in _MARKDOWN:
        found.spare.append(_without_marks(text) if kind == "text/enriched" else text)
        return
    if kind in parts.PAGES:
        found.html.append(text)
        return
    text, files = uuencoded.taken_out(text)
    found.plain.append(text)
    for name, octets in files:
        found.add(parts.nameless(name, octets), partial(bytes, octets))


def _said(part: Part, found: Structure) -> str:
    """What the part says; how it was read is noted, and may go for the header too."""
    label = parts.parameter(part, "charset")
    if label and not is_known(label):
        found.notes.append("a charset of no known name was guessed")
    said = parts.read_text(part, found.notes)
    if note := said.note(label):
        found.notes.append(note)
    if said.charset != "us-ascii" and not (found.plain or found.html):
        found.headers.hint(said.charset, is_repaired=note is not None)
    if "\0" in said.text:
        found.notes.append("NUL characters were taken out of its text")
    if "\ufffd" in said.text:
        found.notes.append("some characters could not be read")
    return said.text


def _plain_lines(part: Part, kind: str, text: str) -> str:
    is_marked = kind == "text/plain" and "flowed" in str(part.get("content-type")).lower()
    if not is_marked or parts.parameter(part, "format") != "flowed":
        return text
    return flowed.together(text, drops_spaces=parts.parameter(part, "delsp") == "yes")


def _without_marks(text: str) -> str:
    text = re.sub(r"<param>.{0,200}?</param>", "", text, flags=re.I | re.S)
    return re.sub(r"</?[a-z][a-z0-9-]{0,30}>", "", text.replace("<<", "<"), flags=re.I)


_NOTED = {
    "text/calendar": "a calendar entry came with it",
    "application/pkcs7-mime": "it is signed or encrypted (S/MIME)",
    "application/x-pkcs7-mime": "it is signed or encrypted (S/MIME)",
    "application/pkcs7-signature": "it is signed (S/MIME)",
    "application/x-pkcs7-signature": "it is signed (S/MIME)",
    "application/pgp-encrypted": "it is encrypted (PGP)",
    "application/pgp-signature": "it is signed (PGP)",
}


def _take_file(part: Part, kind: str, found: Structure) -> None:
    file = parts.attachment(part, kind)
    if note := _NOTED.get(kind):
        found.notes.append(note)
    if kind in tnef.MEDIA_TYPES or (file.name or "").lower() == "winmail.dat":
        found.notes.append("an Outlook file (TNEF) came with it")
        inner = tnef.read(parts.content(part))
        for each, octets in zip(inner.files, inner.contents, strict=True):
            found.add(each, partial(bytes, octets))
        if inner.text and not (found.plain or found.html):
            found.plain.append(inner.text)
        if inner.files:
            return
    found.add(file, partial(parts.content, part))
    if kind in smime.MEDIA_TYPES or (file.name or "").lower().endswith(".p7m"):
        _take_signed(smime.signed_content(parts.content(part)) or b"", found)


def _take_signed(octets: bytes, found: Structure) -> None:
    """What lies in a mail that is signed as one piece; another such mail in it stays a file."""
    leaves = _leaves(_PARSER.parsebytes(octets)) if octets else iter(())
    for part in islice(leaves, _MOST_PARTS):
        kind = part.get_content_type()
        if _is_text(part, kind):
            _take_text(part, kind, found)
        else:
            found.add(parts.attachment(part, kind), partial(parts.content, part))


def _is_bare_mail(part: Part) -> bool:
    """Whether a part's own header is a mail's: some mail systems return mails like this."""
    return "from" in part and "to" in part and ("message-id" in part or "received" in part)


_FIELD = re.compile(rb"^([!-9;-~]{1,76}):[ \t]*(.*(?:\r?\n[ \t].*)*)", re.MULTILINE)


def _as_one_text(octets: bytes) -> Structure:
    """The mail by the plainest reading there is: lines with colons, an empty line, text."""
    body = body_octets(octets)
    head = octets[: len(octets) - len(body)][: 64 * 1024]
    fields = [
        (name.decode("ascii"), value.decode("ascii", "surrogateescape"))
        for name, value in _FIELD.findall(head)[:500]
    ]
    text = read(body if head else octets, None)
    note = text.note(None)
    return Structure(
        headers=Headers(fields),
        plain=[text.text],
        notes=["it could not be taken apart and is one text", *([note] if note else [])],
    )
