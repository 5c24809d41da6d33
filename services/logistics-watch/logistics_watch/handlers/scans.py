"""Scans: kept, ordered by the carrier's time, and told as what they mean for each parcel."""

from collections.abc import Sequence

from logistics_watch import metrics
from logistics_watch.domain.parcel import Scan
from logistics_watch.domain.shipment import take_in
from logistics_watch.domain.stalls import Stalls
from logistics_watch.store import numbers, scans, shipments
from logistics_watch.store.numbers import NumberKey
from shared import clock
from shared.bus import Heard, Said, batch
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ScanRecorded,
    ShipmentLost,
    ShipmentStalled,
)
from shared.db import Transaction

_ALARMS = (CustomsHeld, DeliveryFailed, ShipmentLost, ShipmentStalled)


@batch
async def on_scans(
    heard: Sequence[Heard[ScanRecorded]], tx: Transaction, *, stalls: Stalls
) -> Sequence[Said]:
    """Keep every scan; those of a shipment move it, the others wait for theirs.

    A scan that is known already changes nothing, whatever message brings it.
    """
    now = clock.now()
    by_number: dict[NumberKey, list[Heard[ScanRecorded]]] = {}
    for one in heard:
        by_number.setdefault(scans.number_of(one.message), []).append(one)
    await numbers.lock(tx, by_number, now)
    fresh = await scans.keep(tx, [one.message for one in heard])
    changed, said = [], []
    for shipment in await shipments.of_numbers(tx, by_number):
        key = NumberKey(shipment.store_id, shipment.carrier, shipment.number)
        new = [one for one in by_number[key] if scans.key_of(one.message) in fresh]
        for one in sorted(new, key=lambda each: each.message.occurred_at):
            shipment, told = take_in(shipment, [_scan(one.message)], stalls=stalls, now=now)  # noqa: PLW2901
            said += [Said(event, one.id, one.correlation_id) for event in told]
        changed.append(shipment)
    await shipments.save(tx, changed)
    count_alarms([event for event, _, _ in said])
    return said


def _scan(message: ScanRecorded) -> Scan:
    return Scan(
        at=message.occurred_at,
        milestone=message.milestone,
        exception_kind=message.exception_kind,
        location=message.location,
    )


def count_alarms(events: Sequence[object]) -> None:
    """Count those of the events that are alarms."""
    for event in events:
        if isinstance(event, _ALARMS):
            metrics.alarms.labels(type(event).__name__).inc()
