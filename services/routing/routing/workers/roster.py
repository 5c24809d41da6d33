"""The team as a process knows it: read anew every so often, kept while nothing changed."""

import asyncio
from datetime import timedelta

import structlog

from routing.domain.team import Agent
from routing.store import agents
from shared import clock
from shared.contracts.base import StoreId
from shared.db import Database, Transaction, is_unavailable
from shared.service import Part

log = structlog.get_logger()


class Roster:
    """Everybody who is not retired. It is a copy: what a claim may rest on is in the database."""

    def __init__(self, heartbeat: timedelta = timedelta(seconds=60)) -> None:
        """`heartbeat` is how long ago a console may have been heard of to count as there."""
        self._heartbeat = heartbeat
        self._rows: list[str] = []
        self._agents: list[Agent] = []

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

    def refreshing(self, db: Database, every: timedelta) -> Part:
        """A part that reads the team again and again."""

        async def run(stop: asyncio.Event) -> None:
            while not stop.is_set():
                try:
                    async with db.transaction() as tx:
                        await self.refresh(tx)
                except Exception as why:
                    if not is_unavailable(why):
                        raise
                    log.warning("team not read again", error=type(why).__name__)
                try:
                    await asyncio.wait_for(stop.wait(), every.total_seconds())
                except TimeoutError:
                    continue

        return run
