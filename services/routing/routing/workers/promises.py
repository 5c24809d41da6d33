"""Promises whose time has come, escalations that nobody acknowledged: swept in PostgreSQL."""

import asyncio
from datetime import timedelta

from routing.handlers import promised
from routing.handlers.rules import Rules
from routing.store import conversations
from routing.workers.outages import Outage
from shared import clock
from shared.db import Database
from shared.service import Part

_BATCH = 200


def promising(db: Database, rules: Rules, every: timedelta) -> Part:
    """A part that speaks of promises as they come due; any number of processes may run it."""

    async def run(stop: asyncio.Event) -> None:
        outage = Outage("promises not looked at")
        while not stop.is_set():
            with outage.borne():
                while await sweep(db, rules):
                    pass
            try:
                await asyncio.wait_for(stop.wait(), every.total_seconds())
            except TimeoutError:
                continue

    return run


async def sweep(db: Database, rules: Rules) -> bool:
    """Do a batch of both; whether there may be more."""
    async with db.transaction() as tx:
        now = clock.now()
        due = await conversations.locked_due(tx, "tell_at", now, _BATCH)
        await promised.tell(tx, due, now)
    async with db.transaction() as tx:
        now = clock.now()
        unheard = await conversations.locked_due(tx, "escalate_at", now, _BATCH)
        await promised.escalate(tx, unheard, now, rules=rules)
    return _BATCH in (len(due), len(unheard))
