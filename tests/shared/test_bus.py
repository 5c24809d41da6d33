"""Kafka → transaction → outbox → Kafka, on the real broker, with parts that die."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition
from sqlalchemy import text

from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres
from shared import clock, testing
from shared.bus import Bus, Relay, cause_of, say
from shared.bus import kafka as clients
from shared.bus.records import Record
from shared.contracts.base import AccountId, AgentId, Channel, ConversationId, Message, StoreId
from shared.contracts.intake import Delivery, MessageStatusChanged
from shared.contracts.routing import ConversationReleased
from shared.db import Database, Transaction
from shared.errors import Unavailable
from shared.settings import KafkaSettings

COUNTS = "CREATE TABLE IF NOT EXISTS counts (key text PRIMARY KEY, heard integer NOT NULL)"
_COUNT = text(
    "INSERT INTO counts (key, heard) VALUES (:key, 1)"
    " ON CONFLICT (key) DO UPDATE SET heard = counts.heard + 1"
)


def status(key: str) -> MessageStatusChanged:
    return MessageStatusChanged(
        occurred_at=clock.now(),
        store_id=StoreId("aurora"),
        version=1,
        channel=Channel("mail"),
        account_id=AccountId("aurora-mail"),
        external_id=key,
        status=Delivery.SENT,
    )


async def count(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
    await tx.execute(_COUNT, {"key": message.key})
    return [
        ConversationReleased(
            occurred_at=message.occurred_at,
            store_id=message.store_id,
            version=1,
            conversation_id=ConversationId(uuid4()),
            channel=message.channel,
            agent_id=AgentId("ana"),
            epoch=1,
            why=message.key,
        )
    ]


@asynccontextmanager
async def running(*parts: object) -> AsyncIterator[None]:
    """Run parts until the block ends, then stop them and let their errors out."""
    stop = asyncio.Event()
    async with asyncio.timeout(90), asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part.run(stop))  # type: ignore[attr-defined]
        try:
            yield
        finally:
            stop.set()


async def produce(kafka: KafkaSettings, records: Sequence[Record]) -> None:
    producer: AIOKafkaProducer = clients.producer(kafka, "test")
    await producer.start()
    try:
        sends = [
            await producer.send(
                kafka.topic_prefix + r.topic, key=r.key, value=r.value, headers=list(r.headers)
            )
            for r in records
        ]
        await asyncio.gather(*sends)
    finally:
        await producer.stop()


async def heard(database: Database) -> int:
    found = await testing.rows(database, "SELECT coalesce(sum(heard), 0) AS n FROM counts")
    return int(found[0]["n"])


def bus(database: Database, kafka: KafkaSettings, handler: object = count) -> Bus:
    return Bus(
        service="counting",
        db=database,
        kafka=kafka,
        hears={MessageStatusChanged: handler},  # type: ignore[dict-item]
    )


async def eventually(fact: Callable[[], bool]) -> None:
    async def asked() -> bool:
        return fact()

    await testing.eventually(asked, within=40)


async def settled(database: Database, count_: int, within: float = 30) -> None:
    async def all_heard() -> bool:
        return await heard(database) >= count_

    await testing.eventually(all_heard, within=within)


async def empty(database: Database, within: float = 30) -> None:
    async def nothing_left() -> bool:
        return not await testing.rows(database, "SELECT 1 FROM outbox LIMIT 1")

    await testing.eventually(nothing_left, within=within)


async def test_what_is_said_arrives_and_is_answered(
    counting: Database, kafka: KafkaSettings
) -> None:
    relay = Relay(service="counting", db=counting, kafka=kafka)

    async with running(bus(counting, kafka), relay):
        async with counting.transaction() as tx:
            await say(tx, [status(str(n)) for n in range(1200)], cause=cause_of("request", 1))
        await settled(counting, 1200)
        await empty(counting)

    assert await heard(counting) == 1200


async def test_records_that_come_twice_have_one_effect(
    counting: Database, kafka: KafkaSettings
) -> None:
    records = [testing.record(status(str(n)), offset=n) for n in range(50)]
    await produce(kafka, [*records, *reversed(records)])

    async with running(bus(counting, kafka)):
        await settled(counting, 50)
        last = testing.record(status("last"), offset=0)
        await produce(kafka, [last])
        await settled(counting, 51)

    assert await heard(counting) == 51


async def test_all_that_took_effect_is_committed_when_the_service_stops(
    counting: Database, kafka: KafkaSettings
) -> None:
    topic = kafka.topic_prefix + MessageStatusChanged.TOPIC
    producer: AIOKafkaProducer = clients.producer(kafka, "test")
    await producer.start()
    async with running(bus(counting, kafka)):
        for n in range(20):  # quicker than commits may follow each other
            r = testing.record(status(str(n)), offset=n)
            await producer.send(topic, key=r.key, value=r.value, headers=list(r.headers))
            while await heard(counting) <= n:
                await asyncio.sleep(0)
    await producer.stop()

    consumer = clients.consumer(kafka, "counting", [MessageStatusChanged.TOPIC])
    await consumer.start()
    try:
        parts = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or ()]
        ends = await consumer.end_offsets(parts)
        committed = {part: await consumer.committed(part) or 0 for part in parts}
    finally:
        await consumer.stop()
    assert sum(committed.values()) == 20
    assert committed == ends


async def test_a_second_consumer_takes_over_and_nothing_is_doubled(
    counting: Database, kafka: KafkaSettings
) -> None:
    async def feed(first: int) -> None:
        records = [testing.record(status(str(n)), offset=n) for n in range(first, first + 1000)]
        await produce(kafka, records)

    await feed(0)
    async with running(bus(counting, kafka)):
        await settled(counting, 200)
        async with running(bus(counting, kafka)):
            await feed(1000)
            await settled(counting, 1500)
        await feed(2000)
        await settled(counting, 3000)

    assert await heard(counting) == 3000
    assert len(await testing.rows(counting, "SELECT 1 FROM inbox")) == 3000


async def test_trouble_is_waited_out_in_place_with_the_same_messages(
    counting: Database, kafka: KafkaSettings
) -> None:
    tries = 0

    async def late(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise Unavailable("not yet")
        return await count(message, tx)

    await produce(kafka, [testing.record(status("a"), offset=0)])

    async with running(bus(counting, kafka, late)):
        await settled(counting, 1)

    assert tries == 4
    assert await testing.rows(counting, "SELECT 1 FROM dead_letters") == []


async def test_what_is_given_up_for_a_rebalance_is_answered_before_what_comes_after_it(
    counting: Database, servers: Any
) -> None:
    is_away, tried, answered = True, 0, list[int]()

    async def late(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
        nonlocal tried
        tried += 1
        if is_away:
            raise Unavailable("not yet")
        answered.append(int(message.reason or 0))
        return []

    numbered = (msgspec.structs.replace(status("a"), reason=str(n)) for n in range(1200))
    records = [testing.record(message, offset=n) for n, message in enumerate(numbered)]

    # given two members and one partition, whose owner waits with a batch and has the next at hand
    async with testing.fresh_topics(servers.bootstrap, partitions=1) as kafka:
        pair = [bus(counting, kafka, late) for _ in range(2)]
        stops = [asyncio.Event() for _ in pair]
        async with asyncio.timeout(90), asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(one.run(stop)) for one, stop in zip(pair, stops, strict=True)
            ]
            await produce(kafka, records)
            await eventually(lambda: all(one.last_poll for one in pair))
            await eventually(lambda: tried > 1 and pair[0].is_assigned != pair[1].is_assigned)

            # when the other leaves, so that the owner gives the batch up and keeps the partition
            idle = next(n for n, one in enumerate(pair) if not one.is_assigned)
            stops[idle].set()
            await tasks[idle]
            before = tried
            await eventually(lambda: tried > before + 2)
            is_away = False
            await eventually(lambda: len(answered) >= len(records))
            stops[1 - idle].set()

    assert answered == list(range(1200))


async def test_a_message_too_large_for_kafka_does_not_block_the_others(
    counting: Database, kafka: KafkaSettings
) -> None:
    relay = Relay(service="counting", db=counting, kafka=kafka)
    large = status("x" * 1_200_000)

    async with running(relay):
        async with counting.transaction() as tx:
            await say(tx, [status("a"), large, status("b")], cause=cause_of("request", 1))
        await empty(counting)

    [dead] = await testing.rows(counting, "SELECT why, octet_length(body) AS size FROM outbox_dead")
    assert dead["why"] == "too large for Kafka"
    assert dead["size"] > 1_200_000


async def test_two_relays_take_turns_and_say_everything_once_in_order(
    counting: Database, kafka: KafkaSettings
) -> None:
    relays = [Relay(service="counting", db=counting, kafka=kafka) for _ in range(2)]

    async with running(*relays):
        for round_ in range(5):
            async with counting.transaction() as tx:
                await say(tx, [status(f"{round_}")] * 20, cause=cause_of("request", round_))
        await empty(counting)
        assert sum(relay.is_leader for relay in relays) == 1

    consumer = clients.consumer(kafka, "reader", [MessageStatusChanged.TOPIC])
    await consumer.start()
    try:
        found: list[Any] = []
        async with asyncio.timeout(20):
            while len(found) < 100:
                polled = await consumer.getmany(timeout_ms=200)
                found += [record for records in polled.values() for record in records]
    finally:
        await consumer.stop()
    assert len({dict(record.headers)["ce_id"] for record in found}) == 100


async def test_the_relays_of_two_services_in_one_database_both_lead(
    counting: Database, database_url: str, kafka: KafkaSettings
) -> None:
    await testing.bare_service(database_url, "another")
    async with testing.opened_database(database_url, "another") as another:
        relays = [
            Relay(service=database.service, db=database, kafka=kafka)
            for database in (counting, another)
        ]

        async with running(*relays):

            async def both_lead() -> bool:
                return all(relay.is_leader for relay in relays)

            assert await testing.eventually(both_lead)


async def test_nothing_is_lost_while_broker_and_database_go_down_and_come_back(
    tmp_path: Path,
) -> None:
    broker = LocalKafka(tmp_path / "kafka")
    server = LocalPostgres(tmp_path / "postgres", durable=True)
    async with broker, server:
        settings = KafkaSettings(bootstrap=broker.bootstrap, partitions=2)
        await clients.ensure_topics(settings)
        await testing.bare_service(server.url, "counting", COUNTS)
        async with testing.opened_database(server.url, "counting") as database:
            relay = Relay(service="counting", db=database, kafka=settings)
            async with running(bus(database, settings), relay):
                said = 0
                for trouble in ("none", "broker killed", "database killed", "broker stopped"):
                    if trouble == "broker killed":
                        await broker.kill()
                    if trouble == "broker stopped":
                        await broker.stop()
                    said = await speak(database, said, 300)
                    if trouble == "database killed":
                        await server.kill()
                        await server.start()
                    if "broker" in trouble:
                        await broker.start()
                    said = await speak(database, said, 300)
                    await settled(database, said, within=60)
                    await empty(database, within=60)

            assert await heard(database) == said
            assert len(await testing.rows(database, "SELECT 1 FROM counts")) == said


async def speak(database: Database, said: int, count_: int) -> int:
    """Say so many more, trying until the database takes them."""

    async def once() -> bool:
        try:
            async with database.transaction() as tx:
                messages = [status(str(n)) for n in range(said, said + count_)]
                await say(tx, messages, cause=cause_of("request", said))
        except Exception as why:
            if not isinstance(why, Unavailable) and "onnection" not in f"{type(why)}{why}":
                raise
            return False
        return True

    await testing.eventually(once, within=30)
    return said + count_
