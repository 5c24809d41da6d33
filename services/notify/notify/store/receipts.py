"""Receipts: whose they are, and those that came before the send was recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text

from notify.domain.events import Subject
from notify.domain.receipts import Progress, Receipt
from notify.store.notifications import subject
from shared.db import Transaction


class Standing(Struct, kw_only=True):
    """A notification that receipts are about, locked; changed in place as they are applied."""

    subject: Subject
    progress: Progress
    version: int
    address: str | None
    external_id: str | None


_MATCH = text(
    """
    SELECT n.* FROM notifications n
    WHERE n.notification_id = ANY(cast(:ids AS uuid[]))
       OR (n.channel, n.account_id, n.external_id) IN (
           SELECT * FROM unnest(
               cast(:channels AS text[]), cast(:accounts AS text[]), cast(:externals AS text[]))
       )
    ORDER BY n.notification_id
    FOR UPDATE
    """
)


async def match(tx: Transaction, receipts: Sequence[Receipt]) -> list[Standing | None]:
    """The notification of each receipt, locked; None where it is not known (yet).

    Several receipts of one notification get the same object.
    """
    rows = await tx.execute(
        _MATCH,
        {
            "ids": [each.notification_id for each in receipts if each.notification_id],
            "channels": [each.channel for each in receipts],
            "accounts": [each.account_id for each in receipts],
            "externals": [each.external_id for each in receipts],
        },
    )
    by_id: dict[UUID, Standing] = {}
    by_external: dict[tuple[str, str | None, str | None], Standing] = {}
    for row in rows:
        standing = _standing(row)
        by_id[row.notification_id] = standing
        by_external[row.channel, row.account_id, row.external_id] = standing
    return [_of(receipt, by_id, by_external) for receipt in receipts]


def _of(
    receipt: Receipt,
    by_id: dict[UUID, Standing],
    by_external: dict[tuple[str, str | None, str | None], Standing],
) -> Standing | None:
    found = by_id.get(receipt.notification_id) if receipt.notification_id else None
    if found is None:
        found = by_external.get((receipt.channel, receipt.account_id, receipt.external_id))
    is_theirs = found is not None and found.subject.store_id == receipt.store_id
    return found if is_theirs else None


def _standing(row: Any) -> Standing:
    return Standing(
        subject=Subject(**subject(row)),
        progress=Progress(state=row.state, is_unknown=row.unknowns > 0, is_read=row.is_read),
        version=row.version,
        address=row.address,
        external_id=row.external_id,
    )


_UPDATE = text(
    """
    UPDATE notifications SET state = :state, is_read = :is_read, version = :version,
        external_id = :external_id, why = :why, text = NULL, route = NULL,
        sent_at = coalesce(sent_at, :now),
        ended_at = CASE WHEN :state = 'failed' THEN cast(:now AS timestamptz) ELSE ended_at END
    WHERE notification_id = :id
    """
)


async def change(tx: Transaction, standing: Standing, *, why: str | None, now: datetime) -> None:
    """Write a changed notification down."""
    given = {
        "id": standing.subject.notification_id,
        "state": standing.progress.state,
        "is_read": standing.progress.is_read,
        "version": standing.version,
        "external_id": standing.external_id,
        "why": why,
        "now": now,
    }
    await tx.execute(_UPDATE, given)


_KEEP = text(
    """
    INSERT INTO receipts (store_id, channel, account_id, external_id, notification_id, status,
        occurred_at, reason, is_permanent)
    VALUES (:store_id, :channel, :account_id, :external_id, :notification_id, :status,
        :occurred_at, :reason, :is_permanent)
    """
)

_RIPE = text(
    """
    DELETE FROM receipts WHERE id IN (
        SELECT r.id FROM receipts r
        JOIN notifications n ON n.store_id = r.store_id AND (
            n.notification_id = r.notification_id
            OR (n.channel = r.channel AND n.account_id = r.account_id
                AND n.external_id = r.external_id)
        )
        WHERE n.state IN ('sent', 'delivered', 'failed', 'suppressed')
           OR (n.state = 'queued' AND n.unknowns > 0)
        ORDER BY r.id LIMIT 200
        FOR UPDATE OF r SKIP LOCKED
    )
    RETURNING id, store_id, channel, account_id, external_id, notification_id, status,
        occurred_at, reason, is_permanent
    """
)


async def keep(tx: Transaction, receipts: Sequence[Receipt]) -> None:
    """Keep receipts until the send they are about is recorded."""
    if receipts:
        await tx.execute(_KEEP, [msgspec.structs.asdict(receipt) for receipt in receipts])


async def ripe(tx: Transaction) -> list[tuple[int, Receipt]]:
    """Take out the kept receipts whose notification is recorded, oldest first, with their ids."""
    rows = (await tx.execute(_RIPE)).mappings()
    found = [(int(row["id"]), msgspec.convert(dict(row), Receipt)) for row in rows]
    return sorted(found, key=lambda pair: pair[0])


async def forget(tx: Transaction, *, before: datetime) -> int:
    """Drop receipts that nobody claimed since `before`; returns how many."""
    given = {"before": before}
    return (await tx.execute(text("DELETE FROM receipts WHERE kept_at < :before"), given)).rowcount
