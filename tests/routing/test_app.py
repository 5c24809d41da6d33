"""Routing as it runs: two processes on the real broker, one of them killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from shared import testing
from shared.contracts.intake import MessageReceived
from shared.db import Database
from shared.settings import KafkaSettings

Make = Callable[..., MessageReceived]

TEAM = """
agents:
  - id: eva
    name: Eva
    stores: [aurora]
    languages: {es: 5}
    country: ES
    time_zone: Europe/Madrid
    capacity: {messaging: 900}
    shifts: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "24:00"}]
"""


@pytest.fixture
async def two(
    kafka: KafkaSettings, database_url: str, tmp_path: Path, stores: Any
) -> AsyncIterator[dict[int, asyncio.subprocess.Process]]:
    """Two processes of routing, by pid. The stores are those of the fixture's file."""
    team = tmp_path / "team.yaml"
    team.write_text(TEAM, encoding="utf-8")
    async with AsyncExitStack() as stack:
        found = {}
        for name in ("one", "two"):
            environment = {
                **os.environ,
                "KAFKA_BOOTSTRAP": kafka.bootstrap,
                "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
                "KAFKA_INSTANCE_ID": name,
                "DATABASE_URL": database_url,
                "STORES_FILE": str(tmp_path / "stores.yaml"),
                "TEAM_FILE": str(team),
                "LOG_LEVEL": "warning",
            }
            process = await stack.enter_async_context(_running(environment))
            found[process.pid] = process
        yield found


@asynccontextmanager
async def _running(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "routing", "run", env=environment
    )
    try:
        yield process
    finally:
        # A stop would wait until the group has given up the process that was killed.
        if process.returncode is None:
            process.kill()
        await process.wait()


async def holders(routing: Database) -> set[int]:
    """The processes that hold a pool of aurora's."""
    found = await testing.rows(routing, "SELECT holder FROM leases WHERE store_id = 'aurora'")
    return {int(row["holder"].rpartition("/")[2]) for row in found} if len(found) == 3 else set()


async def assigned(routing: Database) -> int:
    [row] = await testing.rows(
        routing, "SELECT count(*) AS n FROM conversations WHERE state = 'assigned'"
    )
    return int(row["n"])


async def test_a_message_on_the_wire_is_assigned_and_told(
    routing: Database,
    kafka: KafkaSettings,
    message: Make,
    two: dict[int, asyncio.subprocess.Process],
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        for n in range(20):
            record = testing.record(message(), offset=n)
            for _ in range(2):  # everything comes twice
                await producer.send_and_wait(
                    kafka.topic_prefix + record.topic,
                    record.value,
                    key=record.key,
                    headers=record.headers,
                )
    finally:
        await producer.stop()

    async def all_told() -> bool:
        outbox = await testing.rows(routing, "SELECT 1 FROM outbox")
        return await assigned(routing) == 20 and outbox == []

    await testing.eventually(all_told, within=30)
    [row] = await testing.rows(routing, "SELECT load FROM agent_loads")
    assert row["load"] == 2000
    assert await testing.rows(routing, "SELECT * FROM dead_letters") == []
    assert len(two) == 2


async def test_when_the_dispatching_process_is_killed_the_other_takes_over_within_seconds(
    routing: Database,
    hear: Callable[..., Awaitable[None]],
    message: Make,
    two: dict[int, asyncio.subprocess.Process],
) -> None:
    # Given both run, and one or both hold pools
    async def led() -> set[int]:
        return await holders(routing)

    async def one_of_ours() -> bool:
        await hear(message())
        return await assigned(routing) > 0

    await testing.eventually(led, within=30)
    await testing.eventually(one_of_ours, within=10, every=0.2)

    # When one that dispatches is killed, and a customer writes
    dead = min(await holders(routing))
    [other] = set(two) - {dead}
    two[dead].send_signal(signal.SIGKILL)
    await two[dead].wait()
    await hear(message())

    # Then the other has every pool, and nothing waits
    async def all_is_well() -> bool:
        rows = await testing.rows(routing, "SELECT state FROM conversations GROUP BY state")
        states = [row["state"] for row in rows]
        return states == ["assigned"] and await holders(routing) == {other}

    await testing.eventually(all_is_well, within=3)
