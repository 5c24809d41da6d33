"""Parcels on their way to the buyer."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

from notify.domain.notices import notice_of, settles
from notify.handlers.telling import Caused, tell
from notify.store import orders
from shared.bus import Heard, Said, batch
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ShipmentDelivered,
    ShipmentLost,
    ShipmentRecovered,
    ShipmentRegistered,
    ShipmentStalled,
)
from shared.db import Transaction

ParcelEvent: TypeAlias = (
    ShipmentRegistered
    | ShipmentStalled
    | CustomsHeld
    | DeliveryFailed
    | ShipmentLost
    | ShipmentDelivered
    | ShipmentRecovered
)


@batch
async def on_parcel(
    heard: Sequence[Heard[ParcelEvent]], tx: Transaction, *, late_after: timedelta
) -> Sequence[Said]:
    """Tell the buyer, at once or when his order is known; remember what ends an alarm."""
    settled = [
        (each.message.store_id, each.message.shipment_id, each.message.version)
        for each in heard
        if settles(each.message)
    ]
    if settled:
        await orders.settle(tx, settled)
    caused = [
        Caused(each, notice) for each in heard if (notice := notice_of(each.message)) is not None
    ]
    if not caused:
        return []
    known = await orders.lock(tx, {(each.notice.store_id, each.notice.order_id) for each in caused})
    return await tell(tx, caused, known=known, late_after=late_after)
