"""A parcel has an alarm: somebody is to look at it before the customer asks."""

from collections.abc import Sequence
from typing import TypeAlias

from routing.domain import saying
from routing.handlers.rules import Rules
from routing.handlers.subjects import Subject, on_subject
from routing.store import conversations, history
from routing.store.history import happening
from shared import clock
from shared.bus import Heard, Said, batch
from shared.contracts.base import Event
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    Purpose,
    ShipmentLost,
    ShipmentRecovered,
    ShipmentStalled,
)
from shared.contracts.routing import OpenedBy
from shared.db import Transaction

Alarm: TypeAlias = ShipmentStalled | CustomsHeld | DeliveryFailed | ShipmentLost

SKILL = "parcels"

_WHAT: dict[type[Alarm], str] = {
    ShipmentStalled: "parcel stalled",
    CustomsHeld: "parcel held at customs",
    DeliveryFailed: "parcel not delivered",
    ShipmentLost: "parcel lost",
}


@batch
async def on_alarm(heard: Sequence[Heard[Alarm]], tx: Transaction, *, rules: Rules) -> list[Said]:
    """One conversation for each parcel, whatever befalls it; none for parcels that come back."""
    now = clock.now()
    said: list[Said] = []
    for each in sorted(heard, key=lambda one: str(one.message.order_id)):
        message = each.message
        if message.purpose is not Purpose.OUTBOUND:
            continue
        subject = Subject(
            store_id=message.store_id,
            opened_by=OpenedBy.ALARM,
            kind="shipment",
            id=message.shipment_id,
            order_id=message.order_id,
            skill=SKILL,
            what=_WHAT[type(message)],
            at=message.occurred_at,
            flow_id=each.correlation_id,
            country=message.buyer_country,
        )
        events = await on_subject(subject, tx, now=now, rules=rules)
        said += [Said(event, each.id, each.correlation_id) for event in events]
    return said


async def on_shipment_recovered(message: ShipmentRecovered, tx: Transaction) -> Sequence[Event]:
    """Note in the parcel's conversation, where it has one, that it moves again."""
    there = await conversations.find(
        tx,
        shipments=[(message.store_id, message.shipment_id)],
        resolved_since=message.occurred_at,
    )
    await history.note(
        tx,
        [
            happening(
                each.store_id, each.id, message.occurred_at, "parcel moves again", saying.ROUTING
            )
            for each in there
        ],
    )
    return []
