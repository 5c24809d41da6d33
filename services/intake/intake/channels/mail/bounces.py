"""What a bounce tells: whom it is about, why, and whether for good.

Sources: RFC 3464 and RFC 6522 (delivery status notifications), RFC 3463 (status codes). Mail
systems older than these, and some newer ones, say it in prose: there a mail system's name must
stand beside a second sign, so that a person who writes of failed deliveries is heard.
"""

import re
from dataclasses import dataclass

from intake.channels.mail import html, recipients
from intake.channels.mail.headers import Headers, header_block
from intake.channels.mail.phrases import (
    DAEMON,
    DELAYED,
    FAILED_SUBJECT,
    FAILED_TEXT,
    LATE_SUBJECT,
    MAIL_FAILED,
    PERMANENT,
    RETURNED_BELOW,
)
from intake.channels.mail.reasons import FULL, REASONS
from intake.channels.mail.structure import Structure, inside
from shared.contracts.intake import Delivery

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<!\d)([45])[0-5]\d(?=[\s\-:,;.]|$)(?!\.\d)", re.M)
_NEVER_A_PERSON = re.compile(r"mailer[-_. ]?daemon", re.IGNORECASE)
_READ = 20_000
_MOST_RECIPIENTS = 50
_GENERAL = (".0.0", ".3.0", ".5.0")
"""Ends of status codes that mail systems give for want of a better one."""
_FULL = (".2.2", ".3.1")
_MAY_BE_FULL = (".2.", ".3.", ".7.")
"""Status codes of mailboxes, systems and policies that words may tell better."""


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
        return _is_from_gateway(mail)
    subject = headers.text("subject") or ""
    by_subject = bool(FAILED_SUBJECT.search(subject) or LATE_SUBJECT.search(subject))
    is_marked = not sender or mail.returned is not None
    if is_daemons and (is_marked or _NEVER_A_PERSON.search(headers.raw("from"))):
        return True
    prose = _prose(mail)
    by_text = bool(FAILED_TEXT.search(prose) or DELAYED.search(prose))
    if is_daemons:
        # A postmaster is a person too, and buys lamps.
        return by_text or (by_subject and not _ORDERS.search(prose))
    is_of_mail = bool(MAIL_FAILED.search(prose) or _SESSION.search(prose))
    return by_subject and (mail.returned is not None or (by_text and is_of_mail))


def _is_from_daemon(mail: Structure) -> bool:
    """Whether it bears the name of a mail system."""
    written = mail.headers.raw("from")
    names = [
        written,
        *(f"{box.name or ''} {box.address}" for box in mail.headers.mailboxes("from")),
    ]
    return written.endswith("<>") or any(DAEMON.search(name[:300]) for name in names)


_BEGINNING = 400
_PERSON = re.compile(
    r"\b(?:i|my|me|we|ich|mein\w*|wir|je|mon|ma|nous|yo|mi|mis|eu|meu|minha|io|mio|mia)\b", re.I
)
_ORDERS = re.compile(
    rf"{_PERSON.pattern}|\b(?:our|unsere?r?|notre|nos|nuestr[oa]s?|noss[oa]s?|nostr[oi])\b", re.I
)
_SESSION = re.compile(
    r"\bSMTP\b|\bRCPT TO\b|(?<!\d)[45]\d\d[ -]#?[45]\.\d\.\d|^\*{5,}$|\bnon-delivery report\b",
    re.I | re.M,
)
"""What only mail systems write."""


def _is_from_gateway(mail: Structure) -> bool:
    """Whether a machine without a mail system's name tells it: a virus scanner, a program.

    Such a machine has no display name and answers nothing. It says at once that a mail failed, to
    which address, and shows that mail or what the other mail system said.
    """
    headers = mail.headers
    if any(box.name for box in headers.mailboxes("from")) or "in-reply-to" in headers:
        return False
    prose, ours = _prose(mail), _ours(mail)
    authors = {box.address for box in headers.mailboxes("from")}
    is_shown = mail.returned is not None or len(prose) < len(_text(mail))
    return (
        bool(FAILED_SUBJECT.search(headers.text("subject") or ""))
        and bool(MAIL_FAILED.search(prose.strip()[:_BEGINNING]))
        and not _PERSON.search(prose)
        and (is_shown or bool(_SESSION.search(prose) or DELAYED.search(prose)))
        and (is_shown or any(one not in ours | authors for one in recipients.told_of(prose)))
    )


def outcomes(mail: Structure) -> list[Outcome]:
    """One for each recipient it tells of; none while the mail is only late."""
    groups = [group for group in mail.report if _tells(group)]
    if groups:
        found = [_of_group(group, mail) for group in groups[:_MOST_RECIPIENTS]]
        return list(dict.fromkeys(each for each in found if each))
    return _in_prose(mail)


