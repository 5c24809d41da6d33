"""What earlier demos of this machine left in Kafka and PostgreSQL: found by name and dropped."""

import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from shared import clock
from shared.bus import kafka as clients
from shared.settings import KafkaSettings


class Names:
    """How this machine's demos are called, so that nobody else's are touched."""

    def __init__(self, cache: Path) -> None:
        owner = hashlib.sha256(f"{socket.gethostname()} {cache}".encode()).hexdigest()[:6]
        self.database_prefix = f"meridian_demo_{owner}_"
        self.topic_prefix = f"meridian-demo-{owner}-"
        run = f"{clock.now():%Y%m%d%H%M%S}"
        self.database = f"{self.database_prefix}{run}"
        self.topics = f"{self.topic_prefix}{run}."
        self.run = run


def database_at(server: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def new_database(server: str, names: Names) -> str:
    """Make this run's database and return its URL."""
    connection = await asyncpg.connect(server, timeout=10)
    try:
        await connection.execute(f'CREATE DATABASE "{names.database}"')
    finally:
        await connection.close()
    return database_at(server, names.database)


async def drop_databases(server: str, names: Names, tell: Callable[[str], None]) -> None:
    """Drop the databases of earlier demos, whoever is connected."""
    connection = await asyncpg.connect(server, timeout=10)
    try:
        rows = await connection.fetch(
            "SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND datname <> $2",
            names.database_prefix,
            names.database,
        )
        for row in rows:
            await connection.execute(f'DROP DATABASE IF EXISTS "{row["datname"]}" WITH (FORCE)')
        if rows:
            tell(f"Dropped the database of {_count(len(rows), 'earlier demo')}.")
    finally:
        await connection.close()


async def drop_topics(kafka: KafkaSettings, names: Names, tell: Callable[[str], None]) -> None:
    """Delete the topics of earlier demos: left lying, they make the broker start slowly."""
    admin = AIOKafkaAdminClient(**clients.connection(kafka))
    await admin.start()
    try:
        old = [
            name
            for name in await admin.list_topics()
            if name.startswith(names.topic_prefix) and not name.startswith(names.topics)
        ]
        if old:
            await admin.delete_topics(old)
            tell(f"Deleted {_count(len(old), 'topic')} of earlier demos.")
    finally:
        await clients.within(10, admin.close())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
