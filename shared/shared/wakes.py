"""Waking after commit: in this process at once, in sister processes by NOTIFY.

NOTIFY goes out on a connection of its own, never inside the transaction that has something to say:
there it would take a lock that every committing transaction waits for. Waking is a courtesy;
whoever waits also looks by himself now and then.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from shared.errors import Unavailable

_RECONNECT = 0.5
_TOGETHER = 0.01
"""What comes within so many seconds after a telling is told at once."""


class Wake:
    """Something to wait on. One waiter each."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.is_sole = False
        """Set by a waiter that alone does this work, in all processes: no sister is told then."""

    def set(self) -> None:
        """Wake the waiter, or make its next wait return at once."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the next wait returns at once."""
        return self._event.is_set()

    async def wait(self, timeout: float) -> bool:
        """Return true when woken, false after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Wakes:
    """All waiters of a process, and the connection on which sisters are told."""

    def __init__(self, schema: str, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._channel = f"meridian_{schema}"
        self._connect = connect
        self._waiters: dict[str, list[Wake]] = {}
        self._untold: set[str] = set()
        self._something_untold = asyncio.Event()

    def on(self, name: str) -> Wake:
        """A new waiter for `name`."""
        waiter = Wake()
        self._waiters.setdefault(name, []).append(waiter)
        return waiter

    def wake(self, name: str) -> None:
        """Wake `name` here and, soon, in sister processes; not there when a waiter here is sole."""
        self.wake_here(name)
        if not any(waiter.is_sole for waiter in self._waiters.get(name, ())):
            self._untold.add(name)
            self._something_untold.set()

    def wake_here(self, name: str) -> None:
        """Wake `name` in this process."""
        for waiter in self._waiters.get(name, ()):
            waiter.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the connection up and tell the sisters, for as long as the context is open."""
        task = asyncio.create_task(self._tell_for_ever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _tell_for_ever(self) -> None:
        while True:
            with suppress(Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await self._connect()
                try:
                    await connection.add_listener(self._channel, self._heard)
                    # What was said while nobody listened: let everybody look once.
                    for name in list(self._waiters):
                        self.wake_here(name)
                    await self._tell(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(_RECONNECT)

    async def _tell(self, connection: asyncpg.Connection) -> None:
        while not connection.is_closed():
            # Not wait_for: in Python 3.11 it swallows a cancellation that meets its result.
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await self._something_untold.wait()
            self._something_untold.clear()
            names, self._untold = self._untold, set()
            if names:
                await connection.execute(
                    "SELECT pg_notify($1, name) FROM unnest($2::text[]) name",
                    self._channel,
                    list(names),
                )
                await asyncio.sleep(_TOGETHER)

    def _heard(self, connection: Any, pid: int, _: str, name: object) -> None:
        if pid != connection.get_server_pid():
            self.wake_here(str(name))
