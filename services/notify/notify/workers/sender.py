"""Sends what is due: many at once, each written down before and after.

The attempt is committed, then made, then its outcome recorded. A process that dies in between
leaves a row whose lease runs out; the next attempt has the same Message-ID or key and is marked.
"""

import asyncio
from collections import Counter
from typing import NamedTuple

import structlog

from notify import metrics
from notify.domain.sending import Due, failed_because, suppressed_because
from notify.store import due as queue
from notify.store.notifications import DUE
from notify.workers import records
from notify.workers.attempts import Attempts, Done, Limits
from shared import clock
from shared.db import Database, is_unavailable

log = structlog.get_logger()

_SWEEP = 1.0
_DRAIN = 20.0


class _Way(NamedTuple):
    """One store's one channel: what shares an account."""

    store_id: str
    channel: str


class Sender:
    """The only thing that sends. Several processes may run one each."""

    def __init__(self, *, db: Database, attempts: Attempts, limits: Limits) -> None:
        self._db = db
        self._attempts = attempts
        self._limits = limits
        self._woken = db.on_wake(DUE)
        self._landed: list[Done] = []
        self._flying: dict[asyncio.Task[None], _Way] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due until `stop`; then let what is on its way land, and record it."""
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._woken.set())
        try:
            while not stop.is_set():
                if not await self._turn():
                    await self._woken.wait(_SWEEP)
            await self._finish()
        finally:
            stopping.cancel()

    async def _turn(self) -> bool:
        """Record what has landed and start what is due; false when there is nothing to do."""
        try:
            await self._record()
            return await self._launch() > 0
        except Exception as why:
            if not is_unavailable(why):
                raise
            log.warning("database away, waiting", error=type(why).__name__)
            await asyncio.sleep(_SWEEP / 2)
            return True

    async def _launch(self) -> int:
        free = self._limits.in_flight - len(self._flying)
        if free <= 0:
            return 0
        taken, found = await self._take(free)
        for due in taken:
            if due.is_repeat:
                metrics.repeated.labels(due.channel).inc()
            task = asyncio.create_task(self._fly(due))
            self._flying[task] = _Way(due.store_id, due.channel)
            task.add_done_callback(self._flying.pop)
        return found

    async def _take(self, free: int) -> tuple[list[Due], int]:
        """Commit to attempts at what is due; returns them and how many rows were dealt with."""
        now = clock.now()
        each = self._limits.in_flight_each
        busy = Counter(self._flying.values())
        full = [way for way, flying in busy.items() if flying >= each]
        taken: list[Due] = []
        dealt = 0
        async with self._db.transaction() as tx:
            for due, standing in await queue.find(tx, now=now, limit=free, without=full):
                why = suppressed_because(due, standing, now=now, late_after=self._limits.late_after)
                way = _Way(due.store_id, due.channel)
                ended = failed_because(due)
                if why is not None:
                    await records.suppress(tx, due, why, attempts=due.attempt - 1, now=now)
                elif ended is not None:
                    await records.fail(tx, due, ended, attempts=due.attempt - 1, now=now)
                elif busy[way] < each:
                    busy[way] += 1
                    taken.append(due)
                else:
                    continue
                dealt += 1
            if taken:
                ids = [due.notification_id for due in taken]
                await queue.take(tx, ids, lease_until=now + self._limits.lease)
        return taken, dealt

    async def _fly(self, due: Due) -> None:
        self._landed.append(await self._attempts.make(due))
        self._woken.set()

    async def _record(self) -> None:
        """Record all attempts that have landed, in one transaction."""
        landed = list(self._landed)
        if not landed:
            return
        now = clock.now()
        async with self._db.transaction() as tx:
            # In one order everywhere: who writes the same rows waits and does not lock dead.
            for done in sorted(landed, key=lambda each: each.due.notification_id):
                await records.write(tx, done, now=now)
        del self._landed[: len(landed)]
        for done in landed:
            records.count(done, now=now)

    async def _finish(self) -> None:
        """What is not out after a while stays as it is: its lease ends and another repeats it."""
        if self._flying:
            await asyncio.wait(set(self._flying), timeout=_DRAIN)
        for task in tuple(self._flying):
            task.cancel()
        try:
            await self._record()
        except Exception as why:
            if not is_unavailable(why):
                raise
            log.warning("database away, attempts not recorded", attempts=len(self._landed))
