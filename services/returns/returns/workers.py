"""Pays what is due: claim the row and commit, ask the shop, record in a second transaction.

An attempt whose outcome is unknown is repeated with the same key and the same words; the shop
keeps one refund per key. The shop forgets keys after a day, so an attempt that is not the first
looks for a refund with our note before it asks again.
"""

import asyncio
import random
import traceback
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import structlog

from returns import clients, metrics
from returns.clients import Plan, Shopify
from returns.domain.orders import OrderCopy
from returns.handlers import payments
from returns.handlers.payments import Paid
from returns.handlers.steps import REFUNDS
from returns.settings import Settings
from returns.store import cases, orders, refunds
from returns.store.refunds import Refund
from shared import clock
from shared.bus import cause_of, say
from shared.db import Database, is_unavailable
from shared.errors import Refused, Unavailable
from shared.stores import ShopifyAccount, Stores

log = structlog.get_logger()

AT_ONCE = 10
LONGEST_PAUSE = 3600.0
"""Seconds; a refund whose shop is away is tried at least this often."""


class RefundWorker:
    """Pays refunds that are due, several shops at a time."""

    def __init__(self, db: Database, stores: Stores, settings: Settings) -> None:
        self._db = db
        self._stores = stores
        self._lease = timedelta(seconds=settings.refund_lease)
        self._pause = settings.refund_pause
        self._sweep = settings.refund_sweep
        self._timeout = settings.shop_timeout

    async def run(self, stop: asyncio.Event) -> None:
        """Pay until `stop`; what was begun is finished first."""
        wake = self._db.on_wake(REFUNDS)
        async with httpx.AsyncClient(timeout=self._timeout) as http:
            while not stop.is_set():
                try:
                    did = await self.pay_due(http)
                except Exception as error:
                    if not is_unavailable(error):
                        raise
                    did = 0
                    log.warning("database away, waiting", error=type(error).__name__)
                if did == 0:
                    await _either(wake.wait(self._sweep), stop)

    async def pay_due(self, http: httpx.AsyncClient) -> int:
        """Try what is due, once; how many refunds that was."""
        async with self._db.transaction() as tx:
            due = await refunds.claim(tx, now=clock.now(), lease=self._lease, most=AT_ONCE)
            for state, count in (await refunds.counted(tx)).items():
                metrics.refunds_unpaid.labels(state).set(count)
            metrics.cases_overdue.set(await cases.overdue(tx, clock.now()))
        tried = await asyncio.gather(
            *(self._try(refund, http) for refund in due), return_exceptions=True
        )
        for error in tried:
            if error is not None:
                raise error
        return len(due)

    async def _try(self, refund: Refund, http: httpx.AsyncClient) -> None:
        try:
            external_refund_id = await self._ask(refund, http)
        except Unavailable as why:
            metrics.refund_attempts.labels("unknown").inc()
            await self._put_off(refund, str(why))
        except Refused as why:
            metrics.refund_attempts.labels("refused").inc()
            log.error("refund needs a person", refund_id=str(refund.refund_id), why=str(why))
            async with self._db.transaction() as tx:
                await refunds.fail(tx, refund, why=str(why))
        except Exception as error:
            if is_unavailable(error):
                raise
            # A bug on our side says nothing about what the shop did: tell, and try again later.
            metrics.refund_attempts.labels("unknown").inc()
            log.error(
                "refund attempt broke",
                refund_id=str(refund.refund_id),
                error=type(error).__name__,
                frames=_frames(error),
            )
            await self._put_off(refund, type(error).__name__)
        else:
            metrics.refund_attempts.labels("paid").inc()
            await self._record(refund, external_refund_id)

    async def _ask(self, refund: Refund, http: httpx.AsyncClient) -> str:
        async with self._db.transaction() as tx:
            order = await orders.locked_known(tx, refund.store_id, refund.order_id)
        shop = Shopify(self._account(order), http, timeout=self._timeout)
        note = note_of(refund)
        if refund.attempts > 1 and (made := await shop.refund_noted(order.external_id, note)):
            return made
        plan = await self._plan(refund, order, shop)
        return await shop.refund(plan, key=str(refund.refund_id))

    def _account(self, order: OrderCopy) -> ShopifyAccount:
        account = self._stores.account(order.channel, order.account_id)
        if account is None:
            raise Unavailable(f"account {order.channel}/{order.account_id} is off")
        if not isinstance(account, ShopifyAccount):
            raise Refused(f"no refunds through {order.channel}")
        return account

    async def _plan(self, refund: Refund, order: OrderCopy, shop: Shopify) -> Plan:
        """What is asked: as the first attempt wrote it down, so that no repetition differs."""
        if refund.plan is not None:
            return msgspec.convert(refund.plan, Plan)
        made = clients.plan(
            order.external_id,
            refund.amount,
            refund.currency,
            note_of(refund),
            await shop.payments(order.external_id, refund.currency),
        )
        async with self._db.transaction() as tx:
            await refunds.keep_plan(tx, refund, msgspec.json.encode(made).decode())
        return made

    async def _record(self, refund: Refund, external_refund_id: str) -> None:
        paid = Paid(
            store_id=refund.store_id,
            order_id=refund.order_id,
            refund_id=refund.refund_id,
            external_refund_id=external_refund_id,
            at=clock.now(),
        )
        async with self._db.transaction() as tx:
            messages = await payments.mark_paid(tx, paid)
            await say(tx, messages, cause=cause_of("refund", refund.refund_id, "paid"))

    async def _put_off(self, refund: Refund, why: str) -> None:
        pause = min(self._pause * 2.0 ** (refund.attempts - 1), LONGEST_PAUSE)
        due_at = clock.now() + timedelta(seconds=pause * random.uniform(0.75, 1.25))  # noqa: S311
        log.warning(
            "refund waits", refund_id=str(refund.refund_id), attempts=refund.attempts, why=why
        )
        async with self._db.transaction() as tx:
            await refunds.put_off(tx, refund, due_at=due_at, why=why)


def note_of(refund: Refund) -> str:
    """What the refund's note at the shop says; its webhook brings it back."""
    return f"meridian:{refund.refund_id}"


def _frames(error: BaseException) -> str:
    """Where it broke, innermost last. Not its message: that may quote a row's values."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " → ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)


async def _either(waiting: Coroutine[Any, Any, object], stop: asyncio.Event) -> None:
    """Wait for one thing or for `stop`."""
    tasks = [asyncio.create_task(waiting), asyncio.create_task(stop.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
