"""One process started by us: its log, its end, and how to recognise it later.

Nothing here belongs to an event loop, so that a child may be started in one and stopped in another.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_BOUND = Path(__file__).with_name("bound.py")
_TAIL = 20


@dataclass(frozen=True, kw_only=True)
class User:
    """Whom a child runs as; only root may choose."""

    name: str
    uid: int
    gid: int


class Child:
    """A running command in a process group of its own, its output appended to a log file.

    It is killed with `dies_by` when we end without stopping it, however we end (on Linux).
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path,
        user: User | None = None,
        dies_by: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.log = log
        self._log_begins = log.stat().st_size if log.exists() else 0
        uid, gid = (user.uid, user.gid) if user else (-1, -1)
        bound = [sys.executable, "-I", "-S", str(_BOUND)]
        bound += [str(number) for number in (os.getpid(), int(dies_by), uid, gid)]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*bound, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                # A Ctrl-C at the terminal reaches only us; we stop the children in order.
                start_new_session=True,
            )
        self.started = started(self._process.pid) or ""

    @property
    def pid(self) -> int:
        """The process id; also that of the group."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code (negative: the signal), or None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """Return what it has written to its log so far."""
        with self.log.open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace")

    def tail(self) -> str:
        """Return the last lines of its log, for an error message."""
        return "\n".join(self.output().splitlines()[-_TAIL:])

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone; nothing happens when it has ended."""
        self._process.send_signal(number)

    async def ended(self, within: float) -> bool:
        """Wait up to `within` seconds for its end; tell whether it came."""
        until = time.monotonic() + within
        while self.code is None:
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.01)
        return True

    async def kill(self) -> None:
        """SIGKILL the whole process group and wait for the end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        await self.ended(10)


def started(pid: int) -> str | None:
    """Return when a process started, in the system's own notation, or None when there is none.

    With the pid it names a process for good: pids are used again, pairs of both are not.
    """
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        # proc(5): the name in parentheses may hold anything; state is field 3, starttime field 22.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    return _ps(pid, "lstart=")


def command_line(pid: int) -> str:
    """Return the command line of a process, separated by spaces, or "" when there is none."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        except OSError:
            return ""
    return _ps(pid, "command=") or ""


def _ps(pid: int, column: str) -> str | None:
    run = subprocess.run(
        ["ps", "-ww", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return run.stdout.strip() or None
