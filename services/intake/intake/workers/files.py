"""Files are fetched, looked at and laid away, outside the request that told of them.

Claimed rows come again by themselves when the process is killed; laid away twice, a file is one.
"""

import asyncio
import hashlib
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from intake import metrics
from intake.clients.media import Media
from intake.clients.objects import Objects
from intake.clients.scanner import Scanner
from intake.domain.files import FAILED, FILES, GONE, INFECTED, Verdict, judge
from intake.domain.items import Raw, Reading
from intake.domain.places import without_place
from intake.domain.sealing import Locked, Seal
from intake.handlers.doors import Around
from intake.handlers.rereading import file_of, reading_again
from intake.store import files, raw
from intake.store.files import Due
from intake.workers.rounds import rounds
from shared import clock
from shared.db import Database, is_unavailable
from shared.errors import Refused, Unavailable

log = structlog.get_logger()

_SWEEP = 5.0
_AT_ONCE = 10
_PATIENCE = timedelta(minutes=5)
_MOST_ATTEMPTS = 12
_FIRST_PAUSE = timedelta(seconds=5)
"""Doubled at each attempt: the last is some six hours after the first."""


class Files:
    """The worker. Any number of processes may run it."""

    def __init__(
        self,
        db: Database,
        around: Around,
        objects: Objects,
        scanner: Scanner | None,
        *,
        seal: Seal,
        most_octets: int,
    ) -> None:
        self._db = db
        self._around = replace(around, is_trusted=True)
        self._seal = seal
        self._objects = objects
        self._scanner = scanner
        self._most = most_octets
        self._wake = db.on_wake(FILES)

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch what is due until `stop`."""
        media = Media(self._most)

        async def claim() -> Sequence[Coroutine[Any, Any, None]]:
            async with self._db.transaction() as tx:
                due = await files.claim(tx, clock.now(), limit=_AT_ONCE, patience=_PATIENCE)
            readings = await self._read_again(due)
            return [self._one(each, readings, media) for each in due]

        try:
            await rounds(FILES, claim, self._wake, stop, _SWEEP)
        finally:
            await media.close()

    async def _read_again(self, due: Sequence[Due]) -> dict[UUID, Reading]:
        """The deliveries that these lie in, each read once."""
        wanted = {(one.store_id, one.raw_at, one.raw_id) for one in due if one.raw_id}
        async with self._db.transaction() as tx:
            found = await raw.these(tx, wanted)
        return {one.raw_id: await asyncio.to_thread(self._again, one) for one in found}

    def _again(self, locked: Raw) -> Reading:
        try:
            return reading_again(self._seal.opened(locked), self._around, locked.received_at)
        except Locked:
            log.error("no key opens a delivery", raw_id=str(locked.raw_id))
            return Reading()

    async def _one(self, due: Due, readings: dict[UUID, Reading], media: Media) -> None:
        try:
            octets = await self._octets(due, readings, media)
            verdict = await asyncio.to_thread(
                judge, octets, due.name, due.declared_type, self._most
            )
            if verdict.refused:
                raise Refused(verdict.refused)
            if self._scanner is not None and not await self._scanner.is_clean(octets):
                raise Refused(INFECTED)
            await self._lay_away(due, octets, verdict)
        except Refused as why:
            await self._refuse(due, str(why))
        except Unavailable as why:
            await self._wait(due, str(why), clock.now())
        except Exception as why:
            if is_unavailable(why):
                raise
            # A file that we fail at must not keep us from all the others.
            log.error("file failed", channel=due.channel, error=type(why).__name__)
            await self._wait(due, FAILED, clock.now())

    async def _octets(self, due: Due, readings: dict[UUID, Reading], media: Media) -> bytes:
        if due.reference is not None:
            account = self._around.stores.account(due.channel, due.account_id)
            if account is None:
                raise Unavailable("the account is off")
            return await media.fetch(account, due.reference, due.is_url)
        reading = readings.get(due.raw_id) if due.raw_id else None
        found = file_of(reading, due.message_id, due.n) if reading else None
        if found is None:
            raise Refused(GONE)
        return await asyncio.to_thread(found.octets)

    async def _lay_away(self, due: Due, octets: bytes, verdict: Verdict) -> None:
        if verdict.media_type.startswith("image/"):
            octets = await asyncio.to_thread(without_place, octets)
        sha256 = hashlib.sha256(octets).hexdigest()
        await self._objects.put(due.store_id, sha256, octets)
        async with self._db.transaction() as tx:
            await files.kept(
                tx, due, media_type=verdict.media_type, size=len(octets), sha256=sha256
            )
        metrics.files.labels("kept").inc()

    async def _refuse(self, due: Due, why: str) -> None:
        async with self._db.transaction() as tx:
            await files.refused(tx, due, why)
        metrics.files.labels("refused").inc()

    async def _wait(self, due: Due, why: str, now: datetime) -> None:
        if due.attempts >= _MOST_ATTEMPTS:
            await self._refuse(due, FAILED if why == FAILED else GONE)
            return
        async with self._db.transaction() as tx:
            await files.later(tx, due, now + _FIRST_PAUSE * 2 ** (due.attempts - 1), why[:200])
        metrics.files.labels("later").inc()
