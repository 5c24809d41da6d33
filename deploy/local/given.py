"""Servers that the environment names, looked at before anything is built on them."""

import asyncio
from contextlib import suppress

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.errors import CannotStart
from shared.bus import kafka
from shared.settings import KafkaSettings

_PATIENCE = 10.0


async def check(*, bootstrap: str | None, database_url: str | None) -> None:
    """Connect to what is named; raise CannotStart when one cannot be used."""
    if database_url:
        await _check_database(database_url)
    if bootstrap:
        await _check_kafka()


async def _check_kafka() -> None:
    client = AIOKafkaAdminClient(**kafka.connection(KafkaSettings()))
    try:
        async with asyncio.timeout(_PATIENCE):
            await client.start()
    except (KafkaError, OSError, TimeoutError, ValueError) as why:
        raise CannotStart(_sentence("KAFKA_BOOTSTRAP", "Kafka", why)) from why
    finally:
        with suppress(Exception):
            await client.close()


async def _check_database(url: str) -> None:
    try:
        connection = await asyncpg.connect(url, timeout=_PATIENCE)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as why:
        raise CannotStart(_sentence("DATABASE_URL", "PostgreSQL", why)) from why
    await connection.close()


def _sentence(variable: str, what: str, why: Exception) -> str:
    said = str(why) or type(why).__name__
    return (
        f"{variable} names a {what} that cannot be used: {said}. "
        "Correct it, or unset it to have one started."
    )
