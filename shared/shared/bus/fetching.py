"""Polls of Kafka, decoded while PostgreSQL works on the poll before.

Both are one thread's work, so the decoding is cut into slices: whenever PostgreSQL has answered,
the transaction goes on first.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.records import Record
from shared.bus.rounds import Decoded

LEAST, MOST = 500, 2000
"""Bounds of how many messages one transaction takes."""

_SLICE = 100
_OCTETS = 4_000_000
_POLL_MS = 200
_QUICK, _SLOW = 0.1, 0.3

Polled: TypeAlias = Mapping[TopicPartition, Sequence[Any]]
"""What one call of aiokafka brings."""


@dataclass
class Fetched:
    """One poll: where it begins, where to commit once it has taken effect, what it brought."""

    firsts: dict[TopicPartition, int] = field(default_factory=dict)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    decoded: Decoded = field(default_factory=Decoded)
    count: int = 0
    octets: int = 0


class Pace:
    """How many messages a poll may bring: more while they wait and full polls are done quickly.

    A transaction of many costs less for each; one that lasts keeps others from its rows.

    >>> pace = Pace()
    >>> pace.note(500, 0.02); pace.note(700, 0.02); pace.most
    1000
    >>> pace.note(1000, 0.5); pace.most
    500
    """

    def __init__(self) -> None:
        self.most = LEAST

    def note(self, count: int, seconds: float) -> None:
        """Remember how long a poll of so many took to take effect."""
        if seconds > _SLOW:
            self.most = max(self.most // 2, LEAST)
        elif count >= self.most and seconds < _QUICK:
            self.most = min(self.most * 2, MOST)


async def fetch(
    consumer: AIOKafkaConsumer,
    most: int,
    read: Callable[[Sequence[Record], Decoded], None],
    skip: int,
) -> Fetched:
    """Take what has come, at most so many messages; wait a moment when there is nothing.

    `skip` is the length of the topics' prefix.
    """
    found = Fetched()
    while True:
        size = min(_SLICE, most - found.count)
        polled = await consumer.getmany(timeout_ms=0 if found.count else _POLL_MS, max_records=size)
        if any(first < found.offsets.get(part, 0) for part, first in _firsts(polled).items()):
            # A rebalance between two slices went back to what is committed.
            go_back(consumer, found.firsts, _firsts(polled))
            found = Fetched()
            continue
        records = _records(polled, skip)
        read(records, found.decoded)
        _note(found, polled, records)
        if len(records) < size or found.count >= most or found.octets >= _OCTETS:
            return found
        await asyncio.sleep(0)


def _note(found: Fetched, polled: Polled, records: Sequence[Record]) -> None:
    for part, first in _firsts(polled).items():
        found.firsts.setdefault(part, first)
        found.offsets[part] = polled[part][-1].offset + 1
    found.count += len(records)
    found.octets += sum(len(record.value or b"") for record in records)


def go_back(consumer: AIOKafkaConsumer, *given_up: Mapping[TopicPartition, int]) -> None:
    """Have what was fetched in vain fetched again, where the partition is still ours.

    `given_up` are the first offsets by partition. A rebalance that is under way goes back to the
    commit by itself; one that has ended may have done so before this.
    """
    least: dict[TopicPartition, int] = {}
    for firsts in given_up:
        for part, first in firsts.items():
            least[part] = min(first, least.get(part, first))
    for part in least.keys() & consumer.assignment():
        consumer.seek(part, least[part])


def _firsts(polled: Polled) -> dict[TopicPartition, int]:
    return {part: records[0].offset for part, records in polled.items()}


def _records(polled: Polled, skip: int) -> list[Record]:
    return [
        Record(part.topic[skip:], part.partition, r.offset, r.key, r.value, r.headers)
        for part, records in polled.items()
        for r in records
    ]
