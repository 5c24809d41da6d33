"""The team as a process knows it: read anew when it changes, and every so often besides.

Whoever waits to know of it is told when somebody has changed, comes or goes: a shift that begins
is no event, and a presence that was said is none before it was read.
"""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

from routing.domain.team import Agent
from routing.handlers.rules import TEAM
from routing.store import agents
from routing.workers.outages import Outage
from shared import clock
from shared.contracts.base import StoreId
from shared.db import Database, Transaction
from shared.service import Part
from shared.wakes import Wake

_DAY = timedelta(days=1)
_A_MOMENT = timedelta(milliseconds=1)
"""A timer may go off a little early."""


class Roster:
    """Everybody who is not retired. It is a copy: what a claim may rest on is in the database."""

    def __init__(self, heartbeat: timedelta = timedelta(seconds=60)) -> None:
        """`heartbeat` is how long ago a console may have been heard of to count as there."""
        self._heartbeat = heartbeat
        self._rows: list[str] = []
        self._agents: list[Agent] = []
        self._steady_until: datetime | None = None

    def all(self) -> list[Agent]:
        """Everybody, sorted by id, with nothing to hold."""
        return list(self._agents)

    def of(self, store_id: StoreId) -> list[Agent]:
        """The agents of a store, sorted by id, with nothing to hold."""
        return [agent for agent in self._agents if store_id in agent.stores]

    async def refresh(self, tx: Transaction) -> None:
        """Read the team again."""
        found = await agents.rows_of_team(tx, clock.now(), self._heartbeat)
        if found != self._rows:
            self._rows = found
            self._agents = [agents.agent(row) for row in found]
            self._steady_until = None

    def refreshing(self, db: Database, every: timedelta, tell: Collection[str] = ()) -> Part:
        """A part that reads the team again and again, and wakes these when it is another."""

        async def run(stop: asyncio.Event) -> None:
            wake = db.on_wake(TEAM)
            stopping = asyncio.create_task(_wake_at_last(stop, wake))
            outage = Outage("team not read again")
            try:
                while not stop.is_set():
                    with outage.borne():
                        async with db.transaction() as tx:
                            await self.refresh(tx)
                    if self._is_another():
                        for name in tell:
                            db.wake_here(name)
                    await wake.wait(min(every, self._steady_for()).total_seconds())
            finally:
                stopping.cancel()

        return run

    def _is_another(self) -> bool:
        """Whether somebody changed, came or went since this was asked last."""
        now = clock.now()
        if self._steady_until is not None and now < self._steady_until:
            return False
        self._steady_until = min(
            (each.calendar.steady_until(now) for each in self._agents), default=now + _DAY
        )
        return True

    def _steady_for(self) -> timedelta:
        if self._steady_until is None:
            return _DAY
        return max(timedelta(0), self._steady_until - clock.now()) + _A_MOMENT


async def _wake_at_last(stop: asyncio.Event, wake: Wake) -> None:
    await stop.wait()
    wake.set()
