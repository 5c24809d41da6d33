"""Numbers that the aggregator is still to be asked to watch: due rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from logistics_watch.domain.shipment import Shipment
from shared.contracts.base import Country, OrderId, ShipmentId, StoreId
from shared.db import Transaction

WAKE = "registrations"
"""What the worker is woken by."""


@dataclass(frozen=True)
class Registration:
    """One number to register, claimed by this process until its lease ends."""

    shipment_id: ShipmentId
    store_id: StoreId
    attempts: int
    """Tries begun, this one included."""
    asked_at: datetime
    carrier: str
    number: str
    order_id: OrderId | None
    buyer_country: Country | None


_ASK = text(
    """
    INSERT INTO registrations (shipment_id, store_id, due_at, asked_at)
    VALUES (:shipment_id, :store_id, :now, :now)
    """
)
_CLAIM = text(
    """
    WITH due AS (
        SELECT shipment_id FROM registrations WHERE due_at <= :now
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE registrations SET attempts = attempts + 1, due_at = :lease_ends
        FROM due WHERE registrations.shipment_id = due.shipment_id
        RETURNING registrations.*
    )
    SELECT claimed.shipment_id, claimed.store_id, attempts, asked_at,
        carrier, number, order_id, buyer_country
    FROM claimed JOIN shipments USING (shipment_id)
    """
)
_POSTPONE = text(
    """
    UPDATE registrations SET due_at = :due_at
    WHERE store_id = :store_id AND shipment_id = :shipment_id AND attempts = :attempts
    """
)
_DONE = text(
    """
    DELETE FROM registrations WHERE store_id = :store_id AND shipment_id = :shipment_id
    RETURNING 1
    """
)
_NEXT_DUE = text("SELECT min(due_at) FROM registrations")
_COUNT = text("SELECT count(*) FROM registrations")


async def ask(tx: Transaction, shipment: Shipment, now: datetime) -> None:
    """Ask for a new shipment's number to be registered."""
    await tx.execute(
        _ASK,
        {"shipment_id": shipment.shipment_id, "store_id": shipment.store_id, "now": now},
    )


async def claim(
    tx: Transaction, now: datetime, lease_ends: datetime, limit: int
) -> list[Registration]:
    """Claim due rows until `lease_ends`: the attempt is noted before the call is made."""
    found = await tx.execute(_CLAIM, {"now": now, "lease_ends": lease_ends, "limit": limit})
    return [Registration(**row) for row in found.mappings()]


async def postpone(tx: Transaction, registration: Registration, due_at: datetime) -> None:
    """Try again then, unless somebody else has tried meanwhile."""
    await tx.execute(
        _POSTPONE,
        {
            "store_id": registration.store_id,
            "shipment_id": registration.shipment_id,
            "attempts": registration.attempts,
            "due_at": due_at,
        },
    )


async def done(tx: Transaction, store_id: StoreId, shipment_id: ShipmentId) -> bool:
    """Remove the row; false when it is gone: it was answered, or its order cancelled."""
    found = await tx.execute(_DONE, {"store_id": store_id, "shipment_id": shipment_id})
    return found.first() is not None


async def next_due(tx: Transaction) -> datetime | None:
    """When the next row is due."""
    found: datetime | None = await tx.scalar(_NEXT_DUE)
    return found


async def waiting(tx: Transaction) -> int:
    """How many numbers are not registered yet."""
    return int(await tx.scalar(_COUNT) or 0)
