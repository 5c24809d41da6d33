"""Orders: a tracking number makes a shipment; a cancellation ends the waiting for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.domain.names import UNKNOWN, carrier_of
from logistics_watch.domain.numbers import normalised
from logistics_watch.domain.parcel import BEFORE_SHIPPING
from logistics_watch.domain.shipment import Shipment, cancelled, shipment_id, take_in
from logistics_watch.domain.stalls import Stalls
from logistics_watch.handlers.scans import count_alarms
from logistics_watch.store import numbers, orders, registrations, scans, shipments
from logistics_watch.store.numbers import NumberKey
from shared import clock, db
from shared.contracts.base import Message
from shared.contracts.intake import OrderCancelled, OrderShipped
from shared.contracts.logistics_watch import Purpose
from shared.db import Transaction
from shared.errors import Refused


async def on_order_shipped(
    message: OrderShipped, tx: Transaction, *, stalls: Stalls, sites: TrackingSites
) -> Sequence[Message]:
    """Make the shipment, ask for its registration and take in the scans that came before it.

    Raises `Refused` when what the shop gives as a number can be none.
    """
    now = clock.now()
    shipment = _shipment_of(message, sites)
    cancelled_version = await orders.lock(tx, message.store_id, message.order_id)
    if cancelled_version is not None and cancelled_version > message.version:
        shipment = cancelled(shipment)
    key = NumberKey(shipment.store_id, shipment.carrier, shipment.number)
    await numbers.lock(tx, [key], now)
    if not await shipments.insert(tx, shipment):
        await shipments.add_lines(tx, shipment)
        return []
    await numbers.note_shipment(tx, key)
    if not shipment.is_cancelled:
        await registrations.ask(tx, shipment, now)
        db.wake(tx, registrations.WAKE)
    return await catch_up(tx, shipment, stalls=stalls, now=now)


async def catch_up(
    tx: Transaction, shipment: Shipment, *, stalls: Stalls, now: datetime
) -> Sequence[Message]:
    """Take in the scans kept for a number new to the shipment; save it, return what it says.

    Rows of number and shipment must be locked.
    """
    key = NumberKey(shipment.store_id, shipment.carrier, shipment.number)
    kept = await scans.of_number(tx, key, since=shipment.shipped_at - BEFORE_SHIPPING)
    shipment, told = take_in(shipment, kept, stalls=stalls, now=now)
    await shipments.save(tx, [shipment])
    count_alarms(told)
    return told


async def on_order_cancelled(message: OrderCancelled, tx: Transaction) -> Sequence[Message]:
    """Stop waiting for the order's parcels; numbers not registered yet need not be.

    What the carrier still tells of them is kept and said, but raises no alarm.
    """
    await orders.lock(tx, message.store_id, message.order_id)
    await orders.cancel(tx, message.store_id, message.order_id, message.version)
    found = await shipments.of_order_locked(tx, message.store_id, message.order_id)
    await shipments.save(tx, [cancelled(shipment) for shipment in found])
    for shipment in found:
        await registrations.done(tx, shipment.store_id, shipment.shipment_id)
    return []


def _shipment_of(message: OrderShipped, sites: TrackingSites) -> Shipment:
    number = normalised(message.number)
    if number is None:
        raise Refused("the shop's tracking number can be none")
    order = message.order
    carrier = carrier_of(message.carrier, number) or UNKNOWN
    fulfilment = next(
        (each for each in order.fulfilments if each.fulfilment_id == message.fulfilment_id), None
    )
    shipment = Shipment(
        shipment_id=shipment_id(message.store_id, message.order_id, carrier, number),
        store_id=message.store_id,
        purpose=Purpose.OUTBOUND,
        carrier=carrier,
        number=number,
        shipped_at=(fulfilment and fulfilment.shipped_at) or message.occurred_at,
        order_id=message.order_id,
        contact_id=order.buyer.contact_id,
        buyer_country=order.ship_to.country if order.ship_to else None,
        language=order.language,
        line_ids=fulfilment.line_ids if fulfilment else (),
    )
    return linked(shipment, sites)


def linked(shipment: Shipment, sites: TrackingSites) -> Shipment:
    """The shipment with the tracking page of its carrier in the buyer's country and language."""
    url = sites.link(
        shipment.carrier,
        shipment.number,
        country=shipment.buyer_country,
        language=shipment.language,
    )
    return replace(shipment, tracking_url=url)
