"""The only thing that assigns: one dispatcher for each pool (store × family).

Woken when something is queued or somebody has room, and looking every so often besides, it reads
what waits, decides by the pure function, and claims a batch in one transaction. Why nobody can take
what is left is kept and said when it is new.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from routing import metrics
from routing.domain import saying
from routing.domain.decide import Decision, decide_batch
from routing.domain.offers import Offering
from routing.domain.record import record
from routing.domain.score import Weights
from routing.domain.team import FAMILIES, Agent
from routing.domain.waiting import Waiting
from routing.domain.waits import Wait
from routing.handlers.rules import pool
from routing.store import claims, decisions, queue
from routing.store.claims import Claim, Conflict, Deposed
from routing.store.decisions import Entry, Log
from routing.workers.leases import Leases
from routing.workers.outages import Outage
from routing.workers.roster import Roster
from routing.workers.waits import Waits, tell
from shared import clock
from shared.bus import Said, cause_of
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.db import Database, Transaction
from shared.wakes import Wake

log = structlog.get_logger()

ANY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Dispatcher:
    """One pool."""

    db: Database
    store_id: StoreId
    family: Family
    roster: Roster
    weights: Weights
    batch: int = 50
    legal: frozenset[str] = ANY
    """The countries that the store's agents must sit in; empty, any will do."""
    offering: Offering = field(default_factory=Offering)
    log: Log = field(default_factory=Log)
    waits: Waits = field(default_factory=Waits)

    async def drain(self, lease_epoch: int) -> int:
        """Assign until nobody can take any more of what waits; returns how many were assigned.

        Raises `Deposed` when another process has taken the pool.
        """
        assigned = 0
        round_ = _Round(lease_epoch)
        while not round_.is_over:
            try:
                assigned += await self._once(round_)
            except Conflict:
                # Somebody changed a row that this decision stood on: look again, decide again.
                metrics.claims_repeated.inc()
                round_ = _Round(lease_epoch)
                async with self.db.transaction() as tx:
                    await self.roster.refresh(tx)
        return assigned

    async def _once(self, round_: "_Round") -> int:
        """One batch: a look, and one transaction, whose conditions hold what was seen."""
        now = clock.now()
        present = self.roster.of(self.store_id)
        async with self.db.reading() as tx:
            waiting, loads = await queue.page(
                tx,
                self.store_id,
                self.family,
                [agent.agent_id for agent in present],
                stuck=round_.stuck,
                marks=self.weights.timers_of(self.family).marks,
                now=now,
                limit=self.batch,
            )
        if not waiting:
            round_.is_over = True
            return 0
        team = [
            agent.with_load(*loads[agent.agent_id]) for agent in present if agent.agent_id in loads
        ]
        if self.legal:
            waiting = [replace(each, legal=self.legal) for each in waiting]
        found = decide_batch(waiting, team, now, self.weights)
        taken = found.taken
        round_.stuck |= found.stuck.keys()
        round_.is_over = not found.stuck and len(waiting) < self.batch
        due = self.waits.due(found.stuck, now)
        if not taken:
            if due:
                await self._keep_why(due, team, now)
            return 0
        new = self.waits.new(due)
        told = [each.waited for each in new]
        batch = record(waiting, team, now, self.weights, taken, found.stuck, waits=told)
        async with self.db.transaction() as tx:
            entry = await self.log.entry(tx, batch, team)
            asked = await self._claim(tx, taken, team, entry, round_.lease_epoch, now)
            await tell(tx, self.store_id, self.family, due, self.weights, now)
        self.log.committed(entry.digest, now)
        self.waits.committed(due, now)
        for one, decision in taken:
            step = decision.explanation.step
            if decision.agent_id not in asked:
                metrics.conversations_assigned.labels(self.family, step).inc()
            metrics.assignment_wait.labels(self.family).observe(
                max(0.0, (now - one.asked_at).total_seconds())
            )
        return len(taken)

    async def _keep_why(self, due: Sequence[Wait], team: Sequence[Agent], now: datetime) -> None:
        """Of a batch of which nobody got anything, log and say why, where it is new.

        What was decided for each hangs on none of the others, so these alone make a batch.
        """
        new = self.waits.new(due)
        asked, told = [each.waiting for each in new], [each.waited for each in new]
        looks = [each.look for each in new]
        batch = record(asked, team, now, self.weights, [], looks, waits=told)
        digest = None
        async with self.db.transaction() as tx:
            if new:
                entry = await self.log.entry(tx, batch, team)
                await decisions.put(tx, self.store_id, now, entry)
                digest = entry.digest
            await tell(tx, self.store_id, self.family, due, self.weights, now)
        if digest is not None:
            self.log.committed(digest, now)
        self.waits.committed(due, now)

    async def _claim(
        self,
        tx: Transaction,
        taken: Sequence[tuple[Waiting, Decision]],
        team: Sequence[Agent],
        entry: Entry,
        lease_epoch: int,
        now: datetime,
    ) -> set[AgentId]:
        """Claim, log and say it; returns those of the agents who are asked first."""
        at_hand = {agent.agent_id: agent for agent in team}
        wanted = [
            Claim(
                one,
                decision.agent_id,
                at_hand[decision.agent_id].room.costs[self.family],
                decision.explanation,
                self.offering.until(at_hand[decision.agent_id], self.family, now),
            )
            for one, decision in taken
            if decision.agent_id is not None
        ]
        await claims.claim(
            tx,
            self.store_id,
            self.family,
            wanted,
            lease_epoch=lease_epoch,
            now=now,
            said=[_said(each, now) for each in wanted],
            entry=entry,
        )
        return {each.agent_id for each in wanted if each.expires_at is not None}


