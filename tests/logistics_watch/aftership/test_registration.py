"""Due registrations: claimed, called, recorded, and told once whatever happens between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from logistics_watch.carriers.aftership.client import AfterShip
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.handlers import orders, scans
from logistics_watch.settings import Settings
from logistics_watch.store import registrations
from logistics_watch.workers.registration import Registrar
from shared import clock, testing
from shared.bus.answering import Answering
from shared.contracts.intake import OrderCancelled, OrderShipped
from shared.contracts.logistics_watch import (
    CustomsHeld,
    ExceptionKind,
    Milestone,
    ScanRecorded,
    ShipmentMoved,
    ShipmentRegistered,
)
from shared.db import Database
from shared.stores import Stores

M = Milestone
SITES = TrackingSites.load()


@pytest.fixture
async def registrars(
    watch: Database, stores_of_world: Stores, settings: Settings
) -> AsyncIterator[tuple[Registrar, Registrar]]:
    """Two, as two processes have them."""
    async with AfterShip(settings.aggregator_timeout) as aftership:

        def made() -> Registrar:
            return Registrar(
                db=watch,
                stores=stores_of_world,
                aftership=aftership,
                sites=SITES,
                settings=settings,
            )

        yield made(), made()


@pytest.fixture
def registrar(registrars: tuple[Registrar, Registrar]) -> Registrar:
    return registrars[0]


@pytest.fixture
async def ship(
    watch: Database, shipped: Callable[..., OrderShipped], settings: Settings
) -> Callable[..., Any]:
    async def ship(order: str = "order-1", **given: Any) -> None:
        async with watch.transaction() as tx:
            await orders.on_order_shipped(
                shipped(order, **given), tx, stalls=settings.stalls(), sites=SITES
            )

    return ship


async def registered(watch: Database) -> list[ShipmentRegistered]:
    found = await testing.said(watch, ShipmentRegistered)
    return [message for message in found if isinstance(message, ShipmentRegistered)]


async def make_due(watch: Database) -> None:
    await testing.rows(watch, "UPDATE registrations SET due_at = now() - interval '1 second'")


async def test_a_shipped_number_is_registered_and_told(
    watch: Database, registrar: Registrar, ship: Any, world: Any, now: datetime
) -> None:
    await ship()

    assert await registrar.once() is None

    (event,) = await registered(watch)
    assert (event.is_watched, event.why, event.line_ids) == (True, None, ("1",))
    assert (event.carrier, event.number, event.version) == ("dhl", "1234567890", 1)
    assert event.tracking_url == (
        "https://www.dhl.com/es-es/home/tracking/tracking-parcel.html"
        "?submit=1&tracking-id=1234567890"
    )
    assert world.calls[0]["order_id"] == str(event.order_id)
    (shipment,) = await testing.rows(watch, "SELECT is_watched, due_at FROM shipments")
    assert shipment["is_watched"]
    assert shipment["due_at"] >= now + timedelta(days=4)


async def test_two_workers_register_each_number_once(
    watch: Database, registrars: tuple[Registrar, Registrar], ship: Any, world: Any
) -> None:
    for number in range(20):
        await ship(f"o{number}", number=f"N{number:08}")

    for _ in range(3):
        await asyncio.gather(*(registrar.once() for registrar in registrars))

    assert len(world.calls) == 20
    assert len({event.number for event in await registered(watch)}) == 20
    assert len(await registered(watch)) == 20


async def test_an_attempt_that_died_before_its_record_is_repeated_and_told_once(
    watch: Database, registrar: Registrar, ship: Any, world: Any
) -> None:
    await ship()
    # What a kill leaves: the number is known there, the claim's lease runs out here.
    world.known["1234567890", "dhl"] = "x"
    await testing.rows(watch, "UPDATE registrations SET attempts = 1")

    await registrar.once()

    (event,) = await registered(watch)
    assert event.is_watched


async def test_an_answer_that_comes_after_anothers_record_says_nothing(
    watch: Database, registrars: tuple[Registrar, Registrar], ship: Any
) -> None:
    await ship()
    one, other = registrars
    async with watch.transaction() as tx:
        (claimed,) = await registrations.claim(tx, clock.now(), clock.now(), 1)

    await asyncio.gather(one._register(claimed), other._register(claimed))

    assert len(await registered(watch)) == 1


async def test_refused_for_good_is_told_as_unwatched_and_never_stalls(
    watch: Database, registrar: Registrar, ship: Any, world: Any
) -> None:
    await ship()
    world.answers.append((400, {"meta": {"code": 4017, "message": "Bad format."}}, {}))

    await registrar.once()

    (event,) = await registered(watch)
    assert (event.is_watched, event.why) == (False, "4017 Bad format.")
    assert event.tracking_url
    (shipment,) = await testing.rows(watch, "SELECT is_watched, due_at FROM shipments")
    assert shipment == {"is_watched": False, "due_at": None}


@pytest.mark.parametrize(
    ("answer", "least"),
    [((503, {}, {}), 0.5), ((429, {}, {"retry-after": "2"}), 1.0), ("hang", 0.5)],
)
async def test_trouble_over_there_is_waited_for_and_the_number_registered_after_it(
    watch: Database, registrar: Registrar, ship: Any, world: Any, answer: Any, least: float
) -> None:
    await ship()
    world.answers.append(answer)

    begun = clock.now()
    again = await registrar.once()

    assert again is not None
    assert (again - begun).total_seconds() >= least
    assert await registered(watch) == []
    await make_due(watch)
    await registrar.once()
    (event,) = await registered(watch)
    assert event.is_watched


async def test_after_a_day_without_an_answer_the_buyer_is_told_unwatched(
    watch: Database, registrar: Registrar, ship: Any, world: Any
) -> None:
    await ship()
    await testing.rows(watch, "UPDATE registrations SET asked_at = now() - interval '25 hours'")
    world.answers.append((500, {}, {}))

    await registrar.once()

    (event,) = await registered(watch)
    assert not event.is_watched
    assert "no answer" in (event.why or "")


async def test_a_store_without_an_account_is_told_unwatched(
    watch: Database, registrar: Registrar, ship: Any, world: Any
) -> None:
    await ship(store_id="elsewhere")

    await registrar.once()

    (event,) = await registered(watch)
    assert (event.is_watched, event.why) == (False, "the store has no tracking account")
    assert world.calls == []


async def test_an_order_cancelled_while_it_is_asked_is_not_told(
    watch: Database,
    registrar: Registrar,
    ship: Any,
    world: Any,
    order_cancelled: Callable[..., OrderCancelled],
) -> None:
    await ship()
    world.answers.append("hang")
    asking = asyncio.create_task(registrar.once())
    await testing.eventually(lambda: called(world))

    async with watch.transaction() as tx:
        await orders.on_order_cancelled(order_cancelled(), tx)
    await asking

    assert await registered(watch) == []
    assert await testing.rows(watch, "SELECT 1 FROM registrations") == []


async def called(world: Any) -> bool:
    return bool(world.calls)


async def test_scans_kept_under_the_carrier_that_aftership_finds_are_taken_in(
    watch: Database,
    registrar: Registrar,
    ship: Any,
    world: Any,
    settings: Settings,
    scanned: Callable[..., ScanRecorded],
) -> None:
    on_scans = partial(scans.on_scans, stalls=settings.stalls())
    answering = Answering(db=watch, consumer="test", hears={ScanRecorded: on_scans})
    await ship(carrier="Aunt Emma", number="4711000815")
    there = {"carrier": "dhl-germany", "number": "4711000815"}
    held = scanned(1, M.EXCEPTION, ExceptionKind.CUSTOMS_HOLD, **there)
    await answering.answer([testing.record(held, offset=1)])
    assert await testing.said(watch) == []

    await registrar.once()

    kinds = [type(message) for message in await testing.said(watch)]
    assert kinds == [ShipmentRegistered, ShipmentMoved, CustomsHeld]
    (shipment,) = await testing.rows(watch, "SELECT carrier, tracking_url FROM shipments")
    assert shipment["carrier"] == "dhl-germany"
    assert shipment["tracking_url"].startswith("https://www.dhl.de/")
