"""Orders and scans on the real database: whichever comes first, each has its effect once."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.handlers import orders, scans
from logistics_watch.settings import Settings
from shared import testing
from shared.bus import Heard
from shared.bus.answering import Answering
from shared.contracts.base import Event, Message
from shared.contracts.intake import OrderCancelled, OrderShipped
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ExceptionKind,
    Milestone,
    Purpose,
    ScanRecorded,
    ShipmentDelivered,
    ShipmentLost,
    ShipmentMoved,
    ShipmentRecovered,
    ShipmentReturning,
)
from shared.db import Database

M, K = Milestone, ExceptionKind
Hear = Callable[..., Any]


@pytest.fixture
def hear(watch: Database, settings: Settings) -> Hear:
    """Let the service hear messages, all in one batch, as the bus would bring them."""
    stalls, sites = settings.stalls(), TrackingSites.load()
    answering = Answering(
        db=watch,
        consumer="test",
        hears={
            OrderShipped: partial(orders.on_order_shipped, stalls=stalls, sites=sites),
            OrderCancelled: orders.on_order_cancelled,
            ScanRecorded: partial(scans.on_scans, stalls=stalls),
        },
    )
    offset = 0

    async def hear(*messages: Message) -> None:
        nonlocal offset
        records = []
        for message in messages:
            offset += 1
            records.append(testing.record(message, offset=offset))
        await answering.answer(records)

    return hear


async def said(watch: Database) -> list[Event]:
    return [message for message in await testing.said(watch) if isinstance(message, Event)]


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


async def one(watch: Database, sql: str, **values: Any) -> dict[str, Any]:
    found = await testing.rows(watch, sql, **values)
    assert len(found) == 1, found
    return found[0]


async def test_a_shipped_order_makes_a_shipment_and_a_due_registration(
    watch: Database, hear: Hear, shipped: Callable[..., OrderShipped]
) -> None:
    await hear(shipped())

    shipment = await one(watch, "SELECT * FROM shipments")
    assert (shipment["carrier"], shipment["number"]) == ("dhl", "1234567890")
    assert shipment["purpose"] == Purpose.OUTBOUND
    assert shipment["buyer_country"] == "ES"
    assert shipment["tracking_url"].startswith("https://www.dhl.com/es-es/")
    assert shipment["is_watched"] is None
    assert shipment["due_at"] is None
    assert await testing.rows(watch, "SELECT 1 FROM registrations")
    assert await said(watch) == []


@pytest.mark.parametrize("scans_first", [True, False])
async def test_scans_and_order_meet_in_either_order(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
    scans_first: bool,
) -> None:
    news = [scanned(5, M.ACCEPTED), scanned(3, M.IN_TRANSIT), scanned(1, M.DELIVERED)]
    for message in (*news, shipped()) if scans_first else (shipped(), *news):
        await hear(message)

    events = await said(watch)
    assert kinds(events) == [ShipmentMoved, ShipmentMoved, ShipmentMoved, ShipmentDelivered]
    assert [event.version for event in events] == [1, 2, 3, 4]
    assert events[-1].occurred_at == news[-1].occurred_at
    shipment = await one(watch, "SELECT milestone, due_at, version FROM shipments")
    assert shipment == {"milestone": "delivered", "due_at": None, "version": 4}


@pytest.mark.parametrize("scans_first", [True, False])
async def test_scan_and_order_that_are_heard_at_the_same_moment_wait_for_each_other(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
    settings: Settings,
    scans_first: bool,
) -> None:
    order, scan = shipped(), scanned(1, M.IN_TRANSIT)
    stalls, sites = settings.stalls(), TrackingSites.load()

    async def is_waiting() -> bool:
        return await testing.waits(watch)

    async with watch.transaction() as tx:
        if scans_first:
            record = testing.record(scan, offset=0)
            heard = Heard(uuid4(), scan, order.occurred_at, uuid4(), scan.key, record)
            first: Sequence[object] = await scans.on_scans([heard], tx, stalls=stalls)
        else:
            first = await orders.on_order_shipped(order, tx, stalls=stalls, sites=sites)
        second = asyncio.create_task(hear(order if scans_first else scan))
        await testing.eventually(is_waiting)
    await second

    assert list(first) == []
    assert kinds(await said(watch)) == [ShipmentMoved]


async def test_a_scan_said_twice_under_two_ids_has_one_effect(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
) -> None:
    held = scanned(1, M.EXCEPTION, K.CUSTOMS_HOLD)
    await hear(shipped())

    await hear(held, held, held)
    await hear(held)

    assert kinds(await said(watch)) == [ShipmentMoved, CustomsHeld]
    assert len(await testing.rows(watch, "SELECT 1 FROM scans")) == 1


async def test_scans_in_one_batch_and_out_of_order_are_taken_in_the_carriers_order(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
) -> None:
    await hear(shipped())

    await hear(scanned(1, M.OUT_FOR_DELIVERY))
    await hear(scanned(3, M.EXCEPTION, K.CUSTOMS_HOLD), scanned(2, M.IN_TRANSIT))

    assert kinds(await said(watch)) == [ShipmentMoved]
    shipment = await one(watch, "SELECT milestone FROM shipments")
    assert shipment["milestone"] == "out_for_delivery"
    assert len(await testing.rows(watch, "SELECT 1 FROM scans")) == 3


@pytest.mark.parametrize(
    "trouble",
    [
        (M.EXCEPTION, K.CUSTOMS_DOCUMENTS, CustomsHeld),
        (M.ATTEMPT_FAILED, None, DeliveryFailed),
        (M.EXCEPTION, K.ADDRESS, DeliveryFailed),
        (M.EXCEPTION, K.DAMAGED, ShipmentLost),
        (M.RETURNING, None, ShipmentReturning),
    ],
)
async def test_trouble_is_told_with_all_that_a_listener_needs(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
    trouble: tuple[Milestone, ExceptionKind | None, type[Event]],
) -> None:
    milestone, kind, alarm = trouble
    order = shipped()
    await hear(order)

    await hear(scanned(2, milestone, kind))

    _, event = await said(watch)
    assert isinstance(event, alarm)
    found: Any = event
    assert (found.order_id, found.case_id) == (order.order_id, None)
    assert (found.carrier, found.number, found.buyer_country) == ("dhl", "1234567890", "ES")
    assert found.purpose is Purpose.OUTBOUND
    assert found.store_id == "aurora"
    assert getattr(found, "exception_kind", None) == kind


async def test_an_alarm_is_said_once_an_episode_and_its_end_is_said(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
) -> None:
    await hear(shipped())

    for hours_ago, milestone in (
        (9, M.ATTEMPT_FAILED),
        (8, M.ATTEMPT_FAILED),
        (7, M.OUT_FOR_DELIVERY),
        (6, M.ATTEMPT_FAILED),
    ):
        await hear(scanned(hours_ago, milestone))

    events = kinds(await said(watch))
    assert events.count(DeliveryFailed) == 2
    assert events.count(ShipmentRecovered) == 1


async def test_two_orders_in_one_parcel_are_both_told(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
) -> None:
    await hear(shipped("one"), shipped("two"))

    await hear(scanned(1, M.IN_TRANSIT))

    orders_told = {event.order_id for event in await said(watch)}  # type: ignore[attr-defined]
    assert len(orders_told) == 2


async def test_two_fulfilments_with_one_number_are_one_parcel(
    watch: Database, hear: Hear, shipped: Callable[..., OrderShipped]
) -> None:
    await hear(shipped(fulfilment_id="f-1", line_ids=("1",)))
    await hear(shipped(fulfilment_id="f-2", line_ids=("2", "1")))

    shipment = await one(watch, "SELECT line_ids FROM shipments")
    assert shipment["line_ids"] == ["1", "2"]
    assert len(await testing.rows(watch, "SELECT 1 FROM registrations")) == 1


async def test_a_number_used_again_years_later_is_another_parcel(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
    now: datetime,
) -> None:
    await hear(shipped("old", shipped_at=now - timedelta(days=400)))
    await hear(scanned(390 * 24, M.DELIVERED))
    await hear(shipped("new"))

    await hear(scanned(1, M.IN_TRANSIT))

    states = await testing.rows(watch, "SELECT milestone FROM shipments ORDER BY shipped_at")
    assert [state["milestone"] for state in states] == ["delivered", "in_transit"]


async def test_the_same_number_in_another_store_is_not_touched(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
) -> None:
    await hear(shipped(), shipped("other", store_id="borealis"))

    await hear(scanned(1, M.DELIVERED), scanned(1, M.IN_TRANSIT, store_id="borealis"))

    states = await testing.rows(watch, "SELECT milestone FROM shipments ORDER BY store_id")
    assert [state["milestone"] for state in states] == ["delivered", "in_transit"]


async def test_a_cancelled_order_is_registered_no_more_and_alarms_nobody(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    order_cancelled: Callable[..., OrderCancelled],
    scanned: Callable[..., ScanRecorded],
) -> None:
    await hear(shipped())
    await hear(order_cancelled())
    await hear(scanned(2, M.EXCEPTION, K.CUSTOMS_HOLD), scanned(1, M.RETURNING))

    assert await testing.rows(watch, "SELECT 1 FROM registrations") == []
    assert kinds(await said(watch)) == [ShipmentMoved, ShipmentMoved, ShipmentReturning]
    assert (await one(watch, "SELECT is_cancelled FROM shipments"))["is_cancelled"]


@pytest.mark.parametrize(("shipped_version", "is_cancelled"), [(2, True), (4, False)])
async def test_a_cancellation_heard_before_the_shipment_counts_if_it_came_after_it(
    watch: Database,
    hear: Hear,
    shipped: Callable[..., OrderShipped],
    order_cancelled: Callable[..., OrderCancelled],
    shipped_version: int,
    is_cancelled: bool,
) -> None:
    await hear(order_cancelled(version=3))
    await hear(shipped(version=shipped_version))

    shipment = await one(watch, "SELECT is_cancelled FROM shipments")
    assert shipment["is_cancelled"] is is_cancelled
    due = await testing.rows(watch, "SELECT 1 FROM registrations")
    assert bool(due) is not is_cancelled


async def test_a_number_that_can_be_none_is_set_aside_and_the_rest_goes_on(
    watch: Database, hear: Hear, shipped: Callable[..., OrderShipped]
) -> None:
    await hear(shipped("bad", number="pick-up"), shipped("good"))

    letter = await one(watch, "SELECT kind, why FROM dead_letters")
    assert letter["kind"] == "refused"
    assert len(await testing.rows(watch, "SELECT 1 FROM shipments")) == 1
