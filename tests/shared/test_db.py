"""Roles and schemas, waking after commit, what counts as away."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
import typer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deploy.local.ports import free_port
from shared import cli, db, migrations, testing
from shared.db import Database
from shared.errors import Refused, Unavailable
from shared.statements import Statement
from shared.wakes import Wake


async def test_a_service_cannot_read_another_ones_schema(database_url: str) -> None:
    await testing.bare_service(database_url, "first")
    await testing.bare_service(database_url, "second")
    connection = await db.login("second", database_url).connect()

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM first.outbox")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("CREATE TABLE public.mine (id integer)")
        assert await connection.fetch("SELECT * FROM outbox") == []
    finally:
        await connection.close()


async def test_the_real_services_are_apart(database_url: str) -> None:
    for name in testing.SERVICES:
        connection = await db.login(name, database_url).connect()
        try:
            others = [n.replace("-", "_") for n in testing.SERVICES if n != name]
            for schema in others:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"SELECT * FROM {schema}.outbox")
        finally:
            await connection.close()


async def test_preparing_twice_and_at_once_is_the_same_as_once(database_url: str) -> None:
    who = db.login("routing", database_url)

    await asyncio.gather(*(migrations.prepare(who, "routing") for _ in range(4)))

    connection = await who.connect()
    try:
        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
    finally:
        await connection.close()


async def test_a_database_that_will_not_have_us_is_told_in_a_sentence(database_url: str) -> None:
    password = urlsplit(database_url).password or ""
    for wrong in (
        database_url.replace(f":{password}@", ":not-it@"),
        database_url.replace("//postgres:", "//stranger:"),
        f"{database_url}-not-there",
        "not-an-address",
    ):
        with pytest.raises(Refused, match=r"DATABASE_URL.*cannot be used: .+ Correct it") as told:
            await migrations.prepare(db.login("routing", wrong), "routing")
        assert password not in str(told.value)


async def test_what_cannot_be_done_now_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    away = db.login("routing", f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")

    with pytest.raises(typer.Exit) as ended:
        await asyncio.to_thread(cli.start, migrations.prepare(away, "routing"))

    assert ended.value.exit_code == 75
    assert capsys.readouterr().err == "cannot be done now: database cannot be reached\n"


async def listening(database: Database) -> Wake:
    """A waiter, once its process hears its sisters: coming up wakes everybody once."""
    waiter = database.on_wake("work")
    assert await waiter.wait(10)
    return waiter


async def test_who_waits_is_woken_after_the_commit_in_this_process_and_in_a_sister(
    counting: Database, database_url: str
) -> None:
    async with testing.opened_database(database_url, "counting") as sister:
        here, there = await asyncio.gather(listening(counting), listening(sister))

        async with counting.transaction() as tx:
            db.wake(tx, "work")
            assert not await here.wait(0.1)

        assert await here.wait(5)
        assert await there.wait(5)


async def test_a_sister_is_not_told_of_what_one_process_alone_does(
    counting: Database, database_url: str
) -> None:
    async with testing.opened_database(database_url, "counting") as sister:
        here, there = await asyncio.gather(listening(counting), listening(sister))
        more = sister.on_wake("more")
        here.is_sole = True

        counting.wake_now("work")
        assert await here.wait(5)

        counting.wake_now("more")  # what is told comes in order
        assert await more.wait(5)
        assert not there.is_set()


async def test_who_waits_is_not_woken_by_a_rollback(counting: Database) -> None:
    waiter = await listening(counting)

    async def roll_back() -> None:
        async with counting.transaction() as tx:
            db.wake(tx, "work")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await roll_back()

    assert not await waiter.wait(0.2)


async def test_nobody_is_woken_by_a_look_that_would_never_be_told(counting: Database) -> None:
    async with counting.transaction() as tx:
        db.wake(tx, "work")

    async with counting.reading() as tx:
        [row] = await Statement("SELECT pg_current_xact_id_if_assigned() AS id").rows(tx, {})
        with pytest.raises(KeyError):
            db.wake(tx, "work")

    assert row.id is None


async def test_a_database_that_is_away_is_unavailable() -> None:
    url = f"postgresql://postgres@127.0.0.1:{free_port()}/postgres"
    async with testing.opened_database(url, "counting") as database:
        with pytest.raises(Unavailable):
            async with database.transaction():
                pass


async def test_a_connection_that_dies_under_a_transaction_is_unavailable(
    counting: Database, database_url: str
) -> None:
    killer = await asyncpg.connect(database_url)

    async def interrupted() -> None:
        async with counting.transaction() as tx:
            pid = await tx.scalar(text("SELECT pg_backend_pid()"))
            await killer.execute("SELECT pg_terminate_backend($1)", pid)
            await tx.execute(text("SELECT pg_sleep(5)"))

    try:
        with pytest.raises(DBAPIError) as caught:
            await interrupted()
    finally:
        await killer.close()

    assert db.is_unavailable(caught.value)


@pytest.mark.parametrize("error", [FileNotFoundError("x"), ValueError("x"), KeyError("x")])
def test_a_bug_is_not_unavailable(error: Exception) -> None:
    assert not db.is_unavailable(error)


async def test_a_statement_of_ours_cannot_hold_a_lock_for_ever(counting: Database) -> None:
    found = await testing.rows(
        counting,
        "SELECT current_setting('statement_timeout') AS statement,"
        " current_setting('lock_timeout') AS lock,"
        " current_setting('idle_in_transaction_session_timeout') AS idle",
    )

    assert found == [{"statement": "30s", "lock": "10s", "idle": "1min"}]
