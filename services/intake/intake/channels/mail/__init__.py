"""Mail: what came by SMTP to one of a store's mailboxes, read."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from intake.channels.mail import oddities
from intake.channels.mail.addresses import Envelope, Mailboxes, OurOwn, Recipient
from intake.channels.mail.automatic import nobody_wrote
from intake.channels.mail.bodies import texts_of
from intake.channels.mail.bounces import Outcome, is_bounce, outcomes, report_in, returned
from intake.channels.mail.claims import Claims, claims, notification_in, notification_of
from intake.channels.mail.headers import Headers
from intake.channels.mail.marketplaces import Sellers, buyers_words, named_order
from intake.channels.mail.pages import html_of
from intake.channels.mail.people import Mailbox
from intake.channels.mail.repairs import body_octets
from intake.channels.mail.structure import Structure, take_apart
from intake.domain import ids
from intake.domain.contacts import Contact
from intake.domain.items import Inbound, Known, KnownKind, LocalFile, Reading, StatusNews
from intake.domain.languages import language_tag
from intake.domain.texts import clean, cut
from intake.domain.times import happened_at
from shared.contracts.base import MessageId, NotificationId, ReplyRoute
from shared.contracts.intake import Delivery, MessageReceived, MessageStatusChanged
from shared.stores import MailAccount

__all__ = ["Envelope", "Mailboxes", "OurOwn", "Recipient", "Sellers", "read"]

_MOST_REFERENCES = 20


def read(octets: bytes, envelope: Envelope, own: OurOwn, received_at: datetime) -> Reading:
    """One mail to one store. All recipients of the envelope are mailboxes of that store.

    Never raises for what a stranger wrote; what cannot be read still becomes a message.
    """
    mail = take_apart(octets)
    entries = _entries(_Arrived(octets, mail, envelope, own, received_at))
    dated = any(not isinstance(each, Known) or each.unsaid for each in entries)
    dates = oddities.of_date(mail.headers, received_at) if dated else ()
    return Reading.of(entries, [*dates, *mail.notes, *mail.headers.repairs()])


@dataclass(frozen=True)
class _Arrived:
    octets: bytes
    mail: Structure
    envelope: Envelope
    own: OurOwn
    at: datetime

    @property
    def headers(self) -> Headers:
        return self.mail.headers

    @property
    def account(self) -> MailAccount:
        """The first mailbox of the store that it was sent to."""
        return self.envelope.recipients[0].account


def _entries(mail: _Arrived) -> Sequence[Inbound | StatusNews | Known]:
    own_id = next(iter(mail.headers.message_ids("message-id")), "")
    if notification_in(own_id, mail.own.tokens) is not None:
        return [Known("a mail of our own that came back")]
    if is_bounce(mail.mail, mail.envelope.sender):
        return _bounce(mail)
    known = nobody_wrote(mail.mail, mail.account.address.lower(), mail.envelope.sender)
    is_from_nobody = not mail.envelope.sender and notification_of(mail.envelope, mail.own.tokens)
    if known is None and is_from_nobody:
        return _bounce(mail)
    return [known or _message(mail)]


def _bounce(mail: _Arrived) -> list[StatusNews | Known]:
    """What became of a mail of ours, for each recipient that is told of.

    Of a mail that is none of ours nothing is said: anybody can write a bounce.
    """
    report = report_in(mail.mail)
    told = outcomes(report)
    if not told:
        return [Known("a mail of ours is late")]
    header = returned(report)
    message_ids = header.message_ids("message-id") if header else []
    notification = notification_of(mail.envelope, mail.own.tokens) or _notification(
        mail, message_ids
    )
    events = [_status(mail, each, notification, message_ids) for each in told]
    if notification is None:
        is_failed = any(event.status is Delivery.BOUNCED for event in events)
        kind: KnownKind = "bounce" if is_failed else "status"
        return [Known("a bounce of no mail of ours", kind, unsaid=tuple(events))]
    return [_news(event, notification) for event in events]


def _notification(mail: _Arrived, message_ids: list[str]) -> NotificationId | None:
    """The notification by the Message-IDs of the mail that came back."""
    found = (notification_in(one, mail.own.tokens) for one in message_ids)
    return next((each for each in found if each), None)


def _status(
    mail: _Arrived, told: Outcome, notification: NotificationId | None, message_ids: list[str]
) -> MessageStatusChanged:
    account = mail.account
    external_id = next(iter(message_ids), None) or str(notification or _identity(mail)[1])
    return MessageStatusChanged(
        occurred_at=happened_at(mail.headers.date(), mail.at),
        store_id=account.store_id,
        version=0,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=external_id,
        status=told.status,
        notification_id=notification,
        reason=told.code,
        is_permanent=told.is_permanent,
        address=told.address,
    )


def _news(event: MessageStatusChanged, notification: NotificationId) -> StatusNews:
    natural = (str(notification), event.status, str(event.is_permanent), event.address or "")
    status_id = ids.status_id(event.store_id, event.channel, *natural)
    return StatusNews(event=event, status_id=status_id)


def _message(mail: _Arrived) -> Inbound:
    headers, account = mail.headers, mail.account
    external_id, message_id = _identity(mail)
    contact, mail_address = _writer(mail, message_id)
    mail.mail.notes += oddities.of_sender(headers, mail_address)
    claimed = claims(headers, mail.envelope, account.store_id, mail.own)
    written, original = texts_of(mail.mail)
    about = claimed.about
    thread_id = ids.mail_thread(
        account.store_id, contact.contact_id, _root(mail, mail_address) or str(message_id)
    )
    number = _order_named(mail, mail_address, original)
    if mail_address and number and claimed == Claims():
        about = mail.own.sellers.about(account.store_id, mail_address, number)
        thread_id = ids.about_thread(account.store_id, contact.contact_id, "amazon order", number)
    if about is not None:
        thread_id = ids.about_thread(account.store_id, contact.contact_id, about.kind, about.id)
    written = buyers_words(mail_address or "", original) or written
    text, is_cut = cut(written)
    event = MessageReceived(
        occurred_at=happened_at(headers.date(), mail.at),
        store_id=account.store_id,
        version=0,
        message_id=message_id,
        thread_id=thread_id,
        contact_id=contact.contact_id,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=external_id,
        text=text,
        is_cut=is_cut,
        subject=headers.text("subject"),
        locale=contact.locale,
        sender_name=contact.name,
        mail=mail_address,
        about=about,
        attachments=tuple(mail.mail.files),
        reply_route=_route(mail, contact.address, external_id),
    )
    return Inbound(
        event=event,
        contact=contact,
        text=written,
        original=original if original != written else None,
        html=html_of(mail.mail),
        claims=(claimed.thread_id,) if claimed.thread_id else (),
        answers=next(iter(headers.message_ids("in-reply-to")), None),
        local=tuple(LocalFile(n, octets) for n, octets in enumerate(mail.mail.contents)),
    )


def _order_named(mail: _Arrived, sender: str | None, whole: str) -> str | None:
    """The order that a marketplace names, in a mail that is from there as far as can be seen."""
    if not sender or not _is_from(mail.headers, sender):
        return None
    return named_order(sender, mail.headers.text("subject") or "", whole)


def _root(mail: _Arrived, sender: str | None) -> str | None:
    """The Message-ID that this mail's thread goes back to: the oldest that it names, or its own.

    RFC 5322 §3.6.4: References begins with the first mail of the thread. None where it names none,
    or is not from `sender` as far as can be seen: anybody can name somebody else in Reply-To.
    """
    headers = mail.headers
    if not _is_from(headers, sender):
        return None
    named = (
        *headers.message_ids("references"),
        *headers.message_ids("in-reply-to"),
        *headers.message_ids("message-id"),
    )
    return next(iter(named), None)


def _is_from(headers: Headers, sender: str | None) -> bool:
    """Whether From names him alone, and nobody says that it is forged."""
    if {box.address for box in headers.mailboxes("from")} != {sender}:
        return False
    return not any(_FORGED.search(told) for told in headers.every("authentication-results"))


_FORGED = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)
"""RFC 8601 §2.7.8: the host that took the mail in says that it is not from where it says."""


def _identity(mail: _Arrived) -> tuple[str, MessageId]:
    """The Message-ID, and our id of the mail.

    The same mail in two mailboxes of a store is one. Message-IDs alone do not tell: some programs
    give one to many mails, so sender, date and body count too. Octets count, not how they are read:
    after a mended reader the mail is still the same.
    """
    headers = mail.headers
    told = headers.octets("from") + b"\0" + headers.octets("date") + b"\0"
    body = body_octets(mail.octets).replace(b"\r\n", b"\n").rstrip()
    digest = hashlib.sha256(told + body).hexdigest()
    message_id = next(iter(headers.message_ids("message-id")), f"digest:{digest}")
    account = mail.account
    return message_id, ids.message_id(account.store_id, account.channel_name, message_id, digest)


def _writer(mail: _Arrived, message_id: MessageId) -> tuple[Contact, str | None]:
    """Who wrote, and his address. A form on a web page has the customer in Reply-To.

    Without any address he is somebody whom nobody can answer (RFC 2606 reserves `.invalid`).
    """
    written = next(_people(mail), None)
    contact = Contact(
        store_id=mail.account.store_id,
        identity="mail",
        address=written.address if written else f"{message_id}@sender.invalid",
        name=written.name if written else None,
        locale=language_tag(mail.headers.raw("content-language")),
    )
    return contact, written.address if written else None


def _people(mail: _Arrived) -> Iterator[Mailbox]:
    headers = mail.headers
    authors = headers.mailboxes("from")
    for box in headers.mailboxes("reply-to")[:1]:
        if mail.own.mailboxes.find(box.address) is None:
            same = (each.name for each in authors if _is_same(each.address, box.address))
            yield Mailbox(box.name or next(same, None), box.address)
    yield from authors
    yield from headers.mailboxes("sender")
    if "@" in mail.envelope.sender:
        yield Mailbox(None, clean(mail.envelope.sender).lower()[:254])


def _is_same(one: str, other: str) -> bool:
    """Whether two addresses are one person's: the same, or the same below one's domain."""
    (name, _, domain), (other_name, _, other_domain) = one.partition("@"), other.partition("@")
    return name == other_name and f".{other_domain}".endswith(f".{domain}")


def _route(mail: _Arrived, peer: str, external_id: str) -> ReplyRoute:
    """Where an answer goes; its References are the whole chain (RFC 5322 §3.6.4)."""
    headers, account = mail.headers, mail.account
    has_id = external_id.startswith("<")
    earlier = headers.message_ids("references") or headers.message_ids("in-reply-to")[:1]
    chain = [*earlier, *([external_id] if has_id else [])]
    if len(chain) > _MOST_REFERENCES:
        chain = [chain[0], *chain[1 - _MOST_REFERENCES :]]
    return ReplyRoute(
        channel=account.channel_name,
        account_id=account.account_id,
        peer=peer,
        subject=headers.text("subject"),
        in_reply_to=external_id if has_id else None,
        references=tuple(chain),
    )
