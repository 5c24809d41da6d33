"""What mail services tell of mails of ours, as one kind of status."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from intake.domain import ids
from intake.domain.items import Came, Known, KnownKind, StatusNews
from intake.domain.shapes import Object, objects, text
from intake.domain.texts import line
from intake.domain.times import happened_at
from shared.contracts.base import NotificationId
from shared.contracts.intake import Delivery, MessageStatusChanged


class Fate(Enum):
    """What became of a mail: the status to say, and whether a failure is permanent."""

    SENT = (Delivery.SENT, None)
    LATE = (Delivery.SENT, False)
    """Not delivered yet; the service goes on trying."""
    DELIVERED = (Delivery.DELIVERED, None)
    READ = (Delivery.READ, None)
    BOUNCED = (Delivery.BOUNCED, None)
    """Not delivered, or never sent; for how long tells the code, where there is one."""
    BOUNCED_SOFTLY = (Delivery.BOUNCED, False)
    BOUNCED_HARD = (Delivery.BOUNCED, True)
    FAILED = (Delivery.FAILED, None)
    COMPLAINED = (Delivery.UNKNOWN, None)


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event: the mail's own Message-ID and the service's ids of it, whichever are told.

    `why` is what the server or the service answered, `word` the service's own name for the reason.
    """

    fate: Fate
    message_ids: tuple[object, ...] = ()
    address: object = None
    why: object = None
    word: object = None
    at: datetime | None = None


def entry(told: Told, came: Came[Any, Any]) -> StatusNews | Known:
    """The event as a status of our notification; of a mail that is none of ours nothing is said."""
    known_as = [found for each in told.message_ids if (found := line(each, 900))]
    notification = _ours(known_as, came)
    address = _address(told.address)
    status, is_permanent = told.fate.value
    code = _code(told.why)
    if is_permanent is None and status is Delivery.BOUNCED:
        is_permanent = {"5": True, "4": False}.get(code[0]) if code else _is_for_good(told)
    external_id = next(iter(known_as), None) or _digest(told, came)
    is_well = status in (Delivery.DELIVERED, Delivery.READ)
    event = MessageStatusChanged(
        occurred_at=happened_at(told.at, came.at),
        store_id=came.account.store_id,
        version=0,
        channel=came.account.channel_name,
        account_id=came.account.account_id,
        external_id=external_id,
        status=status,
        notification_id=notification,
        reason=code or (None if is_well else _word(told.word) or _word(told.why)),
        is_permanent=is_permanent,
        address=address,
    )
    if told.fate is Fate.COMPLAINED:
        return Known("a complaint about a mail of ours", "feedback", unsaid=(event,))
    if notification is None:
        kind: KnownKind = "bounce" if status is Delivery.BOUNCED else "status"
        return Known("a mail that is no notification of ours", kind, unsaid=(event,))
    natural = (str(notification), status, str(is_permanent), address or "")
    return StatusNews(
        event=event,
        status_id=ids.status_id(came.account.store_id, came.account.channel_name, *natural),
    )


_FOR_GOOD = re.compile(
    r"hard.?(?:bounce|fail)|^invalid$|\binvalid.{0,7}(?:address|domain|mailbox|recipient|user)|"
    r"bounced address|previously bounced|does not exist|user unknown|unknown user|no such user",
    re.IGNORECASE,
)


def _is_for_good(told: Told) -> bool | None:
    """Whether the service's words, where there is no code, say that the address is no good."""
    said = (line(each, 400) or "" for each in (told.word, told.why))
    return True if any(map(_FOR_GOOD.search, said)) else None


def of_no_concern(name: str) -> Known:
    """An event that says nothing here, with what it is about where its name tells."""
    kind = name.lower()
    why = next((why for part, why in _SHOWN.items() if part in kind), "an event of no concern")
    return Known(why)


_SHOWN = {
    "click": "a link in a mail was followed",
    "unsub": "somebody wants no more mails",
    "subscri": "a subscription was changed",
}


def _ours(known_as: list[str], came: Came[Any, Any]) -> NotificationId | None:
    found = (came.notification(each if "<" in each else f"<{each}>") for each in known_as)
    return next((each for each in found if each), None)


_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?![\d.])")
_SOMEBODY = re.compile(r"\S*@\S*")


def _code(why: object) -> str | None:
    """The enhanced status code of RFC 3463 in what was answered, else SMTP's reply code."""
    said = line(why, 4000) or ""
    found = _CODE.search(said) or _REPLY.search(said)
    return found[1] if found else None


def _word(word: object) -> str | None:
    """Words without anybody's address: a reason is no place for one."""
    said = line(word, 200)
    return _SOMEBODY.sub("…", said) if said else None


_BARE = re.compile(r"[^\s<>]+@[^\s<>]+")


def _address(told: object) -> str | None:
    found = _BARE.search(line(told, 400) or "")
    return found[0].lower()[:254] if found else None


def _digest(told: Told, came: Came[Any, Any]) -> str:
    """An id for what names no mail: the same when the same is told again."""
    return f"digest:{hashlib.sha256(repr(told).encode('utf-8', 'replace')).hexdigest()[:32]}"


def header(fields: object, name: str) -> str | None:
    """A field's value in a list of `{"name", "value"}`, in any case."""
    for field in objects(fields):
        if (text(field.get("name")) or text(field.get("Name")) or "").lower() == name.lower():
            return text(field.get("value")) or text(field.get("Value"))
    return None


def batch(payload: object) -> Iterator[Object]:
    """The events of a list, or the one event that came without."""
    yield from objects(payload if isinstance(payload, list) else [payload])
