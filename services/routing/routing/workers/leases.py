"""The pools that this process dispatches: locks on one connection, which die with it."""

import asyncio
import os
import socket

import asyncpg
import structlog

from routing.handlers.rules import pool
from routing.store import leases
from shared import clock
from shared.contracts.base import StoreId
from shared.contracts.routing import Family
from shared.db import Database

log = structlog.get_logger()

_PATIENCE = 5.0
"""Seconds after which a silent connection is given up, and every lock with it."""


class Leases:
    """One connection holds the locks of all pools of the process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._holder = f"{socket.gethostname()}/{os.getpid()}"
        self._connection: asyncpg.Connection | None = None
        self._busy = asyncio.Lock()
        self._epochs: dict[tuple[StoreId, Family], int] = {}
        self._wanted: set[str] = set()

    async def epoch(self, store_id: StoreId, family: Family) -> int | None:
        """The epoch under which this process may dispatch the pool; None while another does.

        When the connection is cut and every lock with it, all pools that were asked for are woken.
        """
        self._wanted.add(pool(store_id, family))
        if self._connection is not None and self._connection.is_closed():
            self._connection = None
            self._epochs.clear()
        known = self._epochs.get((store_id, family))
        return known if known is not None else await self._try(store_id, family)

    async def _try(self, store_id: StoreId, family: Family) -> int | None:
        async with self._busy:
            if self._connection is None:
                self._connection = await self._db.direct()
                self._connection.add_termination_listener(self._cut)
            try:
                async with asyncio.timeout(_PATIENCE):
                    taken = await leases.take(
                        self._connection, store_id, family, holder=self._holder, now=clock.now()
                    )
            except TimeoutError:
                self.drop_all()
                raise
            if taken is not None:
                self._epochs[store_id, family] = taken
                log.info("pool taken", store_id=store_id, family=family, epoch=taken)
            return taken

    def _cut(self, _: object) -> None:
        for name in self._wanted:
            self._db.wake_here(name)

    def drop_all(self) -> None:
        """Give every lock back, at once."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
        self._epochs.clear()
