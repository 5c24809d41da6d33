"""Services as child processes: started in order, watched, killed and started again by name.

For the demo and for the tests that kill things. Logs go to files, and no process stays behind: we
stop them, and if we are killed the kernel does (`bound`).
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.local.cache import tell
from deploy.local.child import Child
from deploy.local.errors import CannotStart

_DRAIN = 30.0  # seconds; a service drains for up to 25


@dataclass(frozen=True, kw_only=True)
class Process:
    """What to run, with `env` added to our own environment and output appended to `log`."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str | None = None
    """URL that answers 200 once the process is ready; without one, a process that runs is."""
    within: float = 60.0
    """Seconds it may take to become ready."""


class Processes:
    """A set of child processes; use it as `async with`. They end with the thread that starts them.

    `died` gets the name of each that ended without being asked to, in the order of their ends.
    """

    def __init__(self, *, tell: Callable[[str], None] = tell) -> None:
        self._tell = tell
        self._known: dict[str, Process] = {}
        self._children: dict[str, Child] = {}
        self._watch: asyncio.Task[None] | None = None
        self.died: asyncio.Queue[str] = asyncio.Queue()

    async def start(self, *processes: Process) -> None:
        """Start processes in this order and wait until all are ready.

        Raises CannotStart with the end of its log when one ends or is not ready in time.
        """
        for process in processes:
            self._spawn(process)
        await asyncio.gather(*map(self._ready, processes))

    def pid(self, name: str) -> int | None:
        """Return the process id while it runs."""
        child = self._children.get(name)
        return child.pid if child and child.code is None else None

    async def kill(self, name: str) -> None:
        """Kill with SIGKILL, its own children too, as a crash would."""
        child = self._children.pop(name, None)
        if child:
            await child.kill()

    async def stop(self, name: str, within: float = _DRAIN) -> int | None:
        """Ask to stop with SIGTERM, SIGKILL after `within` seconds; return the exit code."""
        child = self._children.pop(name, None)
        return await self._end(name, child, within) if child else None

    async def restart(self, name: str) -> None:
        """Start one again, after a kill, a stop or a crash, and wait until it is ready."""
        await self.stop(name)
        await self.start(self._known[name])

    async def stop_all(self, within: float = _DRAIN) -> None:
        """Ask all to stop and wait for them together: services do not need one another to end."""
        children, self._children = self._children, {}
        await asyncio.gather(*(self._end(name, child, within) for name, child in children.items()))

    async def __aenter__(self) -> Self:
        self._watch = asyncio.create_task(self._look_for_deaths())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watch:
            self._watch.cancel()
        await self.stop_all()

    def _spawn(self, process: Process) -> None:
        if self.pid(process.name):
            raise ValueError(f"{process.name} runs already")
        process.log.parent.mkdir(parents=True, exist_ok=True)
        self._known[process.name] = process
        self._children[process.name] = Child(
            process.command,
            log=process.log,
            env={**os.environ, **process.env},
            cwd=Path.cwd(),
        )

    async def _ready(self, process: Process) -> None:
        child = self._children[process.name]
        until = time.monotonic() + process.within
        # Loopback only: a proxy that the environment names must not be asked.
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while child.code is None:
                if process.ready is None or await _answers(client, process.ready):
                    return
                if time.monotonic() > until:
                    break
                await asyncio.sleep(0.05)
        if self._children.get(process.name) is child:  # else killed, and started again since
            del self._children[process.name]
        why = "was not ready in time" if child.code is None else f"ended with code {child.code}"
        await child.kill()
        raise CannotStart(f"{process.name} {why}; its log {child.log} ends with:\n{child.tail()}")

    async def _end(self, name: str, child: Child, within: float) -> int | None:
        if child.code is None:
            child.send(signal.SIGTERM)
            if not await child.ended(within):
                self._tell(f"{name} did not stop within {within:g} s: killed.")
        await child.kill()
        return child.code

    async def _look_for_deaths(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            gone = [name for name, child in self._children.items() if child.code is not None]
            for name in gone:
                child = self._children.pop(name)
                await child.kill()  # what it started itself
                self.died.put_nowait(name)
                self._tell(
                    f"{name} ended by itself with code {child.code}; its log {child.log} "
                    f"ends with:\n{child.tail()}"
                )


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
