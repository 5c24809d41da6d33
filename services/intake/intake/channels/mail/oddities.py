"""What a mail lacks or has wrong, and what was taken in its place: one constant sentence each.

Support reads them, and they are kept with the mail: so nothing of the mail itself is in them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import errors

from intake.channels.mail import parts
from intake.channels.mail.headers import Headers
from intake.channels.mail.parts import Part
from intake.domain.times import happened_at

_MOST_PARTS = 5_000
_SKEW = timedelta(minutes=5)
"""So far the clocks of two computers may be apart: nothing is wrong with such a mail."""


def of_date(headers: Headers, at: datetime) -> Iterator[str]:
    """Whether the time of its receipt, `at`, stands for the time at which a mail was written."""
    told = headers.date()
    if told is None:
        what = "a Date that cannot be read" if headers.raw("date") else "no Date"
        yield f"it has {what}: the time of its receipt stands for it"
    elif happened_at(told, at) != told and not at <= told <= at + _SKEW:
        what = "later than its receipt" if told > at else "too long before its receipt"
        yield f"its Date is {what}, which stands for it"


def of_sender(headers: Headers, address: str | None) -> Iterator[str]:
    """Whether From tells nobody; `address` is who was taken for the writer, None of nobody."""
    if headers.mailboxes("from"):
        return
    what = "a From without an address" if headers.raw("from") else "no From"
    taken = "another field or its envelope tells who wrote" if address else "nobody can be answered"
    yield f"it has {what}: {taken}"


def of_parts(message: Part) -> Iterator[str]:
    """What is wrong with how a mail's parts are labelled and end; attached mails are let be."""
    if message.get_unixfrom():
        yield "the line of a mailbox file above its header was left out"
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield from _of_label(part)
        if part.get_content_maintype() == "message":
            continue
        inner = parts.embedded(part)
        if not inner and parts.has_odd_encoding(part):
            yield "a transfer encoding of no known name was read by what it looks like"
        if any(isinstance(one, errors.CloseBoundaryNotFoundDefect) for one in part.defects):
            yield "its last part does not end: it was taken up to the end of the mail"
        if inner and not parts.parameter(part, "boundary"):
            yield "the boundary between its parts is empty"
        waiting += inner


def _of_label(part: Part) -> Iterator[str]:
    label = part.get("content-type")
    if label is None:
        return
    kind = str(label).partition(";")[0]
    if kind.count("/") != 1:
        yield "a Content-Type that is none was taken as plain text"
    elif len(kind.split()) > 1:
        yield "a Content-Type without a semicolon was read up to its first space"
