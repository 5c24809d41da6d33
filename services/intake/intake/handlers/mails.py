"""A mail as SMTP brought it: one arrival for each store that it was sent to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import structlog

from intake.channels import mail
from intake.channels.mail import Envelope, OurOwn, Recipient
from intake.domain.items import Arrival, Odd, Raw, Reading
from intake.domain.texts import clean
from shared.contracts.base import StoreId

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


def _arrival(octets: bytes, envelope: Envelope, own: OurOwn, at: datetime) -> Arrival:
    try:
        reading = mail.read(octets, envelope, own, at)
    except Exception as why:  # noqa: BLE001 - whatever a stranger wrote, it is kept
        log.error("reader failed", channel="mail", error=type(why).__name__)
        reading = Reading(odd=(Odd(f"the reader failed: {type(why).__name__}"),))
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
