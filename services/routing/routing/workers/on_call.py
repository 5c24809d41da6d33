"""Calls to whoever is on call: claim and commit, call, record."""

import asyncio
import random
from datetime import timedelta

import structlog

from routing import metrics
from routing.clients import on_call
from routing.clients.on_call import OnCall
from routing.store import escalations
from routing.store.escalations import Call
from routing.workers.outages import Outage
from shared import clock
from shared.db import Database
from shared.errors import Refused, Unavailable
from shared.service import Part

log = structlog.get_logger()

_CLAIMED = timedelta(seconds=60)
"""Longer than a call may take: who died over it is followed after this."""
_FIRST = timedelta(seconds=5)
_LONGEST = timedelta(minutes=10)
_MOST = 100
"""Attempts, over about 16 hours."""


def calling(db: Database, url: str, secret: str, every: timedelta) -> Part:
    """A part that makes the calls that are due; any number of processes may run it."""

    async def run(stop: asyncio.Event) -> None:
        outage = Outage("calls not looked at")
        async with on_call.opened(url, secret) as client:
            while not stop.is_set():
                with outage.borne():
                    while not stop.is_set() and await call_one(db, client):
                        pass
                try:
                    await asyncio.wait_for(stop.wait(), every.total_seconds())
                except TimeoutError:
                    continue

    return run


async def call_one(db: Database, client: OnCall) -> bool:
    """Make one attempt at the call that is due longest; false when none is."""
    async with db.transaction() as tx:
        now = clock.now()
        due = await escalations.claim_call(tx, now=now, again_at=now + _CLAIMED)
    if due is None:
        return False
    try:
        await client.call(due.id, due.body, clock.now())
    except Unavailable as why:
        await _again(db, due, str(why))
    except Refused as why:
        await _failed(db, due, str(why))
    else:
        async with db.transaction() as tx:
            await escalations.call_done(tx, due, clock.now())
        metrics.on_call_calls.labels("taken").inc()
    return True


async def _again(db: Database, due: Call, why: str) -> None:
    if due.attempts >= _MOST:
        await _failed(db, due, why)
        return
    pause = min(_LONGEST, _FIRST * 2 ** min(due.attempts - 1, 10)) * random.uniform(0.8, 1.2)  # noqa: S311
    async with db.transaction() as tx:
        await escalations.call_again(tx, due, due_at=clock.now() + pause, why=why)
    metrics.on_call_calls.labels("failed").inc()
    log.warning("on call not reached", attempts=due.attempts, why=why)


async def _failed(db: Database, due: Call, why: str) -> None:
    async with db.transaction() as tx:
        await escalations.call_failed(tx, due, at=clock.now(), why=why)
    metrics.on_call_calls.labels("given up").inc()
    log.error("on call given up", call_id=str(due.id), attempts=due.attempts, why=why)
