"""How a poll is put together from slices, on the real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import testing
from shared.bus import kafka as clients
from shared.bus.fetching import Fetched, fetch
from shared.bus.records import Record, read, wire_types
from shared.bus.rounds import Decoded
from shared.contracts.intake import MessageStatusChanged
from shared.settings import KafkaSettings
from tests.shared.test_bus import produce, status

TYPES = wire_types([MessageStatusChanged])


@pytest.fixture
async def kafka(servers: Any) -> AsyncIterator[KafkaSettings]:
    """Fresh topics, one partition each."""
    async with testing.fresh_topics(servers.bootstrap, partitions=1) as settings:
        yield settings


def decode(records: Sequence[Record], into: Decoded) -> None:
    for record in records:
        found = read(record, TYPES)
        assert found is not None
        into.add(found)


@asynccontextmanager
async def consuming(kafka: KafkaSettings, count: int) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of one partition that holds so many messages, keys `0` …"""
    await produce(kafka, [testing.record(status(str(n)), offset=n) for n in range(count)])
    consumer = clients.consumer(kafka, "slices", [MessageStatusChanged.TOPIC])
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def filled(consumer: AIOKafkaConsumer, most: int, kafka: KafkaSettings) -> Fetched:
    """The first poll that brings something."""
    async with asyncio.timeout(20):
        while True:
            found = await fetch(consumer, most, decode, len(kafka.topic_prefix))
            if found.count:
                return found


def keys(found: Fetched) -> list[str]:
    return [one.key for one in found.decoded.heard.values()]


@pytest.mark.parametrize("most", [1, 100, 230])
async def test_a_poll_brings_what_waits_in_order_and_no_more_than_asked(
    kafka: KafkaSettings, most: int
) -> None:
    async with consuming(kafka, 250) as consumer:
        found = await filled(consumer, most, kafka)
        rest = await filled(consumer, 500, kafka)

    assert found.count == most
    assert keys(found) + keys(rest) == [str(n) for n in range(250)]
    assert list(found.offsets.values()) == list(rest.firsts.values()) == [most]
    assert list(rest.offsets.values()) == [250]


async def test_a_partition_that_goes_back_between_two_slices_is_taken_from_there(
    kafka: KafkaSettings,
) -> None:
    part = TopicPartition(kafka.topic_prefix + MessageStatusChanged.TOPIC, 0)
    async with consuming(kafka, 450) as consumer:
        assert (await filled(consumer, 150, kafka)).count == 150
        getmany, calls = consumer.getmany, 0

        async def after_a_rebalance(*, timeout_ms: int, max_records: int) -> Any:
            nonlocal calls
            calls += 1
            if calls == 2:
                consumer.seek(part, 120)
                timeout_ms = 10_000
            return await getmany(timeout_ms=timeout_ms, max_records=max_records)

        setattr(consumer, "getmany", after_a_rebalance)  # noqa: B010 - a method, to the checker
        found = await filled(consumer, 300, kafka)

    assert calls > 2
    assert found.firsts == {part: 120}
    assert keys(found) == [str(n) for n in range(120, 120 + found.count)]
