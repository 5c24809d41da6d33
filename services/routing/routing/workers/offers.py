"""Offers that nobody took in time: the conversation waits for another agent."""

import asyncio
from datetime import timedelta

from routing import metrics
from routing.domain.offers import EXPIRED
from routing.handlers.releasing import take_back
from routing.handlers.rules import Rules
from routing.store import conversations
from routing.workers.outages import Outage
from shared import clock
from shared.db import Database
from shared.service import Part

_BATCH = 100


def expiring(db: Database, rules: Rules, every: timedelta) -> Part:
    """A part that ends offers as they expire; any number of processes may run it."""

    async def run(stop: asyncio.Event) -> None:
        outage = Outage("offers not looked at")
        while not stop.is_set():
            with outage.borne():
                while await expire(db, rules) == _BATCH:
                    pass
            try:
                await asyncio.wait_for(stop.wait(), every.total_seconds())
            except TimeoutError:
                continue

    return run


async def expire(db: Database, rules: Rules) -> int:
    """End the offers that have expired, a batch at most; returns how many."""
    async with db.transaction() as tx:
        now = clock.now()
        late = await conversations.locked_expired(tx, now, _BATCH)
        await take_back(tx, late, why=EXPIRED, now=now, rules=rules, has_passed=True)
    for each in late:
        metrics.offers.labels(each.family, EXPIRED).inc()
    return len(late)
