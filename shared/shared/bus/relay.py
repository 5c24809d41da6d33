"""Outbox → Kafka, oldest first; a row is deleted only when the broker acknowledged it.

One speaker per service: the process that holds the advisory lock. No transaction is open while
Kafka is asked. What was sent and not acknowledged in time is waited for on the same producer, since
an idempotent send that a time-out gave up on is still written later.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from shared import clock, metrics
from shared.bus import dead_letters, inbox
from shared.bus import kafka as clients
from shared.bus.outbox import OUTBOX
from shared.bus.packing import Packed
from shared.db import Database, is_unavailable
from shared.errors import Unavailable
from shared.settings import KafkaSettings

log = structlog.get_logger()

Sends: TypeAlias = list[tuple[list[Any], asyncio.Future[Any]]]
"""Outbox rows that travel together, each group with the broker's answer to come."""

LIMIT = 500
_LOCK = 0x72656C61  # "rela"; the second half of the key is the service's schema
_LEAD = "SELECT pg_try_advisory_lock($1::int, hashtext(current_schema))"
_BOUND = 10.0
_IDLE = 0.1
_STANDBY = 0.3
_LOOK = 2.0
_TIDY = 10.0
_TIDIED_AT_ONCE = 5000

_OLDEST = """
    SELECT id, event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body
    FROM outbox WHERE id <> ALL($2::bigint[]) ORDER BY id LIMIT $1
"""
_DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"
_BURY = """
    WITH gone AS (DELETE FROM outbox WHERE id = ANY($1::bigint[]) RETURNING *)
    INSERT INTO outbox_dead
        (id, event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body, why)
    SELECT id, event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body, $2
    FROM gone ON CONFLICT DO NOTHING
"""


