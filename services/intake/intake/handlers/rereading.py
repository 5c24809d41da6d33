"""Deliveries that were kept raw, read once more: for their files, and after a reader was mended."""

from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from intake.channels.mail import Envelope, Recipient
from intake.domain.items import Inbound, LocalFile, Odd, Raw, Reading
from intake.handlers import mails
from intake.handlers.doors import DOORS, UNPARSED, Around, reading_of
from shared.contracts.base import MessageId
from shared.stores import Account, MailAccount
from shared.webhooks import Delivery, parse

NO_ACCOUNT = "the account is gone or off"


def reading_again(raw: Raw, around: Around, at: datetime) -> Reading:
    """What today's readers make of a delivery; it was verified when it came.

    `at` (aware) is when it came. Never raises for what a stranger wrote.
    """
    account = around.stores.account(raw.channel, raw.account_id)
    if account is None:
        return Reading.of([Odd(NO_ACCOUNT)])
    if isinstance(account, MailAccount):
        return mails.reading(raw.body, _envelope(raw, account, around), around.own, at)
    if raw.channel not in DOORS:
        return Reading.of([Odd(NO_ACCOUNT)])
    return _webhook(raw, account, around, at)


def _webhook(raw: Raw, account: Account, around: Around, at: datetime) -> Reading:
    query: dict[str, str] = {}
    for name, value in parse_qsl(urlsplit(raw.url).query, keep_blank_values=True):
        query.setdefault(name, value)
    delivery = Delivery(raw.method, raw.url, raw.headers, query, raw.body)
    try:
        payload = parse(delivery)
    except ValueError:
        return UNPARSED
    return reading_of(delivery, payload, account, around, at)


def _envelope(raw: Raw, account: MailAccount, around: Around) -> Envelope:
    """The envelope as it was written down: `mailbox+tag` of each recipient."""
    recipients = []
    for written in raw.headers.get("rcpt-to", "").split(", "):
        account_id, _, tag = written.partition("+")
        found = around.stores.account("mail", account_id)
        recipients.append(Recipient(found if isinstance(found, MailAccount) else account, tag))
    return Envelope(raw.headers.get("mail-from", ""), tuple(recipients))


def file_of(reading: Reading, message_id: MessageId, index: int) -> LocalFile | None:
    """A message's file within what was read again."""
    for item in reading.items:
        if isinstance(item, Inbound) and item.event.message_id == message_id:
            return next((each for each in item.local if each.index == index), None)
    return None
