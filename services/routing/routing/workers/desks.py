"""Looks after agents' desks: who left, whose shift ends, who is silent, what was snoozed until now.

Everything is found in PostgreSQL by what is so, not by what was heard: a process that was killed,
or did not run while a shift ended, leaves nothing lying. Each piece is its own transaction and
looks again under its locks, so any number of processes may do it at once.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from routing.handlers import parking as desks
from routing.handlers import presence, team
from routing.handlers.rules import DESKS, Rules
from routing.store import agents, parking
from routing.workers.outages import Outage
from shared import clock
from shared.db import Database
from shared.wakes import Wake

log = structlog.get_logger()

_MANY = 100
_SNOOZED_EVERY = 0.5
"""Seconds between two looks for what was snoozed until now: one statement, by an index."""


@dataclass(frozen=True)
class Desks:
    """The worker. ShiftEnding is said `ending_before` the end of a shift."""

    db: Database
    rules: Rules
    ending_before: timedelta = timedelta(minutes=15)
    sweep: timedelta = timedelta(seconds=5)

    async def run(self, stop: asyncio.Event) -> None:
        """Look when woken, and every so often, until stopped."""
        wake = self.db.on_wake(DESKS)
        stopping = asyncio.create_task(self._stop(stop, wake))
        outage = Outage("desks not looked after")
        try:
            while not stop.is_set():
                with outage.borne():
                    await self.look()
                await self._wait(wake, stop, outage)
        finally:
            stopping.cancel()

    async def _wait(self, wake: Wake, stop: asyncio.Event, outage: Outage) -> None:
        """Until the next look, or until woken; what was snoozed is not to wait for as long."""
        rest = self.sweep.total_seconds()
        while rest > 0.0 and not await wake.wait(min(rest, _SNOOZED_EVERY)) and not stop.is_set():
            rest -= _SNOOZED_EVERY
            with outage.borne():
                await self._wake_snoozed()

    async def look(self) -> None:
        """Do all that is to be done by now."""
        now = clock.now()
        async with self.db.transaction() as tx:
            await presence.lose_silent(tx, now, self.rules)
        async with self.db.transaction() as tx:
            rows = await agents.rows_of_team(tx, now, self.rules.heartbeat)
            members = [agents.agent(row) for row in rows]
            holding = await parking.holding(tx)
        await team.release_retired(self.db, now=now, rules=self.rules)
        left = {each.agent_id for each in members if each.has_left(now)}
        for agent_id in holding:
            if agent_id in left:
                async with self.db.transaction() as tx:
                    taken = await desks.leave(tx, agent_id, clock.now(), self.rules)
                if taken:
                    log.info("handed over", agent_id=agent_id, count=len(taken))
        async with self.db.transaction() as tx:
            await presence.tell_endings(tx, members, now, self.ending_before)
        await self._wake_snoozed()

    async def _wake_snoozed(self) -> None:
        while True:
            async with self.db.transaction() as tx:
                due = await parking.due(tx, clock.now(), _MANY)
            for each in due:
                async with self.db.transaction() as tx:
                    await desks.end_snooze(tx, each, clock.now(), self.rules)
            if len(due) < _MANY:
                return

    async def _stop(self, stop: asyncio.Event, wake: Wake) -> None:
        await stop.wait()
        wake.set()
