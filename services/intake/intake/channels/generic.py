"""Anything else: our own signed webhook, for messages, phone calls and what became of ours.

The format is ours and public: docs/generic-webhook.md. Signed as Standard Webhooks
(standardwebhooks.com) has it.
"""

from collections.abc import Iterator
from datetime import datetime

from intake.channels.peers import Fate, File, Said, caller, inbound, status, user
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.languages import language_tag
from intake.domain.phones import e164
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.messaging import GenericAccount
from shared.webhooks import Delivery, is_standard, standard_time


def verify(delivery: Delivery, account: GenericAccount) -> bool:
    """Whether a secret of the account signed id, time and body."""
    return is_standard(delivery, account.secret or (), prefix=_prefix(delivery))


def _prefix(delivery: Delivery) -> str:
    """Svix, where the scheme comes from, still sends the headers under its own name."""
    return "webhook" if "webhook-id" in delivery.headers else "svix"


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed with the body."""
    return standard_time(delivery, prefix=_prefix(delivery))


def delivery_id(delivery: Delivery) -> str | None:
    """The sender's id of the delivery, the same at each try."""
    return line(delivery.headers.get(f"{_prefix(delivery)}-id"), 300)


def read(came: Came[Delivery, GenericAccount]) -> Reading:
    """The one event of a delivery: `type` and `data`."""
    event = obj(came.payload)
    kind, data = text(event.get("type")), obj(event.get("data"))
    if kind in ("message.received", "call.ended"):
        return Reading.of([message(kind, data, came.account, came.at)])
    if kind == "message.status":
        return Reading.of([_status(data, came)])
    return Reading.of(
        [Known("a type that is not ours")] if kind else [Odd("an event without type")]
    )


def message(
    kind: str, data: Object, account: GenericAccount, received_at: datetime
) -> Inbound | Odd:
    """A message, or the summary of a call, from its `data` (see docs/generic-webhook.md)."""
    sender = obj(data.get("from"))
    is_call = kind == "call.ended"
    said = Said(
        external_id=text(data.get("id")),
        text=_call(data) if is_call else text(data.get("text")),
        files=tuple(_files(data)),
        at=from_iso(data.get("ended_at" if is_call else "sent_at")),
        answers=text(data.get("in_reply_to")),
        phone=_phone(sender),
        mail=_mail(sender),
        subject=text(data.get("subject")),
    )
    return inbound(said, _contact(sender, account), account, received_at)


def _phone(person: Object) -> str | None:
    return e164(person.get("phone"))


def _mail(person: Object) -> str | None:
    mail = line(person.get("mail"), 254)
    return mail.lower() if mail and "@" in mail and " " not in mail else None


def _contact(person: Object, account: GenericAccount) -> Contact | None:
    """By the sender's own id of him, which lasts; by phone or mail where it has none."""
    name, locale = person.get("name"), person.get("locale")
    if contact := user(account, text(person.get("id")), name, locale):
        return contact
    if phone := _phone(person):
        return caller(account, phone, name)
    if mail := _mail(person):
        return Contact(
            store_id=account.store_id,
            identity="mail",
            address=mail,
            name=line(name, 200),
            locale=language_tag(locale),
        )
    return None


def _call(data: Object) -> str:
    """A heading that tells what kind of a call it was, its summary and what was said."""
    seconds = data.get("duration_seconds")
    lasted = f"{seconds // 60}:{seconds % 60:02}" if isinstance(seconds, int) else None
    outcome = line(data.get("outcome"), 40)
    heading = f"[phone call{''.join(f', {part}' for part in (outcome, lasted) if part)}]"
    parts = (heading, text(data.get("summary")), text(data.get("transcript")))
    return joined(parts, "\n\n") or heading


def _files(data: Object) -> Iterator[File]:
    for told in objects(data.get("attachments")):
        url, size = text(told.get("url")), told.get("size")
        media_type = line(told.get("media_type"), 100)
        kind = (media_type or "file").partition("/")[0]
        yield File(
            kind=kind if kind in ("image", "video", "audio") else "file",
            reference=url,
            is_url=url is not None,
            name=text(told.get("name")),
            media_type=media_type,
            size=size if isinstance(size, int) else 0,
        )


def _status(data: Object, came: Came[Delivery, GenericAccount]) -> StatusNews | Known | Odd:
    told = text(data.get("status")) or ""
    if told not in ("sent", "delivered", "read", "failed"):
        return Odd("a status that is not understood")
    fate = Fate(
        external_id=text(data.get("id")),
        status=Outcome(told),
        at=from_iso(data.get("at")),
        reason=line(data.get("reason"), 200),
    )
    return status(fate, _contact(obj(data.get("to")), came.account), came.account, came.at)
