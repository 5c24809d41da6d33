"""Kills and restarts, at moments that hang on how far the work is, so that they hit traffic."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.errors import CannotStart
from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import Processes
from shared import testing
from tests.chaos.installation import INTAKE, ROUTING, Installation

SERVERS = ("broker", "database")

_HOLDER = """
    SELECT l.pid FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()
        AND l.classid = x'72656c61'::int::oid
        AND l.objid::bigint = hashtext($1)::bigint & 4294967295
"""
"""The backend that holds a service's relay lock."""


@dataclass(frozen=True)
class Plan:
    """How much of everything is killed or restarted."""

    intake: int
    routing: int
    relay: int
    """SIGKILLs of whichever process holds a relay lock, turn by turn of intake and of routing."""
    broker: int = 1
    database: int = 0

    @property
    def kills(self) -> int:
        """SIGKILLs in all, that of the broker and of the database not counted."""
        return self.intake + self.routing + self.relay

    def events(self, rng: random.Random) -> list[tuple[float, str]]:
        """What happens, each at a share of the work; broker and database near its middle."""
        relays = [f"relay of {('intake', 'routing')[turn % 2]}" for turn in range(self.relay)]
        kills = ["intake"] * self.intake + ["routing"] * self.routing + relays
        events = [(rng.uniform(0.02, 0.95), what) for what in kills]
        events += [(rng.uniform(0.3, 0.6), "broker") for _ in range(self.broker)]
        events += [(rng.uniform(0.4, 0.7), "database") for _ in range(self.database)]
        return sorted(events)


@dataclass(frozen=True)
class Blow:
    """What was hit, when (UTC), and how."""

    at: datetime
    what: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What can be hit; the database's URL is the installation's."""

    broker: LocalKafka
    server: LocalPostgres
    database_url: str
    installation: Installation
    processes: Processes


class Trouble:
    """Makes the trouble of a plan."""

    def __init__(
        self, ground: Ground, plan: Plan, *, progress: Callable[[], float], seed: int
    ) -> None:
        self._ground = ground
        self._rng = random.Random(seed)
        self._events = plan.events(self._rng)
        self._progress = progress
        self._up = {*INTAKE, *ROUTING}
        self._kills: Counter[str] = Counter()
        self.blows: list[Blow] = []
        self.repeated: Counter[str] = Counter()
        """What the inboxes dropped because it was heard before, by type: read from each process
        just before its end, so a little too low."""

    async def make(self) -> None:
        """Return when all has happened and everything runs again."""
        async with asyncio.TaskGroup() as restarts:
            for moment, what in self._events:
                while self._progress() < moment:
                    await asyncio.sleep(0.02)
                if what == "broker":
                    await self._restart(what, self._ground.broker)
                elif what == "database":
                    await self._restart(what, self._ground.server)
                elif what.startswith("relay"):
                    await self._kill_holder(what, restarts)
                else:
                    names = INTAKE if what == "intake" else ROUTING
                    await self._kill(what, await self._one_that_runs(names), restarts)

    async def read_counters(self) -> None:
        """Read what the processes that live have counted."""
        for name in (*INTAKE, *ROUTING):
            await self._read_counters(name)

    async def _restart(self, what: str, server: LocalKafka | LocalPostgres) -> None:
        is_clean = self._rng.random() < 0.5
        self.blows.append(Blow(datetime.now(UTC), what, "restart" if is_clean else "SIGKILL"))
        await (server.stop() if is_clean else server.kill())
        await server.start()

    async def _kill(self, what: str, name: str, restarts: asyncio.TaskGroup) -> None:
        await self._read_counters(name)
        self.blows.append(Blow(datetime.now(UTC), what, "SIGKILL"))
        self._kills[name] += 1
        self._up.discard(name)
        await self._ground.processes.kill(name)
        restarts.create_task(self._start_again(name, self._kills[name]))

    async def _start_again(self, name: str, kill: int) -> None:
        try:
            await self._ground.processes.restart(name)
        except CannotStart:
            if self._kills[name] == kill:  # else it was killed while it started
                raise
        else:
            self._up.add(name)

    async def _one_that_runs(self, names: Sequence[str]) -> str:
        """One that is ready; if none is, one that starts."""
        async with asyncio.timeout(60):
            while True:
                running = [name for name in names if self._ground.processes.pid(name)]
                if running:
                    return self._rng.choice(
                        [each for each in running if each in self._up] or running
                    )
                await asyncio.sleep(0.02)

    async def _kill_holder(self, what: str, restarts: asyncio.TaskGroup) -> None:
        """Kill who holds the relay's lock; that the lock was his is seen by its going with him."""
        service = what.rpartition(" ")[2]
        names = INTAKE if service == "intake" else ROUTING
        for _ in range(5):
            name, backend = await self._holder(service, names)
            await self._kill(service, name, restarts)
            with suppress(AssertionError):

                async def is_free(was: int = backend) -> bool:
                    return await self._backend(service) != was

                await testing.eventually(is_free, within=5)
                last = self.blows.pop()
                self.blows.append(Blow(last.at, what, last.how))
                return
        raise AssertionError(f"nobody of {names} was found to hold the {what}")

    async def _holder(self, service: str, names: Sequence[str]) -> tuple[str, int]:
        async with asyncio.timeout(60):
            while True:
                backend = await self._backend(service)
                name = self._leads(names)
                if backend and name and self._ground.processes.pid(name):
                    return name, backend
                await asyncio.sleep(0.05)

    def _leads(self, names: Sequence[str]) -> str | None:
        """Who said last that he leads, and has not ended or given up since."""
        leading = {}
        for name in names:
            said = ("", "")
            for line in self._ground.installation.log(name).read_bytes().splitlines():
                with suppress(msgspec.DecodeError):
                    told = msgspec.json.decode(line)
                    if told["event"] in ("relay leads", "relay interrupted", "service started"):
                        said = told["event"], told["at"]
            if said[0] == "relay leads":
                leading[said[1]] = name
        return leading[max(leading)] if leading else None

    async def _backend(self, service: str) -> int | None:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(self._ground.database_url, timeout=5)
            try:
                backend: int | None = await connection.fetchval(_HOLDER, service)
                return backend
            finally:
                connection.terminate()
        return None

    async def _read_counters(self, name: str) -> None:
        url = self._ground.installation.urls(name)[0]
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            try:
                shown = (await http.get(f"{url}/metrics")).text
            except httpx.TransportError:
                return
        for family in text_string_to_metric_families(shown):
            for sample in family.samples:
                is_ours = sample.name == "meridian_messages_heard_total"
                if is_ours and sample.labels["outcome"] == "repeated" and sample.value:
                    self.repeated[sample.labels["type"]] += int(sample.value)
