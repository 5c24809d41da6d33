"""Events a second through the bus, with inbox, state and outbox in PostgreSQL."""

import asyncio
import time
from collections.abc import Sequence

from sqlalchemy import text

from shared import testing
from shared.bus import Bus, Heard, Said, batch
from shared.bus import kafka as clients
from shared.contracts.intake import MessageStatusChanged
from shared.db import Database, Transaction
from shared.settings import KafkaSettings
from tests.bench.bench_relay import message
from tests.bench.figures import Figure
from tests.bench.places import Place

EVENTS = 60_000
STATE = "CREATE TABLE states (key text PRIMARY KEY, heard integer NOT NULL)"
_UPSERT = text(
    """
    INSERT INTO states (key, heard) SELECT key, 1 FROM unnest(cast(:keys AS text[])) AS key
    ON CONFLICT (key) DO UPDATE SET heard = states.heard + 1
    """
)


@batch
async def on_status(heard: Sequence[Heard[MessageStatusChanged]], tx: Transaction) -> list[Said]:
    """Count by key, and say one event for each heard."""
    await tx.execute(_UPSERT, {"keys": sorted(one.key for one in heard)})
    return [Said(one.message, one.id, one.correlation_id) for one in heard]


async def bench_bus(place: Place) -> list[Figure]:
    """Produce first, then measure from the first to the last commit."""
    settings = KafkaSettings(bootstrap=place.bootstrap, topic_prefix="bus.", partitions=4)
    await clients.ensure_topics(settings)
    await produce(settings)
    floor = await bare(settings)
    await testing.bare_service(place.database_url, "bench-bus", STATE)
    async with testing.opened_database(place.database_url, "bench-bus") as database:
        bus = Bus(
            service="bench-bus",
            db=database,
            kafka=settings,
            hears={MessageStatusChanged: on_status},
        )
        stop = asyncio.Event()
        task = asyncio.create_task(bus.run(stop))
        while not await total(database):
            await asyncio.sleep(0.005)
        start, first = time.perf_counter(), await total(database)
        while (done := await total(database)) < EVENTS:
            await asyncio.sleep(0.1)
        spent = time.perf_counter() - start
        stop.set()
        await task
    what = "bus: inbox + state + outbox, one process"
    goal = "≥ 25,000"
    return [Figure(what, (done - first) / spent, "events/s", goal, floor, "bare consume + produce")]


async def total(database: Database) -> int:
    """How many have taken effect."""
    found = await testing.rows(database, "SELECT coalesce(sum(heard), 0) AS n FROM states")
    return int(found[0]["n"])


async def produce(settings: KafkaSettings) -> None:
    """Put the events on the topic."""
    producer = clients.producer(settings, "feed")
    await producer.start()
    topic = settings.topic_prefix + MessageStatusChanged.TOPIC
    records = [testing.record(message(n), offset=n) for n in range(EVENTS)]
    for first in range(0, EVENTS, 500):
        sends = [
            await producer.send(topic, key=r.key, value=r.value, headers=list(r.headers))
            for r in records[first : first + 500]
        ]
        await asyncio.gather(*sends)
    await producer.stop()


async def bare(settings: KafkaSettings) -> float:
    """Consume and produce again with bare aiokafka, nothing else."""
    consumer = clients.consumer(settings, "floor", [MessageStatusChanged.TOPIC])
    producer = clients.producer(settings, "floor")
    await consumer.start()
    await producer.start()
    done, start = 0, 0.0
    while done < EVENTS:
        polled = await consumer.getmany(timeout_ms=200, max_records=500)
        start = start or time.perf_counter()
        records = [record for part in polled.values() for record in part]
        topic = settings.topic_prefix + "notify.deliveries.v1"
        sends = [
            await producer.send(topic, key=r.key, value=r.value, headers=list(r.headers))
            for r in records
        ]
        if sends:
            await asyncio.gather(*sends)
        done += len(records)
    spent = time.perf_counter() - start
    await consumer.stop()
    await producer.stop()
    return EVENTS / spent
