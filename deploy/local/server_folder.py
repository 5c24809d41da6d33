"""The folder of one server: its data, its log, and who runs it.

Whoever runs the server holds a lock on the folder, and the operating system frees it when he dies.
`running.json` names the server's process, so that one left by a run that died is recognised (same
pid, same start time, our folder in its command line), told and stopped, and never used by mistake.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from deploy.local.child import Child, command_line, started
from deploy.local.errors import CannotStart
from deploy.local.ports import free_port, is_free


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What names a server process for good, even to a later run."""

    pid: int
    started: str
    port: int
    mark: str
    """Something in its command line that only this server has: a path inside its folder."""

    def lives(self) -> bool:
        """Tell whether this very process is still there."""
        return started(self.pid) == self.started and self.mark in command_line(self.pid)


class ServerFolder:
    """One server's folder; `what` is the server's name in sentences."""

    def __init__(self, path: Path, what: str, tell: Callable[[str], None]) -> None:
        self.path = path.absolute()
        self.log = self.path / "log.txt"
        self._what = what
        self._tell = tell
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """Make the folder ours; raise CannotStart when another run that lives holds it."""
        if self._lock:
            return
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise CannotStart(
                f"{self._what} cannot keep its data in {self.path} ({error.strerror}): "
                "free some space or name another folder."
            ) from error
        if not _taken(lock):
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise CannotStart(
                f"The {self._what} in {self.path} belongs to another run (process {holder}): "
                "stop that one first, or set MERIDIAN_CACHE to another folder."
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def holder(self) -> int | None:
        """Return the process id of the run that holds the folder, ours or another, or None."""
        try:
            with (self.path / "lock").open() as lock:
                pid = int(lock.read())
                if self._lock is None:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return None
        except BlockingIOError:
            return pid
        except (OSError, ValueError):
            return None
        return pid

    def release(self) -> None:
        """Let go of the folder."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def note(self, child: Child, *, port: int, mark: str) -> None:
        """Write down which process serves this folder."""
        trace = Trace(pid=child.pid, started=child.started, port=port, mark=mark)
        self._running.write_text(json.dumps(asdict(trace)), "utf-8")
        (self.path / "port").write_text(str(port), "ascii")

    def forget(self) -> None:
        """Write down that no process serves this folder."""
        self._running.unlink(missing_ok=True)

    def trace(self) -> Trace | None:
        """Return the process that serves this folder and lives, whoever started it."""
        try:
            trace = Trace(**json.loads(self._running.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None  # never written, or cut short by a kill
        return trace if trace.lives() else None

    async def stop_leftover(self, by: signal.Signals, within: float = 15) -> None:
        """Stop the server of a run that died, saying so. Call it with the folder claimed."""
        trace = self.trace()
        if trace is None:
            self.forget()
            return
        self._tell(
            f"{self._what} of an earlier run is still there "
            f"(process {trace.pid}, port {trace.port}): stopping it."
        )
        for number, wait in ((by, within), (signal.SIGKILL, 5)):
            if await _stopped(trace, number, wait):
                self.forget()
                return
        raise CannotStart(
            f"{self._what} of an earlier run (process {trace.pid}) cannot be stopped: "
            f"end it with `kill -9 {trace.pid}`."
        )

    def choose_port(self) -> int:
        """Return the port of the last run when it is free, else another, saying so."""
        last = 0
        with contextlib.suppress(OSError, ValueError):
            last = int((self.path / "port").read_text("ascii"))
        if last and is_free(last):
            return last
        port = free_port()
        if last:
            self._tell(
                f"Port {last}, which {self._what} had last time, is taken by another program: "
                f"using {port}."
            )
        return port

    @property
    def _running(self) -> Path:
        return self.path / "running.json"


def _taken(lock: IO[str]) -> bool:
    """Try to take a lock; somebody who only looks holds it for microseconds."""
    for _ in range(5):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


async def _stopped(trace: Trace, number: signal.Signals, within: float) -> bool:
    """Send a signal and wait up to `within` seconds; tell whether the process is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(trace.pid, number)
    until = time.monotonic() + within
    while time.monotonic() < until:
        # Not `lives()`: a process that is ending has lost its command line but still has its port.
        if started(trace.pid) != trace.started:
            return True
        await asyncio.sleep(0.02)
    return False
