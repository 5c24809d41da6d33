"""The whole system once for all stories, and each story played once.

A story's fixture plays it through the front doors and hands on what came of it; tests assert.
The system belongs to one event loop, which runs while a story or a test asks something of it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.demo import system as demo
from deploy.demo.stories import alarms, messages, orders, replies, returns
from deploy.demo.stories.alarms import Trouble
from deploy.demo.stories.messages import Talk
from deploy.demo.stories.orders import Sent
from deploy.demo.stories.people import HARUTO, KLARA, NOURA, WRITERS
from deploy.demo.stories.replies import Answer
from deploy.demo.stories.returns import Returned, Undecided
from deploy.demo.stories.stage import Stage
from deploy.demo.system import System
from shared import testing
from shared.bus import kafka as clients
from shared.contracts.base import Message

T = TypeVar("T")

PARCEL = orders.postal_number("CP", 47312482, "ES")
SECOND_PARCEL = "4711081500"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who needs the whole system waits for its start and for a story; a busy machine takes long."""
    for item in items:
        if "house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(300))


@dataclass
class House:
    """The running system, and the loop it lives in."""

    system: System
    runner: asyncio.Runner

    @property
    def stage(self) -> Stage:
        """What stories play on."""
        return self.system.stage

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the system's loop."""
        return self.runner.run(work)


class Servers(NamedTuple):
    """As the run's fixture gives them."""

    bootstrap: str
    database_url: str


@pytest.fixture(scope="package")
def house(
    servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Every service as a process, the world outside, fresh topics and a fresh database."""
    folder: Path = tmp_path_factory.mktemp("system")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def open_() -> System:
            url = await stack.enter_async_context(
                testing.fresh_database(servers.database_url, template)
            )
            kafka = await stack.enter_async_context(testing.fresh_topics(servers.bootstrap))
            return await stack.enter_async_context(
                demo.running(folder / "run", kafka=kafka, database_url=url, tell=print)
            )

        try:
            yield House(runner.run(open_()), runner)
        finally:
            runner.run(stack.aclose())


@pytest.fixture(scope="package")
def stage(house: House) -> Stage:
    """What stories play on."""
    return house.stage


@pytest.fixture(scope="package")
def run(house: House) -> Callable[[Coroutine[Any, Any, T]], T]:
    """Do something in the system's loop and return what it gives."""
    return house.run


@pytest.fixture(scope="package")
def talks(house: House) -> list[Talk]:
    """Story 1."""
    return house.run(messages.play(house.stage))


@pytest.fixture(scope="package")
def sent(house: House) -> Sent:
    """Story 2."""
    return house.run(orders.play(house.stage, PARCEL))


@pytest.fixture(scope="package")
def trouble(house: House, sent: Sent) -> Trouble:
    """Story 3."""
    return house.run(alarms.play(house.stage, sent, silence=demo.STALL_CUSTOMS))


@pytest.fixture(scope="package")
def returned(house: House) -> tuple[Returned, Undecided]:
    """Story 4."""
    return house.run(returns.play(house.stage, SECOND_PARCEL))


@pytest.fixture(scope="package")
def answers(house: House, talks: list[Talk]) -> list[Answer]:
    """Story 5."""
    return house.run(replies.play(house.stage, talks))


@pytest.fixture
def settled(house: House) -> Callable[[], Counter[str]]:
    """Wait until nothing is under way any more; returns how much of what there is."""
    return lambda: house.run(_settled(house.system))


async def _settled(system: System) -> Counter[str]:
    async def is_quiet() -> Counter[str] | None:
        before = await _counted(system)
        if await _under_way(system):
            return None
        return before if before == await _counted(system) else None

    found = await testing.eventually(is_quiet, within=30, every=0.2)
    assert found is not None
    return found


async def _counted(system: System) -> Counter[str]:
    """Messages by type, and what reached the world."""
    tail, world = system.stage.tail, system.stage.world
    found = Counter(type(seen.message).__name__ for seen in tail.all(Message))
    mailboxes = [writer.address for writer in WRITERS if "@" in writer.address]
    mailboxes += [str(buyer.mail) for buyer in (HARUTO, KLARA, NOURA)]
    for mailbox in mailboxes:
        found[f"mails to {mailbox}"] = len(await world.mails(mailbox))
    for writer in WRITERS:
        if writer.channel == "whatsapp":
            found[f"to {writer.address}"] = len(await world.phone(writer.address))
    found["refunds"] = len(await world.refunds())
    found["trackings"] = len(await world.trackings())
    return found


async def _under_way(system: System) -> int:
    """What waits to be said or done, and what waits in Kafka for somebody who listens."""
    return await _waiting(system) + await _unheard(system)


_WAITING = (
    *(f"SELECT count(*) FROM {name.replace('-', '_')}.outbox" for name in testing.SERVICES),
    "SELECT count(*) FROM notify.notifications WHERE state IN ('queued', 'sending')",
    "SELECT count(*) FROM logistics_watch.registrations",
    "SELECT count(*) FROM returns.refunds WHERE state = 'due'",
    "SELECT count(*) FROM routing.conversations WHERE state IN ('pending', 'queued')",
)


async def _waiting(system: System) -> int:
    connection = await asyncpg.connect(system.database_url)
    try:
        return sum([await connection.fetchval(query) for query in _WAITING])
    finally:
        await connection.close()


async def _unheard(system: System) -> int:
    admin = AIOKafkaAdminClient(**clients.connection(system.kafka))
    consumer = AIOKafkaConsumer(**clients.connection(system.kafka))
    await admin.start()
    await consumer.start()
    try:
        groups = [name for name, *_ in await admin.list_consumer_groups()]
        ours = [group for group in groups if group.startswith(system.kafka.topic_prefix)]
        lag = 0
        for group in ours:
            heard: dict[TopicPartition, Any] = await admin.list_consumer_group_offsets(group)
            ends = await consumer.end_offsets(list(heard))
            lag += sum(ends[part] - max(0, heard[part].offset) for part in heard)
        return lag
    finally:
        await consumer.stop()
        await admin.close()