def _said(claim: Claim, now: datetime) -> Said:
    one = claim.waiting
    given = one, claim.agent_id, claim.units, claim.explanation
    event = (
        saying.assigned(*given, now)
        if claim.expires_at is None
        else saying.offered(*given, until=claim.expires_at, at=now)
    )
    cause = cause_of("assignment", one.conversation_id, one.epoch + 1)
    return Said(event, cause, one.flow_id)


@dataclass
class _Round:
    """One pass through a pool: the looks for which nobody has room need no second one."""

    lease_epoch: int
    stuck: set[str] = field(default_factory=set)
    is_over: bool = False


class Dispatching:
    """The dispatchers of all pools, as one part of the process."""

    def __init__(  # noqa: PLR0913 - what the app hands over
        self,
        db: Database,
        stores: Sequence[StoreId],
        roster: Roster,
        weights: Weights,
        *,
        sweep: timedelta,
        batch: int,
        legal: Mapping[StoreId, frozenset[str]] | None = None,
        offering: Offering | None = None,
    ) -> None:
        """`legal` gives the countries that a store's agents must sit in, where there is a rule."""
        self._db = db
        self._leases = Leases(db)
        self._sweep = sweep.total_seconds()
        self._pools = [
            (
                Dispatcher(
                    db,
                    store_id,
                    family,
                    roster,
                    weights,
                    batch,
                    (legal or {}).get(store_id, ANY),
                    offering or Offering(),
                ),
                db.on_wake(pool(store_id, family)),
            )
            for store_id in stores
            for family in FAMILIES
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Dispatch every pool that this process has the lease of, and try for the others."""
        try:
            async with asyncio.TaskGroup() as group:
                for dispatcher, wake in self._pools:
                    group.create_task(self._dispatch(dispatcher, wake, stop))
                await stop.wait()
                for _, wake in self._pools:
                    wake.set()
        finally:
            self._leases.drop_all()

    async def _dispatch(self, dispatcher: Dispatcher, wake: Wake, stop: asyncio.Event) -> None:
        outage = Outage("dispatcher waits")
        while not stop.is_set():
            is_ours = False
            try:
                with outage.borne():
                    epoch = await self._leases.epoch(dispatcher.store_id, dispatcher.family)
                    wake.is_sole = epoch is not None
                    if epoch is not None:
                        await dispatcher.drain(epoch)
                        is_ours = True
            except Deposed:
                log.warning("pool lost", store_id=dispatcher.store_id, family=dispatcher.family)
                self._leases.drop_all()
                wake.is_sole = False
            # Only who has the pool is woken; the others look for its lease every so often.
            if is_ours:
                await wake.wait(self._sweep)
            else:
                await self._idle(stop)

    async def _idle(self, stop: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(stop.wait(), self._sweep * random.uniform(0.5, 1.0))  # noqa: S311
        except TimeoutError:
            return
