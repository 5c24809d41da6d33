"""PostgreSQL on this machine, on loopback TCP only, from a wheel's programs.

Whoever may log in as its superuser may run programs as the user it runs as, so there is a random
password, kept beside the data and part of the URL.
"""

import asyncio
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError

from deploy.local.cache import tell
from deploy.local.child import Child, started
from deploy.local.errors import CannotStart
from deploy.local.ports import LOOPBACK
from deploy.local.postgres_home import Home, find_home, serving
from deploy.local.server_folder import ServerFolder

_SETTINGS = (
    f"listen_addresses={LOOPBACK}",
    "unix_socket_directories=",  # TCP alone: no socket path to be too long or to be left behind
    "max_connections=300",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m [%p] %u@%d ",
)
# Commits still wait for their write: without synchronous_commit a kill takes the newest with it.
_THROWAWAY = ("fsync=off", "full_page_writes=off")


class LocalPostgres:
    """A PostgreSQL server whose data lives in `folder`; start, stop, kill and start it at will.

    `durable=False` trades survival of a machine's crash for speed; what was committed survives the
    kill of a process all the same. The port stays the same through kills and restarts
    of one object, and where it is free also from run to run. The server dies with the thread that
    called `start`, however that ends.
    """

    def __init__(
        self, folder: Path, durable: bool = True, *, tell: Callable[[str], None] = tell
    ) -> None:
        self._folder = ServerFolder(folder, "PostgreSQL", tell)
        self._durable = durable
        self._child: Child | None = None
        self._port: int | None = None

    @property
    def url(self) -> str:
        """Return the URL of the superuser and his database; known once started."""
        if self._port is None:
            raise RuntimeError("PostgreSQL was not started")
        return self._url(self._port)

    @property
    def pid(self) -> int | None:
        """Return the server's process id while it runs."""
        return self._child.pid if self._child and self._child.code is None else None

    async def start(self, within: float = 120) -> None:
        """Start the server and wait until it answers; raise CannotStart after `within` seconds."""
        if self.pid:
            return
        self._folder.claim()
        try:
            # Fast shutdown: SIGTERM would wait until the last client has gone.
            await self._folder.stop_leftover(signal.SIGINT)
            until = time.monotonic() + within
            home = await asyncio.to_thread(find_home, self._folder.path)
            if not (home.data / "PG_VERSION").exists():
                await self._initdb(home, until)
            self._free_data(home.data)
            while not await self._serve(home, until):
                pass
        except BaseException:
            await self.kill()
            self._folder.release()
            raise

    async def stop(self) -> None:
        """Stop cleanly, cutting off clients; after 20 s without patience."""
        if self._child and self._child.code is None:
            self._child.send(signal.SIGINT)
            await self._child.ended(20)
        await self.kill()
        self._folder.release()

    async def kill(self) -> None:
        """Kill the server and all its processes with SIGKILL; `start` brings it back."""
        if self._child:
            backends = _children(self._child.pid)
            await self._child.kill()
            for pid in backends:
                await _end(pid)
            self._folder.forget()
        self._child = None

    async def restart(self) -> None:
        """Stop cleanly and start again on the same port and data."""
        await self.stop()
        await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _run(self, home: Home, *command: str) -> Child:
        return Child(
            command,
            log=self._folder.log,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
            cwd=Path("/"),
            user=home.user,
            # Immediate shutdown: the server ends its own processes at once and recovers later.
            dies_by=signal.SIGQUIT,
        )

    async def _initdb(self, home: Home, until: float) -> None:
        # Made beside and renamed when whole: a kill half-way leaves nothing that looks like data.
        new = home.data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password = home.data.with_name("data.password")
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self._password(), "ascii")
        if home.user:
            os.chown(new, home.user.uid, home.user.gid)
            os.chown(password, home.user.uid, home.user.gid)
        options = ["-D", str(new), "-U", "postgres", "-E", "UTF8", "--no-locale"]
        options += ["-A", "scram-sha-256", "--pwfile", str(password)]
        if not self._durable:
            options.append("--no-sync")
        child = self._run(home, str(home.bin / "initdb"), *options)
        try:
            if not (await child.ended(until - time.monotonic()) and child.code == 0):
                raise CannotStart(f"PostgreSQL could not prepare {new}:\n{child.tail()}")
        finally:
            await child.kill()
            password.unlink()
        new.rename(home.data)

    def _password(self) -> str:
        """Return the superuser's password, making it up the first time."""
        path = self._folder.path / "password"
        if not path.exists():
            new = path.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_text(secrets.token_hex(16), "ascii")
            new.replace(path)
        return path.read_text("ascii")

    def _url(self, port: int) -> str:
        return f"postgresql://postgres:{self._password()}@{LOOPBACK}:{port}/postgres"

    def _free_data(self, data: Path) -> None:
        """Remove the lock file of a server that is gone; its pid may be another process's today."""
        pid = serving(data)
        if pid:
            raise CannotStart(
                f"Process {pid} already serves {data}: stop it first (`kill -INT {pid}`)."
            )
        (data / "postmaster.pid").unlink(missing_ok=True)

    async def _serve(self, home: Home, until: float) -> bool:
        """Start and wait for an answer; False when it is worth trying again."""
        port = self._port or self._folder.choose_port()
        options = [*_SETTINGS, f"port={port}", *(() if self._durable else _THROWAWAY)]
        arguments = [part for option in options for part in ("-c", option)]
        command = [str(home.bin / "postgres"), "-D", str(home.data), *arguments]
        self._child = child = self._run(home, *command)
        self._folder.note(child, port=port, mark=str(home.data))
        while child.code is None and time.monotonic() < until:
            if await _answers(self._url(port)):
                self._port = port
                return True
            await asyncio.sleep(0.02)
        # The second: processes of a killed server have not all gone yet.
        passing = ("Address already in use", "pre-existing shared memory block")
        if child.code is not None and any(words in child.output() for words in passing):
            await asyncio.sleep(0.1)
            return False
        why = "did not answer in time" if child.code is None else f"ended with code {child.code}"
        raise CannotStart(f"PostgreSQL {why}; its log {child.log} ends with:\n{child.tail()}")


async def _answers(url: str) -> bool:
    """Tell whether the server lets in and answers."""
    try:
        connection = await asyncpg.connect(url, timeout=2, ssl=False)
    except (OSError, TimeoutError, PostgresError):
        return False
    try:
        return bool(await connection.fetchval("SELECT true", timeout=2))
    except (OSError, TimeoutError, PostgresError, InterfaceError):
        return False
    finally:
        connection.terminate()


def _children(pid: int) -> list[int]:
    """Return the server's own processes, each in a group of its own; known on Linux only."""
    try:
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    except OSError:
        return []


async def _end(pid: int) -> None:
    """Kill a process of a server that was just killed, and wait for its end."""
    begun = started(pid)
    until = time.monotonic() + 5
    while begun and started(pid) == begun and time.monotonic() < until:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.005)
