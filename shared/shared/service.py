"""What every service's process is: open what it needs, run its parts, stop in order.

A part is `async def run(stop)`. It ends soon after `stop` is set; a part that ends before, or
raises, takes the process down with an exit code ≠ 0, so that whoever supervises it starts it again.
"""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog
import uvicorn
from pydantic import Field, SecretStr, create_model
from pydantic_settings import BaseSettings
from sqlalchemy import text

from shared import clock, db, logs, migrations
from shared.bus import BatchHandler, Bus, Handler, Relay
from shared.callers import Callers
from shared.contracts.base import Message
from shared.db import Database, is_unavailable
from shared.errors import Unavailable
from shared.http.heads import Heads
from shared.settings import KafkaSettings, ServiceSettings
from shared.stores import Stores

log = structlog.get_logger()

Part: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, None]]

_DRAIN = 25.0


_NEW_OBJECTS = 20_000


def collect_seldom() -> None:
    """Have Python look for cyclic garbage less often, and not among what the start has made.

    A poll of messages makes more objects than Python's own limit of 700 again and again, all of
    which live until it is answered: looking through them took a third of a consumer's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
    gc.enable()  # a test run begins without


class Stopped(Exception):
    """A stop was asked for before the service was ready."""


@dataclass
class Runtime:
    """What a service's `app.py` builds from."""

    name: str
    settings: ServiceSettings
    db: Database
    stores: Stores
    callers: Callers
    stop: asyncio.Event
    buses: list[Bus] = field(default_factory=list)

    @property
    def kafka(self) -> KafkaSettings:
        """How to reach Kafka."""
        return self.settings.kafka

    def bus(
        self,
        hears: Mapping[type[Message], Handler | BatchHandler],
        *,
        consumer: str | None = None,
    ) -> Bus:
        """A bus for these messages; `consumer` names its group where a service has several."""
        bus = Bus(service=self.name, db=self.db, kafka=self.kafka, hears=hears, consumer=consumer)
        self.buses.append(bus)
        return bus

    def relay(self) -> Relay:
        """The relay of this service's outbox."""
        return Relay(service=self.name, db=self.db, kafka=self.kafka)

    def serve(self, app: Callable[..., object]) -> Part:
        """A part that serves an ASGI application at the service's host and port."""

        async def run(stop: asyncio.Event) -> None:
            await serve(app, self.settings.http_host, self.settings.http_port, stop)

        return run

    async def ready(self) -> dict[str, object]:
        """What the readiness page shows. Raises `Unavailable` while the database is away.

        A broker that is away does not make a service unready: what it keeps is safe in PostgreSQL.
        """
        try:
            async with asyncio.timeout(2), self.db.transaction() as tx:
                oldest = await tx.scalar(text("SELECT said_at FROM outbox ORDER BY id LIMIT 1"))
        except Exception as why:
            if is_unavailable(why):
                raise Unavailable("database") from why
            raise
        age = (clock.now() - oldest).total_seconds() if oldest else 0.0
        return {
            "service": self.name,
            "outbox_oldest_seconds": round(age, 3),
            "listening": {bus.group: bus.is_assigned for bus in self.buses},
            "accounts_off": [
                f"{off.channel}/{off.account_id}: {off.why}" for off in self.stores.off
            ],
        }

    async def run(self, *parts: Part) -> None:
        """Run the parts until SIGTERM or SIGINT; raise when one of them fails or ends early."""
        tasks = {asyncio.create_task(part(self.stop)): part for part in parts}
        stopping = asyncio.create_task(self.stop.wait())
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
        early = [task for task in tasks if task.done()] if not self.stop.is_set() else []
        self.stop.set()
        _, late = await asyncio.wait(tasks, timeout=_DRAIN)
        for task in (*late, stopping):
            task.cancel()
        await asyncio.wait({*tasks, stopping})
        for task in tasks:
            if not task.cancelled() and (why := task.exception()) is not None:
                raise why
        if early:
            raise RuntimeError(f"{tasks[early[0]]} ended by itself")
        if late:
            log.warning("parts did not stop in time", parts=len(late))


def _own_database_url(service: str) -> str | None:
    variable = f"DATABASE_URL_{service.replace('-', '_').upper()}"
    model = create_model(
        "Own",
        __base__=BaseSettings,
        url=(SecretStr | None, Field(default=None, validation_alias=variable)),
    )
    url: SecretStr | None = getattr(model(), "url")  # noqa: B009 - the model is made here
    return url.get_secret_value() if url else None


def login(name: str, settings: ServiceSettings) -> db.Login:
    """How the service of this name connects to PostgreSQL."""
    return db.login(name, settings.database_url.get_secret_value(), _own_database_url(name))


@asynccontextmanager
async def opened(name: str, settings: ServiceSettings) -> AsyncIterator[Runtime]:
    """Start logging, read the configuration, bring the schema up to date, open the database.

    Waits for a database that is away. Raises `Stopped` when told to stop meanwhile.
    """
    logs.start(name, settings.log_level)
    stop = asyncio.Event()
    stores = Stores.load(settings.stores_file)
    callers = Callers.load(settings.callers_file)
    for off in stores.off:
        log.warning("account off", channel=off.channel, account_id=off.account_id, why=off.why)
    who = login(name, settings)
    with _signals(stop):
        await db.retried(lambda: migrations.prepare(who, name.replace("-", "_")), stop=stop)
        if stop.is_set():
            raise Stopped
        async with db.opened(who) as database:
            collect_seldom()
            log.info("service started", settings=settings.model_dump(mode="json"))
            yield Runtime(name, settings, database, stores, callers, stop)
    log.info("service stopped")


@asynccontextmanager
async def opened_quietly(name: str, settings: ServiceSettings) -> AsyncIterator[Runtime]:
    """The same for a command that a person runs: warnings only, no migrations, no signals."""
    logs.start(name, "warning", for_good=False, is_command=True)
    async with db.opened(login(name, settings)) as database:
        stores = Stores.load(settings.stores_file)
        callers = Callers.load(settings.callers_file)
        yield Runtime(name, settings, database, stores, callers, asyncio.Event())


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    both = (signal.SIGTERM, signal.SIGINT)
    with suppress(NotImplementedError, RuntimeError, ValueError):
        for number in both:
            loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in both:
                loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(app: Callable[..., object], host: str, port: int, stop: asyncio.Event) -> None:
    """Serve an ASGI application until `stop`; requests at hand get 5 s to finish."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    server = _Server(
        uvicorn.Config(
            app,
            http=Heads,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            ws_max_size=65_536,
            timeout_graceful_shutdown=5,
        )
    )
    log.info("http listening", host=host, port=listener.getsockname()[1])
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    try:
        await serving
    finally:
        listener.close()
