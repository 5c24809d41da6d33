"""Deliveries that were not understood, read again after a reader was mended.

What is said already stays said once: every id is made of what makes the thing one thing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from intake.domain.files import linked
from intake.domain.items import Item, Raw, Reading
from intake.domain.sealing import Locked, Seal
from intake.handlers import keeping
from intake.handlers.doors import Around
from intake.handlers.rereading import reading_again
from intake.store import raw
from shared import clock
from shared.db import Database, is_unavailable

log = structlog.get_logger()

_AT_ONCE = 50


@dataclass(frozen=True)
class Wanted:
    """Which deliveries: when they came (aware), with which outcomes, of which channel (or any)."""

    since: datetime
    before: datetime
    outcomes: Sequence[str]
    channel: str = ""


@dataclass
class Done:
    """How far it is: deliveries read, understood by now, and messages said of them.

    `locked` are those that no key opens, `failed` those that could not be kept.
    """

    read: int = 0
    understood: int = 0
    said: int = 0
    locked: int = 0
    failed: int = 0


class Replay:
    """Reads deliveries again. Interrupted, it is begun anew and says nothing twice."""

    def __init__(
        self, db: Database, around: Around, seal: Seal, public_url: str | None = None
    ) -> None:
        self._db = db
        self._around = replace(around, is_trusted=True)
        self._seal = seal
        self._linked = partial(linked, around.own.tokens, public_url)

    async def run(self, wanted: Wanted, done: Done, *, is_trial: bool) -> None:
        """Read them all, batch by batch, counting in `done`; a trial keeps and says nothing."""
        place = (wanted.since, UUID(int=0))
        while batch := await self._next(wanted, place):
            place = (batch[-1].received_at, batch[-1].raw_id)
            read = list(self._read(batch, done))
            done.read += len(batch)
            done.understood += sum(bool(reading.items) for _, reading in read)
            if not is_trial:
                done.said += await self._keep(read, done)

    async def _next(self, wanted: Wanted, place: tuple[datetime, UUID]) -> list[Raw]:
        async with self._db.transaction() as tx:
            return await raw.after(
                tx,
                place,
                before=wanted.before,
                outcomes=wanted.outcomes,
                channel=wanted.channel,
                limit=_AT_ONCE,
            )

    def _read(self, batch: Sequence[Raw], done: Done) -> Iterator[tuple[Raw, Reading]]:
        for one in batch:
            try:
                opened = self._seal.opened(one)
            except Locked:
                done.locked += 1
                continue
            yield one, reading_again(opened, self._around, one.received_at)

    async def _keep(self, read: Sequence[tuple[Raw, Reading]], done: Done) -> int:
        """Keep them together; where that fails by a bug, each alone, as when they came."""
        try:
            return await self._together(read)
        except Exception as why:
            if is_unavailable(why):
                raise
        said = 0
        for one, reading in read:
            try:
                said += await self._together([(one, reading)])
            except Exception as why:
                if is_unavailable(why):
                    raise
                log.error("delivery failed", channel=one.channel, error=type(why).__name__)
                done.failed += 1
        return said

    async def _together(self, read: Sequence[tuple[Raw, Reading]]) -> int:
        items: list[tuple[Item, Raw | None]] = [
            (item, one) for one, reading in read for item in reading.items
        ]
        async with self._db.transaction() as tx:
            said = await keeping.keep_items(tx, items, clock.now(), self._linked)
            for one, reading in read:
                await raw.judged(tx, one, keeping.outcome(reading), keeping.notes(reading))
        return len(said)
