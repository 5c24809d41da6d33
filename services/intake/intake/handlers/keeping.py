"""Everything that comes in at once, kept in one transaction.

Whoever brings a delivery waits for its commit. Those who come while a transaction is on its way
go together into the next, so that a busy minute costs few commits and a quiet one no waiting.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog

from intake import metrics
from intake.domain.files import linked
from intake.domain.items import (
    LEFT_MAILS,
    Arrival,
    Inbound,
    Item,
    LeftMail,
    Raw,
    Reading,
    StatusNews,
)
from intake.domain.orders import OrderNews
from intake.domain.sealing import Seal
from intake.handlers import messages, orders
from intake.handlers.messages import Linked
from intake.store import mail_errands, people, raw
from intake.store.raw import DeliveryKey, Kept
from shared import clock, db
from shared.bus import Said
from shared.bus.outbox import put
from shared.contracts.intake import MessageReceived, MessageStatusChanged
from shared.db import Database, Transaction, is_unavailable
from shared.errors import Unavailable
from shared.tokens import Tokens

log = structlog.get_logger()

_AT_ONCE = 2
_MOST = 100
_MOST_OCTETS = 32 * 1024 * 1024
_LARGE = 256 * 1024
"""Octets above which a delivery is locked in a thread, beside the event loop."""
_PATIENCE = 20.0
"""Seconds after which a database that does not answer counts as away."""
_LONG = 5.0
"""Seconds after which whoever waits is told too, when the database is found to be away."""


@dataclass
class _Waiting:
    arrival: Arrival
    done: "asyncio.Future[None]"
    since: float

    @property
    def octets(self) -> int:
        return len(self.arrival.raw.body) if self.arrival.raw else 0


class Keeper:
    """Keeps what arrives, in batches."""

    def __init__(
        self, db: Database, tokens: Tokens, public_url: str | None = None, seal: Seal | None = None
    ) -> None:
        """`tokens` sign the links to files, which begin with `public_url`; `seal` locks away."""
        self._db = db
        self._seal = seal or Seal()
        self._linked = partial(linked, tokens, public_url)
        self._waiting: list[_Waiting] = []
        self._writers: set[asyncio.Task[None]] = set()

    async def keep(self, arrival: Arrival) -> None:
        """Return when the delivery is committed. Raises `Unavailable` when it could not be.

        What it was caught on by a bug is kept raw all the same, and counts as taken.
        """
        loop = asyncio.get_running_loop()
        if (raw := arrival.raw) is not None:
            is_large = len(raw.body) > _LARGE
            closed = await asyncio.to_thread(self._seal.closed, raw) if is_large else None
            arrival = replace(arrival, raw=closed or self._seal.closed(raw))
        waiting = _Waiting(arrival, loop.create_future(), loop.time())
        self._waiting.append(waiting)
        if len(self._writers) < _AT_ONCE:
            writer = asyncio.create_task(self._write())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        await waiting.done

    async def _write(self) -> None:
        while self._waiting:
            batch = self._take()
            try:
                await self._together([one.arrival for one in batch])
                outcome: Exception | None = None
            except Exception as why:  # noqa: BLE001 - it belongs to those who wait
                outcome = why
            if outcome is not None and not is_unavailable(outcome):
                await self._one_by_one(batch)
                continue
            for one in (*batch, *(self._overdue() if outcome else ())):
                _settle(one, outcome)

    def _overdue(self) -> list[_Waiting]:
        """Those who have waited long; nobody waits for several time-outs in a row."""
        limit = asyncio.get_running_loop().time() - _LONG
        overdue = [one for one in self._waiting if one.since < limit]
        self._waiting = [one for one in self._waiting if one.since >= limit]
        return overdue

    def _take(self) -> list[_Waiting]:
        """The longest waiting, as many as fit into one transaction."""
        octets = count = 0
        for one in self._waiting[:_MOST]:
            octets += one.octets
            if count and octets > _MOST_OCTETS:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _together(self, arrivals: Sequence[Arrival]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE), self._db.transaction() as tx:
                counted = await keep(tx, arrivals, self._linked)
        except TimeoutError:
            raise Unavailable("database") from None
        metrics.keep_batch.observe(len(arrivals))
        for (channel, outcome), number in counted.items():
            metrics.entries.labels(channel, outcome).inc(number)

    async def _one_by_one(self, batch: Sequence[_Waiting]) -> None:
        """After a bug: each alone, so that only the one at fault is left to its raw form.

        A row whose day's partition is made at that very moment is refused once, and taken now.
        """
        for one in batch:
            outcome: Exception | None = None
            try:
                await self._together([one.arrival])
            except Exception as why:  # noqa: BLE001 - it belongs to the one who waits
                outcome = why if is_unavailable(why) else await self._raw_only(one.arrival, why)
            _settle(one, outcome)

    async def _raw_only(self, arrival: Arrival, why: Exception) -> Exception | None:
        """Keep the delivery without what was read in it; None when that was done."""
        if arrival.raw is None:
            return why
        channel = arrival.raw.channel
        log.error("delivery failed", channel=channel, error=type(why).__name__)
        metrics.entries.labels(channel, "failed").inc()
        try:
            async with asyncio.timeout(_PATIENCE), self._db.transaction() as tx:
                await raw.keep(tx, [Kept(arrival.raw, "failed", type(why).__name__)])
        except Exception as worse:  # noqa: BLE001 - it belongs to the one who waits
            return worse
        return None


def _settle(one: _Waiting, outcome: Exception | None) -> None:
    if one.done.done():
        return  # whoever brought it has left
    if outcome is None:
        one.done.set_result(None)
    else:
        one.done.set_exception(Unavailable("database") if is_unavailable(outcome) else outcome)


async def keep(
    tx: Transaction, arrivals: Sequence[Arrival], linked: Linked
) -> Counter[tuple[str, str]]:
    """Keep deliveries and what was read in them; say what that causes.

    Returns how many entries had which outcome, by channel. Rows are always locked in one order
    (deliveries, contacts, messages, statuses, threads, outgoing, orders, mails to fetch, each by
    id), so that two of these never wait for each other.
    """
    at = clock.now()
    repeated = await _repeated(tx, arrivals)
    await raw.keep(
        tx,
        [
            Kept(one.raw, outcome(one.reading, id(one) in repeated), notes(one.reading))
            for one in arrivals
            if one.raw
        ],
    )
    fresh = [one for one in arrivals if id(one) not in repeated]
    found = [(item, one.raw) for one in fresh for item in one.reading.items]
    said = await keep_items(tx, found, at, linked)
    return _counted(arrivals, fresh, said)


async def keep_items(
    tx: Transaction, found: Sequence[tuple[Item, Raw | None]], at: datetime, linked: Linked
) -> list[Said]:
    """Keep what was read, each with the delivery it was read in, and say what is new in it."""
    items = [item for item, _ in found]
    await people.keep_contacts(tx, (item.contact for item in items if item.contact), at)
    said = await messages.keep(
        tx,
        [(item, raw) for item, raw in found if isinstance(item, Inbound)],
        [item for item in items if isinstance(item, StatusNews)],
        at,
        linked,
    )
    said += await orders.keep(tx, [item for item in items if isinstance(item, OrderNews)], at)
    if left := [item for item in items if isinstance(item, LeftMail)]:
        await mail_errands.add(tx, left, at)
        db.wake(tx, LEFT_MAILS)
    await put(tx, said)
    return said


async def _repeated(tx: Transaction, arrivals: Sequence[Arrival]) -> set[int]:
    """The arrivals whose delivery came before or stands twice among these, by identity."""
    keys = {
        id(one): DeliveryKey(
            one.raw.store_id,
            *(one.via or (one.raw.channel, one.raw.account_id)),
            one.delivery_id,
        )
        for one in arrivals
        if one.delivery_id and one.raw
    }
    left = await raw.first_time(tx, keys.values(), clock.now())
    repeated = set()
    for which, key in keys.items():
        if key not in left:
            repeated.add(which)
        left.discard(key)
    return repeated


def outcome(reading: Reading, is_repeated: bool = False) -> str:
    """What became of a delivery, in the table's words."""
    if is_repeated:
        return "repeated"
    if reading.odd:
        return "partly" if reading.items else "odd"
    return "understood" if reading.items else "known"


def notes(reading: Reading) -> str:
    """Why something in it was left, and what was repaired."""
    why = [*(each.why for each in reading.odd), *(each.why for each in reading.known)]
    return "; ".join((*why, *reading.notes))


def _counted(
    arrivals: Sequence[Arrival], fresh: Sequence[Arrival], said: Sequence[Said]
) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in arrivals:
        channel = one.channel
        found[channel, "known"] += len(one.reading.known)
        found[channel, "odd"] += len(one.reading.odd)
        if one not in fresh:
            found[channel, "repeated"] += 1
    for message, _, _ in said:
        if isinstance(message, MessageReceived):
            found[message.channel, "message"] += 1
        elif isinstance(message, MessageStatusChanged):
            found[message.channel, "status"] += 1
    for one in fresh:
        for item in one.reading.items:
            found[one.channel, "order"] += isinstance(item, OrderNews)
            found[one.channel, "left"] += isinstance(item, LeftMail)
    return +found
