"""What a bounce tells: whom it is about, why, and whether for good.

Sources: RFC 3464 and RFC 6522 (delivery status notifications), RFC 3463 (status codes). Mail
systems older than these, and some newer ones, say it in prose: there a mail system's name must
stand beside a second sign, so that a person who writes of failed deliveries is heard.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from intake.channels.mail import html
from intake.channels.mail.headers import Headers, header_block
from intake.channels.mail.phrases import (
    DAEMON,
    DELAYED,
    FAILED_SUBJECT,
    FAILED_TEXT,
    LATE_SUBJECT,
    NOT_THE_RECIPIENT,
    REASONS,
    RETURNED_BELOW,
)
from intake.channels.mail.structure import Structure
from shared.contracts.intake import Delivery

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<!\d)([45])[0-5]\d(?=[\s\-:,;.]|$)(?!\.\d)", re.M)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_NEVER_A_PERSON = re.compile(r"mailer[-_. ]?daemon", re.IGNORECASE)
_READ = 20_000
_MOST_RECIPIENTS = 50


@dataclass(frozen=True)
class Outcome:
    """What became of a mail of ours for one recipient.

    `code` is the enhanced status code (RFC 3463) as it was given, or that of what the prose says.
    """

    status: Delivery
    code: str | None = None
    is_permanent: bool | None = None
    address: str | None = None


def is_bounce(mail: Structure, sender: str) -> bool:
    """Whether a mail system tells that a mail was not, or not yet, delivered.

    `sender` is the envelope's, empty for a null return path.
    """
    headers = mail.headers
    if mail.report_type == "delivery-status" or any(map(_tells, mail.report)):
        return True
    if "x-failed-recipients" in headers:
        return True
    is_daemons = _is_from_daemon(mail)
    if not is_daemons and sender:
        return False
    subject = headers.text("subject") or ""
    by_subject = bool(FAILED_SUBJECT.search(subject) or LATE_SUBJECT.search(subject))
    if is_daemons and (by_subject or not sender or mail.returned is not None):
        return True
    if is_daemons and _NEVER_A_PERSON.search(headers.raw("from")):
        return True
    by_text = bool(FAILED_TEXT.search(_prose(mail)))
    return by_text if is_daemons else by_subject and (by_text or mail.returned is not None)


def _is_from_daemon(mail: Structure) -> bool:
    """Whether it bears the name of a mail system."""
    written = mail.headers.raw("from")
    names = [
        written,
        *(f"{box.name or ''} {box.address}" for box in mail.headers.mailboxes("from")),
    ]
    return written.endswith("<>") or any(DAEMON.search(name[:300]) for name in names)


def outcomes(mail: Structure) -> list[Outcome]:
    """One for each recipient it tells of; none while the mail is only late."""
    groups = [group for group in mail.report if _tells(group)]
    if groups:
        found = [_of_group(group, mail) for group in groups[:_MOST_RECIPIENTS]]
        return list(dict.fromkeys(each for each in found if each))
    return _in_prose(mail)


def returned(mail: Structure) -> Headers | None:
    """The header of the mail that came back, also where it stands in the text."""
    if mail.returned is not None:
        return mail.returned
    text = _text(mail)
    below = RETURNED_BELOW.search(text)
    return header_block(text[below.start() :]) if below else header_block(text)


def _tells(group: Headers) -> bool:
    return "action" in group or "status" in group or "final-recipient" in group


def _of_group(group: Headers, mail: Structure) -> Outcome | None:
    action = group.raw("action").partition(" ")[0].strip().lower()
    if action in ("delayed", "relayed", "expanded"):
        return None
    diagnostic = group.raw("diagnostic-code")
    code = _code(group.raw("status"), diagnostic)
    address = _recipient(group) or _address(mail)
    kind = code[0] if code else _reply_class(diagnostic)
    if action == "delivered" or (not action and kind == "2"):
        return Outcome(Delivery.DELIVERED, code, None, address)
    if code is None or code.endswith(".0.0"):
        code = _by_words(diagnostic or _prose(mail), kind) or code
        kind = kind or (code[0] if code else "")
    is_permanent = kind == "5" if kind in ("4", "5") else None
    return Outcome(Delivery.BOUNCED, code, is_permanent, address)


def _recipient(group: Headers) -> str | None:
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        found = _ADDRESS.search(group.raw(name).partition(";")[2] or group.raw(name))
        if found:
            return found[0].lower()
    return None


def _code(status: str, diagnostic: str) -> str | None:
    """The status code; the diagnostic's where the status is only general (x.0.0)."""
    codes = [found[0] for text in (status, diagnostic) if (found := _CODE.search(text))]
    special = [code for code in codes if not code.endswith(".0.0")]
    return next(iter(special or codes), None)


def _reply_class(text: str) -> str:
    found = _REPLY_CODE.search(text)
    return found[1] if found else ""


def _by_words(text: str, kind: str) -> str | None:
    """The status code that the words mean; its class as `kind` tells, where that is known."""
    for words, code in REASONS:
        if words.search(text):
            return f"{kind}{code[1:]}" if kind in ("4", "5") else code
    return None


def _in_prose(mail: Structure) -> list[Outcome]:
    text = _prose(mail)
    subject = mail.headers.text("subject") or ""
    is_given_up = bool(re.search(r"gave up|given up|giving up|not going to try again", text, re.I))
    if (LATE_SUBJECT.search(subject) or DELAYED.search(text)) and not is_given_up:
        return []
    address = _address(mail)
    codes = [found for found in _CODE.finditer(text) if found[1] != "2"]
    special = next((one for one in codes if not one[0].endswith(".0.0")), None)
    found = special or next(iter(codes), None)
    if found and not found[0].endswith(".0.0"):
        return [Outcome(Delivery.BOUNCED, found[0], found[1] == "5", address)]
    kind = found[1] if found else _reply_class(text)
    code = _by_words(text, kind) or (found[0] if found else None)
    kind = kind or (code[0] if code else "")
    return [Outcome(Delivery.BOUNCED, code, kind == "5" if kind else None, address)]


def _address(mail: Structure) -> str | None:
    """Whom the prose is about, or to whom the mail went that came back."""
    named = _ADDRESS.search(mail.headers.raw("x-failed-recipients"))
    if named:
        return named[0].lower()
    header = returned(mail)
    sent_to = [box.address for box in header.mailboxes("to")] if header else []
    ours = {box.address for box in mail.headers.mailboxes("to", "delivered-to", "x-original-to")}
    told = [one for one in _told_of(_prose(mail)) if one not in ours]
    both = [one for one in told if one in sent_to]
    return next(iter(both or told or sent_to), None)


def _told_of(text: str) -> Iterator[str]:
    for found in _ADDRESS.finditer(text):
        address = found[0].lower().strip(".'=")
        if not NOT_THE_RECIPIENT.match(address):
            yield address


def _prose(mail: Structure) -> str:
    """The text above the mail that came back."""
    text = _text(mail)
    below = RETURNED_BELOW.search(text)
    return text[: below.start()] if below and below.start() > 40 else text


def _text(mail: Structure) -> str:
    if mail.plain:
        return "\n".join(mail.plain)[:_READ]
    return "\n".join(html.text_of(part, whole=True)[0] for part in mail.html)[:_READ]
