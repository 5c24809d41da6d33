"""Killed between asking the shop and writing down its answer: one refund, one event."""

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

from deploy.local.ports import free_port
from deploy.local.processes import Process, Processes
from shared import clock, testing
from shared.bus import kafka as clients
from shared.contracts.base import Message
from shared.db import Database
from shared.settings import KafkaSettings


@pytest.fixture
def service(
    database_url: str, kafka: KafkaSettings, stores_file: Path, tmp_path: Path
) -> tuple[Process, str]:
    """Returns as a process of its own, not started, and the URL of its API."""
    port = free_port()
    callers = "".join(
        f"""
  - id: {name}
    kind: agent
    role: {name}
    stores: [aurora]
    token_sha256: {hashlib.sha256(name.encode()).hexdigest()}"""
        for name in ("agent", "warehouse", "appraiser", "finance")
    )
    (tmp_path / "callers.yaml").write_text(f"callers:{callers}\n")
    process = Process(
        name="returns",
        command=[sys.executable, "-m", "returns", "run"],
        log=tmp_path / "returns.log",
        env={
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
            "KAFKA_PARTITIONS": "2",
            "KAFKA_INSTANCE_ID": "returns-1",
            "STORES_FILE": str(stores_file),
            "CALLERS_FILE": str(tmp_path / "callers.yaml"),
            "RETURNS_HTTP_PORT": str(port),
            "RETURNS_SHOP_TIMEOUT": "20",
            "RETURNS_REFUND_LEASE": "1.5",
            "RETURNS_REFUND_PAUSE": "0.1",
            "RETURNS_REFUND_SWEEP": "0.1",
        },
        ready=f"http://127.0.0.1:{port}/readyz",
    )
    return process, f"http://127.0.0.1:{port}"


async def tell(kafka: KafkaSettings, *messages: Message) -> None:
    """Say something on Kafka as another service does."""
    producer = clients.producer(kafka, "test")
    await producer.start()
    try:
        for message in messages:
            record = testing.record(message, offset=0)
            await producer.send_and_wait(
                kafka.topic_prefix + record.topic,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
            )
    finally:
        await producer.stop()


async def heard_on_kafka(kafka: KafkaSettings, until: str) -> list[str]:
    """The types of the messages of returns, until one of this type and what is there by then."""
    consumer = clients.consumer(kafka, "test", ["returns.cases.v1"])
    await consumer.start()
    types: list[str] = []

    async def poll(milliseconds: int) -> None:
        for records in (await consumer.getmany(timeout_ms=milliseconds)).values():
            names = (dict(one.headers)["ce_type"].decode() for one in records)
            types.extend(name.split(".")[1] for name in names)

    try:
        async with asyncio.timeout(30):
            while until not in types:
                await poll(200)
        await poll(500)
    finally:
        await consumer.stop()
    return types


@pytest.mark.parametrize(
    ("is_webhook_first", "is_forgetful"),
    [
        pytest.param(True, False, id="the webhook comes before the record"),
        pytest.param(False, True, id="the key alone tells the shop"),
    ],
)
async def test_killed_between_call_and_record_there_is_one_refund_and_one_event(
    db: Database,
    service: tuple[Process, str],
    kafka: KafkaSettings,
    shop: Any,
    story: Any,
    people_at: Any,
    *,
    is_webhook_first: bool,
    is_forgetful: bool,
) -> None:
    process, url = service
    shop.is_forgetful = is_forgetful
    reached, order = asyncio.Event(), story()

    async def refund_and_keep_silent(shop: Any, variables: Any) -> Response:
        shop.refund(variables)
        reached.set()
        await asyncio.sleep(30)
        return JSONResponse({})

    shop.faults.append(refund_and_keep_silent)
    async with Processes() as processes:
        await processes.start(process)
        await tell(kafka, order.paid(), order.delivered(clock.now()))
        await testing.eventually(lambda: testing.rows(db, "SELECT 1 FROM orders"), within=30)
        people = people_at(url)
        case = await people.inspected(order)
        assert (await people.act("finance", case, "refund")).status_code == 200
        async with asyncio.timeout(20):
            await reached.wait()

        await processes.kill("returns")
        (refund,) = await testing.rows(db, "SELECT * FROM refunds")
        assert (refund["state"], refund["attempts"]) == ("due", 1)
        if is_webhook_first:
            told = order.refunded(24_500, refund_id=refund["refund_id"], external_id="900")
            await tell(kafka, told)
        await processes.start(process)
        types = await heard_on_kafka(kafka, until="ReturnClosed")
        if not is_webhook_first:
            told = order.refunded(24_500, refund_id=refund["refund_id"], external_id="900")
            await tell(kafka, told)
            await testing.eventually(
                lambda: testing.rows(db, "SELECT 1 FROM orders WHERE version = 9"), within=30
            )

    assert len(shop.refunds) == 1
    assert types.count("RefundIssued") == types.count("ReturnClosed") == 1
    history = await testing.rows(db, "SELECT type FROM case_events ORDER BY version")
    assert [row["type"] for row in history] == [
        "ReturnRequested",
        "ReturnAuthorised",
        "ReturnReceived",
        "ReturnInspected",
        "RefundOrdered",
        "RefundIssued",
        "ReturnClosed",
    ]
    assert await testing.said(db) == []
    assert await testing.rows(db, "SELECT * FROM dead_letters") == []
    assert await testing.rows(db, "SELECT state FROM refunds") == [{"state": "paid"}]
