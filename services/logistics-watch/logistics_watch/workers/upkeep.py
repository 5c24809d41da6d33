"""Partitions made ahead and dropped in time, and what waits too long counted."""

import asyncio
from datetime import date, datetime, timedelta

import structlog

from logistics_watch import metrics
from logistics_watch.settings import Settings
from logistics_watch.store import numbers, partitions
from logistics_watch.store.partitions import REQUESTS, SCANS, Partitioned
from logistics_watch.workers.pace import repeated
from shared import clock
from shared.db import Database
from shared.wakes import Wake

log = structlog.get_logger()

_EVERY = timedelta(hours=1)
_AHEAD = 3
_BACK = {SCANS: 7, REQUESTS: 0}
"""Days for which partitions are kept ready; a first registration brings scans of days past."""
_STRANGE_AFTER = timedelta(hours=24)


class Upkeep:
    """Keeps the partitioned tables in shape. Several processes may do so at once."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._kept = {SCANS: settings.scans_kept, REQUESTS: settings.requests_kept}
        self._next = datetime.min.replace(tzinfo=clock.now().tzinfo)

    async def run(self, stop: asyncio.Event) -> None:
        """Look every hour until `stop`."""
        await repeated(self._when_due, stop, Wake())

    async def _when_due(self) -> datetime | None:
        now = clock.now()
        if now >= self._next:
            await self.once(now)
            self._next = now + _EVERY
        return self._next

    async def once(self, now: datetime) -> None:
        """Make the days ahead, drop those past their time, count numbers nobody shipped.

        A short transaction for each: adding a partition holds up who writes to the default one.
        """
        today = now.date()
        for of, kept in self._kept.items():
            oldest = (now - kept).date()
            there = await self._days(of)
            wanted = {today + timedelta(days=n) for n in range(-_BACK[of], _AHEAD + 1)}
            for day in sorted(wanted - there):
                await self._add(of, day)
            for day in sorted(day for day in there if day < oldest):
                async with self._db.transaction() as tx:
                    await partitions.lock(tx, of)
                    await partitions.drop(tx, of, day)
                log.info("partition dropped", partition=of.named(day))
            async with self._db.transaction() as tx:
                await partitions.drop_default_before(tx, of, oldest)
        async with self._db.transaction() as tx:
            metrics.numbers_without_shipment.set(await numbers.strange(tx, now - _STRANGE_AFTER))

    async def _days(self, of: Partitioned) -> set[date]:
        async with self._db.transaction() as tx:
            return await partitions.days(tx, of)

    async def _add(self, of: Partitioned, day: date) -> None:
        async with self._db.transaction() as tx:
            # The lock on the parent lets one process in at a time; the second finds it done.
            await partitions.lock(tx, of)
            if day not in await partitions.days(tx, of):
                await partitions.add(tx, of, day)
