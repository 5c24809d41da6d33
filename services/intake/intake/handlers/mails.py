"""A mail as SMTP brought it, one arrival for each store; as it lay in a mailbox; in a file."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from secrets import token_bytes
from uuid import uuid4

import structlog

from intake.channels import mail
from intake.channels.mail import Envelope, Mailboxes, OurOwn, Recipient, Sellers
from intake.channels.mail.headers import came_at
from intake.channels.mail.recipients import ADDRESS
from intake.channels.mail.repairs import with_plain_lines
from intake.domain.items import Arrival, Odd, Raw, Reading
from intake.domain.texts import clean
from shared.contracts.base import AccountId, StoreId
from shared.stores import MailAccount
from shared.tokens import Tokens

log = structlog.get_logger()


def arrivals(
    octets: bytes, sender: str, recipients: Sequence[Recipient], own: OurOwn, at: datetime
) -> list[Arrival]:
    """Read a mail for each store. Takes long for a large one: not for the event loop."""
    by_store: dict[StoreId, list[Recipient]] = {}
    for recipient in recipients:
        by_store.setdefault(recipient.account.store_id, []).append(recipient)
    return [
        _arrival(octets, Envelope(sender, tuple(theirs)), own, at) for theirs in by_store.values()
    ]


def fetched(
    octets: bytes, account: MailAccount, own: OurOwn, at: datetime, is_cut: bool
) -> Arrival:
    """Read a mail that lay in the account's mailbox; it tells itself to which address it came.

    The envelope is gone: who sent it is what its Return-Path tells. `is_cut` tells that it was
    larger than is taken in, and these are its first octets.
    """
    head = octets[:_HEAD]
    mailbox, _, domain = account.address.partition("@")
    tagged = re.compile(
        re.escape(mailbox.encode()) + rb"\+([a-z0-9]{1,64})@" + re.escape(domain.encode()),
        re.IGNORECASE,
    )
    tags = dict.fromkeys(found.decode("ascii").lower() for found in tagged.findall(head))
    recipients = tuple(Recipient(account, tag) for tag in list(tags)[:5]) or (
        Recipient(account, ""),
    )
    arrival = _arrival(octets, Envelope(_return_path(head), recipients), own, at, method="IMAP")
    return _cut(arrival) if is_cut else arrival


def of_service(
    octets: bytes,
    sender: str | None,
    recipients: tuple[Recipient, ...],
    own: OurOwn,
    at: datetime,
    most_octets: int,
) -> Arrival:
    """Read a mail that a mail service took in for a store, and kept until it was fetched.

    Where the service does not tell who sent it, that is what its Return-Path tells. Of one larger
    than `most_octets` the first are read.
    """
    told = octets[:most_octets]
    envelope = Envelope(_return_path(told[:_HEAD]) if sender is None else sender, recipients)
    arrival = _arrival(told, envelope, own, at, method="API")
    return _cut(arrival) if len(octets) > most_octets else arrival


def addresses_in(octets: bytes) -> list[str]:
    """The addresses in a mail's header, in order: to which of them it came, it may not tell."""
    head = octets[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return [found[0] for found in ADDRESS.finditer(head.decode("latin-1"))]


def _cut(arrival: Arrival) -> Arrival:
    note = "larger than is taken in: the end of it is left out"
    return replace(arrival, reading=replace(arrival.reading, notes=(*arrival.reading.notes, note)))


def _return_path(head: bytes) -> str:
    path = _RETURN_PATH.search(b"\n" + head)
    return path[1].decode("ascii", "replace") if path else "unknown"


def alone(octets: bytes, at: datetime) -> Reading:
    """Read a mail that lies in a file, as if it had been sent to a store without name.

    Who sent it is what its Return-Path tells; without one that is not known, and nobody's. It came
    when its newest Received tells, else when it was written; `at` is now.
    """
    at = min(came_at(octets) or at, at)
    own, recipient = _of_nobody()
    envelope = Envelope(_return_path(with_plain_lines(octets[:_HEAD])), (recipient,))
    return reading(octets, envelope, own, at)


@cache
def _of_nobody() -> tuple[OurOwn, Recipient]:
    """A store without name and its mailbox; nobody knows the key of its addresses."""
    account = MailAccount(
        channel="mail",
        account_id=AccountId("mail"),
        address="mail@store.invalid",
        from_name="Store",
        smtp_host="store.invalid",
        smtp_port=25,
        smtp_tls="none",
    )
    account._store_id = StoreId("store")
    sellers = Sellers([(account.store_id, AccountId("amazon"), "eu")])
    own = OurOwn(Mailboxes([account]), Tokens([token_bytes(32)]), sellers)
    return own, Recipient(account, "")


_RETURN_PATH = re.compile(rb"\nReturn-Path:[ \t]*<([^<>\s]*)>", re.IGNORECASE)
_HEAD = 8 * 1024


def reading(octets: bytes, envelope: Envelope, own: OurOwn, at: datetime) -> Reading:
    """Read a mail of one store. A reader's bug costs the reading, not the mail."""
    try:
        return mail.read(octets, envelope, own, at)
    except Exception as why:  # noqa: BLE001 - whatever a stranger wrote, it is kept
        log.error("reader failed", channel="mail", error=type(why).__name__)
        return Reading(odd=(Odd(f"the reader failed: {type(why).__name__}"),))


def _arrival(
    octets: bytes, envelope: Envelope, own: OurOwn, at: datetime, method: str = "SMTP"
) -> Arrival:
    read = reading(octets, envelope, own, at)
    account = envelope.recipients[0].account
    written = (f"{one.account.account_id}+{one.tag}" for one in envelope.recipients)
    raw = Raw(
        raw_id=uuid4(),
        received_at=at,
        store_id=account.store_id,
        channel=account.channel,
        account_id=account.account_id,
        method=method,
        url="",
        headers={"mail-from": clean(envelope.sender), "rcpt-to": clean(", ".join(written))},
        body=octets,
    )
    return Arrival(channel=account.channel, raw=raw, reading=read)
