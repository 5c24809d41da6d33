"""Figures that only a look at the tables gives: what waits, and what is pending for too long."""

import asyncio

from routing import metrics
from routing.domain.team import FAMILIES
from routing.store import queue
from shared import clock
from shared.db import Database, is_unavailable
from shared.service import Part

_EVERY = 10.0


def pulse(db: Database) -> Part:
    """A part that keeps these figures up to date."""

    async def run(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await _look(db)
            except Exception as why:
                if not is_unavailable(why):
                    raise
            try:
                await asyncio.wait_for(stop.wait(), _EVERY)
            except TimeoutError:
                continue

    return run


async def _look(db: Database) -> None:
    async with db.transaction() as tx:
        waiting = await queue.depth(tx)
        oldest = await queue.oldest_pending(tx)
    for family in FAMILIES:
        metrics.conversations_waiting.labels(family).set(waiting.get(family, 0))
    age = (clock.now() - oldest).total_seconds() if oldest else 0.0
    metrics.conversations_pending.set(age)
