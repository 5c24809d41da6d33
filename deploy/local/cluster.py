"""Kafka and PostgreSQL side by side: those the environment names, else our own.

`KAFKA_BOOTSTRAP` and `DATABASE_URL` name them. Our own are kept from run to run in the cache.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import given
from deploy.local.cache import cache_folder, tell
from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres

KAFKA = "kafka"
POSTGRES = "postgres"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where the two are."""

    bootstrap: str
    database_url: str


def kept_folder() -> Path:
    """Return the folder of the cluster that is kept from run to run."""
    return cache_folder() / "cluster"


@asynccontextmanager
async def cluster(
    folder: Path | None = None, *, durable: bool = True, tell: Callable[[str], None] = tell
) -> AsyncIterator[Cluster]:
    """Start what the environment does not name, at once, and stop it at the end.

    What it names must answer. `folder` is that of the kept cluster when not given. Raises
    CannotStart.
    """
    folder = folder or kept_folder()
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP")
    url = os.environ.get("DATABASE_URL")
    await given.check(bootstrap=bootstrap, database_url=url)
    kafka = None if bootstrap else LocalKafka(folder / KAFKA, tell=tell)
    postgres = None if url else LocalPostgres(folder / POSTGRES, durable, tell=tell)
    async with AsyncExitStack() as stack:
        ours = [server for server in (kafka, postgres) if server]
        for server in ours:
            stack.push_async_callback(server.stop)
        await start_together(*ours)
        yield Cluster(
            bootstrap=kafka.bootstrap if kafka else str(bootstrap),
            database_url=postgres.url if postgres else str(url),
        )


async def start_together(*servers: LocalKafka | LocalPostgres) -> None:
    """Start servers side by side; when one cannot, the others are stopped and its error raised."""
    starts = [asyncio.ensure_future(server.start()) for server in servers]
    try:
        await asyncio.gather(*starts)
    except BaseException:
        for start in starts:
            start.cancel()
        await asyncio.gather(*starts, return_exceptions=True)
        await asyncio.gather(*(server.stop() for server in servers))
        raise
