"""Mails put right before they are taken apart: headers with lines that are none, boundaries."""

import codecs
import re
from email.message import Message

_END_OF_HEADERS = re.compile(rb"\n\r?\n")
_PLAIN_HEADER = re.compile(rb"(?:[!-9;-~]+:[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z))+")
"""Nothing but fields."""
_SPACED_FIELD = re.compile(rb"(\A|\n)([!-9;-~]{1,76})[ \t]+:")
"""With white space before its colon (RFC 5322 §4.5.8)."""
_SPACED_CONTENT = re.compile(
    rb"(\n)(Content-(?:Type|Transfer-Encoding|Disposition|ID))[ \t]+:", re.IGNORECASE
)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_ALMOST = re.compile(rb"[ \t]|[!-9;-~]+[ \t]*:|X-[^:]{1,200}:", re.IGNORECASE)
"""What goes on with a field, a field, or what was meant to be one."""
_USUAL = re.compile(
    rb"(?:from|to|cc|bcc|sender|reply-to|date|subject|message-id|in-reply-to|references|received|"
    rb"return-path|mime-version|content-type|content-transfer-encoding|x-mailer|delivered-to|"
    rb"dkim-signature|user-agent):",
    re.IGNORECASE,
)
_MOST_OF_HEADER = 256 * 1024


_UTF_16 = (codecs.BOM_UTF16_LE + b"F\0", codecs.BOM_UTF16_LE + b"R\0",
           codecs.BOM_UTF16_BE + b"\0F", codecs.BOM_UTF16_BE + b"\0R")  # fmt: skip
"""How a mail begins (From, Received, Return-Path) that Windows saved as its own text."""
_NUL_IN_FIELD = re.compile(rb"(?:\A|\n)[!-9;-~]{1,76}:[^\n]*\0[^\n]*")


def with_plain_lines(octets: bytes) -> bytes:
    """The mail with line ends as they must be, without a mark of UTF-8 before and NUL in fields.

    Programs that turn line ends twice write CR CR LF; some old ones write CR alone.
    """
    octets = octets.removeprefix(codecs.BOM_UTF8)
    if octets.startswith(_UTF_16):
        octets = octets.decode("utf-16", "replace").encode("utf-8", "replace")
    if b"\r\r\n" in octets and octets.count(b"\r\r\n") == octets.count(b"\n"):
        octets = octets.replace(b"\r\r\n", b"\r\n")
    elif b"\n" not in octets:
        octets = octets.replace(b"\r", b"\n")
    if b"\0" in octets:
        octets = _NUL_IN_FIELD.sub(lambda field: field[0].replace(b"\0", b""), octets)
    return octets


def with_plain_header(octets: bytes) -> bytes:
    """The mail without lines in its header that are no fields, where fields come after them.

    The parser takes the first such line for the beginning of the text. Where nothing known comes
    after it, it is that: programs forget the empty line.
    """
    octets = octets.lstrip(b"\r\n") if octets[:1] in (b"\r", b"\n") else octets
    octets = _in_one_piece(octets)
    end = _END_OF_HEADERS.search(octets, 0, _MOST_OF_HEADER)
    head = octets[: end.start()].removesuffix(b"\r") if end else b""
    if head and not _BY_WHOM.search(head) and (indented := _INDENTED.search(head)):
        octets = octets[: indented.start(1)] + octets[indented.end(1) :]
        head = head[: indented.start(1)] + head[indented.end(1) :]
    if not head or _PLAIN_HEADER.fullmatch(head):
        return octets
    if _SPACED_FIELD.search(head):
        return with_plain_header(_SPACED_FIELD.sub(rb"\1\2:", head) + octets[len(head) :])
    lines = re.split(rb"\r?\n", head)
    last = max((n for n, one in enumerate(lines) if _USUAL.match(one)), default=-1)
    while last + 1 < len(lines) and _ALMOST.match(lines[last + 1]):
        last += 1
    kept = _fields(lines[: last + 1]) + lines[last + 1 :]
    return octets if kept == lines or end is None else _joined(kept, octets[len(head) :])


_TELLS_WHO = re.compile(rb"^(?:from|to|subject|date|content-type)[ \t]*:", re.I | re.M)
_INDENTED = re.compile(rb"\n([ \t]+)from:[^\n]*@", re.IGNORECASE)
"""The sender's first line began with a space; those on the way wrote their fields above it."""
_BY_WHOM = re.compile(rb"^from[ \t]*:[^\n@]{0,400}(?:\n[ \t][^\n@]{0,400})?@", re.I | re.M)
_MBOX = re.compile(rb"\AFrom [^\n]*\n")


