"""A mail as SMTP brought it: one arrival for each store that it was sent to."""

import re
from collections.abc import Sequence
from datetime import datetime
from secrets import token_bytes
from uuid import uuid4

import structlog

from intake.channels import mail
from intake.channels.mail import Envelope, Mailboxes, OurOwn, Recipient
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


def alone(octets: bytes, at: datetime) -> Reading:
    """Read a mail that lies in a file, as if it had been sent to a store without name.

    Who sent it is what its Return-Path tells; without one that is not known, and nobody's.
    """
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
    own = OurOwn(Mailboxes([account]), Tokens([token_bytes(32)]))
    path = _RETURN_PATH.search(octets[:_HEAD])
    sender = path[1].decode("ascii", "replace") if path else "unknown"
    return _reading(octets, Envelope(sender, (Recipient(account, ""),)), own, at)


_RETURN_PATH = re.compile(rb"^Return-Path:[ \t]*<([^<>\s]*)>", re.IGNORECASE | re.MULTILINE)
_HEAD = 8 * 1024


def _reading(octets: bytes, envelope: Envelope, own: OurOwn, at: datetime) -> Reading:
    try:
        return mail.read(octets, envelope, own, at)
    except Exception as why:  # noqa: BLE001 - whatever a stranger wrote, it is kept
        log.error("reader failed", channel="mail", error=type(why).__name__)
        return Reading(odd=(Odd(f"the reader failed: {type(why).__name__}"),))


def _arrival(octets: bytes, envelope: Envelope, own: OurOwn, at: datetime) -> Arrival:
    reading = _reading(octets, envelope, own, at)
    account = envelope.recipients[0].account
    written = (f"{one.account.account_id}+{one.tag}" for one in envelope.recipients)
    raw = Raw(
        raw_id=uuid4(),
        received_at=at,
        store_id=account.store_id,
        channel=account.channel,
        account_id=account.account_id,
        method="SMTP",
        url="",
        headers={"mail-from": clean(envelope.sender), "rcpt-to": clean(", ".join(written))},
        body=octets,
    )
    return Arrival(channel=account.channel, raw=raw, reading=reading)
