"""A row for every carrier + number heard of, by scan or by order: where the two meet.

Who comes first makes the row; both lock it before they look for the other, so that neither a scan
nor a shipment that comes at the same moment is missed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from shared.contracts.base import StoreId
from shared.db import Transaction


class NumberKey(NamedTuple):
    """One number of one carrier in one store."""

    store_id: StoreId
    carrier: str
    number: str


_STUB = text(
    """
    INSERT INTO numbers (store_id, carrier, number, first_heard_at)
    SELECT store_id, carrier, number, :now FROM unnest(
        cast(:store_ids AS text[]), cast(:carriers AS text[]), cast(:numbers AS text[])
    ) AS key (store_id, carrier, number)
    ON CONFLICT DO NOTHING
    """
)
_LOCK = text(
    """
    SELECT 1 FROM numbers JOIN unnest(
        cast(:store_ids AS text[]), cast(:carriers AS text[]), cast(:numbers AS text[])
    ) AS key (store_id, carrier, number) USING (store_id, carrier, number)
    ORDER BY store_id, carrier, number FOR NO KEY UPDATE OF numbers
    """
)
_SHIPPED = text(
    """
    UPDATE numbers SET has_shipment = true
    WHERE store_id = :store_id AND carrier = :carrier AND number = :number AND NOT has_shipment
    """
)
_STRANGE = text("SELECT count(*) FROM numbers WHERE NOT has_shipment AND first_heard_at < :before")


def columns(keys: Iterable[NumberKey]) -> dict[str, list[str]]:
    """The keys as bind values, sorted, for `unnest`."""
    ordered = sorted(set(keys))
    return {
        "store_ids": [key.store_id for key in ordered],
        "carriers": [key.carrier for key in ordered],
        "numbers": [key.number for key in ordered],
    }


async def lock(tx: Transaction, keys: Iterable[NumberKey], now: datetime) -> None:
    """Make the rows that are not there yet and lock them all until the transaction ends."""
    bound = columns(keys)
    await tx.execute(_STUB, {**bound, "now": now})
    await tx.execute(_LOCK, bound)


async def note_shipment(tx: Transaction, key: NumberKey) -> None:
    """Note that a shipment has this number. The row must be locked."""
    await tx.execute(_SHIPPED, key._asdict())


async def strange(tx: Transaction, before: datetime) -> int:
    """How many numbers were first heard of before that time and have no shipment."""
    return int(await tx.scalar(_STRANGE, {"before": before}) or 0)
