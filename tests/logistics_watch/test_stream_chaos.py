"""Live scans while the stream's processes are killed and stopped, and broker and database restart.

What each scan has to make the service say is known beforehand, so that a lost or a doubled effect
shows as a difference. No relay runs: the outbox keeps all that was said. `CHAOS=full` runs it at
full length.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import Process, Processes
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.domain.parcel import Fact, Parcel, Scan, advance
from logistics_watch.handlers import orders
from logistics_watch.settings import Settings
from shared import testing
from shared.contracts.intake import OrderShipped
from shared.contracts.logistics_watch import Milestone, ScanRecorded
from shared.db import Database
from shared.settings import KafkaSettings

M = Milestone
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
WAY = (M.IN_TRANSIT, M.OUT_FOR_DELIVERY, M.ATTEMPT_FAILED, M.OUT_FOR_DELIVERY, M.IN_TRANSIT)


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    scans: int
    """At least so many; they come as long as the trouble lasts."""
    parcels: int
    kills: int
    stops: int
    rate: float
    """Scans a second."""
    within: float
    """Seconds, on a machine that has much else to do."""


SMALL = Size(scans=2_500, parcels=60, kills=3, stops=1, rate=150, within=240)
FULL = Size(scans=20_000, parcels=200, kills=12, stops=3, rate=250, within=840)


@pytest.fixture
def size() -> Size:
    return FULL if os.environ.get("CHAOS") == "full" else SMALL


@dataclass(frozen=True)
class Ground:
    """A broker and a database server of this test's own."""

    broker: LocalKafka
    server: LocalPostgres
    kafka: KafkaSettings
    url: str


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    broker, server = LocalKafka(tmp_path / "kafka"), LocalPostgres(tmp_path / "pg", durable=True)
    async with broker, server:
        template = await testing.make_template(server.url, ["logistics-watch"])
        url = testing.database_named(server.url, template)
        async with testing.fresh_topics(broker.bootstrap, partitions=4) as kafka:
            yield Ground(broker, server, kafka, url)


def scans_of(size: Size, scanned: Callable[..., ScanRecorded]) -> Iterator[ScanRecorded]:
    """Every parcel's scans in its own order, the parcels taking turns; each scan moves it."""
    for turn in count():
        for parcel in range(size.parcels):
            scan = scanned(0, WAY[turn % len(WAY)], number=f"PARCEL{parcel:05}", code=str(turn))
            at = BEGUN + timedelta(minutes=turn)
            yield ScanRecorded(**{**fields(scan), "occurred_at": at})


def fields(scan: ScanRecorded) -> dict[str, Any]:
    return {name: getattr(scan, name) for name in scan.__struct_fields__}


def expected(scans: list[ScanRecorded]) -> list[Fact]:
    """What one parcel's scans make the service say, in order, if each counts once."""
    parcel, told = Parcel(), list[Fact]()
    for scan in scans:
        parcel, facts = advance(parcel, Scan(scan.occurred_at, scan.milestone))
        told += facts
    return told


FACTS = {
    "ShipmentMoved": Fact.MOVED,
    "ShipmentRecovered": Fact.RECOVERED,
    "DeliveryFailed": Fact.DELIVERY_FAILED,
}


async def ship(url: str, size: Size, shipped: Callable[..., OrderShipped]) -> None:
    stalls, sites = Settings().stalls(), TrackingSites.load()
    async with testing.opened_database(url, "logistics-watch") as watch:
        for parcel in range(size.parcels):
            order = shipped(f"o{parcel}", number=f"PARCEL{parcel:05}", shipped_at=BEGUN)
            async with watch.transaction() as tx:
                await orders.on_order_shipped(order, tx, stalls=stalls, sites=sites)


async def told(watch: Database) -> dict[str, list[tuple[int, Fact]]]:
    """What was said of each parcel: versions and facts, in the order in which it was said."""
    found: dict[str, list[tuple[int, Fact]]] = {}
    for message in await testing.said(watch):
        event: Any = message
        fact = FACTS[type(event).__name__]
        found.setdefault(event.number, []).append((event.version, fact))
    return found


