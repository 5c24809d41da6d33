"""A service's role, schema and tables, brought up to date under a lock.

Migrations are ordinary Alembic revision files in `<service>/migrations/`, forward only; there is no
`env.py`, what it would do is here.
"""

import importlib.util
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db import Login
from shared.errors import Refused, Unavailable

_ONE_AT_A_TIME = 0x6D657269  # "meri"
_NOT_OURS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ClientConfigurationError,
)
"""What no waiting mends: another's password, no such database or right, no address at all."""


async def prepare(who: Login, package: str) -> None:
    """Make role and schema where we may, then run the migrations of `package`.

    Safe to run twice and by several processes at once: they wait for each other. Raises
    `Unavailable` when the database cannot be reached, and `Refused` when it will not have us.
    """
    try:
        if who.admin_url is not None:
            await make_role_and_schema(who)
        await _migrate(who, package)
    except _NOT_OURS as why:
        raise Refused(
            f"DATABASE_URL, or DATABASE_URL_{who.schema.upper()}, names a PostgreSQL that cannot "
            f"be used: {str(why) or type(why).__name__}. Correct it and start again."
        ) from why


async def make_role_and_schema(who: Login) -> None:
    """Make the service's role and schema with the administrator's connection, if they are not.

    Raises `Unavailable` when the database cannot be reached.
    """
    try:
        admin = await asyncpg.connect(who.admin_url, timeout=5)
    except (OSError, TimeoutError) as why:
        raise Unavailable("database cannot be reached") from why
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME)
        if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", who.role):
            # A sister in another database of the cluster may be quicker.
            with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                await admin.execute(f"CREATE ROLE {who.role} LOGIN")
            await admin.execute(f"GRANT {who.role} TO CURRENT_USER")
        if who.password is not None:
            await admin.execute(f"ALTER ROLE {who.role} PASSWORD '{who.password}'")
        await admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await admin.execute(f"CREATE SCHEMA IF NOT EXISTS {who.schema} AUTHORIZATION {who.role}")
    finally:
        await admin.close()


async def _migrate(who: Login, package: str) -> None:
    async def connect() -> asyncpg.Connection:
        return await who.connect(
            {"statement_timeout": "0", "lock_timeout": "0"}, command_timeout=None
        )

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.connect() as connection:
            # Autocommit for the lock: Alembic commits on the same connection.
            await connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _ONE_AT_A_TIME})
            await connection.commit()
            await connection.run_sync(_upgrade, package, who.schema)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, package: str, schema: str) -> None:
    where = str(folder(package))
    script = ScriptDirectory(where, version_locations=[where])

    def steps(revision: Any, _: Any) -> Any:
        return script._upgrade_revs("head", revision)

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, version_table_schema=schema)
        with environment.begin_transaction():
            environment.run_migrations()


def folder(package: str) -> Path:
    """Where the migrations of a service lie."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent / "migrations"
