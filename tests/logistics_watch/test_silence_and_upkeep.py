"""What becomes due by itself: silence that is too long, partitions, numbers nobody shipped."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from logistics_watch import metrics
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.domain.shipment import registered
from logistics_watch.handlers import orders, scans
from logistics_watch.settings import Settings
from logistics_watch.store import partitions, shipments
from logistics_watch.store.partitions import REQUESTS, SCANS
from logistics_watch.workers.silence import Listener
from logistics_watch.workers.upkeep import Upkeep
from shared import clock, testing
from shared.bus.answering import Answering
from shared.contracts.intake import OrderShipped
from shared.contracts.logistics_watch import (
    CustomsHeld,
    ExceptionKind,
    Milestone,
    ScanRecorded,
    ShipmentMoved,
    ShipmentRecovered,
    ShipmentStalled,
)
from shared.db import Database

M, K = Milestone, ExceptionKind
SITES = TrackingSites.load()


@pytest.fixture
def stalls() -> Any:
    """Stall times as shipped, but for customs."""
    return Settings(stall_customs=timedelta(minutes=30)).stalls()


@pytest.fixture
async def watched(watch: Database, shipped: Callable[..., OrderShipped], stalls: Any) -> Any:
    """Make a shipment that the aggregator watches."""

    async def make(order: str = "order-1", **given: Any) -> None:
        message = shipped(order, **given)
        async with watch.transaction() as tx:
            await orders.on_order_shipped(message, tx, stalls=stalls, sites=SITES)
            (shipment,) = await shipments.of_order_locked(tx, message.store_id, message.order_id)
            shipment, _ = registered(shipment, why=None, stalls=stalls, now=clock.now())
            await shipments.save(tx, [shipment])

    return make


@pytest.fixture
def hear(watch: Database, stalls: Any) -> Callable[..., Any]:
    answering = Answering(
        db=watch, consumer="test", hears={ScanRecorded: partial(scans.on_scans, stalls=stalls)}
    )

    async def hear(*messages: ScanRecorded) -> None:
        await answering.answer(
            [testing.record(message, offset=n) for n, message in enumerate(messages)]
        )

    return hear


async def kinds(watch: Database) -> list[type]:
    return [type(message) for message in await testing.said(watch)]


async def test_a_parcel_silent_at_customs_is_told_of_once(
    watch: Database,
    watched: Any,
    hear: Any,
    scanned: Callable[..., ScanRecorded],
) -> None:
    await watched()
    held = scanned(1, M.EXCEPTION, K.CUSTOMS_HOLD)
    await hear(held)
    listener = Listener(watch)

    assert await listener.sweep() is None
    assert await listener.sweep() is None

    assert await kinds(watch) == [ShipmentMoved, CustomsHeld, ShipmentStalled]
    (event,) = await testing.said(watch, ShipmentStalled)
    assert isinstance(event, ShipmentStalled)
    assert (event.milestone, event.silent_since) == (M.EXCEPTION, held.occurred_at)
    assert event.due_at == event.occurred_at == held.occurred_at + timedelta(minutes=30)
    # Versions of one aggregate have no gap: registered 1, moved 2, held 3.
    assert event.version == 4


async def test_nothing_is_said_before_the_time_is_up(
    watch: Database, watched: Any, hear: Any, scanned: Callable[..., ScanRecorded], now: datetime
) -> None:
    await watched()
    await hear(scanned(0.25, M.CUSTOMS))

    next_due = await Listener(watch).sweep()

    assert next_due == now + timedelta(minutes=15)
    assert await kinds(watch) == [ShipmentMoved]


async def test_a_parcel_that_is_not_watched_is_never_silent(
    watch: Database, shipped: Callable[..., OrderShipped], hear: Any, scanned: Any, stalls: Any
) -> None:
    async with watch.transaction() as tx:
        await orders.on_order_shipped(shipped(), tx, stalls=stalls, sites=SITES)
    await hear(scanned(1, M.CUSTOMS))

    assert await Listener(watch).sweep() is None
    assert await kinds(watch) == [ShipmentMoved]


async def test_a_scan_after_the_alarm_recovers_and_a_new_silence_alarms_anew(
    watch: Database, watched: Any, hear: Any, scanned: Callable[..., ScanRecorded]
) -> None:
    await watched()
    listener = Listener(watch)

    await hear(scanned(9, M.CUSTOMS))
    await listener.sweep()
    await hear(scanned(8, M.CUSTOMS, code="again"))
    await listener.sweep()

    assert await kinds(watch) == [
        ShipmentMoved,
        ShipmentStalled,
        ShipmentRecovered,
        ShipmentStalled,
    ]


async def test_a_scan_that_has_the_row_wins_over_the_sweep(
    watch: Database,
    watched: Any,
    hear: Any,
    scanned: Callable[..., ScanRecorded],
    stalls: Any,
) -> None:
    await watched()
    await hear(scanned(1, M.CUSTOMS))

    async with watch.transaction() as tx:
        await tx.execute(text("SELECT 1 FROM shipments FOR UPDATE"))
        moving = asyncio.create_task(hear(scanned(0, M.IN_TRANSIT)))
        await testing.eventually(lambda: waiting(watch))
        swept = await Listener(watch).once(clock.now())
    await moving
    await Listener(watch).sweep()

    assert swept == 0
    assert await kinds(watch) == [ShipmentMoved, ShipmentMoved]


async def waiting(watch: Database) -> bool:
    return await testing.waits(watch)


async def test_two_listeners_share_many_silent_parcels(watch: Database, watched: Any) -> None:
    await watched()
    await testing.rows(watch, _MANY)
    listeners = Listener(watch), Listener(watch)

    await asyncio.gather(*(listener.sweep() for listener in listeners))

    said = await testing.said(watch, ShipmentStalled)
    assert len(said) == 1200
    assert len({message.shipment_id for message in said}) == 1200  # type: ignore[attr-defined]


_MANY = """
    INSERT INTO shipments
    SELECT (jsonb_populate_record(shipments, jsonb_build_object(
        'shipment_id', gen_random_uuid(), 'number', 'N' || n, 'due_at', now() - interval '1 hour'
    ))).*
    FROM shipments, generate_series(1, 1200) AS n