class Relay:
    """Says what the service's outbox holds."""

    def __init__(self, *, service: str, db: Database, kafka: KafkaSettings) -> None:
        self._source = f"/meridian/{service}"
        self._client = f"{service}-relay"
        self._db = db
        self._kafka = kafka
        self._wake = db.on_wake(OUTBOX)
        self._tidied = 0.0
        self._looked = 0.0
        self._partition_counts: dict[str, int] = {}
        self.is_leader = False

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop`, through every restart of broker and database."""
        while not stop.is_set():
            try:
                await self._once(stop)
            except Exception as why:
                if not is_unavailable(why) and not isinstance(why, KafkaError):
                    raise
                log.warning("relay interrupted", error=type(why).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_STANDBY):
                    await stop.wait()

    async def _once(self, stop: asyncio.Event) -> None:
        # What is deleted twice was only said twice: these commits need not wait for the disk.
        async with (
            self._connected() as reading,
            self._connected(synchronous_commit="off") as deleting,
        ):
            while not await reading.fetchval(_LEAD, _LOCK):
                with suppress(TimeoutError):
                    async with asyncio.timeout(_STANDBY):
                        await stop.wait()
                if stop.is_set():
                    return
            await clients.ensure_topics(self._kafka)
            producer = clients.producer(self._kafka, self._client)
            self._partition_counts.clear()
            try:
                async with asyncio.timeout(_BOUND * 2):
                    await producer.start()
                self.is_leader = self._wake.is_sole = True
                await self._lead(reading, deleting, producer, stop)
            finally:
                self.is_leader = self._wake.is_sole = False
                await clients.within(_BOUND, producer.stop())

    @asynccontextmanager
    async def _connected(self, **settings: str) -> AsyncIterator[asyncpg.Connection]:
        connection = await self._db.direct(**settings)
        try:
            yield connection
        finally:
            connection.terminate()

    async def _lead(
        self,
        reading: asyncpg.Connection,
        deleting: asyncpg.Connection,
        producer: AIOKafkaProducer,
        stop: asyncio.Event,
    ) -> None:
        log.info("relay leads")
        flying: list[int] = []
        settling: asyncio.Task[None] | None = None
        try:
            while True:
                # While one batch is on its way the next is read and packed.
                rows = await reading.fetch(_OLDEST, LIMIT, flying)
                sends = await self._hand_over(reading, rows, producer) if rows else []
                if settling is not None:
                    await settling
                flying = [row["id"] for group, _ in sends for row in group]
                settling = asyncio.create_task(self._settle(deleting, sends, stop))
                await self._look(reading)
                if not rows and stop.is_set():
                    return
                if len(rows) < LIMIT:
                    await self._wake.wait(_IDLE)
        finally:
            if settling is not None:
                settling.cancel()
                await asyncio.wait({settling})

    async def _settle(
        self, connection: asyncpg.Connection, sends: Sends, stop: asyncio.Event
    ) -> None:
        """Wait for the broker's word on these, and delete what it acknowledged."""
        if not sends:
            return
        await self._answered([send for _, send in sends], stop)
        done = [row for rows, send in sends if _failure(send) is None for row in rows]
        await connection.execute(_DELETE, [row["id"] for row in done])
        for name, count in Counter(row["type"] for row in done).items():
            metrics.messages_said.labels(name).inc(count)
        for rows, send in sends:
            why = _failure(send)
            if isinstance(why, MessageSizeTooLargeError) and len(rows) == 1:
                await self._bury(connection, rows)
            elif why is not None:
                raise why

    async def _hand_over(
        self, connection: asyncpg.Connection, rows: Sequence[Any], producer: AIOKafkaProducer
    ) -> Sends:
        """Give the rows to the producer in batches of its own making, one future each.

        That is twice as fast as a future a message. The partitioner is Kafka's: murmur2 of the key.
        """
        packed = Packed(producer, self._source)
        try:
            async with asyncio.timeout(_BOUND):
                for row in rows:
                    topic = self._kafka.topic_prefix + row["topic"]
                    packed.add(topic, await self._partitions(producer, topic), row)
                sends = [
                    (batch.rows, await producer.send_batch(batch.batch, topic, partition=part))
                    for (topic, part), batch in packed.batches
                ]
        except TimeoutError:
            raise Unavailable("kafka takes nothing") from None
        await self._bury(connection, packed.too_large)
        return sends

    async def _partitions(self, producer: AIOKafkaProducer, topic: str) -> int:
        if topic not in self._partition_counts:
            self._partition_counts[topic] = len(await producer.partitions_for(topic))
        return self._partition_counts[topic]

    async def _answered(self, sends: Sequence[asyncio.Future[Any]], stop: asyncio.Event) -> None:
        waiting = {send for send in sends if not send.done()}
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=_BOUND)
            if waiting:
                log.warning("kafka does not acknowledge", batches=len(waiting))
                if stop.is_set():
                    return

    async def _bury(self, connection: asyncpg.Connection, rows: Sequence[Any]) -> None:
        if rows:
            await connection.execute(_BURY, [row["id"] for row in rows], "too large for Kafka")
            metrics.outbox_refused.inc(len(rows))
            log.error("messages too large for kafka", events=[str(row["event_id"]) for row in rows])

    async def _look(self, connection: asyncpg.Connection) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._looked > _LOOK:
            self._looked = now
            waiting, oldest = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS waiting),"
                " (SELECT said_at FROM outbox ORDER BY id LIMIT 1)"
            )
            metrics.outbox_waiting.set(waiting)
            age = (clock.now() - oldest).total_seconds() if oldest else 0.0
            metrics.outbox_oldest.set(age)
        if now - self._tidied > _TIDY:
            self._tidied = now
            await inbox.forget(connection, _TIDIED_AT_ONCE)
            await dead_letters.forget(connection, _TIDIED_AT_ONCE)


def _failure(send: asyncio.Future[Any]) -> BaseException | None:
    if not send.done():
        return Unavailable("kafka did not acknowledge")
    return Unavailable("send cancelled") if send.cancelled() else send.exception()
