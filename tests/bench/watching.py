"""When messages come by on Kafka."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from shared.bus import kafka as clients
from shared.bus.records import Record, read, wire_types
from shared.contracts.base import Message
from shared.settings import KafkaSettings

M = TypeVar("M", bound=Message)


@asynccontextmanager
async def first_seen(
    settings: KafkaSettings, type_: type[M], name: Callable[[M], str]
) -> AsyncIterator[dict[str, float]]:
    """By each message's name, when it was first seen from now on (`time.perf_counter`)."""
    consumer = clients.consumer(settings, f"watching-{type_.__name__}", [type_.TOPIC])
    await consumer.start()
    await consumer.seek_to_end()
    seen: dict[str, float] = {}
    known = wire_types((type_,))

    async def watch() -> None:
        while True:
            polled = await consumer.getmany(timeout_ms=100)
            now = time.perf_counter()
            for part, records in polled.items():
                for one in records:
                    heard = read(Record(part.topic, 0, 0, one.key, one.value, one.headers), known)
                    if heard is not None and isinstance(heard.message, type_):
                        seen.setdefault(name(heard.message), now)

    task = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.wait({task})
        await consumer.stop()
