"""A broker and a database of the bench's own, fsync on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres


@dataclass(frozen=True)
class Place:
    """Where the bench runs."""

    folder: Path
    bootstrap: str
    database_url: str


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Place]:
    """Start both, stop both."""
    folder.chmod(0o755)
    kafka = LocalKafka(folder / "kafka")
    postgres = LocalPostgres(folder / "postgres", durable=True)
    await asyncio.gather(kafka.start(), postgres.start())
    try:
        yield Place(folder, kafka.bootstrap, postgres.url)
    finally:
        await asyncio.gather(kafka.stop(), postgres.stop())
