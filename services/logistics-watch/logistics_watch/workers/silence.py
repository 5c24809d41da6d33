"""Parcels that were silent too long: said once, unless a scan comes first."""

import asyncio
from datetime import datetime

from logistics_watch.domain.shipment import stalled
from logistics_watch.handlers.scans import count_alarms
from logistics_watch.store import shipments
from logistics_watch.workers.pace import repeated
from shared import clock
from shared.bus import Said, cause_of
from shared.bus.outbox import put
from shared.db import Database
from shared.wakes import Wake

LIMIT = 500


class Listener:
    """Listens for silence."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep every second, or when the next time is up, until `stop`."""
        await repeated(self.sweep, stop, Wake())

    async def sweep(self) -> datetime | None:
        """Say of all parcels that are due that they stalled; return when the next is due."""
        while await self.once(clock.now()) == LIMIT:
            pass
        async with self._db.transaction() as tx:
            return await shipments.next_due(tx)

    async def once(self, now: datetime) -> int:
        """One transaction of at most `LIMIT` parcels; return how many.

        Their rows are locked while it is said. A scan that has the row is left to finish and sets
        a new time; one that waits for it finds the alarm raised and takes it back.
        """
        async with self._db.transaction() as tx:
            due = await shipments.due(tx, now, LIMIT)
            after, said = [], []
            for shipment in due:
                cause = cause_of("timer", shipment.shipment_id, shipment.version)
                changed, event = stalled(shipment)
                after.append(changed)
                said.append(Said(event, cause))
            await shipments.save(tx, after)
            await put(tx, said)
        count_alarms([event for event, _, _ in said])
        return len(due)
