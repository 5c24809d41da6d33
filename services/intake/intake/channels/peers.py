"""What messengers have in common: somebody at an address, his one thread, the way back to him."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from mimetypes import guess_type
from urllib.parse import urlsplit

from intake.domain import ids
from intake.domain.contacts import Contact
from intake.domain.items import Inbound, Known, Odd, RemoteFile, StatusNews
from intake.domain.languages import language_tag
from intake.domain.phones import e164
from intake.domain.texts import clean, cut, joined, line
from intake.domain.times import happened_at
from shared.contracts.base import ReplyRoute, ThreadId
from shared.contracts.intake import Attachment, Delivery, MessageReceived, MessageStatusChanged
from shared.stores import Account


@dataclass(frozen=True, kw_only=True)
class File:
    """A file beside a message; `kind` is what a reader is told of it, e.g. `image`.

    `reference` is the vendor's id of it, or its address where `is_url`; `size` is in octets, 0
    where it is not told. `media_type` is what the vendor says, `usual_type` what such files are
    where neither he nor a name tells.
    """

    kind: str
    reference: str | None = field(default=None, repr=False)
    is_url: bool = False
    name: str | None = field(default=None, repr=False)
    media_type: str | None = None
    usual_type: str | None = None
    size: int = 0


USUAL = {
    "image": "image/jpeg",
    "sticker": "image/webp",
    "video": "video/mp4",
    "voice": "audio/ogg",
}
"""What messengers make of these, for `File.usual_type`, where a provider between tells no type."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a customer sent, in a vendor's terms.

    `external_id` is the vendor's id of it and `answers` of the message that it points at. `peer` is
    where an answer goes, the contact's address when not given; `reply_to_id` what an answer quotes,
    the message's own id when not given. `window` is how long an answer may be written freely.
    `phone` (E.164) and `mail` are the customer's where he shows them and is not known by them.
    """

    external_id: str | None
    text: str | None = field(default=None, repr=False)
    files: tuple[File, ...] = ()
    at: datetime | None = None
    answers: str | None = None
    peer: str | None = field(default=None, repr=False)
    reply_to_id: str | None = None
    window: timedelta | None = None
    phone: str | None = field(default=None, repr=False)
    mail: str | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What a vendor tells of a message of ours; `external_id` is the vendor's id of it."""

    external_id: str | None
    status: Delivery
    at: datetime | None = None
    reason: str | None = None
    is_permanent: bool | None = None


def user(
    account: Account, address: object, name: object = None, locale: object = None
) -> Contact | None:
    """Somebody whom the vendor knows by an id of its own; None without one."""
    found = line(address, 200)
    if found is None:
        return None
    return Contact(
        store_id=account.store_id,
        identity="user",
        scope=account.account_id,
        address=found,
        name=line(name, 200),
        locale=language_tag(locale),
    )


def caller(account: Account, number: object, name: object = None) -> Contact | None:
    """Somebody with a phone number, written with or without `+`; an id where it is none.

    Short codes and senders' names are no numbers that a person is known by elsewhere.
    """
    written = line(number, 200)
    if written is None:
        return None
    digits = written.removeprefix("+")
    phone = e164(f"+{digits}") if digits.isascii() and digits.isdigit() else e164(written)
    if phone is None:
        return user(account, written, name)
    return Contact(store_id=account.store_id, identity="phone", address=phone, name=line(name, 200))


def inbound(
    said: Said, contact: Contact | None, account: Account, received_at: datetime
) -> Inbound | Odd:
    """The customer's message, with words in place of files where it has none of its own.

    One that has no id of the vendor's gets one made of what it tells, and is not quoted in answers.
    """
    written = clean(said.text or "").strip() or joined(map(_stand_in, said.files), " ")
    given_id = line(said.external_id, 320)
    external_id = given_id or (_made_id(said, contact, written or "") if contact else None)
    if external_id is None or contact is None:
        return Odd("a message without id or sender")
    if written is None:
        return Odd("a message that says nothing")
    text, is_cut = cut(written)
    at = happened_at(said.at, received_at)
    event = MessageReceived(
        occurred_at=at,
        store_id=account.store_id,
        version=0,
        message_id=ids.message_id(
            account.store_id, account.channel_name, account.account_id, external_id
        ),
        thread_id=_thread(account, contact),
        contact_id=contact.contact_id,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=external_id,
        text=text,
        is_cut=is_cut,
        subject=line(said.subject),
        locale=contact.locale,
        sender_name=contact.name,
        mail=contact.address if contact.identity == "mail" else said.mail,
        phone=contact.address if contact.identity == "phone" else said.phone,
        attachments=tuple(map(_attachment, said.files)),
        reply_route=ReplyRoute(
            channel=account.channel_name,
            account_id=account.account_id,
            peer=line(said.peer, 200) or contact.address,
            subject=line(said.subject),
            reply_to_id=line(said.reply_to_id, 300) or given_id,
            window_until=at + said.window if said.window else None,
        ),
    )
    remote = (
        RemoteFile(index=index, reference=file.reference, is_url=file.is_url)
        for index, file in enumerate(said.files)
        if file.reference and (not file.is_url or file.reference.startswith(_WEB))
    )
    return Inbound(
        event=event,
        contact=contact,
        text=written,
        answers=line(said.answers, 300),
        remote=tuple(remote),
    )


def _made_id(said: Said, contact: Contact, written: str) -> str | None:
    """For a message without one: who, when and what, the same at each try; None without a time."""
    if said.at is None:
        return None
    files = (file.reference or "" for file in said.files)
    told = "\n".join((contact.address, said.at.isoformat(), written, *files))
    return f"made:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:40]}"


_WEB = ("https://", "http://")


def _stand_in(file: File) -> str:
    return f"[{file.kind}: {name}]" if (name := line(file.name, 255)) else f"[{file.kind}]"


def _attachment(file: File) -> Attachment:
    name = line(file.name, 255)
    told = line(file.media_type, 100) or _guessed(name) or _guessed(_last_of_path(file))
    return Attachment(
        name=name,
        media_type=told or file.usual_type or "application/octet-stream",
        size=max(file.size, 0),
    )


def _guessed(name: str | None) -> str | None:
    return guess_type(f"/{name.rpartition('/')[2]}")[0] if name else None


def _last_of_path(file: File) -> str | None:
    """The end of the path alone: a host may end like a file's name (`.com`, `.zip`)."""
    if not file.is_url:
        return None
    try:
        return urlsplit(file.reference or "").path
    except ValueError:
        return None


def status(
    fate: Fate, contact: Contact | None, account: Account, received_at: datetime
) -> StatusNews | Known | Odd:
    """What became of a message of ours to this contact; shown only where nobody is named."""
    external_id = line(fate.external_id, 300)
    if external_id is None:
        return Odd("a status of no message")
    event = MessageStatusChanged(
        occurred_at=happened_at(fate.at, received_at),
        store_id=account.store_id,
        version=0,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=external_id,
        status=fate.status,
        thread_id=_thread(account, contact) if contact else None,
        reason=line(fate.reason, 200),
        is_permanent=fate.is_permanent,
    )
    if contact is None:
        return Known("a status of a message to nobody who is named", "status", unsaid=(event,))
    return StatusNews(
        event=event,
        status_id=ids.status_id(
            account.store_id, account.channel_name, account.account_id, external_id, fate.status
        ),
        contact=contact,
    )


def _thread(account: Account, contact: Contact) -> ThreadId:
    return ids.peer_thread(
        account.store_id, account.channel_name, account.account_id, contact.contact_id
    )
