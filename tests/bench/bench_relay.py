"""Outbox rows a second to the broker, beside a bare idempotent producer of the same records."""

import asyncio
import time
from datetime import UTC, datetime

from shared import testing
from shared.bus import Relay, cause_of, say
from shared.bus import kafka as clients
from shared.contracts.base import AccountId, Channel, StoreId
from shared.contracts.intake import Delivery, MessageStatusChanged
from shared.settings import KafkaSettings
from tests.bench.figures import Figure
from tests.bench.places import Place

ROWS = 60_000
BATCH = 500


def message(n: int) -> MessageStatusChanged:
    """A small event; every key occurs three times."""
    return MessageStatusChanged(
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        store_id=StoreId("aurora"),
        version=1,
        channel=Channel("mail"),
        account_id=AccountId("aurora-mail"),
        external_id=f"key-{n % (ROWS // 3)}",
        status=Delivery.SENT,
    )


async def bench_relay(place: Place) -> list[Figure]:
    """Fill the outbox, then let the relay empty it."""
    settings = KafkaSettings(bootstrap=place.bootstrap, topic_prefix="relay.", partitions=4)
    await clients.ensure_topics(settings)
    floor = await bare(settings)
    await testing.bare_service(place.database_url, "bench-relay")
    async with testing.opened_database(place.database_url, "bench-relay") as database:
        for first in range(0, ROWS, 2000):
            async with database.transaction() as tx:
                batch = [message(n) for n in range(first, first + 2000)]
                await say(tx, batch, cause=cause_of("bench", first))
        relay = Relay(service="bench-relay", db=database, kafka=settings)
        stop = asyncio.Event()
        task = asyncio.create_task(relay.run(stop))
        while not relay.is_leader:
            await asyncio.sleep(0.001)
        start = time.perf_counter()
        left = ROWS
        while left:
            await asyncio.sleep(0.1)
            found = await testing.rows(database, "SELECT count(*) AS n FROM outbox")
            left = found[0]["n"]
        spent = time.perf_counter() - start
        stop.set()
        await task
    what = f"outbox relay, {BATCH} a batch"
    return [
        Figure(
            what,
            ROWS / spent,
            "events/s",
            "≥ 40,000",
            floor,
            "bare idempotent producer, same records",
        )
    ]


async def bare(settings: KafkaSettings) -> float:
    """Events a second of a producer that does nothing else."""
    producer = clients.producer(settings, "floor")
    await producer.start()
    topic = settings.topic_prefix + MessageStatusChanged.TOPIC
    records = [testing.record(message(n), offset=n) for n in range(ROWS)]
    start = time.perf_counter()
    for first in range(0, ROWS, BATCH):
        sends = [
            await producer.send(topic, key=r.key, value=r.value, headers=list(r.headers))
            for r in records[first : first + BATCH]
        ]
        await asyncio.gather(*sends)
    spent = time.perf_counter() - start
    await producer.stop()
    return ROWS / spent
