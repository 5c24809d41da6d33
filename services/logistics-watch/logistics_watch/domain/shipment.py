"""A shipment: one parcel of one order or return case, and the events that tell of it.

Its id is made of what it is (store, order or case, carrier, number), so that hearing of it again
finds the same one, while a number that a carrier uses anew for another order makes another.
Every event carries the next version.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid5

from logistics_watch.domain.parcel import Alarm, Fact, Parcel, Scan, advance, belongs
from logistics_watch.domain.stalls import Stalls, due
from shared.contracts.base import (
    CaseId,
    ContactId,
    Country,
    Event,
    Language,
    OrderId,
    ShipmentId,
    StoreId,
)
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ExceptionKind,
    Purpose,
    ShipmentDelivered,
    ShipmentLost,
    ShipmentMoved,
    ShipmentRecovered,
    ShipmentRegistered,
    ShipmentReturning,
    ShipmentStalled,
)

E = TypeVar("E", bound=Event)

_NAMESPACE = UUID("6d657269-6469-616e-8000-000000000003")

_ALARMING = frozenset({Fact.RECOVERED, Fact.CUSTOMS_HELD, Fact.DELIVERY_FAILED, Fact.LOST})


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """What is kept of a shipment. Times are aware, UTC; `shipped_at` is the shop's."""

    shipment_id: ShipmentId
    store_id: StoreId
    purpose: Purpose
    carrier: str
    number: str
    shipped_at: datetime
    order_id: OrderId | None = None
    case_id: CaseId | None = None
    contact_id: ContactId | None = None
    buyer_country: Country | None = None
    language: Language | None = None
    line_ids: tuple[str, ...] = ()
    tracking_url: str | None = None
    is_watched: bool | None = None
    """None while the aggregator has not been asked."""
    unwatched_because: str | None = None
    watched_at: datetime | None = None
    is_cancelled: bool = False
    """Its order was cancelled: nobody waits for it, so it alarms nobody."""
    parcel: Parcel = field(default_factory=Parcel)
    due_at: datetime | None = None
    version: int = 0


def shipment_id(
    store_id: StoreId, subject: OrderId | CaseId, carrier: str, number: str
) -> ShipmentId:
    """The id of the shipment of an order or case with this carrier and normalised number."""
    return ShipmentId(uuid5(_NAMESPACE, "\x1f".join((store_id, str(subject), carrier, number))))


def take_in(
    shipment: Shipment, scans: Sequence[Scan], *, stalls: Stalls, now: datetime
) -> tuple[Shipment, list[Event]]:
    """Take scans in, oldest first; return the shipment after them and what they make it say."""
    told: list[Event] = []
    parcel, version = shipment.parcel, shipment.version
    for scan in sorted(scans, key=lambda each: each.at):
        if not belongs(scan.at, shipped_at=shipment.shipped_at, ended_at=parcel.ended_at):
            continue
        parcel, facts = advance(parcel, scan)
        for fact in facts:
            if not (shipment.is_cancelled and fact in _ALARMING):
                version += 1
                fields = _fields(fact, parcel, scan)
                told.append(_event(shipment, version, _EVENTS[fact], scan.at, **fields))
    due_at = _due_at(shipment, parcel, stalls, now)
    return replace(shipment, parcel=parcel, version=version, due_at=due_at), told


def registered(
    shipment: Shipment, *, why: str | None, stalls: Stalls, now: datetime
) -> tuple[Shipment, ShipmentRegistered]:
    """Note that the aggregator watches it, or never will, and why."""
    version = shipment.version + 1
    shipment = replace(
        shipment,
        is_watched=why is None,
        unwatched_because=why,
        watched_at=now,
        version=version,
    )
    event = _event(
        shipment,
        version,
        ShipmentRegistered,
        now,
        is_watched=why is None,
        why=why,
        line_ids=shipment.line_ids,
    )
    return replace(shipment, due_at=_due_at(shipment, shipment.parcel, stalls, now)), event


def stalled(shipment: Shipment) -> tuple[Shipment, ShipmentStalled]:
    """Raise the alarm of a shipment whose time of silence is up. Needs its `due_at`."""
    due_at = shipment.due_at
    assert due_at is not None, "only a shipment with a due time can be due"  # noqa: S101
    since = shipment.parcel.heard_at or shipment.watched_at or shipment.shipped_at
    parcel = replace(shipment.parcel, alarms=shipment.parcel.alarms | {Alarm.STALLED})
    version = shipment.version + 1
    event = _event(
        shipment,
        version,
        ShipmentStalled,
        due_at,
        milestone=parcel.milestone,
        silent_since=since,
        due_at=due_at,
    )
    return replace(shipment, parcel=parcel, version=version, due_at=None), event


def cancelled(shipment: Shipment) -> Shipment:
    """Its order was cancelled: it is waited for no longer."""
    return replace(shipment, is_cancelled=True, due_at=None)


def _due_at(shipment: Shipment, parcel: Parcel, stalls: Stalls, now: datetime) -> datetime | None:
    """When its silence becomes too long. Without a watcher there is no such time."""
    if not shipment.is_watched or shipment.is_cancelled:
        return None
    return due(parcel, stalls, since=shipment.watched_at or now, now=now)


_EVENTS: dict[Fact, type[Event]] = {
    Fact.MOVED: ShipmentMoved,
    Fact.RECOVERED: ShipmentRecovered,
    Fact.CUSTOMS_HELD: CustomsHeld,
    Fact.DELIVERY_FAILED: DeliveryFailed,
    Fact.LOST: ShipmentLost,
    Fact.RETURNING: ShipmentReturning,
    Fact.DELIVERED: ShipmentDelivered,
}


def _fields(fact: Fact, parcel: Parcel, scan: Scan) -> dict[str, Any]:
    if fact is Fact.MOVED:
        return {
            "milestone": parcel.milestone,
            "exception_kind": parcel.exception_kind,
            "location": scan.location,
        }
    if fact is Fact.RECOVERED:
        return {"milestone": parcel.milestone}
    if fact is Fact.CUSTOMS_HELD:
        return {"exception_kind": scan.exception_kind or ExceptionKind.CUSTOMS_HOLD}
    if fact in (Fact.DELIVERY_FAILED, Fact.LOST):
        return {"exception_kind": scan.exception_kind}
    return {}


def _event(
    shipment: Shipment, version: int, kind: Callable[..., E], at: datetime, **fields: Any
) -> E:
    return kind(
        occurred_at=at,
        store_id=shipment.store_id,
        version=version,
        shipment_id=shipment.shipment_id,
        purpose=shipment.purpose,
        carrier=shipment.carrier,
        number=shipment.number,
        order_id=shipment.order_id,
        case_id=shipment.case_id,
        buyer_country=shipment.buyer_country,
        tracking_url=shipment.tracking_url,
        **fields,
    )
