"""Mails that are to be fetched from the services that told of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from intake.domain import ids
from intake.domain.items import LeftMail
from shared.contracts.base import AccountId, Channel, StoreId
from shared.db import Transaction


@dataclass(frozen=True, kw_only=True)
class MailErrand:
    """A mail to fetch; `attempts` counts this one too. The rest is as in `LeftMail`."""

    store_id: StoreId
    errand_id: UUID
    channel: Channel
    account_id: AccountId
    reference: tuple[str, ...] = field(repr=False)
    sender: str | None = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    stand_in: bytes = field(repr=False)
    told_at: datetime
    attempts: int


HOMELESS = "the store has no mailbox"
STUCK = "not even what stands in for it could be read"
_UNSAID = [HOMELESS, STUCK]
"""Why a mail was given up without a word of it being said."""

# Told again it stays as it is: there is one mail, however often its service tells of it. Only what
# was given up without a word is tried anew.
_ADD = text(
    """
    INSERT INTO mail_errands (store_id, errand_id, channel, account_id, reference, sender,
        recipients, stand_in, told_at, due_at)
    VALUES (:store_id, :errand_id, :channel, :account_id, :reference, :sender, :recipients,
        :stand_in, :at, :at)
    ON CONFLICT (store_id, errand_id) DO UPDATE
        SET due_at = excluded.due_at, attempts = 0, why = NULL
        WHERE mail_errands.due_at IS NULL AND mail_errands.why = ANY(:unsaid)
    """
)

# The oldest of each account before the second of any: a service that is away, with a thousand
# mails waiting, makes those of no other wait.
_CLAIM = text(
    """
    UPDATE mail_errands SET attempts = attempts + 1, due_at = :again_at
    WHERE (store_id, errand_id) IN (
        SELECT store_id, errand_id FROM mail_errands
        JOIN (
            SELECT store_id, errand_id, row_number() OVER (
                PARTITION BY store_id, channel, account_id ORDER BY due_at
            ) AS place
            FROM mail_errands WHERE due_at <= :now
        ) AS queue USING (store_id, errand_id)
        WHERE due_at <= :now
        ORDER BY place, due_at LIMIT :limit FOR UPDATE OF mail_errands SKIP LOCKED
    )
    RETURNING store_id, errand_id, channel, account_id, reference, sender, recipients, stand_in,
        told_at, attempts
    """
)

_DONE = text("DELETE FROM mail_errands WHERE store_id = :store_id AND errand_id = :errand_id")
_LATER = text(
    """
    UPDATE mail_errands SET due_at = :due_at, why = :why
    WHERE store_id = :store_id AND errand_id = :errand_id
    """
)
_UNCOUNTED = text(
    """
    UPDATE mail_errands SET due_at = :due_at, why = :why, attempts = greatest(attempts - 1, 0)
    WHERE store_id = :store_id AND errand_id = :errand_id
    """
)
_FORGET = text("DELETE FROM mail_errands WHERE due_at IS NULL AND told_at < :before")


async def add(tx: Transaction, mails: Iterable[LeftMail], at: datetime) -> None:
    """Note mails that are to be fetched, at once."""
    rows = sorted((_row(one, at) for one in mails), key=lambda row: str(row["errand_id"]))
    if rows:
        await tx.execute(_ADD, rows)


def _row(mail: LeftMail, at: datetime) -> dict[str, Any]:
    return {
        "store_id": mail.store_id,
        "errand_id": ids.mail_errand_id(
            mail.store_id, mail.channel, mail.account_id, *mail.reference
        ),
        "channel": mail.channel,
        "account_id": mail.account_id,
        "reference": list(mail.reference),
        "sender": mail.sender,
        "recipients": list(mail.recipients),
        "stand_in": mail.stand_in,
        "at": at,
        "unsaid": _UNSAID,
    }


async def claim(
    tx: Transaction, now: datetime, *, limit: int, patience: timedelta
) -> list[MailErrand]:
    """Take what is due; who is killed meanwhile leaves it due after `patience`."""
    rows = await tx.execute(_CLAIM, {"now": now, "again_at": now + patience, "limit": limit})
    return [_errand(dict(row._mapping)) for row in rows]


def _errand(row: dict[str, Any]) -> MailErrand:
    lists = {name: tuple(row[name]) for name in ("reference", "recipients")}
    return MailErrand(**{**row, **lists})


async def done(tx: Transaction, errand: MailErrand) -> None:
    """Forget it."""
    await tx.execute(_DONE, _key(errand))


async def later(tx: Transaction, errand: MailErrand, due_at: datetime | None, why: str) -> None:
    """Fetch it again at a moment; None: it is given up."""
    await tx.execute(_LATER, {**_key(errand), "due_at": due_at, "why": why})


async def uncounted(tx: Transaction, errand: MailErrand, due_at: datetime, why: str) -> None:
    """Fetch it again at a moment, as if it had not been tried: the service was only busy."""
    await tx.execute(_UNCOUNTED, {**_key(errand), "due_at": due_at, "why": why})


async def forget(tx: Transaction, before: datetime) -> None:
    """Drop what was given up and told of before a moment."""
    await tx.execute(_FORGET, {"before": before})


def _key(errand: MailErrand) -> dict[str, Any]:
    return {"store_id": errand.store_id, "errand_id": errand.errand_id}
