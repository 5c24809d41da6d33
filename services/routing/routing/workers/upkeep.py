"""Forgets decisions, and why work waited, that are kept long enough."""

import asyncio
from datetime import timedelta

import structlog

from routing.store import decisions, waits
from shared import clock
from shared.db import Database, is_unavailable
from shared.service import Part

log = structlog.get_logger()
_EVERY = 15 * 60.0


def upkeep(db: Database, keep: timedelta) -> Part:
    """A part that does it every quarter of an hour, in small bites."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await forget(db, keep)
            except Exception as why:
                if not is_unavailable(why):
                    raise
                log.warning("decisions not forgotten", error=type(why).__name__)
            try:
                await asyncio.wait_for(stop.wait(), _EVERY)
            except TimeoutError:
                continue

    return run


async def forget(db: Database, keep: timedelta) -> None:
    """Forget all that is older than `keep`."""
    done = 1
    while done:
        async with db.transaction() as tx:
            done = await decisions.forget(tx, clock.now() - keep)
    async with db.transaction() as tx:
        await waits.forget(tx, clock.now() - keep)