def report_in(mail: Structure) -> Structure:
    """The bounce itself, out of the mail that a mail system packed it into."""
    if any(map(_tells, mail.report)):
        return mail
    attached = map(inside, mail.attached[:2])
    return next((one for one in attached if any(map(_tells, one.report))), mail)


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
    if code is None or code.endswith(_GENERAL):
        code = _by_words(diagnostic or _prose(mail), kind) or code
        kind = kind or (code[0] if code else "")
    elif code[1:4] in _MAY_BE_FULL and FULL.search(diagnostic):
        code = f"{kind}.2.2"
    return Outcome(Delivery.BOUNCED, code, _is_for_good(code, kind), address)


def _is_for_good(code: str | None, kind: str) -> bool | None:
    """Whether it failed for good: 5.x.x, but a full box, which its owner can empty.

    RFC 3463 §3.3 wants X.2.2 taken as transient whatever its class, and mail services do so.
    """
    if kind not in ("4", "5"):
        return None
    return kind == "5" and not (code or "").endswith(_FULL)


_RECIPIENT = ("final-recipient", "original-recipient", "x-actual-recipient", "x-failed-recipients")
_SENT_TO = ("x-original-to", "envelope-to", "x-envelope-to", "delivered-to")
"""Fields that mail systems note the recipient in. In a bounce's own header they are our own."""


def _recipient(group: Headers) -> str | None:
    for name in (*_RECIPIENT, *_SENT_TO):
        found = recipients.ADDRESS.search(group.raw(name).partition(";")[2] or group.raw(name))
        if found:
            return found[0].lower()
    return None


def _code(status: str, diagnostic: str) -> str | None:
    """The status code; the diagnostic's where the status is only general (x.0.0)."""
    codes = [found[0] for text in (status, diagnostic) if (found := _CODE.search(text))]
    special = [code for code in codes if not code.endswith(_GENERAL)]
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
    several = recipients.listed(text, _ours(mail))
    if not several and len(failed := _failed(mail)) > 1:
        several = [(address, "") for address in failed]
    code, is_permanent = _judged(text)
    if not several:
        return [Outcome(Delivery.BOUNCED, code, is_permanent, _address(mail))]
    found = []
    for address, said in several[:_MOST_RECIPIENTS]:
        own, is_own_permanent = _judged(said)
        judged = (own, is_own_permanent) if own else (code, is_permanent)
        found.append(Outcome(Delivery.BOUNCED, *judged, address))
    return found


def _judged(text: str) -> tuple[str | None, bool | None]:
    """The status code that prose gives or means, and whether it is for good."""
    codes = [found for found in _CODE.finditer(text) if found[1] != "2"]
    special = next((one for one in codes if not one[0].endswith(_GENERAL)), None)
    found = special or next(iter(codes), None)
    if found and found is special:
        return found[0], _is_for_good(found[0], found[1])
    kind = found[1] if found else _reply_class(text)
    code = _by_words(text, kind) or (found[0] if found else None)
    kind = kind or (code[0] if code else "") or ("5" if PERMANENT.search(text) else "")
    return code, _is_for_good(code, kind)


def _address(mail: Structure) -> str | None:
    """Whom the prose is about, or to whom the mail went that came back."""
    if failed := _failed(mail):
        return failed[0]
    header = returned(mail)
    sent_to = _sent_to(header) if header else []
    prose, ours = _prose(mail), _ours(mail)
    if (named := recipients.named(prose, ours)) is not None:
        return named
    told = [one for one in recipients.told_of(prose) if one not in ours]
    both = [one for one in told if one in sent_to]
    return next(iter(both or told or sent_to), None)


def _failed(mail: Structure) -> list[str]:
    """The recipients that Exim and others list in a field of their own."""
    written = ", ".join(mail.headers.every("x-failed-recipients"))
    return list(dict.fromkeys(found[0].lower() for found in recipients.ADDRESS.finditer(written)))


def _sent_to(header: Headers) -> list[str]:
    """To whom a mail went by its own header; it may be hidden from To."""
    to = [box.address for box in header.mailboxes("to")]
    return to or [box.address for box in header.mailboxes("x-failed-recipients", *_SENT_TO)]


def _ours(mail: Structure) -> set[str]:
    return {box.address for box in mail.headers.mailboxes("to", "delivered-to", "x-original-to")}


def _prose(mail: Structure) -> str:
    """The text above the mail that came back."""
    text = _text(mail)
    below = RETURNED_BELOW.search(text)
    return text[: below.start()] if below and below.start() > 40 else text


def _text(mail: Structure) -> str:
    if mail.plain:
        return "\n".join(mail.plain)[:_READ]
    return "\n".join(html.text_of(part, whole=True)[0] for part in mail.html)[:_READ]
