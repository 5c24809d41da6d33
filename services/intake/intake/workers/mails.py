"""Mails that services only told of are fetched, outside the request that told of them.

What is fetched is read by the one reader of mail and kept like a mail that came by SMTP. A mail
that is not to be had is said as it was told, so that somebody sees it. Both bear one id: whichever
is kept first is said, and the other says nothing, whoever was killed or answered late.
"""

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from intake import metrics
from intake.clients.fetching import TooFast
from intake.clients.mails import MailApis
from intake.domain.items import LEFT_MAILS, Arrival
from intake.handlers import mails
from intake.handlers.doors import Around
from intake.handlers.keeping import Keeper
from intake.store import mail_errands
from intake.store.mail_errands import MailErrand
from intake.workers.rounds import rounds
from shared import clock
from shared.db import Database, is_unavailable
from shared.errors import Refused, Unavailable

log = structlog.get_logger()

_SWEEP = 5.0
_AT_ONCE = 10
_PATIENCE = timedelta(minutes=5)
_FIRST_PAUSE = timedelta(seconds=5)
_MOST_ATTEMPTS = 11
"""Pauses double at each: the last is an hour and a half after the first. A customer waits."""
_MOST_REFUSALS = 6
"""A service may tell of a mail a moment before its API knows it: two minutes and a half."""
_MOST_PATIENCE = timedelta(hours=3)
"""How long a service may say that it is asked too fast: such tries do not count."""
_MOST_GIVINGS_UP = 3
_FAILED = "it could not be read"
_DEADLY = "none who fetched it lived to tell"


class Mails:
    """The worker. Any number of processes may run it."""

    def __init__(self, db: Database, around: Around, keeper: Keeper, most_octets: int) -> None:
        """`most_octets` is the largest mail that is taken in whole."""
        self._db = db
        self._around = replace(around, is_trusted=True)
        self._keeper = keeper
        self._most = most_octets
        self._wake = db.on_wake(LEFT_MAILS)

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch what is due until `stop`."""
        apis = MailApis(self._most)

        async def claim() -> Sequence[Coroutine[Any, Any, None]]:
            async with self._db.transaction() as tx:
                due = await mail_errands.claim(tx, clock.now(), limit=_AT_ONCE, patience=_PATIENCE)
            return [self._one(each, apis) for each in due]

        try:
            await rounds(LEFT_MAILS, claim, self._wake, stop, _SWEEP)
        finally:
            await apis.close()

    async def _one(self, errand: MailErrand, apis: MailApis) -> None:
        try:
            await self._try(errand, apis)
        except Exception as why:
            if is_unavailable(why):
                raise
            # Not even what stands in for it is kept: it comes again when the claim has run out.
            log.error(
                "mail could not be given up", channel=errand.channel, error=type(why).__name__
            )
            if errand.attempts > _MOST_ATTEMPTS + _MOST_GIVINGS_UP:
                await self._lay_aside(errand, mail_errands.STUCK)

    async def _try(self, errand: MailErrand, apis: MailApis) -> None:
        try:
            if errand.attempts > _MOST_ATTEMPTS:
                raise Refused(_DEADLY)
            await self._fetch(errand, apis)
        except Refused as why:
            await self._wait(errand, str(why), _MOST_REFUSALS)
        except TooFast as why:
            await self._hold_back(errand, why)
        except Unavailable as why:
            await self._wait(errand, str(why), _MOST_ATTEMPTS)
        except Exception as why:
            if is_unavailable(why):
                raise
            # A mail that we fail at must not keep us from all the others.
            log.error("mail failed", channel=errand.channel, error=type(why).__name__)
            await self._wait(errand, _FAILED, _MOST_ATTEMPTS)

    async def _fetch(self, errand: MailErrand, apis: MailApis) -> None:
        account = self._around.stores.account(errand.channel, errand.account_id)
        if account is None:
            raise Unavailable("the account is off")
        octets = await apis.mail(account, errand.reference)
        await self._keeper.keep(await asyncio.to_thread(self._arrival, errand, octets))
        async with self._db.transaction() as tx:
            await mail_errands.done(tx, errand)
        metrics.mails_asked.labels(errand.channel, "told").inc()

    def _arrival(self, errand: MailErrand, octets: bytes) -> Arrival:
        """The mail, or what stands in for it, as if it had come when its service told of it."""
        ours = self._around.mailboxes(
            errand.store_id, errand.recipients, mails.addresses_in(octets)
        )
        if not ours:
            raise Unavailable(mail_errands.HOMELESS)
        found = mails.of_service(
            octets, errand.sender, ours, self._around.own, errand.told_at, self._most
        )
        delivery_id = f"mail {errand.errand_id}"
        return replace(found, delivery_id=delivery_id, via=(errand.channel, errand.account_id))

    async def _wait(self, errand: MailErrand, why: str, most_attempts: int) -> None:
        if errand.attempts >= most_attempts:
            await self._give_up(errand, why)
            return
        due_at = clock.now() + _FIRST_PAUSE * 2 ** (errand.attempts - 1)
        async with self._db.transaction() as tx:
            await mail_errands.later(tx, errand, due_at, why[:200])
        metrics.mails_asked.labels(errand.channel, "later").inc()

    async def _hold_back(self, errand: MailErrand, why: TooFast) -> None:
        """A service that many mails are asked of at once still has each of them."""
        now = clock.now()
        if now - errand.told_at > _MOST_PATIENCE:
            await self._wait(errand, str(why), errand.attempts)
            return
        # Not all who were held back at once may come at once again.
        due_at = now + timedelta(seconds=why.after * random.uniform(1, 3))  # noqa: S311
        async with self._db.transaction() as tx:
            await mail_errands.uncounted(tx, errand, due_at, str(why))
        metrics.mails_asked.labels(errand.channel, "later").inc()

    async def _give_up(self, errand: MailErrand, why: str) -> None:
        log.error("mail is not to be had", channel=errand.channel, why=why)
        if self._around.mailboxes(errand.store_id, ()):
            await self._keeper.keep(await asyncio.to_thread(self._arrival, errand, errand.stand_in))
        else:
            # Nowhere to say it: it lies as it was told until it is told again, or replayed.
            why = mail_errands.HOMELESS
        await self._lay_aside(errand, why)

    async def _lay_aside(self, errand: MailErrand, why: str) -> None:
        async with self._db.transaction() as tx:
            await mail_errands.later(tx, errand, None, why[:200])
        metrics.mails_asked.labels(errand.channel, "given_up").inc()
