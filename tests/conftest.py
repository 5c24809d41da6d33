"""One broker and one database server for each worker; every test has its own topics and database.

`KAFKA_BOOTSTRAP` and `DATABASE_URL` set → those are used. A test that stops or restarts one starts
a pair of its own.
"""

import asyncio
import gc
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
import structlog

from deploy.local.child import started
from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres
from shared import testing
from shared.db import Database
from shared.service import collect_seldom
from shared.settings import KafkaSettings
from tests import workers

gc.disable()  # until all tests are collected

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("meridian", deadline=None)
hypothesis.settings.load_profile("meridian")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> workers.Sharing:
    """Share the tests out in our way."""
    return workers.Sharing(config, log)


def pytest_collection_finish() -> None:
    """Look for garbage as the services do: among what the tests make, not among the tests."""
    collect_seldom()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the longest begin first where workers share them; alone, they stay in their order."""
    if hasattr(config, "workerinput"):
        workers.put_in_order(items)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """What a command, run within a test, sets for its own process does not outlive the test."""
    root, was_set, config = logging.getLogger(), structlog.is_configured(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    if was_set:
        structlog.configure(**config)
    else:
        structlog.reset_defaults()


class Servers(NamedTuple):
    """Where the run's servers are."""

    bootstrap: str
    database_url: str


MEMORY = Path("/dev/shm")
ROOM = 3_000_000_000


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder in memory where there is room, else `otherwise`.

    Every test makes and drops a database of hundreds of files, and ext4 looks past each inode that
    was deleted in the last minutes: on a disk the making soon takes 0.5 s instead of 0.02 s.
    """
    if not (os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM):
        yield otherwise
        return
    for left in MEMORY.glob("meridian-tests-*"):
        if not started(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)  # of a run that was killed
    folder = Path(tempfile.mkdtemp(prefix=f"meridian-tests-{os.getpid()}-", dir=MEMORY))
    folder.chmod(0o711)  # as root, PostgreSQL runs as somebody else
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The real Kafka and the real PostgreSQL of this worker, or of a run without workers."""
    with in_memory(tmp_path_factory.mktemp("servers")) as folder:
        yield from _served(folder)


def _served(folder: Path) -> Iterator[Servers]:
    kafka = None if os.environ.get("KAFKA_BOOTSTRAP") else LocalKafka(folder / "kafka")
    url = os.environ.get("DATABASE_URL")
    postgres = None if url else LocalPostgres(folder / "postgres", durable=False)
    ours = [server for server in (kafka, postgres) if server is not None]

    async def start() -> None:
        await asyncio.gather(*(server.start() for server in ours))

    async def stop() -> None:
        await asyncio.gather(*(server.stop() for server in ours))

    asyncio.run(start())
    try:
        yield Servers(
            kafka.bootstrap if kafka else os.environ["KAFKA_BOOTSTRAP"],
            postgres.url if postgres else str(url),
        )
    finally:
        asyncio.run(stop())


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """A database with every service's tables."""
    name = asyncio.run(testing.make_template(servers.database_url))
    yield name
    asyncio.run(testing.drop_database(servers.database_url, name))


@pytest.fixture
async def database_url(servers: Servers, template: str) -> AsyncIterator[str]:
    """A fresh database, every service's tables in it."""
    async with testing.fresh_database(servers.database_url, template) as url:
        yield url


@pytest.fixture
async def kafka(servers: Servers) -> AsyncIterator[KafkaSettings]:
    """Fresh topics, two partitions each."""
    async with testing.fresh_topics(servers.bootstrap) as settings:
        yield settings


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Callable[[str], Awaitable[Database]]]:
    """`await database("routing")` opens that service's pool, closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_(service: str) -> Database:
            return await stack.enter_async_context(testing.opened_database(database_url, service))

        yield open_