"""


async def partition_of(watch: Database, table: str) -> set[str]:
    named = f"SELECT cast(cast(tableoid AS regclass) AS text) AS name FROM {table}"
    return {row["name"] for row in await testing.rows(watch, named)}


async def test_days_get_partitions_and_what_came_before_moves_there(
    watch: Database, hear: Any, scanned: Callable[..., ScanRecorded], settings: Settings
) -> None:
    early, ancient = scanned(30, M.IN_TRANSIT), scanned(24 * 300, M.IN_TRANSIT)
    await hear(early, ancient)
    assert await partition_of(watch, "scans") == {"scans_default"}

    await Upkeep(watch, settings).once(clock.now())
    await Upkeep(watch, settings).once(clock.now())

    day = early.occurred_at.astimezone(UTC).date()
    assert await partition_of(watch, "scans") == {"scans_default", SCANS.named(day)}
    await hear(scanned(31, M.ACCEPTED))
    assert len(await testing.rows(watch, "SELECT 1 FROM scans")) == 3


async def test_two_processes_keep_up_at_once(watch: Database, settings: Settings) -> None:
    now = clock.now()
    async with watch.transaction() as tx:
        for n in range(20):
            await partitions.add(tx, REQUESTS, date(2020, 1, 1) + timedelta(days=n))

    await asyncio.gather(*(Upkeep(watch, settings).once(now) for _ in range(4)))

    async with watch.transaction() as tx:
        scan_days = await partitions.days(tx, SCANS)
        request_days = await partitions.days(tx, REQUESTS)
    assert scan_days == {now.date() + timedelta(days=n) for n in range(-7, 4)}
    assert request_days == {now.date() + timedelta(days=n) for n in range(4)}


async def test_what_is_past_its_time_is_dropped(
    watch: Database, hear: Any, scanned: Callable[..., ScanRecorded], settings: Settings
) -> None:
    upkeep, now = Upkeep(watch, settings), clock.now()
    await hear(scanned(24 * 500, M.IN_TRANSIT), scanned(1, M.IN_TRANSIT))
    async with watch.transaction() as tx:
        await partitions.add(tx, REQUESTS, date(2020, 1, 1))

    await upkeep.once(now)

    assert len(await testing.rows(watch, "SELECT 1 FROM scans")) == 1
    async with watch.transaction() as tx:
        assert date(2020, 1, 1) not in await partitions.days(tx, REQUESTS)


async def test_what_another_process_has_dropped_is_no_trouble(watch: Database) -> None:
    gone = date(2020, 1, 1)
    async with watch.transaction() as tx:
        await partitions.add(tx, REQUESTS, gone)

    async def drop() -> None:
        async with watch.transaction() as tx:
            await partitions.drop(tx, REQUESTS, gone)

    await asyncio.gather(drop(), drop())

    async with watch.transaction() as tx:
        assert await partitions.days(tx, REQUESTS) == set()


async def test_numbers_that_nobody_shipped_are_counted_after_a_day(
    watch: Database, hear: Any, scanned: Callable[..., ScanRecorded], settings: Settings
) -> None:
    await hear(scanned(1, M.IN_TRANSIT, number="STRANGE1"))

    await Upkeep(watch, settings).once(clock.now())
    today = metrics.numbers_without_shipment._value.get()
    await Upkeep(watch, settings).once(clock.now() + timedelta(hours=25))
    tomorrow = metrics.numbers_without_shipment._value.get()

    assert (today, tomorrow) == (0, 1)
