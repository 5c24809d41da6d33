"""Statements that go to the driver: parameters, and being in the one transaction with the rest."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import text

from shared import testing
from shared.db import Database, Transaction
from shared.statements import Statement

ADD = Statement("INSERT INTO kept (id, at) SELECT cast(:id AS text), :at::timestamptz RETURNING id")
ALL = Statement("SELECT id, at FROM kept ORDER BY id")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
async def keeping(database_url: str) -> AsyncIterator[Database]:
    """A service with one table."""
    table = "CREATE TABLE kept (id text PRIMARY KEY, at timestamptz NOT NULL)"
    await testing.bare_service(database_url, "keeping", table)
    async with testing.opened_database(database_url, "keeping") as database:
        yield database


async def kept(database: Database) -> list[str]:
    """What was committed."""
    async with database.transaction() as tx:
        return [row.id for row in await ALL.rows(tx, {})]


def test_each_name_is_one_parameter_and_a_cast_is_none() -> None:
    statement = Statement("SELECT :a::text, x[1:n], ':' || :b FROM t WHERE :a = cast(:b AS text)")

    assert statement.sql == "SELECT $1::text, x[1:n], ':' || $2 FROM t WHERE $1 = cast($2 AS text)"


async def test_both_ways_are_in_one_transaction(keeping: Database) -> None:
    async with keeping.transaction() as tx:
        [row] = await ADD.rows(tx, {"id": "a", "at": NOON})
        await tx.execute(text("INSERT INTO kept VALUES (:id, :at)"), {"id": "b", "at": NOON})
    assert (row.id, row["id"]) == ("a", "a")
    with pytest.raises(AttributeError):
        _ = row.other

    async def fail() -> None:
        async with keeping.transaction() as tx:
            await ADD.rows(tx, {"id": "c", "at": NOON})
            await tx.execute(text("INSERT INTO kept VALUES (:id, :at)"), {"id": "d", "at": NOON})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await kept(keeping) == ["a", "b"]


async def test_a_savepoint_takes_back_what_either_way_did(keeping: Database) -> None:
    async def add_both(tx: Transaction) -> None:
        async with tx.begin_nested():
            await ADD.rows(tx, {"id": "b", "at": NOON})
            await ADD.rows(tx, {"id": "a", "at": NOON})

    async with keeping.transaction() as tx:
        await ADD.rows(tx, {"id": "a", "at": NOON})
        with pytest.raises(asyncpg.UniqueViolationError):
            await add_both(tx)

    assert await kept(keeping) == ["a"]


async def test_who_is_cancelled_leaves_nothing_and_no_open_transaction(keeping: Database) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with keeping.transaction() as tx:
            await ADD.rows(tx, {"id": "a", "at": NOON})
            begun.set()
            await asyncio.sleep(60)

    for _ in range(12):  # more than the pool has connections
        begun.clear()
        task = asyncio.create_task(hang())
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})

    assert await kept(keeping) == []


async def test_connections_that_died_in_the_pool_are_passed_by(
    keeping: Database, database_url: str
) -> None:
    async def hold() -> None:
        async with keeping.transaction() as tx:
            await tx.execute(text("SELECT pg_sleep(0.1)"))

    await asyncio.gather(*(hold() for _ in range(5)))
    admin = await asyncpg.connect(database_url)
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'keeping'"
        )
    finally:
        await admin.close()
    await asyncio.sleep(0.2)  # the news of it has to come in

    assert await kept(keeping) == []
