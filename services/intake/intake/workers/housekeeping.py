"""What intake does by the clock: partitions ahead, old deliveries away, a look at what waits."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from intake import metrics
from intake.store import errands, mail_errands, orders, partitions, raw
from shared import clock
from shared.db import Database, is_unavailable

log = structlog.get_logger()

_EVERY = 15 * 60.0
_AHEAD = 7
_TELLS_NO_MORE = timedelta(days=30)
"""Longer than any vendor delivers again."""
_SUSPICIOUS = timedelta(hours=24)


class Housekeeper:
    """Keeps the tables of deliveries in shape. Several processes may do it at once."""

    def __init__(self, db: Database, raw_days: int) -> None:
        self._db = db
        self._raw_days = raw_days

    async def run(self, stop: asyncio.Event) -> None:
        """Tidy at once and every quarter of an hour, until `stop`."""
        while not stop.is_set():
            try:
                await self.tidy(clock.now())
            except Exception as why:
                if not is_unavailable(why):
                    raise
                log.warning("tidying waits for the database")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY)

    async def tidy(self, now: datetime) -> None:
        """Make the partitions of today and the next days, drop the old, count what waits."""
        oldest = (now - timedelta(days=self._raw_days)).date()
        wanted = {(now + timedelta(days=n)).date() for n in range(_AHEAD + 1)}
        async with self._db.transaction() as tx:
            there = await partitions.days(tx)
        for day in sorted(wanted - there):
            async with self._db.transaction() as tx:
                await partitions.make(tx, day)
        for day in sorted(day for day in there if day < oldest):
            async with self._db.transaction() as tx:
                await partitions.drop(tx, day)
        async with self._db.transaction() as tx:
            await partitions.forget_strays(tx, oldest)
            await raw.forget_deliveries(tx, now - _TELLS_NO_MORE)
            await errands.forget(tx, now - _TELLS_NO_MORE)
            await mail_errands.forget(tx, now - _TELLS_NO_MORE)
            pending = await orders.count_pending(tx, now - _SUSPICIOUS)
        metrics.pending_orders.set(pending)
        if pending:
            log.warning("parts of orders wait for their order", orders=pending)
