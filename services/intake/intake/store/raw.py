"""What came, as it came."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import text

from intake.domain.items import Raw
from shared.db import Transaction


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


_KEEP = text(
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
    await tx.execute(
        _KEEP,
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
