"""What time brings: receipts that came early, notices whose order never came, figures."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from notify import metrics
from notify.domain.events import Subject
from notify.handlers import receipts as handling
from notify.store import due as queue
from notify.store import receipts
from notify.workers import records
from shared import clock
from shared.bus import cause_of
from shared.bus.outbox import put
from shared.db import Database, is_unavailable

log = structlog.get_logger()

_EVERY = 1.0
_RECEIPTS_KEPT = timedelta(hours=24)


class Sweeper:
    """Looks once a second. Several processes may run one each."""

    def __init__(self, *, db: Database, order_awaited: timedelta) -> None:
        self._db = db
        self._order_awaited = order_awaited

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until `stop`."""
        while not stop.is_set():
            try:
                await self.sweep()
            except Exception as why:
                if not is_unavailable(why):
                    raise
                log.warning("database away, waiting", error=type(why).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY)

    async def sweep(self) -> None:
        """Do everything once."""
        await self._apply_receipts()
        await self._end_orphans()
        now = clock.now()
        async with self._db.transaction() as tx:
            dropped = await receipts.forget(tx, before=now - _RECEIPTS_KEPT)
            waiting, oldest, pending = await queue.waiting(tx, now=now)
        metrics.unclaimed.inc(dropped)
        metrics.waiting.set(waiting)
        metrics.oldest.set(oldest)
        metrics.pending.set(pending)

    async def _apply_receipts(self) -> None:
        async with self._db.transaction() as tx:
            ripe = await receipts.ripe(tx)
            if ripe:
                caused = [handling.Caused(receipt, cause_of("receipt", id)) for id, receipt in ripe]
                await put(tx, await handling.apply(tx, caused))

    async def _end_orphans(self) -> None:
        """A notice whose order nobody told of is given up, and somebody must look why."""
        now = clock.now()
        async with self._db.transaction() as tx:
            for found in await queue.orphans(tx, before=now - self._order_awaited):
                log.error("order never heard of", notification_id=str(found["notification_id"]))
                await records.suppress(tx, Subject(**found), "no_order", attempts=0, now=now)
