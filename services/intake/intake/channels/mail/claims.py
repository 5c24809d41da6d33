"""What a mail answers, by tokens that we signed ourselves and by nothing else.

Our reply addresses carry a token behind the plus sign, our Message-IDs two before the @ (of the
notification and of what it is about). A stranger can quote an order number or somebody's
Message-ID; a token he cannot make. What claims nothing goes with what its sender wrote before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from intake.channels.mail.addresses import Envelope, OurOwn
from intake.channels.mail.headers import Headers
from shared.contracts.base import About, NotificationId, StoreId, ThreadId
from shared.tokens import LENGTH, Tokens

_OUR_ID = re.compile(rf"<([a-z2-7]{{{LENGTH}}})\.([a-z2-7]{{{LENGTH}}})@[^<>@\s]+>", re.IGNORECASE)

_ADDRESSED = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


@dataclass(frozen=True)
class Claims:
    """What the surest token names: a thread, or a thing; None of both in a mail of its own."""

    thread_id: ThreadId | None = None
    about: About | None = None


def claims(headers: Headers, envelope: Envelope, store_id: StoreId, own: OurOwn) -> Claims:
    """By the address it was sent to, then In-Reply-To, then References from the newest on."""
    for kind, id in _named(headers, envelope, store_id, own):
        if kind == "thread":
            return Claims(thread_id=ThreadId(id))
        if kind != "notification":
            return Claims(about=About(kind=kind, id=str(id)))
    return Claims()


def notification_of(envelope: Envelope, tokens: Tokens) -> NotificationId | None:
    """The notification that went out with this mail's recipient as its envelope sender."""
    for recipient in envelope.recipients:
        told = tokens.read(recipient.tag)
        if told is not None and told[0] == "notification":
            return NotificationId(told[1])
    return None


def notification_in(message_id: str, tokens: Tokens) -> NotificationId | None:
    """The notification of a Message-ID of ours; None of anybody else's."""
    told = next(_in_message_id(message_id, tokens), None)
    return NotificationId(told[1]) if told and told[0] == "notification" else None


def _named(
    headers: Headers, envelope: Envelope, store_id: StoreId, own: OurOwn
) -> Iterator[tuple[str, UUID]]:
    written = (own.mailboxes.find(box.address) for box in headers.mailboxes(*_ADDRESSED))
    for recipient in (*envelope.recipients, *written):
        if recipient is None or recipient.account.store_id != store_id:
            continue
        if (told := own.tokens.read(recipient.tag)) is not None:
            yield told
    answered = headers.message_ids("in-reply-to") + headers.message_ids("references")[::-1]
    for message_id in answered[:50]:
        yield from _in_message_id(message_id, own.tokens)


def _in_message_id(message_id: str, tokens: Tokens) -> Iterator[tuple[str, UUID]]:
    """Both tokens, if both are ours."""
    found = _OUR_ID.fullmatch(message_id)
    told = [tokens.read(token.lower()) for token in found.groups()] if found else []
    if all(told):
        yield from (each for each in told if each)
