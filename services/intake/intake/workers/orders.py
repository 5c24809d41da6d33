"""Orders that shops named alone are asked for, outside the request that named them.

What an API tells is kept as any delivery is, and read by the shop's own reader. Claimed rows come
again by themselves when the process is killed; an order told twice says nothing twice.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from intake import metrics
from intake.clients.shops import ShopApis
from intake.domain.orders import ERRANDS
from intake.handlers.doors import Around, arrival
from intake.handlers.keeping import Keeper
from intake.store import errands
from intake.store.errands import Errand
from intake.workers.rounds import rounds
from shared import clock
from shared.db import Database, is_unavailable
from shared.errors import Refused, Unavailable
from shared.webhooks import Delivery, parse

log = structlog.get_logger()

_SWEEP = 5.0
_AT_ONCE = 4
"""Amazon lets a seller's order be asked for every two seconds, thirty at once."""
_PATIENCE = timedelta(minutes=5)
_MOST_ATTEMPTS = 14
_FIRST_PAUSE = timedelta(seconds=5)
"""Doubled at each attempt: the last is some eleven hours after the first."""
_FAILED = "it could not be read"


class Orders:
    """The worker. Any number of processes may run it."""

    def __init__(self, db: Database, around: Around, keeper: Keeper) -> None:
        self._db = db
        self._around = replace(around, is_trusted=True)
        self._keeper = keeper
        self._wake = db.on_wake(ERRANDS)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask for what is due until `stop`."""
        apis = ShopApis()

        async def claim() -> Sequence[Coroutine[Any, Any, None]]:
            async with self._db.transaction() as tx:
                due = await errands.claim(tx, clock.now(), limit=_AT_ONCE, patience=_PATIENCE)
            return [self._one(each, apis) for each in due]

        try:
            await rounds(ERRANDS, claim, self._wake, stop, _SWEEP)
        finally:
            await apis.close()

    async def _one(self, errand: Errand, apis: ShopApis) -> None:
        try:
            await self._learn(errand, apis)
        except Refused as why:
            await self._give_up(errand, str(why))
        except Unavailable as why:
            await self._wait(errand, str(why))
        except Exception as why:
            if is_unavailable(why):
                raise
            # An order that we fail at must not keep us from all the others.
            log.error("order failed", channel=errand.channel, error=type(why).__name__)
            await self._wait(errand, _FAILED)

    async def _learn(self, errand: Errand, apis: ShopApis) -> None:
        account = self._around.stores.account(errand.channel, errand.account_id)
        if account is None:
            raise Unavailable("the account is off")
        octets = await apis.order(account, errand.external_id)
        headers = {"content-type": "application/json"}
        delivery = Delivery("API", f"orders/{errand.external_id}", headers, {}, octets)
        found = arrival(delivery, parse(delivery), account, self._around, clock.now())
        await self._keeper.keep(found)
        async with self._db.transaction() as tx:
            await errands.done(tx, errand)
        metrics.orders_asked.labels(errand.channel, "told").inc()

    async def _give_up(self, errand: Errand, why: str) -> None:
        log.error("order is not to be had", channel=errand.channel, why=why)
        async with self._db.transaction() as tx:
            await errands.give_up(tx, errand, clock.now(), why[:200])
        metrics.orders_asked.labels(errand.channel, "given_up").inc()

    async def _wait(self, errand: Errand, why: str) -> None:
        if errand.attempts >= _MOST_ATTEMPTS:
            await self._give_up(errand, why)
            return
        due_at = clock.now() + _FIRST_PAUSE * 2 ** (errand.attempts - 1)
        async with self._db.transaction() as tx:
            await errands.later(tx, errand, due_at, why[:200])
        metrics.orders_asked.labels(errand.channel, "later").inc()
