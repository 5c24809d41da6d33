"""What tests share: databases made from a template, topics of their own, facts to wait for."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from shared import clock, db, migrations
from shared.bus import Record
from shared.bus import kafka as clients
from shared.bus.records import headers
from shared.bus.tables import BUS_TABLES_V1
from shared.contracts.base import Message, decode, encode
from shared.contracts.topics import TOPICS
from shared.db import Database
from shared.settings import KafkaSettings

T = TypeVar("T")

SERVICES = ("intake", "routing", "logistics-watch", "returns", "notify")


def database_named(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def make_template(server_url: str, services: Sequence[str] = SERVICES) -> str:
    """Make a database in which every service's migrations have run; returns its name."""
    name = f"template_{uuid4().hex[:12]}"
    await _admin(server_url, f"CREATE DATABASE {name}")
    for service in services:
        if not _has_migrations(service):
            continue
        who = db.login(service, database_named(server_url, name))
        await migrations.prepare(who, service.replace("-", "_"))
    return name


async def bare_service(url: str, service: str, *statements: str) -> None:
    """A service that has the bus's tables and these, made without migrations."""
    who = db.login(service, url)
    await migrations.make_role_and_schema(who)
    connection = await who.connect()
    try:
        for statement in (*BUS_TABLES_V1, *statements):
            await connection.execute(statement)
    finally:
        await connection.close()


def _has_migrations(service: str) -> bool:
    return migrations.folder(service.replace("-", "_")).exists()


@asynccontextmanager
async def fresh_database(server_url: str, template: str) -> AsyncIterator[str]:
    """The URL of a new database made from the template; dropped at the end."""
    name = f"test_{uuid4().hex[:12]}"
    await _admin(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield database_named(server_url, name)
    finally:
        await drop_database(server_url, name)


async def drop_database(server_url: str, name: str) -> None:
    """Drop a database, whoever is still connected."""
    await _admin(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _admin(server_url: str, statement: str) -> None:
    connection = await asyncpg.connect(server_url, timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def fresh_topics(bootstrap: str, partitions: int = 2) -> AsyncIterator[KafkaSettings]:
    """Topics under a prefix of their own; deleted at the end."""
    prefix = f"test-{uuid4().hex[:12]}."
    settings = KafkaSettings(bootstrap=bootstrap, topic_prefix=prefix, partitions=partitions)
    await clients.ensure_topics(settings)
    try:
        yield settings
    finally:
        await delete_topics(settings)


async def delete_topics(settings: KafkaSettings) -> None:
    """Delete all topics under the settings' prefix."""
    admin = AIOKafkaAdminClient(**clients.connection(settings))
    await admin.start()
    try:
        there = set(await admin.list_topics())
        ours = [t.name for t in TOPICS if settings.topic_prefix + t.name in there]
        if ours:
            await admin.delete_topics([settings.topic_prefix + name for name in ours])
    finally:
        await clients.within(10, admin.close())


@asynccontextmanager
async def opened_database(url: str, service: str) -> AsyncIterator[Database]:
    """The pool of one service in a migrated database."""
    async with db.opened(db.login(service, url)) as database:
        yield database


async def eventually(
    fact: Callable[[], Awaitable[T]], *, within: float = 10.0, every: float = 0.02
) -> T:
    """Ask again until the answer is truthy; fail with the last answer after `within` seconds."""
    until = time.monotonic() + within
    while True:
        answer = await fact()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"not within {within} s; last answer: {answer!r}")
        await asyncio.sleep(every)


async def rows(database: Database, sql: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of a query, as dicts."""
    async with database.transaction() as tx:
        found = await tx.execute(text(sql), values)
        return [dict(row) for row in found.mappings()] if found.returns_rows else []


async def waits(database: Database) -> bool:
    """Whether somebody waits for a lock in this database just now."""
    query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
    return bool(await rows(database, f"{query} AND wait_event_type = 'Lock'"))


async def said(database: Database, *types: type[Message]) -> list[Message]:
    """The messages in a service's outbox, oldest first; of these types where any are given.

    True only while no relay runs on that database.
    """
    found = await rows(database, "SELECT type, body FROM outbox ORDER BY id")
    by_name = {message.__name__: message for topic in TOPICS for message in topic.messages}
    return [
        decode(by_name[row["type"]], row["body"])
        for row in found
        if not types or by_name[row["type"]] in types
    ]


def record(message: Message, *, offset: int, partition: int = 0, **ids: Any) -> Record:
    """A message as Kafka would bring it; `event_id`, `correlation_id` may be given."""
    event = ids.get("event_id") or uuid4()
    row = {
        "event_id": event,
        "topic": message.TOPIC,
        "key": message.key,
        "type": type(message).__name__,
        "store_id": getattr(message, "store_id", ""),
        "cause_id": event,
        "correlation_id": ids.get("correlation_id") or event,
        "said_at": clock.now(),
    }
    return Record(
        topic=message.TOPIC,
        partition=partition,
        offset=offset,
        key=message.key.encode(),
        value=encode(message),
        headers=headers(row, "/meridian/test"),
    )
