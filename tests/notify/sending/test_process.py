"""The service as it runs: its own process, real Kafka, killed where it hurts most."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.ports import free_port
from deploy.local.processes import Process, Processes
from shared import testing
from shared.bus import kafka as clients
from shared.bus.records import Record, read, wire_types
from shared.contracts.base import Message
from shared.contracts.notify import NotificationSent
from shared.settings import KafkaSettings


@pytest.fixture
def process(
    notify_url: str, kafka: KafkaSettings, stores_path: Path, environ: Any, tmp_path: Path
) -> Process:
    """`python -m notify run`, with a short lease."""
    port = free_port()
    return Process(
        name="notify",
        command=[sys.executable, "-m", "notify", "run"],
        log=tmp_path / "notify.log",
        env={
            **environ,
            "DATABASE_URL": notify_url,
            "STORES_FILE": str(stores_path),
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
            "KAFKA_PARTITIONS": str(kafka.partitions),
            "KAFKA_INSTANCE_ID": "notify-1",
            "NOTIFY_HTTP_PORT": str(port),
            "NOTIFY_LEASE": "PT2S",
        },
        ready=f"http://127.0.0.1:{port}/readyz",
    )


async def say(kafka: KafkaSettings, *messages: Message) -> None:
    """Say messages as another service would."""
    producer = clients.producer(kafka, "test")
    await producer.start()
    try:
        for message in messages:
            record = testing.record(message, offset=0)
            await producer.send_and_wait(
                kafka.topic_prefix + record.topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
            )
    finally:
        await clients.within(10, producer.stop())


async def heard_sent(kafka: KafkaSettings) -> list[NotificationSent]:
    """All NotificationSent on the topic, as soon as there is one."""
    consumer = clients.consumer(kafka, "test", ["notify.deliveries.v1"])
    types = wire_types([NotificationSent])
    await consumer.start()
    try:
        found: list[NotificationSent] = []
        async with asyncio.timeout(20):
            while not found:
                polled = await consumer.getmany(timeout_ms=200)
                for records in polled.values():
                    for each in records:
                        record = Record(
                            each.topic, each.partition, each.offset, each.key, each.value,
                            each.headers,
                        )  # fmt: skip
                        heard = read(record, types)
                        if heard and isinstance(heard.message, NotificationSent):
                            found.append(heard.message)
        return found
    finally:
        await clients.within(10, consumer.stop())


@asynccontextmanager
async def locked(office: Any) -> AsyncIterator[None]:
    """Hold every notification's row, so that nothing can be recorded."""
    connection = await office.db.direct()
    try:
        await connection.execute("BEGIN")
        await connection.execute("SELECT 1 FROM notifications FOR UPDATE")
        yield
        await connection.execute("ROLLBACK")
    finally:
        await connection.close()


@pytest.mark.timeout(180)
async def test_killed_between_the_servers_250_and_the_record_it_repeats_under_the_same_id(
    office: Any, make: Any, mail_server: Any, kafka: KafkaSettings, process: Process
) -> None:
    async def recording_waits() -> list[dict[str, Any]]:
        return await testing.rows(
            office.db,
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND query LIKE '%SET state = ''sent''%'",
        )

    mail_server.hold.clear()
    async with Processes(tell=lambda _: None) as processes:
        await processes.start(process)
        await say(kafka, make.placed())
        await office.ended("order_confirmation", "sending")
        async with locked(office):
            mail_server.hold.set()
            await mail_server.mails(1)
            await testing.eventually(recording_waits)
            await processes.kill("notify")
        await processes.start(process)

        first, second = await mail_server.mails(2, within=30)
        row = await office.ended("order_confirmation", "sent")
        (sent,) = await heard_sent(kafka)
        metrics = await page(process, "/metrics")
        assert await processes.stop("notify") == 0

    assert first.message_id == second.message_id == sent.external_id
    assert sent.is_repeat
    assert (row["attempts"], row["unknowns"]) == (2, 1)
    assert 'meridian_notifications_repeated_total{channel="mail"} 1.0' in metrics
    assert len(mail_server.got) == 2, "as many copies as kills, no more"


async def page(process: Process, path: str) -> str:
    assert process.ready is not None
    async with httpx.AsyncClient() as client:
        answer = await client.get(process.ready.replace("/readyz", path))
    return answer.text
