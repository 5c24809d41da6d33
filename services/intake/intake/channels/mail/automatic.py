"""Mails that no person wrote: bounces, automatic replies, lists, our own.

None of them may become a message that somebody answers: two machines that answer each other never
stop. Sources: RFC 3834 (Auto-Submitted, null return path), RFC 3464 and RFC 6522 (delivery status),
RFC 3463 (status codes), RFC 5965 (feedback loops), RFC 8098 (read receipts), RFC 2919 (List-Id).
"""

import re
from typing import NamedTuple

from intake.channels.mail.headers import Headers
from intake.channels.mail.structure import Structure
from intake.domain.items import Known
from shared.contracts.intake import Delivery

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<!\d)([45])[0-5]\d[ -]")
_DAEMON = re.compile(r"(mailer[-_.]?daemon|postmaster|mail[-_.]?delivery|mdaemon)[^@]*@", re.I)
_READ = 20_000


class Outcome(NamedTuple):
    """What became of a mail of ours; `code` is the enhanced status code, where one was given."""

    status: Delivery
    code: str | None
    is_permanent: bool | None


def is_report(mail: Structure) -> bool:
    """Whether it is a delivery status notification, well formed."""
    return mail.report_type == "delivery-status" or bool(mail.report)


def is_from_daemon(mail: Structure, sender: str) -> bool:
    """Whether a mail system wrote it: without return path, or under such a system's name."""
    return not sender or any(_DAEMON.match(box.address) for box in mail.headers.mailboxes("from"))


def outcome(mail: Structure) -> Outcome | None:
    """What a bounce tells; None while the mail is only late.

    One that says nothing a machine could read is a bounce of unknown kind.
    """
    for group in mail.report:
        action = group.raw("action").partition(" ")[0].strip().lower()
        if not action and "status" not in group:
            continue
        if action in ("delayed", "relayed", "expanded"):
            return None
        code = _code(group.raw("status"), group.raw("diagnostic-code"))
        kind = code[0] if code else ""
        if action == "delivered" or (not action and kind == "2"):
            return Outcome(Delivery.DELIVERED, code, None)
        return Outcome(Delivery.BOUNCED, code, kind == "5" if kind in ("4", "5") else None)
    return _told_in_prose(mail)


def _code(status: str, diagnostic: str) -> str | None:
    """The status code; the diagnostic's where the status is only general (x.0.0)."""
    codes = [found[0] for text in (status, diagnostic) if (found := _CODE.search(text))]
    special = [code for code in codes if not code.endswith(".0.0")]
    return next(iter(special or codes), None)


def _told_in_prose(mail: Structure) -> Outcome:
    text = "\n".join(mail.plain or mail.html)[:_READ]
    if (found := _CODE.search(text)) and found[1] != "2":
        return Outcome(Delivery.BOUNCED, found[0], found[1] == "5")
    reply = _REPLY_CODE.search(text)
    return Outcome(Delivery.BOUNCED, None, reply[1] == "5" if reply else None)


_ANSWERING_MACHINES = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from")


def nobody_wrote(mail: Structure, sender: str) -> Known | None:
    """Which kind of automatic mail it is; None of a person's."""
    headers = mail.headers
    if mail.report_type == "feedback-report":
        return Known("a feedback report", "feedback")
    if mail.report_type == "disposition-notification":
        return Known("a read receipt")
    if mail.report_type or _is_automatic(headers):
        return Known("an automatic reply", "auto-reply")
    if "list-id" in headers or headers.raw("precedence").strip().lower() in _TO_MANY:
        return Known("a mailing list", "list")
    return Known("a mail system's own", "bounce") if is_from_daemon(mail, sender) else None


_TO_MANY = ("list", "bulk", "junk")


def _is_automatic(headers: Headers) -> bool:
    submitted = headers.raw("auto-submitted").partition(";")[0].strip().lower()
    precedence = headers.raw("precedence").strip().lower()
    by_name = any(name in headers for name in _ANSWERING_MACHINES)
    return submitted not in ("", "no") or precedence == "auto_reply" or by_name
