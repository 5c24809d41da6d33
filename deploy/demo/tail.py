"""Everything that is said on Kafka, as it is said, so that a story can wait for it and measure."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Generic, Self, TypeVar

from aiokafka import AIOKafkaConsumer

from shared import clock
from shared.bus import kafka as clients
from shared.bus.records import Heard, Record, Undecodable, read, wire_types
from shared.contracts.base import Message
from shared.contracts.topics import MESSAGES, TOPICS
from shared.settings import KafkaSettings

M = TypeVar("M", bound=Message)
M_co = TypeVar("M_co", bound=Message, covariant=True)

_TYPES = wire_types(list(MESSAGES.values()))


@dataclass(frozen=True)
class Seen(Generic[M_co]):
    """A message, when its sayer committed it and when it reached us; `at` is UTC."""

    message: M_co
    said_at: datetime
    at: datetime


class NotSeen(Exception):
    """A message that was waited for did not come; the first argument is its name."""


class Tail:
    """Reads all topics of an installation from the first message on; commits nothing."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._seen: list[Seen[Message]] = []
        self._more = asyncio.Condition()
        self._consumer: AIOKafkaConsumer | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        # Without a group a consumer is given every partition of what it subscribes to.
        consumer = AIOKafkaConsumer(
            *[self._kafka.topic_prefix + topic.name for topic in TOPICS],
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
            **clients.connection(self._kafka),
        )
        try:
            await consumer.start()
        except BaseException:
            await clients.within(5, consumer.stop())
            raise
        self._consumer = consumer
        self._reading = asyncio.create_task(self._read(consumer))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reading:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
        if self._consumer:
            await clients.within(5, self._consumer.stop())

    async def first(
        self, kind: type[M], where: Callable[[M], bool] = lambda _: True, *, within: float
    ) -> Seen[M]:
        """The oldest message of a kind that fits; wait for it up to `within` seconds.

        Raises NotSeen.
        """
        try:
            async with asyncio.timeout(within), self._more:
                await self._more.wait_for(lambda: self.all(kind, where))
        except TimeoutError:
            raise NotSeen(kind.__name__) from None
        return self.all(kind, where)[0]

    def all(self, kind: type[M], where: Callable[[M], bool] = lambda _: True) -> list[Seen[M]]:
        """Every message of a kind seen so far that fits, in the order they came."""
        return [
            Seen(seen.message, seen.said_at, seen.at)
            for seen in self._seen
            if isinstance(seen.message, kind) and where(seen.message)
        ]

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=1000)
            at = clock.now()
            seen = [
                Seen(heard.message, heard.said_at, at)
                for batch in batches.values()
                for heard in map(self._heard, batch)
                if heard is not None
            ]
            if seen:
                async with self._more:
                    self._seen.extend(seen)
                    self._more.notify_all()

    def _heard(self, record: object) -> Heard[Message] | None:
        with suppress(Undecodable):
            return read(_record(record, self._kafka.topic_prefix), _TYPES)
        return None


def _record(given: object, prefix: str) -> Record:
    return Record(
        topic=str(getattr(given, "topic", "")).removeprefix(prefix),
        partition=getattr(given, "partition", 0),
        offset=getattr(given, "offset", 0),
        key=getattr(given, "key", None),
        value=getattr(given, "value", None),
        headers=getattr(given, "headers", ()),
    )
