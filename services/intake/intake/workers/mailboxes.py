"""Mail is fetched from mailboxes of others as it arrives, each by one process at a time.

A mail counts as read when it is kept; whoever is killed between the two makes it come again, and
then it is known by its Message-ID and digest.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar

import asyncpg
import structlog

from intake import metrics
from intake.channels.mail import OurOwn
from intake.clients import imap
from intake.clients.imap import Fetched, Folder
from intake.handlers.keeping import Keeper
from intake.handlers.mails import fetched
from intake.store import mailboxes
from intake.store.mailboxes import Position
from shared import clock
from shared.db import Database, is_unavailable
from shared.errors import Refused
from shared.stores import MailAccount

log = structlog.get_logger()

T = TypeVar("T")

_IDLE = 60.0
"""Seconds after which IDLE is begun anew, with a look: some servers forget to tell, routers to
keep a silent connection."""
_SOONEST, _LATEST = 1.0, 60.0
_AFTER_REFUSAL = 5 * 60.0
"""Seconds after a refused login: servers lock out who tries too often."""


class Mailboxes:
    """The mailboxes of all accounts that name a server to fetch from."""

    def __init__(
        self, db: Database, own: OurOwn, keeper: Keeper, accounts: Sequence[MailAccount], most: int
    ) -> None:
        """`most` is the largest mail, in octets, that is taken in whole."""
        self._db = db
        self._own = own
        self._keeper = keeper
        self._accounts = [one for one in accounts if one.imap_host is not None]
        self._most = most

    async def run(self, stop: asyncio.Event) -> None:
        """Watch them all until `stop`."""
        async with asyncio.TaskGroup() as group:
            for account in self._accounts:
                group.create_task(self._watch(account, stop))
            await stop.wait()  # there may be none to watch

    async def _watch(self, account: MailAccount, stop: asyncio.Event) -> None:
        pause = _SOONEST
        while not stop.is_set():
            begun = time.monotonic()
            try:
                async with self._lease(account) as lease:
                    if lease is not None:
                        await self._follow(account, lease, stop)
                pause = _SOONEST
            except Refused as why:
                log.error("mailbox cannot be read", account_id=account.account_id, why=str(why))
                pause = _AFTER_REFUSAL
            except Exception as why:
                if not is_unavailable(why):
                    raise
                log.warning("mailbox waits", account_id=account.account_id, error=str(why)[:100])
                pause = min(pause * 2, _LATEST)
                if time.monotonic() - begun > pause:
                    pause = _SOONEST  # a session that held: nobody is kept waiting for long
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause * random.uniform(0.5, 1.0))  # noqa: S311

    @asynccontextmanager
    async def _lease(self, account: MailAccount) -> AsyncIterator[asyncpg.Connection | None]:
        """A connection that holds the mailbox's lock; None while another process reads it."""
        connection = await self._db.direct()
        try:
            name = f"mailbox/{account.store_id}/{account.account_id}"
            is_ours = await connection.fetchval(
                "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name
            )
            yield connection if is_ours else None
        finally:
            connection.terminate()

    async def _follow(
        self, account: MailAccount, lease: asyncpg.Connection, stop: asyncio.Event
    ) -> None:
        """Log in, read what is new, wait for more; ends with `stop` or with the lock."""

        def is_over() -> bool:
            return stop.is_set() or lease.is_closed()

        with ThreadPoolExecutor(1, f"mailbox-{account.account_id}") as thread:
            opening = imap.opened(account)
            folder = await _in(thread, opening.__enter__)
            log.info("mailbox opened", account_id=account.account_id)
            try:
                position = await self._begin(account, folder, thread)
                while not is_over():
                    position = await self._catch_up(account, folder, thread, position)
                    await _in(thread, lambda: folder.wait(_IDLE, is_over))
            finally:
                await _in(thread, lambda: opening.__exit__(None, None, None))

    async def _begin(
        self, account: MailAccount, folder: Folder, thread: ThreadPoolExecutor
    ) -> Position:
        """Where to go on; at the very first behind what lies there already.

        Where the server has numbered its mails anew, those since a day before the newest known
        are read again; what is known already is told by Message-ID and digest.
        """
        async with self._db.transaction() as tx:
            known = await mailboxes.position(tx, account)
        if known is not None and known.uid_validity == folder.uid_validity:
            return known
        now = clock.now()
        last = folder.uid_next - 1
        since = known.arrived_at - timedelta(days=1) if known else None
        if known is None and account.imap_first_days:
            since = now - timedelta(days=account.imap_first_days)
        if since is not None:
            day = since.date()
            again = await _in(thread, lambda: folder.since(day))
            last = min((*(uid - 1 for uid in again), last))
        begun = Position(folder.uid_validity, last, known.arrived_at if known else now)
        async with self._db.transaction() as tx:
            await mailboxes.move(tx, account, begun)
        return begun

    async def _catch_up(
        self,
        account: MailAccount,
        folder: Folder,
        thread: ThreadPoolExecutor,
        position: Position,
    ) -> Position:
        """Keep everything that is new, batch by batch, until a look finds nothing more.

        What comes while a batch is fetched is told with that batch, and not again.
        """
        while new := await _in(thread, partial(folder.after, position.last_uid)):
            found, last = await _in(thread, partial(folder.fetch, new, self._most))
            await self._keep(account, found)
            arrived = [one.arrived_at for one in found if one.arrived_at]
            position = Position(position.uid_validity, last, max((position.arrived_at, *arrived)))
            async with self._db.transaction() as tx:
                await mailboxes.move(tx, account, position)
        return position

    async def _keep(self, account: MailAccount, found: Sequence[Fetched]) -> None:
        at = clock.now()
        arrivals = await asyncio.to_thread(
            lambda: [fetched(one.octets, account, self._own, at, one.is_cut) for one in found]
        )
        kept = await asyncio.gather(
            *(self._keeper.keep(one) for one in arrivals), return_exceptions=True
        )
        for outcome in kept:
            if isinstance(outcome, BaseException):
                raise outcome
        metrics.mails_fetched.inc(len(found))


async def _in(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