def _in_one_piece(octets: bytes) -> bytes:
    """The mail without empty lines in its header: where what tells of it stands below one."""
    end = _END_OF_HEADERS.search(octets, 0, _MOST_OF_HEADER)
    if end is None or _TELLS_WHO.search(octets, 0, end.start()):
        return octets
    head = octets[: end.start()].removesuffix(b"\r")
    is_begun = any(map(_USUAL.match, head.split(b"\n")))
    if not (is_begun and _PLAIN_HEADER.fullmatch(_MBOX.sub(b"", head))):
        return octets
    rest = octets[end.end() :].lstrip()
    below = _END_OF_HEADERS.search(rest, 0, _MOST_OF_HEADER)
    more = rest[: below.start()].removesuffix(b"\r") if below else b""
    is_header = bool(_BY_WHOM.search(more) and _PLAIN_HEADER.fullmatch(more))
    return octets[: end.start() + 1] + rest if is_header else octets


def _fields(lines: list[bytes]) -> list[bytes]:
    """The lines that are fields or go on with one."""
    kept: list[bytes] = []
    is_field = False
    for number, one in enumerate(lines):
        if one[:1] in (b" ", b"\t"):
            if number == 0 and _USUAL.match(one.lstrip()):
                kept.append(one.lstrip())
                is_field = True
            elif is_field:
                kept.append(one)
            continue
        is_field = bool(_FIELD.match(one)) or (number == 0 and one.startswith(b"From "))
        if is_field:
            kept.append(one)
    return kept


def _joined(lines: list[bytes], rest: bytes) -> bytes:
    end = b"\r\n" if rest.startswith(b"\r\n") else b"\n"
    return end.join(lines) + rest


# Each begins with what is found without trying every octet: files are most of a large mail.
_BARE_PARAMETER = re.compile(
    rb";[ \t]*\r?\n(?:name|filename|charset|boundary|type)=", re.IGNORECASE
)
_UNFOLDED = re.compile(
    rb"(\nContent-[\w-]{1,40}:[^\r\n]{0,900};)[ \t]*(\r?\n)"
    rb"(?=(?:name|filename|charset|boundary|type)=)",
    re.IGNORECASE,
)
_CONTENT_FIELD = re.compile(
    rb"\nContent-(?:Type|Disposition):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE
)
_LONGEST_FIELD = 8_000


def with_folded_fields(octets: bytes) -> bytes:
    """The mail with the parameters of content fields folded, where the white space is missing.

    Fields with more parameters than any has are cut: the parser's time grows with their square.
    """
    if _BARE_PARAMETER.search(octets):
        octets = _UNFOLDED.sub(rb"\1\2 ", b"\n" + octets)[1:]
    octets = _SPACED_CONTENT.sub(rb"\1\2:", octets)
    if len(octets) > _LONGEST_FIELD:
        octets = _CONTENT_FIELD.sub(_cut, b"\n" + octets)[1:]
    return octets


def _cut(field: re.Match[bytes]) -> bytes:
    return field[0][: _LONGEST_FIELD + 1]


_BOUNDARY = re.compile(rb"^--([^\s-][^\r\n\"]{0,69}|-[^\r\n\"]{1,69})\r?\nContent-", re.M | re.I)


def shown_boundary(message: "Message[str, str]", body: bytes) -> bytes | None:
    """The boundary that a body shows, where its header names none or another.

    Such mails come from programs that forward or archive, and from senders of spam.
    """
    if message.is_multipart():
        return None
    is_plain = message.get_content_maintype() == "text" and message.get("content-type") is None
    if message.get_content_maintype() != "multipart" and not (is_plain and body.startswith(b"--")):
        return None
    shown = _BOUNDARY.search(body)
    return shown[1].rstrip() if shown else None


def body_octets(octets: bytes) -> bytes:
    """What stands after the header."""
    end = _END_OF_HEADERS.search(octets)
    return octets[end.end() :] if end else b""


_NESTING = re.compile(
    rb"boundary[ \t]*=[ \t]*\"?([^\r\n\";]{1,100})|\n--([^\r\n]{1,102})", re.IGNORECASE
)


def is_nested_deeper(octets: bytes, than: int) -> bool:
    """Whether parts lie in parts so deep: the parser's time for each line grows with it."""
    if octets.lower().count(b"boundary") <= than:
        return False
    open_: list[bytes] = []
    for named, line in _NESTING.findall(octets):
        if named:
            open_.append(named.rstrip())
            if len(open_) > than:
                return True
            continue
        written = line.rstrip()
        for boundary, is_end in ((written, False), (written.removesuffix(b"--"), True)):
            if boundary in open_:
                del open_[open_.index(boundary) + (not is_end) :]
                break
    return False
