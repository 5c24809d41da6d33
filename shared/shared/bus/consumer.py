"""Kafka → one transaction per poll → offsets. The only place that knows offsets.

Trouble is waited out in place with the same records, while Kafka is still polled so that the
partitions stay ours; a rebalance or a stop ends the waiting without a commit, and the messages come
again to whoever owns them then.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from shared import clock, metrics
from shared.bus import fetching
from shared.bus import kafka as clients
from shared.bus.answering import Answering, BatchHandler, Handler
from shared.bus.fetching import Fetched, Pace
from shared.bus.records import Record
from shared.bus.rounds import Decoded
from shared.contracts.base import Message
from shared.db import Database
from shared.errors import Unavailable
from shared.settings import KafkaSettings

log = structlog.get_logger()

_MUCH = 50
"""Messages from which on a poll takes long enough to fetch the next beside it."""
_BOUND = 10.0
_DRAIN = 20.0
_LEAST, _MOST = 0.2, 10.0
_COMMIT_AGAIN = 10.0
_COMMIT_EVERY = 0.1
"""Seconds between two commits of offsets: each is a round trip that no message waits for."""


class Bus(ConsumerRebalanceListener):
    """What one consumer hears, and who answers it."""

    def __init__(
        self,
        *,
        service: str,
        db: Database,
        kafka: KafkaSettings,
        hears: Mapping[type[Message], Handler | BatchHandler],
        consumer: str | None = None,
    ) -> None:
        self._group = consumer or service
        self._kafka = kafka
        self._topics = sorted({message.TOPIC for message in hears})
        self._answering = Answering(db=db, consumer=self._group, hears=hears)
        self._pace = Pace()
        self._busy = asyncio.Lock()
        self._revoked = asyncio.Event()
        self._done: dict[TopicPartition, int] = {}
        self._committing: set[asyncio.Task[None]] = set()
        self._hurry = asyncio.Event()
        self._offsets: dict[TopicPartition, int] = {}
        self._committed_at = 0.0
        self.last_poll = 0.0
        """`time` of the event loop at the last poll; readiness looks at it."""
        self.is_assigned = False

    @property
    def group(self) -> str:
        """The consumer group, without the installation's prefix."""
        return self._group

    async def answer(self, records: Sequence[Record]) -> None:
        """Answer records that somebody else fetched; see `Answering.answer`."""
        await self._answering.answer(records)

    async def replay(self, letter_id: int) -> None:
        """Answer a dead letter again."""
        await self._answering.replay(letter_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop`; then finish the batch at hand, commit and leave."""
        consumer = await self._started(stop)
        if consumer is None:
            return
        fetching_next = asyncio.create_task(self._fetch(consumer))
        try:
            while not stop.is_set():
                fetched = await fetching_next
                is_much = fetched.count >= _MUCH
                if is_much:
                    # The next poll is fetched and decoded while PostgreSQL works on this one.
                    fetching_next = asyncio.create_task(self._fetch(consumer))
                if not await self._take(consumer, fetched, stop):
                    # Nothing behind it may be answered, much less committed, before it.
                    behind = await fetching_next
                    fetching.go_back(consumer, fetched.firsts, behind.firsts)
                    is_much = False
                if not is_much:
                    # What came meanwhile is taken together.
                    fetching_next = asyncio.create_task(self._fetch(consumer))
        finally:
            fetching_next.cancel()
            self._hurry.set()
            await asyncio.wait({fetching_next, *self._committing}, timeout=_BOUND)
            await clients.within(_BOUND, consumer.stop())

    async def _started(self, stop: asyncio.Event) -> AIOKafkaConsumer | None:
        pause = _LEAST
        while not stop.is_set():
            consumer = clients.consumer(self._kafka, self._group, [])
            try:
                await clients.ensure_topics(self._kafka)
                prefix = self._kafka.topic_prefix
                consumer.subscribe([prefix + topic for topic in self._topics], listener=self)
                async with asyncio.timeout(_BOUND * 4):
                    await consumer.start()
            except (Unavailable, KafkaError, OSError, TimeoutError) as why:
                log.warning("kafka away, waiting", error=type(why).__name__)
                await clients.within(_BOUND, consumer.stop())
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await stop.wait()
                pause = min(pause * 2, _MOST)
            else:
                log.info("listening", topics=self._topics)
                return consumer
        return None

    async def _fetch(self, consumer: AIOKafkaConsumer) -> Fetched:
        skip = len(self._kafka.topic_prefix)
        fetched = await fetching.fetch(consumer, self._pace.most, self._answering.read, skip)
        self.last_poll = asyncio.get_running_loop().time()
        self.is_assigned = bool(consumer.assignment())
        return fetched

    async def _take(
        self, consumer: AIOKafkaConsumer, fetched: Fetched, stop: asyncio.Event
    ) -> bool:
        """Answer and commit; false when it was given up for a rebalance or a stop."""
        if not fetched.offsets:
            await self._commit_again(consumer)
            return True
        async with self._busy:
            self._revoked.clear()
            if fetched.offsets.keys() - consumer.assignment():
                return False
            start = asyncio.get_running_loop().time()
            if not await self._answer_in_place(consumer, fetched.decoded, stop):
                return False
            seconds = asyncio.get_running_loop().time() - start
            self._pace.note(fetched.count, seconds)
            self._done.update(fetched.offsets)
            if all(commit.done() for commit in self._committing):
                self._committing = {asyncio.create_task(self._commit_soon(consumer))}
            return True

    async def _commit_soon(self, consumer: AIOKafkaConsumer) -> None:
        """Commit all that has taken effect, a little apart from the last time."""
        while self._done:
            pause = self._committed_at + _COMMIT_EVERY - asyncio.get_running_loop().time()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, pause)):
                    await self._hurry.wait()
            done, self._done = self._done, {}
            await self._commit(consumer, done)

    async def _commit_again(self, consumer: AIOKafkaConsumer) -> None:
        """With nothing to do, commit what is committed: it shows whether the broker is there."""
        now = asyncio.get_running_loop().time()
        if now - self._committed_at < _COMMIT_AGAIN:
            return
        self._committed_at = now
        ours = {part: self._offsets[part] for part in consumer.assignment() & self._offsets.keys()}
        if ours:
            await self._commit(consumer, ours)

    async def _answer_in_place(
        self, consumer: AIOKafkaConsumer, decoded: Decoded, stop: asyncio.Event
    ) -> bool:
        pause = _LEAST
        while True:
            try:
                await self._answering.take_effect(decoded)
            except Unavailable as why:
                metrics.retries.inc()
                log.warning("waiting with a batch", why=str(why), messages=len(decoded.heard))
            else:
                return True
            await self._hold(consumer, pause * random.uniform(0.5, 1.5), stop)  # noqa: S311
            if stop.is_set() or self._revoked.is_set():
                return False
            pause = min(pause * 2, _MOST)

    async def _hold(self, consumer: AIOKafkaConsumer, seconds: float, stop: asyncio.Event) -> None:
        """Wait, polling Kafka with everything paused so that the group does not give us up."""
        until = asyncio.get_running_loop().time() + seconds
        consumer.pause(*consumer.assignment())
        while asyncio.get_running_loop().time() < until:
            if stop.is_set() or self._revoked.is_set():
                return
            early = await consumer.getmany(timeout_ms=100)
            for part, records in early.items():
                consumer.seek(part, records[0].offset)
        consumer.resume(*consumer.assignment())

    async def _commit(
        self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]
    ) -> None:
        # A commit that fails costs nothing but a repetition: the inbox knows the messages.
        self._offsets.update(offsets)
        self._committed_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_BOUND):
                await consumer.commit(dict(offsets))
        except (KafkaError, IllegalStateError, TimeoutError) as why:
            log.warning("offsets not committed", error=type(why).__name__)
        else:
            metrics.last_commit.set(clock.now().timestamp())

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Let the batch at hand finish and commit before the partitions go."""
        self._revoked.set()
        self._hurry.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN), self._busy:
                if self._committing:
                    await asyncio.wait(self._committing)
        self._hurry.clear()
        # Somebody else may commit further from here on.
        self._done.clear()
        self._offsets.clear()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Nothing to do: positions come from the committed offsets."""
