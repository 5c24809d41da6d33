"""Shipments: where each parcel is, what alarms stand, when its silence is too long."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import CursorResult

from logistics_watch.domain.parcel import Alarm, Parcel
from logistics_watch.domain.shipment import Shipment
from logistics_watch.store.numbers import NumberKey, columns
from shared.contracts.base import OrderId, ShipmentId, StoreId
from shared.contracts.logistics_watch import ExceptionKind, Milestone, Purpose
from shared.db import Transaction

_INSERT = text(
    """
    INSERT INTO shipments (
        shipment_id, store_id, purpose, order_id, case_id, contact_id, carrier, number,
        buyer_country, language, line_ids, tracking_url, shipped_at, is_cancelled, milestone,
        alarms, version
    )
    VALUES (
        :shipment_id, :store_id, :purpose, :order_id, :case_id, :contact_id, :carrier, :number,
        :buyer_country, :language, cast(:line_ids AS text[]), :tracking_url, :shipped_at,
        :is_cancelled, :milestone, '{}', :version
    )
    ON CONFLICT (shipment_id) DO NOTHING
    RETURNING 1
    """
)
_ADD_LINES = text(
    """
    UPDATE shipments SET line_ids = ARRAY(
        SELECT DISTINCT line FROM unnest(line_ids || cast(:line_ids AS text[])) AS line ORDER BY 1
    )
    WHERE store_id = :store_id AND shipment_id = :shipment_id
    """
)
_OF_NUMBERS = text(
    """
    SELECT shipments.* FROM shipments
    JOIN unnest(cast(:store_ids AS text[]), cast(:carriers AS text[]), cast(:numbers AS text[]))
        AS key (store_id, carrier, number) USING (store_id, carrier, number)
    ORDER BY shipment_id FOR NO KEY UPDATE OF shipments
    """
)
_LOCKED = text(
    """
    SELECT * FROM shipments WHERE store_id = :store_id AND shipment_id = :shipment_id
    FOR NO KEY UPDATE
    """
)
_OF_ORDER_LOCKED = text(
    """
    SELECT * FROM shipments WHERE store_id = :store_id AND order_id = :order_id
    ORDER BY shipment_id FOR NO KEY UPDATE
    """
)
_DUE = text(
    """
    SELECT * FROM shipments WHERE due_at <= :now
    ORDER BY due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
    """
)
_NEXT_DUE = text("SELECT min(due_at) FROM shipments WHERE due_at IS NOT NULL")
_SAVE = text(
    """
    UPDATE shipments SET
        carrier = changed.carrier,
        tracking_url = changed.tracking_url,
        is_watched = changed.is_watched,
        unwatched_because = changed.unwatched_because,
        watched_at = changed.watched_at,
        is_cancelled = changed.is_cancelled,
        milestone = changed.milestone,
        exception_kind = changed.exception_kind,
        newest_at = changed.newest_at,
        heard_at = changed.heard_at,
        delivered_at = changed.delivered_at,
        returning_at = changed.returning_at,
        alarms = string_to_array(changed.alarms, ','),
        due_at = changed.due_at,
        version = changed.version
    FROM unnest(
        cast(:ids AS uuid[]), cast(:store_ids AS text[]), cast(:carriers AS text[]),
        cast(:urls AS text[]), cast(:watched AS boolean[]), cast(:reasons AS text[]),
        cast(:watched_ats AS timestamptz[]), cast(:cancelled AS boolean[]),
        cast(:milestones AS text[]), cast(:kinds AS text[]), cast(:newest_ats AS timestamptz[]),
        cast(:heard_ats AS timestamptz[]), cast(:delivered_ats AS timestamptz[]),
        cast(:returning_ats AS timestamptz[]), cast(:alarms AS text[]),
        cast(:due_ats AS timestamptz[]), cast(:versions AS integer[])
    ) AS changed (
        shipment_id, store_id, carrier, tracking_url, is_watched, unwatched_because, watched_at,
        is_cancelled, milestone, exception_kind, newest_at, heard_at, delivered_at, returning_at,
        alarms, due_at, version
    )
    WHERE shipments.shipment_id = changed.shipment_id AND shipments.store_id = changed.store_id
    """
)
_SEEN = """
    SELECT * FROM shipments
    WHERE (:sees_all OR store_id = ANY(cast(:stores AS text[])))
"""
_BY_ID = text(f"{_SEEN} AND shipment_id = :shipment_id")
_OF_ORDER = text(f"{_SEEN} AND order_id = :order_id ORDER BY shipped_at, shipment_id")


async def insert(tx: Transaction, shipment: Shipment) -> bool:
    """Write a new shipment down; false when it is known."""
    found = await tx.execute(
        _INSERT,
        {
            "shipment_id": shipment.shipment_id,
            "store_id": shipment.store_id,
            "purpose": shipment.purpose.value,
            "order_id": shipment.order_id,
            "case_id": shipment.case_id,
            "contact_id": shipment.contact_id,
            "carrier": shipment.carrier,
            "number": shipment.number,
            "buyer_country": shipment.buyer_country,
            "language": shipment.language,
            "line_ids": list(shipment.line_ids),
            "tracking_url": shipment.tracking_url,
            "shipped_at": shipment.shipped_at,
            "is_cancelled": shipment.is_cancelled,
            "milestone": shipment.parcel.milestone.value,
            "version": shipment.version,
        },
    )
    return found.first() is not None


async def add_lines(tx: Transaction, shipment: Shipment) -> None:
    """Add order lines to a known shipment: one parcel can be that of two fulfilments."""
    await tx.execute(
        _ADD_LINES,
        {
            "store_id": shipment.store_id,
            "shipment_id": shipment.shipment_id,
            "line_ids": list(shipment.line_ids),
        },
    )


async def of_numbers(tx: Transaction, keys: Iterable[NumberKey]) -> list[Shipment]:
    """Lock and return all shipments with these numbers. The numbers' rows must be locked."""
    return _shipments(await tx.execute(_OF_NUMBERS, columns(keys)))