class Trouble:
    """Kills and restarts, one after another, spread over the time the scans take."""

    def __init__(self, ground: Ground, processes: Processes, size: Size, seed: int) -> None:
        self._ground = ground
        self._processes = processes
        self._random = random.Random(seed)
        self.done: dict[str, int] = dict.fromkeys(("kill", "stop", "broker", "database"), 0)
        plan = ["kill"] * size.kills + ["stop"] * size.stops
        self._random.shuffle(plan)
        third = len(plan) // 3
        self._plan = [*plan[:third], "broker", *plan[third : 2 * third], "database"]
        self._plan += plan[2 * third :]

    async def make(self) -> None:
        for what in self._plan:
            await asyncio.sleep(self._random.uniform(0.2, 1.2))
            name = self._random.choice(("one", "two"))
            if what == "kill":
                await self._processes.kill(name)
                await self._processes.restart(name)
            elif what == "stop":
                await self._processes.stop(name)
                await self._processes.restart(name)
            elif what == "broker":
                await self._ground.broker.restart()
            else:
                await self._ground.server.restart()
            self.done[what] += 1


@pytest.fixture
async def processes(
    ground: Ground, make_process: Callable[..., Process], tmp_path: Path
) -> AsyncIterator[Processes]:
    """Two processes of the stream, `one` and `two`."""
    async with Processes() as processes:
        pair = [
            make_process(name, "stream", ground.url, ground.kafka, tmp_path)
            for name in ("one", "two")
        ]
        await processes.start(*pair)
        yield processes


@pytest.mark.timeout(900)
async def test_nothing_is_lost_or_doubled_while_everything_is_killed(
    ground: Ground,
    size: Size,
    processes: Processes,
    shipped: Callable[..., OrderShipped],
    scanned: Callable[..., ScanRecorded],
    speaker: Any,
) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    await ship(ground.url, size, shipped)
    trouble = Trouble(ground, processes, size, seed)
    begun = time.monotonic()

    async with asyncio.timeout(size.within), asyncio.TaskGroup() as group:
        making = group.create_task(trouble.make())
        feeding = group.create_task(
            feed(speaker(ground.kafka), scans_of(size, scanned), size, making)
        )
    scans = feeding.result()
    await answered(ground.url, len(scans))
    codes = [await processes.stop(name) for name in ("one", "two")]

    async with testing.opened_database(ground.url, "logistics-watch") as watch:
        kept = await testing.rows(watch, "SELECT count(*) AS n FROM scans")
        letters = await testing.rows(watch, "SELECT * FROM dead_letters")
        versions = await testing.rows(watch, "SELECT number, version FROM shipments")
        said = await told(watch)
    by_number: dict[str, list[ScanRecorded]] = {}
    for scan in scans:
        by_number.setdefault(scan.number, []).append(scan)
    due = {number: list(enumerate(expected(mine), 1)) for number, mine in by_number.items()}
    lost = sum(max(0, len(due[number]) - len(said.get(number, ()))) for number in due)
    doubled = sum(max(0, len(facts) - len(due[number])) for number, facts in said.items())
    print(
        f"\nscan stream, seed {seed}: {len(scans)} scans, {trouble.done}, {lost} lost,"
        f" {doubled} doubled, {time.monotonic() - begun:.0f} s"
    )
    assert (lost, doubled) == (0, 0)
    assert said == due
    assert kept == [{"n": len(scans)}]
    assert letters == []
    assert {row["number"]: row["version"] for row in versions} == {
        number: len(facts) for number, facts in due.items()
    }
    assert trouble.done == {"kill": size.kills, "stop": size.stops, "broker": 1, "database": 1}
    assert processes.died.empty()
    assert codes == [0, 0]


async def feed(
    speaker: Any, scans: Iterator[ScanRecorded], size: Size, trouble: asyncio.Task[None]
) -> list[ScanRecorded]:
    """Say scans live, at the size's rate while the broker takes them, until the trouble is over."""
    said: list[ScanRecorded] = []
    async with speaker.open() as it:
        while not trouble.done() or len(said) < size.scans:
            pace = asyncio.create_task(asyncio.sleep(20 / size.rate))
            some = list(islice(scans, 20))
            await it.say(some)
            said += some
            await pace
    return said


async def answered(url: str, scans: int) -> None:
    """Wait until all are kept; what is still missing after a minute is lost."""
    async with testing.opened_database(url, "logistics-watch") as watch:

        async def all_kept() -> bool:
            found = await testing.rows(watch, "SELECT count(*) AS n FROM scans")
            return int(found[0]["n"]) == scans

        with suppress(AssertionError):
            await testing.eventually(all_kept, within=60, every=0.2)
