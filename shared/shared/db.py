"""PostgreSQL: one schema and one role per service, transactions, and waking after commit.

`DATABASE_URL` belongs to somebody who may create roles and schemas; `prepare` makes the service's
own role and schema with it, and everything else connects as that role. The role's password is
derived from the administrator's, so that no second secret has to be kept. Where the administrator
may not create roles, `DATABASE_URL_<SERVICE>` names a login that owns a schema of its own.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg
import sqlalchemy.exc
import structlog
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.errors import Unavailable
from shared.wakes import Wake, Wakes

log = structlog.get_logger()

Transaction = AsyncConnection
"""What a handler or store function gets: an open transaction. It never commits."""

POOL_SIZE = 5
_LIMITS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",
    "random_page_cost": "1.1",  # one row by its index, also where the planner knows little
}


def metadata() -> MetaData:
    """Metadata with the naming convention of all constraints and indexes."""
    return MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        }
    )


@dataclass(frozen=True)
class Login:
    """How one service connects: its URL, role and schema. `admin_url` is None with an own login."""

    service: str
    url: str
    role: str | None
    password: str | None
    admin_url: str | None

    @property
    def schema(self) -> str:
        """The service's name with `_` for `-`."""
        return self.service.replace("-", "_")

    async def connect(
        self, settings: Mapping[str, str] | None = None, *, command_timeout: float | None = 45.0
    ) -> asyncpg.Connection:
        """Open a connection as the service, bounded at 5 s. Raises `Unavailable`.

        A command that gets no answer for `command_timeout` seconds fails: a server that went away
        without a word would hold it for minutes.
        """
        options: dict[str, Any] = {}
        if self.role is not None:
            options = {"user": self.role, "password": self.password}
        try:
            return await asyncpg.connect(
                self.url,
                timeout=5,
                command_timeout=command_timeout,
                server_settings={
                    "search_path": self.schema,
                    "application_name": self.service,
                    **_LIMITS,
                    **(settings or {}),
                },
                **options,
            )
        except (OSError, TimeoutError) as why:
            raise Unavailable("database cannot be reached") from why


def login(service: str, database_url: str, own_url: str | None = None) -> Login:
    """Decide how a service connects.

    >>> login("notify", "postgresql://admin:s3@db/shop").role
    'meridian_notify'
    >>> login("notify", "postgresql://admin@db/shop", "postgresql://n@db/shop").role is None
    True
    """
    if own_url:
        return Login(service, own_url, role=None, password=None, admin_url=None)
    role = f"meridian_{service.replace('-', '_')}"
    secret = unquote(urlsplit(database_url).password or "")
    password = hmac.new(secret.encode(), role.encode(), hashlib.sha256).hexdigest()
    return Login(
        service,
        database_url,
        role=role,
        password=password if secret else None,
        admin_url=database_url,
    )


class Database:
    """The service's connections. Made by `opened`."""

    def __init__(self, who: Login, engine: AsyncEngine, wakes: Wakes) -> None:
        self.login = who
        self.service = who.service
        self._engine = engine
        self._wakes = wakes

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction; commit at the end, roll back on an error, then wake who waits.

        Raises `Unavailable` when the database cannot be reached.
        """
        connection, its = await self._connected()
        names: set[str] = set()
        try:
            connection.info.update(wakes=names, service=self.service, driver=its)
            # The transaction is the driver's, so that a `Statement` is in it like everything else;
            # SQLAlchemy takes the connection for one that commits by itself.
            await its.execute("BEGIN")
            try:
                yield connection
            except Exception as why:
                # Who was cancelled, or has waited for an answer long enough, asks nothing more.
                if not its.is_closed() and not isinstance(why, TimeoutError):
                    await its.execute("ROLLBACK")
                raise
            await its.execute("COMMIT")
        finally:
            await asyncio.shield(_given_back(connection, its))
        for name in names:
            self._wakes.wake(name)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A connection without a transaction, for a look that one statement takes.

        Two statements may see different things; nothing is said in it, and nobody woken. Raises
        `Unavailable` as `transaction` does.
        """
        connection, its = await self._connected()
        try:
            connection.info["driver"] = its
            # Those of an earlier transaction: whoever is added to them would never be woken.
            connection.info.pop("wakes", None)
            yield connection
        finally:
            await asyncio.shield(_given_back(connection, its))

    async def _connected(self) -> tuple[AsyncConnection, Any]:
        """A connection of the pool and its driver's, passing by those that died meanwhile."""
        while True:
            try:
                connection = await self._engine.connect()
            except (sqlalchemy.exc.TimeoutError, asyncpg.PostgresError) as why:
                raise Unavailable("database") from why
            its: Any = (await connection.get_raw_connection()).driver_connection
            if not its.is_closed():
                return connection, its
            await connection.invalidate()
            await connection.close()

    async def direct(self, **settings: str) -> asyncpg.Connection:
        """A connection outside the pool, for locks and LISTEN; the caller closes it."""
        return await self.login.connect(settings)

    def on_wake(self, name: str) -> Wake:
        """Something to wait on until `wake(tx, name)` was committed here or in a sister process."""
        return self._wakes.on(name)

    def wake_now(self, name: str) -> None:
        """Wake `name` without a transaction, for what is known to be committed."""
        self._wakes.wake(name)

    def wake_here(self, name: str) -> None:
        """Wake those who wait for `name` in this process alone."""
        self._wakes.wake_here(name)


def driver(tx: Transaction) -> Any:
    """The driver's own connection, in the same transaction."""
    return tx.info["driver"]


async def _given_back(connection: AsyncConnection, its: Any) -> None:
    """Return a connection to the pool; one that died, or never ended its transaction, ends."""
    if (its.is_closed() or its.is_in_transaction()) and not connection.invalidated:
        await connection.invalidate()
    await connection.close()


def wake(tx: Transaction, name: str) -> None:
    """After this transaction commits, wake those who wait for `name`, in all sister processes."""
    tx.info["wakes"].add(name)


@asynccontextmanager
async def opened(who: Login) -> AsyncIterator[Database]:
    """Open the service's pool. Connections are made when first needed."""

    async def connect() -> asyncpg.Connection:
        return await who.connect()

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
    )
    wakes = Wakes(who.schema, lambda: who.connect({"synchronous_commit": "off"}))
    try:
        async with wakes.running():
            yield Database(who, engine, wakes)
    finally:
        await engine.dispose()


_TRANSIENT: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    sqlalchemy.exc.TimeoutError,
    ConnectionError,
    TimeoutError,
    Unavailable,
)


def is_unavailable(error: BaseException) -> bool:
    """Tell whether the same work may succeed later: database away, deadlock, lock time-out."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, _TRANSIENT):
            return True
        if isinstance(seen, sqlalchemy.exc.DBAPIError) and seen.connection_invalidated:
            return True
        seen = getattr(seen, "orig", None) or seen.__cause__
    return False


def is_unstorable(error: BaseException) -> bool:
    """Tell whether a text held NUL, which PostgreSQL cannot keep."""
    return getattr(getattr(error, "orig", error), "sqlstate", None) in ("22021", "22P05")


async def retried(
    work: Callable[[], Awaitable[None]], *, stop: asyncio.Event, pause: float = 0.5
) -> None:
    """Do `work` until it succeeds or `stop` is set; while the database is away wait, and say so."""
    told = False
    while not stop.is_set():
        try:
            return await work()
        except Exception as why:
            if not is_unavailable(why):
                raise
            if not told:
                log.warning("database away, waiting", error=type(why).__name__)
            told = True
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
    return None