async def locked(tx: Transaction, store_id: StoreId, shipment_id: ShipmentId) -> Shipment | None:
    """Lock and return one shipment."""
    key = {"store_id": store_id, "shipment_id": shipment_id}
    return next(iter(_shipments(await tx.execute(_LOCKED, key))), None)


async def of_order_locked(tx: Transaction, store_id: StoreId, order_id: OrderId) -> list[Shipment]:
    """Lock and return an order's shipments."""
    key = {"store_id": store_id, "order_id": order_id}
    return _shipments(await tx.execute(_OF_ORDER_LOCKED, key))


async def due(tx: Transaction, now: datetime, limit: int) -> list[Shipment]:
    """Lock and return shipments whose silence is too long; those a scan is changing are left."""
    return _shipments(await tx.execute(_DUE, {"now": now, "limit": limit}))


async def next_due(tx: Transaction) -> datetime | None:
    """When the next shipment's silence becomes too long."""
    found: datetime | None = await tx.scalar(_NEXT_DUE)
    return found


async def save(tx: Transaction, shipments: Sequence[Shipment]) -> None:
    """Write changed shipments back. Their rows must be locked."""
    if not shipments:
        return
    parcels = [shipment.parcel for shipment in shipments]
    await tx.execute(
        _SAVE,
        {
            "ids": [shipment.shipment_id for shipment in shipments],
            "store_ids": [shipment.store_id for shipment in shipments],
            "carriers": [shipment.carrier for shipment in shipments],
            "urls": [shipment.tracking_url for shipment in shipments],
            "watched": [shipment.is_watched for shipment in shipments],
            "reasons": [shipment.unwatched_because for shipment in shipments],
            "watched_ats": [shipment.watched_at for shipment in shipments],
            "cancelled": [shipment.is_cancelled for shipment in shipments],
            "milestones": [parcel.milestone.value for parcel in parcels],
            "kinds": [parcel.exception_kind and parcel.exception_kind.value for parcel in parcels],
            "newest_ats": [parcel.newest_at for parcel in parcels],
            "heard_ats": [parcel.heard_at for parcel in parcels],
            "delivered_ats": [parcel.delivered_at for parcel in parcels],
            "returning_ats": [parcel.returning_at for parcel in parcels],
            "alarms": [",".join(sorted(parcel.alarms)) for parcel in parcels],
            "due_ats": [shipment.due_at for shipment in shipments],
            "versions": [shipment.version for shipment in shipments],
        },
    )


async def by_id(tx: Transaction, stores: Collection[str], shipment_id: UUID) -> Shipment | None:
    """One shipment of one of these stores; `*` among them stands for all."""
    key = {**_seen(stores), "shipment_id": shipment_id}
    return next(iter(_shipments(await tx.execute(_BY_ID, key))), None)


async def of_order(tx: Transaction, stores: Collection[str], order_id: UUID) -> list[Shipment]:
    """An order's shipments in these stores, oldest first; `*` stands for all stores."""
    return _shipments(await tx.execute(_OF_ORDER, {**_seen(stores), "order_id": order_id}))


def _seen(stores: Collection[str]) -> dict[str, Any]:
    return {"sees_all": "*" in stores, "stores": list(stores)}


_SAME = (
    "shipment_id",
    "store_id",
    "carrier",
    "number",
    "shipped_at",
    "order_id",
    "case_id",
    "contact_id",
    "buyer_country",
    "language",
    "tracking_url",
    "is_watched",
    "unwatched_because",
    "watched_at",
    "is_cancelled",
    "due_at",
    "version",
)


def _shipments(found: CursorResult[Any]) -> list[Shipment]:
    names = tuple(found.keys())
    return [_shipment(dict(zip(names, row, strict=True))) for row in found]


def _shipment(row: dict[str, Any]) -> Shipment:
    kind = row["exception_kind"]
    return Shipment(
        **{name: row[name] for name in _SAME},
        purpose=Purpose(row["purpose"]),
        line_ids=tuple(row["line_ids"]),
        parcel=Parcel(
            milestone=Milestone(row["milestone"]),
            exception_kind=ExceptionKind(kind) if kind else None,
            newest_at=row["newest_at"],
            heard_at=row["heard_at"],
            delivered_at=row["delivered_at"],
            returning_at=row["returning_at"],
            alarms=frozenset(Alarm(alarm) for alarm in row["alarms"]),
        ),
    )
