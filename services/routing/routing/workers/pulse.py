"""Figures that only a look at the tables gives: what waits or is pending, whether loads drift."""

import asyncio
import time
from collections import Counter

import structlog

from routing import metrics
from routing.domain.team import FAMILIES, UNIT
from routing.store import drift, queue
from routing.workers.roster import Roster
from shared import clock
from shared.db import Database, is_unavailable
from shared.service import Part

log = structlog.get_logger()

_EVERY = 10.0
_DRIFT_EVERY = 60.0


def pulse(db: Database, roster: Roster) -> Part:
    """A part that keeps these figures up to date."""

    async def run(stop: asyncio.Event) -> None:
        next_drift = 0.0
        while not stop.is_set():
            try:
                await _look(db)
                _count(roster)
                if time.monotonic() >= next_drift:
                    await look_for_drift(db)
                    next_drift = time.monotonic() + _DRIFT_EVERY
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


async def look_for_drift(db: Database) -> None:
    """Show by how much loads differ from what is held. It is told, never silently put right."""
    async with db.transaction() as tx:
        found = await drift.look(tx)
    metrics.load_drift.set(sum(abs(each.counted - each.held) for each in found) / UNIT)
    for each in found:
        log.error(
            "load drifts",
            agent_id=each.agent_id,
            family=each.family,
            counted=each.counted,
            held=each.held,
        )


def _count(roster: Roster) -> None:
    now = clock.now()
    absences = Counter(each.absence(now) or "available" for each in roster.all())
    for presence in ("available", "busy", "away", "offline", "on a break"):
        metrics.agents_present.labels(presence).set(absences[presence])
