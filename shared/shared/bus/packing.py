"""Outbox rows packed into batches for the producer, one partition each, order kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

from shared.bus.records import headers


@dataclass
class Batch:
    """Rows that go to one partition together."""

    batch: Any
    rows: list[Any] = field(default_factory=list)


class Packed:
    """Batches in the order in which they were begun; `too_large` are rows that fit into none."""

    def __init__(self, producer: AIOKafkaProducer, source: str) -> None:
        self._producer = producer
        self._source = source
        self._open: dict[tuple[str, int], Batch] = {}
        self.batches: list[tuple[tuple[str, int], Batch]] = []
        self.too_large: list[Any] = []

    def add(self, topic: str, partitions: int, row: Any) -> None:
        """Put a row into the open batch of its key's partition, or begin a new one."""
        key = row["key"].encode()
        where = topic, (murmur2(key) & 0x7FFFFFFF) % partitions
        found = headers(row, self._source)
        batch = self._open.get(where)
        if batch is None or not _append(batch, key, row, found):
            batch = Batch(self._producer.create_batch())
            if not _append(batch, key, row, found):
                self.too_large.append(row)
                return
            self._open[where] = batch
            self.batches.append((where, batch))


def _append(batch: Batch, key: bytes, row: Any, found: Sequence[tuple[str, bytes]]) -> bool:
    if batch.batch.append(key=key, value=row["body"], timestamp=None, headers=found) is None:
        return False
    batch.rows.append(row)
    return True
