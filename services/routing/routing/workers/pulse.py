"""Figures that only a look at the tables gives: what waits or is pending, whether loads drift."""

import asyncio
import time
from collections import Counter

import structlog

from routing import metrics
from routing.domain.team import FAMILIES, UNIT
from routing.store import drift, queue
from routing.workers.outages import Outage
from routing.workers.roster import Roster
from shared import clock
from shared.db import Database
from shared.service import Part

log = structlog.get_logger()

_EVERY = 10.0
_DRIFT_EVERY = 60.0


class Pulse:
    """Shows these figures beat by beat."""

    def __init__(self, db: Database, roster: Roster) -> None:
        self._db = db
        self._roster = roster
        self._next_drift: float | None = None

    async def beat(self, at: float) -> None:
        """Show them as they stand; loads are compared once a minute, as the first beat does.

        `at` is in seconds of a clock that only goes forward.
        """
        await _look(self._db)
        _count(self._roster)
        if self._next_drift is None or at >= self._next_drift:
            await look_for_drift(self._db)
            self._next_drift = at + _DRIFT_EVERY


def pulse(db: Database, roster: Roster) -> Part:
    """A part that keeps these figures up to date."""

    async def run(stop: asyncio.Event) -> None:
        its, outage = Pulse(db, roster), Outage("figures not looked at")
        while not stop.is_set():
            with outage.borne():
                await its.beat(time.monotonic())
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
