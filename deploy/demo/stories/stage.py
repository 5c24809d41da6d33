"""What a story plays on: ways to act, ways to see, and somebody to tell."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from deploy.demo.clients import Service, WorldClient
from deploy.demo.installation import Installation
from deploy.demo.tail import NotSeen, Seen, Tail
from shared import clock
from shared.contracts.base import Message
from shared.contracts.routing import Explanation

M = TypeVar("M", bound=Message)
T = TypeVar("T")

WITHIN = 20.0
"""Seconds for a step whose own time is well below one; the rest is for a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that happened; a line for its reader."""

    who: str
    """The service or vendor that did it."""
    what: str
    """Rich markup is not read: what customers write may hold brackets."""
    milliseconds: float | None = None
    """Measured, from the moment the step began."""
    quote: str | None = None
    """What a person wrote or reads."""
    explanation: Explanation | None = None


@dataclass(frozen=True)
class Title:
    """A story begins."""

    number: int
    text: str


class DidNotHappen(Exception):
    """A step was waited for in vain: what did not happen, and where to look."""


Teller = Callable[[Fact | Title], None]


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the running system is reached; URLs without a slash at the end."""

    intake: tuple[str, str]
    """Two processes of intake."""
    smtp_port: int
    routing: str
    logistics_watch: str
    returns: str
    notify: str
    world: str


@dataclass(kw_only=True)
class Stage:
    """Everything a story needs. Times it tells are measured with this machine's clock."""

    addresses: Addresses
    installation: Installation
    world: WorldClient
    tail: Tail
    tell: Teller = field(default=lambda _: None)
    death: "asyncio.Future[str]" = field(default_factory=asyncio.Future)
    """Name of the first process that ended without being asked to."""
    logs: Path | None = None

    def service(self, url: str, caller: str) -> Service:
        """A service's API as one caller uses it."""
        return Service(url, self.installation.tokens[caller])

    async def see(
        self,
        service: str,
        kind: type[M],
        where: Callable[[M], bool],
        what: str,
        *,
        within: float = WITHIN,
    ) -> Seen[M]:
        """Wait for a message of a service; raise DidNotHappen with `what` was to happen."""
        try:
            return await self._alive(self.tail.first(kind, where, within=within), what)
        except NotSeen:
            raise DidNotHappen(
                f"{what}: {service} said no {kind.__name__} within {within:g} s"
                f"{self._look_in(service)}"
            ) from None

    async def wait_for(
        self,
        service: str,
        fact: Callable[[], Awaitable[T | None]],
        what: str,
        *,
        within: float = WITHIN,
    ) -> T:
        """Ask until the answer is truthy; raise DidNotHappen with `what` was to happen."""
        try:
            async with asyncio.timeout(within):
                return await self._alive(_until(fact), what)
        except TimeoutError:
            raise DidNotHappen(f"{what}: not within {within:g} s{self._look_in(service)}") from None

    async def _alive(self, waiting: Coroutine[Any, Any, T], what: str) -> T:
        """Wait for something, but not for what cannot come since a process died."""
        task = asyncio.ensure_future(waiting)
        try:
            either: set[asyncio.Future[Any]] = {task, self.death}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return await task
        finally:
            task.cancel()
        name = self.death.result()
        raise DidNotHappen(f"{what}: {name} ended by itself{self._look_in(name)}")

    def _look_in(self, service: str) -> str:
        return f"; see {self.logs / f'{service}.log'}" if self.logs else ""


async def _until(fact: Callable[[], Awaitable[T | None]]) -> T:
    while not (answer := await fact()):  # noqa: ASYNC110 - what is asked is in other processes
        await asyncio.sleep(0.02)
    return answer


class Stopwatch:
    """Milliseconds since a step began: now, or at a moment that is given."""

    def __init__(self, begun: datetime | None = None) -> None:
        self.begun = begun or clock.now()

    def at(self, moment: datetime) -> float:
        """Milliseconds from the beginning to a moment."""
        return round((moment - self.begun).total_seconds() * 1000, 1)

    def now(self) -> float:
        """Milliseconds so far."""
        return self.at(clock.now())
