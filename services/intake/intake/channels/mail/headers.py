"""Header fields of mail: what they say, however they are written.

RFC 5322 fields, RFC 2047 encoded words (§5 and §6.2: text between two of them that is only white
space does not count) and raw octets, which many programs write without asking.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from intake.channels.mail.charsets import read
from intake.channels.mail.encoded_words import words
from intake.channels.mail.moments import instant
from intake.channels.mail.people import Mailbox, mailboxes
from intake.channels.mail.repairs import with_plain_header
from intake.domain.texts import clean, line

_MESSAGE_ID = re.compile(r"<([^<>]{1,900})>")
_NOTHING: list[str] = []
_LONGEST = 32 * 1024


class Headers:
    """All fields of one mail, in order, names in lower case."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        """Take raw fields as `email` gives them: ASCII, other octets as lone surrogates."""
        self._fields: dict[str, list[str]] = {}
        self._written: dict[str, list[str]] = {}
        self._found: dict[str, list[Mailbox]] = {}
        self._said: dict[str, str] = {}
        self._hint: str | None = None
        self._hint_against_labels: str | None = None
        for name, value in fields:
            self._fields.setdefault(name.lower(), []).append(value)

    def hint(self, charset: str, *, is_repaired: bool) -> None:
        """Take the charset of the mail's text for what fields without a label may be in.

        So may those with one where the text's own was false. To be told before a field is read.
        """
        self._hint, self._hint_against_labels = charset, charset if is_repaired else None

    def repairs(self) -> Iterator[str]:
        """How subject and sender were read, where not by their labels."""
        for name, what in (("subject", "its subject"), ("from", "its sender's name")):
            notes: list[str] = []
            for value in self._fields.get(name, _NOTHING)[:1]:
                written = as_written(value, self._hint, notes)[:_LONGEST]
                words(written, self._hint_against_labels, notes)
            yield from dict.fromkeys(f"{what}: {note}" for note in notes)

    def raw(self, name: str) -> str:
        """The first field of this name as it is written, unfolded; empty without one."""
        found = self.every(name)
        return found[0] if found else ""

    def octets(self, name: str) -> bytes:
        """The first field of this name as it came, unfolded: whatever is guessed of its charset."""
        value = self._fields.get(name, _NOTHING)[:1]
        unfolded = _FOLD.sub(" ", "".join(value)).strip()
        return unfolded.encode("utf-8", "surrogateescape")

    def every(self, name: str) -> list[str]:
        """All fields of this name as they are written."""
        if name not in self._fields:
            return _NOTHING
        if name not in self._written:
            self._written[name] = [as_written(value, self._hint) for value in self._fields[name]]
        return self._written[name]

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def text(self, name: str, limit: int = 998) -> str | None:
        """What a field of free text says."""
        if name not in self._said:
            self._said[name] = (
                line(words(self.raw(name)[:_LONGEST], self._hint_against_labels)) or ""
            )
        return self._said[name][:limit].strip() or None

    def mailboxes(self, *names: str) -> list[Mailbox]:
        """Everybody in these fields; what is no address is passed over."""
        return [box for name in names for box in self._mailboxes(name)]

    def _mailboxes(self, name: str) -> list[Mailbox]:
        if name not in self._found:
            self._found[name] = [
                box for value in self.every(name) for box in mailboxes(value, self._hint)
            ]
        return self._found[name]

    def message_ids(self, name: str) -> list[str]:
        """The message ids in a field, in angle brackets, in order.

        Ours are longer than a line, so programs fold them or make encoded words of them.
        """
        values = [clean(words(value)) if "=?" in value else value for value in self.every(name)]
        ids = ("".join(one.split()) for value in values for one in _MESSAGE_ID.findall(value))
        found = [f"<{one}>" for one in ids if one]
        bare = line(self.raw(name), 900)
        return found or ([f"<{bare}>"] if bare and " " not in bare and "<" not in bare else [])

    def date(self) -> datetime | None:
        """The Date field in UTC; None without a sane one."""
        return instant(self.raw("date"))


_END = re.compile(rb"\n\r?\n")


def came_at(octets: bytes) -> datetime | None:
    """When a mail came by its newest Received field, else by its Date; None without either."""
    octets = with_plain_header(octets[: 64 * 1024])
    end = _END.search(octets)
    head = octets[: end.start() if end else None].decode("latin-1").replace("\r\n", "\n")
    head = re.sub(r"\n[ \t]+", " ", head)
    received = re.search(r"^Received:[^\n]*;([^;\n]*)$", head, re.IGNORECASE | re.MULTILINE)
    date = re.search(r"^Date:([^\n]*)$", head, re.IGNORECASE | re.MULTILINE)
    found = (instant(one[1].strip()) for one in (received, date) if one)
    return next((each for each in found if each), None)


_FIELD_LINE = re.compile(r"([A-Za-z][\w-]{0,75}):[ \t]*(.*)")


def header_block(text: str) -> Headers | None:
    """The first run of header fields in a text that has a Message-ID, or a sender and recipient."""
    fields: list[list[str]] = []
    for line_ in text.split("\n")[:600]:
        found = _FIELD_LINE.fullmatch(line_.rstrip("\r"))
        if found:
            fields.append([found[1], found[2]])
        elif fields and line_[:1] in (" ", "\t") and line_.strip():
            fields[-1][1] += " " + line_.strip()
        elif fields and (header := _sent(fields)) is not None:
            return header
        else:
            fields = []
    return _sent(fields)


def _sent(fields: list[list[str]]) -> Headers | None:
    names = {name.lower() for name, _ in fields}
    is_one = len(names) >= 3 and ("message-id" in names or {"from", "to"} <= names)
    return Headers((name, value) for name, value in fields) if is_one else None


def as_written(value: str, hint: str | None = None, notes: list[str] | None = None) -> str:
    """The field unfolded; octets that are not ASCII by the charset they look like.

    `notes` grows by that charset, but for UTF-8, which needs no label here (RFC 6532).
    """
    if value.isascii() and value.isprintable():
        return value.strip()
    if value.isascii() and "\x1b" not in value:
        return clean(_FOLD.sub(" ", value)).strip()
    found = read(value.encode("utf-8", "surrogateescape"), None, hint)
    if notes is not None and found.charset != "utf-8" and (note := found.note(None)):
        notes.append(note)
    return clean(_FOLD.sub(" ", found.text)).strip()


_FOLD = re.compile(r"[\r\n]+[ \t]*")
