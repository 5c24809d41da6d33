"""Outbox → Kafka, oldest first; a row is deleted only when the broker acknowledged it.

One speaker per service: the process that holds the advisory lock. No transaction is open while
Kafka is asked. What was sent and not acknowledged in time is waited for on the same producer, since
an idempotent send that a time-out gave up on is still written later.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from shared import clock, metrics
from shared.bus import dead_letters, inbox
from shared.bus import kafka as clients
from shared.bus.outbox import OUTBOX
from shared.bus.records import headers
from shared.db import Database, is_unavailable
from shared.errors import Unavailable
from shared.settings import KafkaSettings

log = structlog.get_logger()

LIMIT = 500
_LOCK = 0x72656C61  # "rela"
_BOUND = 10.0
_IDLE = 0.1
_STANDBY = 0.3
_LOOK = 2.0
_TIDY = 3600.0

_OLDEST = """
    SELECT id, event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body
    FROM outbox ORDER BY id LIMIT $1
"""
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
            self.is_leader = False
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _STANDBY)

    async def _once(self, stop: asyncio.Event) -> None:
        connection = await self._db.direct()
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _STANDBY)
                if stop.is_set():
                    return
            await clients.ensure_topics(self._kafka)
            producer = clients.producer(self._kafka, self._client)
            try:
                await asyncio.wait_for(producer.start(), _BOUND * 2)
                self.is_leader = True
                await self._lead(connection, producer, stop)
            finally:
                await clients.within(_BOUND, producer.stop())
        finally:
            connection.terminate()

    async def _lead(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, stop: asyncio.Event
    ) -> None:
        log.info("relay leads")
        while True:
            sent = await self._send(connection, producer, stop)
            await self._look(connection)
            if sent < LIMIT:
                if stop.is_set():
                    return
                await self._wake.wait(_IDLE)

    async def _send(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, stop: asyncio.Event
    ) -> int:
        rows = await connection.fetch(_OLDEST, LIMIT)
        if not rows:
            return 0
        sends, too_large = await self._hand_over(rows, producer)
        await self._acknowledged(sends, stop)
        done = [row for row, send in sends if send.done() and not _failure(send)]
        if done:
            await connection.execute(
                "DELETE FROM outbox WHERE id = ANY($1::bigint[])", [row["id"] for row in done]
            )
            for row in done:
                metrics.messages_said.labels(row["type"]).inc()
        failed = [(row, _failure(send)) for row, send in sends if send.done()]
        too_large += [row for row, why in failed if isinstance(why, MessageSizeTooLargeError)]
        if too_large:
            await self._bury(connection, too_large)
        for _, why in failed:
            if why is not None and not isinstance(why, MessageSizeTooLargeError):
                raise why
        return len(rows)

    async def _hand_over(
        self, rows: Sequence[Any], producer: AIOKafkaProducer
    ) -> tuple[list[tuple[Any, asyncio.Future[Any]]], list[Any]]:
        sends, too_large = [], []
        prefix = self._kafka.topic_prefix
        try:
            async with asyncio.timeout(_BOUND):
                for row in rows:
                    try:
                        send = await producer.send(
                            prefix + row["topic"],
                            key=row["key"].encode(),
                            value=row["body"],
                            headers=headers(row, self._source),
                        )
                    except (MessageSizeTooLargeError, RecordListTooLargeError):
                        too_large.append(row)
                    else:
                        sends.append((row, send))
        except TimeoutError:
            # The producer's buffer is full or it knows no leader: what it took may still arrive.
            if not sends:
                raise Unavailable("kafka takes nothing") from None
        return sends, too_large

    async def _acknowledged(
        self, sends: Sequence[tuple[Any, asyncio.Future[Any]]], stop: asyncio.Event
    ) -> None:
        waiting = {send for _, send in sends}
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=_BOUND)
            if waiting:
                log.warning("kafka does not acknowledge", messages=len(waiting))
                if stop.is_set():
                    return

    async def _bury(self, connection: asyncpg.Connection, rows: Sequence[Any]) -> None:
        await connection.execute(_BURY, [row["id"] for row in rows], "too large for Kafka")
        metrics.outbox_refused.inc(len(rows))
        log.error("messages too large for kafka", event_ids=[str(row["event_id"]) for row in rows])

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
            await inbox.forget(connection)
            await dead_letters.forget(connection)


def _failure(send: asyncio.Future[Any]) -> BaseException | None:
    return Unavailable("send cancelled") if send.cancelled() else send.exception()
