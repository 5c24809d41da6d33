"""What came, as it came."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from intake.domain.items import Raw
from shared.contracts.base import StoreId
from shared.db import Transaction
from shared.statements import Statement


class Kept(NamedTuple):
    """A delivery and what became of it; `outcome` as the table's check lists them."""

    raw: Raw
    outcome: str
    notes: str


class DeliveryKey(NamedTuple):
    """A vendor's own id of a delivery, the same at each try."""

    store_id: str
    channel: str
    account_id: str
    delivery_id: str


_KEEP = Statement(
    """
    INSERT INTO raw_requests (store_id, received_at, raw_id, channel, account_id, method, url,
        headers, body, outcome, notes)
    SELECT store_id, received_at, raw_id, channel, account_id, method, url,
        cast(headers AS jsonb), body, outcome, notes
    FROM unnest(
        cast(:store_ids AS text[]), cast(:received_ats AS timestamptz[]),
        cast(:raw_ids AS uuid[]), cast(:channels AS text[]), cast(:account_ids AS text[]),
        cast(:methods AS text[]), cast(:urls AS text[]), cast(:headers AS text[]),
        cast(:bodies AS bytea[]), cast(:outcomes AS text[]), cast(:notes AS text[])
    ) AS raw (store_id, received_at, raw_id, channel, account_id, method, url, headers, body,
        outcome, notes)
    """
)

_CLAIM = text(
    """
    INSERT INTO deliveries (store_id, channel, account_id, delivery_id, received_at)
    SELECT store_id, channel, account_id, delivery_id, :received_at
    FROM unnest(
        cast(:store_ids AS text[]), cast(:channels AS text[]), cast(:account_ids AS text[]),
        cast(:delivery_ids AS text[])
    ) AS told (store_id, channel, account_id, delivery_id)
    ON CONFLICT DO NOTHING
    RETURNING store_id, channel, account_id, delivery_id
    """
)

_FORGET = text("DELETE FROM deliveries WHERE received_at < :before")


async def keep(tx: Transaction, kept: Sequence[Kept]) -> None:
    """Keep deliveries as they came."""
    if not kept:
        return
    raws = [each.raw for each in kept]
    await _KEEP.rows(
        tx,
        {
            "store_ids": [raw.store_id for raw in raws],
            "received_ats": [raw.received_at for raw in raws],
            "raw_ids": [raw.raw_id for raw in raws],
            "channels": [raw.channel for raw in raws],
            "account_ids": [raw.account_id for raw in raws],
            "methods": [raw.method for raw in raws],
            "urls": [raw.url for raw in raws],
            "headers": [msgspec.json.encode(raw.headers).decode() for raw in raws],
            "bodies": [raw.body for raw in raws],
            "outcomes": [each.outcome for each in kept],
            "notes": [each.notes for each in kept],
        },
    )


_THESE = text(
    """
    SELECT r.raw_id, r.received_at, r.store_id, r.channel, r.account_id, r.method, r.url,
        cast(r.headers AS text) AS headers, r.body
    FROM raw_requests r
    JOIN unnest(cast(:store_ids AS text[]), cast(:ats AS timestamptz[]), cast(:raw_ids AS uuid[]))
        AS told (store_id, received_at, raw_id) USING (store_id, received_at, raw_id)
    """
)


async def these(
    tx: Transaction, keys: Iterable[tuple[StoreId, datetime | None, UUID | None]]
) -> list[Raw]:
    """Deliveries by store, time and id, as they lie there; those that are still kept."""
    wanted = list(keys)
    if not wanted:
        return []
    rows = await tx.execute(
        _THESE,
        {
            "store_ids": [key[0] for key in wanted],
            "ats": [key[1] for key in wanted],
            "raw_ids": [key[2] for key in wanted],
        },
    )
    return [_raw(row) for row in rows]


_AFTER = text(
    """
    SELECT raw_id, received_at, store_id, channel, account_id, method, url,
        cast(headers AS text) AS headers, body
    FROM raw_requests
    WHERE (received_at, raw_id) > (:received_at, :raw_id) AND received_at < :before
        AND outcome = ANY(:outcomes) AND (:channel = '' OR channel = :channel)
    ORDER BY received_at, raw_id LIMIT :limit
    """
)

_JUDGED = text(
    """
    UPDATE raw_requests SET outcome = :outcome, notes = :notes
    WHERE store_id = :store_id AND received_at = :received_at AND raw_id = :raw_id
    """
)


async def after(
    tx: Transaction,
    place: tuple[datetime, UUID],
    *,
    before: datetime,
    outcomes: Sequence[str],
    channel: str,
    limit: int,
) -> list[Raw]:
    """The next deliveries with one of these outcomes, of all stores, as they lie there.

    `place` is the time and id of the last one looked at; an empty `channel` is any.
    """
    rows = await tx.execute(
        _AFTER,
        {
            "received_at": place[0],
            "raw_id": place[1],
            "before": before,
            "outcomes": list(outcomes),
            "channel": channel,
            "limit": limit,
        },
    )
    return [_raw(row) for row in rows]


async def judged(tx: Transaction, of: Raw, outcome: str, notes: str) -> None:
    """Note what became of a delivery that was read again."""
    await tx.execute(
        _JUDGED,
        {
            "store_id": of.store_id,
            "received_at": of.received_at,
            "raw_id": of.raw_id,
            "outcome": outcome,
            "notes": notes,
        },
    )


def _raw(row: Row[Any]) -> Raw:
    return Raw(**{**row._mapping, "headers": msgspec.json.decode(row.headers)})


async def first_time(
    tx: Transaction, keys: Iterable[DeliveryKey], received_at: datetime
) -> set[DeliveryKey]:
    """Those of the deliveries that have not come before.

    Waits for a transaction that takes the same in at this moment.
    """
    told = sorted(set(keys))
    if not told:
        return set()
    found = await tx.execute(
        _CLAIM,
        {
            "received_at": received_at,
            "store_ids": [key.store_id for key in told],
            "channels": [key.channel for key in told],
            "account_ids": [key.account_id for key in told],
            "delivery_ids": [key.delivery_id for key in told],
        },
    )
    return {DeliveryKey(*row) for row in found}


async def forget_deliveries(tx: Transaction, before: datetime) -> None:
    """Drop delivery ids from before a moment; no vendor tries for so long."""
    await tx.execute(_FORGET, {"before": before})
