"""One poll of messages, one transaction: inbox, handlers, rows, outbox, dead letters.

A batch that fails is run again one by one under savepoints, so that the message at fault is set
aside alone. When the world is not ready `Unavailable` is raised and nothing has happened; the
caller waits and brings the same records again.
"""

import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import structlog

from shared import clock, metrics
from shared.bus import dead_letters, inbox, outbox
from shared.bus.breaker import Breaker
from shared.bus.dead_letters import DeadLetter
from shared.bus.records import Heard, Record, Said, Undecodable, read, wire_types
from shared.bus.rounds import Decoded
from shared.contracts.base import Message
from shared.db import Database, Transaction, is_unavailable
from shared.errors import Refused, Unavailable

log = structlog.get_logger()

Handler: TypeAlias = Callable[[Any, Transaction], Awaitable[Sequence[Message]]]
"""Takes a message and a transaction, returns what the message causes."""

BatchHandler: TypeAlias = Callable[[Sequence[Heard[Any]], Transaction], Awaitable[Sequence[Said]]]
"""Takes many messages of one type, each key once, and returns what each causes."""

F = TypeVar("F", bound=Callable[..., Awaitable[Sequence[Said]]])


def batch(handler: F) -> F:
    """Declare a handler for batches; `functools.partial` of it stays one."""
    handler.is_batch = True  # type: ignore[attr-defined]
    return handler


def _is_batch(handler: Any) -> bool:
    return bool(getattr(getattr(handler, "func", handler), "is_batch", False))


class Answering:
    """Answers records, whoever fetched them."""

    def __init__(
        self, *, db: Database, consumer: str, hears: Mapping[type[Message], Handler | BatchHandler]
    ) -> None:
        self._db = db
        self._consumer = consumer
        self._handlers = {message.__name__: handler for message, handler in hears.items()}
        self._types = wire_types(list(hears))
        self._breaker = Breaker()
        self._repeats = False

    async def answer(self, records: Sequence[Record]) -> None:
        """Answer these records, in order per key, and commit.

        Raises `Unavailable` (nothing happened, bring them again) or `Broken` (stop the service).
        """
        decoded = Decoded()
        self.read(records, decoded)
        await self.take_effect(decoded)

    async def take_effect(self, decoded: Decoded) -> None:
        """The same for records that are decoded already."""
        with metrics.batch_seconds.time():
            try:
                fresh = await self._together(decoded)
            except Exception as why:
                if is_unavailable(why):
                    raise Unavailable("database") from why
                fresh = await self._one_by_one(decoded)
        self._count(decoded, fresh)

    async def replay(self, letter_id: int) -> None:
        """Answer one dead letter again. Raises `Refused` or the handler's own error."""
        async with self._db.transaction() as tx:
            letter = await dead_letters.locked(tx, letter_id)
            if letter is None:
                raise Refused(f"no dead letter {letter_id}")
            if letter.consumer != self._consumer:
                raise Refused(f"dead letter {letter_id} belongs to consumer {letter.consumer}")
            if letter.replayed_at is not None:
                raise Refused(f"dead letter {letter_id} was replayed at {letter.replayed_at}")
            try:
                heard = read(letter.record, self._types)
            except Undecodable as why:
                raise Refused(why.why) from None
            if heard is not None:
                await outbox.put(tx, await self._call([heard], tx))
                await inbox.take(tx, self._consumer, [heard.id])
            await dead_letters.mark_replayed(tx, letter_id)

    def read(self, records: Sequence[Record], into: Decoded) -> None:
        """Decode records: what is for us, and what is no message at all."""
        for record in records:
            try:
                found = read(record, self._types)
            except Undecodable as why:
                into.odd.append(DeadLetter(record, "undecodable", why.why))
                log.warning("message set aside", kind="undecodable", topic=record.topic)
                continue
            if found is not None:
                into.add(found)

    async def _together(self, decoded: Decoded) -> Decoded:
        # Taken for new until one is found that is not: then it is asked first, a statement more.
        # Either way they are written down last, so that two processes with the same messages wait
        # for each other's rows in the same order.
        while True:
            with suppress(inbox.Repeated):
                async with self._db.transaction() as tx:
                    fresh = decoded
                    if self._repeats:
                        there = await inbox.unheard(tx, self._consumer, decoded.heard)
                        fresh = decoded.only(there)
                    said = await self._called(fresh, tx)
                    await dead_letters.put(tx, self._consumer, fresh.odd)
                    await inbox.take_all_and_say(tx, self._consumer, fresh.heard.keys(), said)
                self._repeats = fresh is not decoded
                self._breaker.note_good(len(decoded.heard))
                return fresh
            self._repeats = True

    async def _called(self, fresh: Decoded, tx: Transaction) -> list[Said]:
        said: list[Said] = []
        for group in fresh.rounds():
            said += await self._call(group, tx)
        return said

    async def _one_by_one(self, decoded: Decoded) -> Decoded:
        # Asked first and written down last, as in `_together`: in the same order of rows.
        while True:
            try:
                with suppress(inbox.Repeated):
                    async with self._db.transaction() as tx:
                        there = await inbox.unheard(tx, self._consumer, decoded.heard)
                        fresh = decoded.only(there)
                        tried = [await self._alone(one, tx) for one in fresh.heard.values()]
                        self._breaker.check()
                        letters = [*fresh.odd, *(letter for letter in tried if letter)]
                        await dead_letters.put(tx, self._consumer, letters)
                        await inbox.take_all_and_say(tx, self._consumer, fresh.heard.keys(), [])
                    return fresh
            except Exception as why:
                if is_unavailable(why):
                    raise Unavailable("database") from why
                raise

    async def _alone(self, one: Heard[Message], tx: Transaction) -> DeadLetter | None:
        name = type(one.message).__name__
        letter = None
        try:
            async with tx.begin_nested():
                await outbox.put(tx, await self._call([one], tx))
        except Refused as why:
            letter = DeadLetter(one.record, "refused", str(why))
            log.warning("message set aside", kind="refused", type=name, why=str(why))
        except Exception as why:
            if is_unavailable(why):
                raise
            letter = DeadLetter(one.record, "bug", _without_values(why))
            log.error("message set aside", kind="bug", type=name, error=type(why).__name__)
        self._breaker.note(one.key, is_bug=letter is not None and letter.kind == "bug")
        return letter

    async def _call(self, group: Sequence[Heard[Message]], tx: Transaction) -> Sequence[Said]:
        handler: Any = self._handlers[type(group[0].message).__name__]
        if _is_batch(handler):
            said: Sequence[Said] = await handler(group, tx)
            return said
        answers: list[Said] = []
        for one in group:
            with structlog.contextvars.bound_contextvars(
                flow=str(one.correlation_id), type=type(one.message).__name__
            ):
                messages: Sequence[Message] = await handler(one.message, tx)
            answers += [Said(message, one.id, one.correlation_id) for message in messages]
        return answers

    def _count(self, decoded: Decoded, fresh: Decoded) -> None:
        now = clock.now()
        answered = fresh.by_type()
        for name, ours in decoded.by_type().items():
            ages = [(now - one.said_at).total_seconds() for one in answered.get(name, ())]
            metrics.messages_heard.labels(name, "answered").inc(len(ages))
            metrics.messages_heard.labels(name, "repeated").inc(len(ours) - len(ages))
            metrics.message_age.labels(name).observe_all(ages)


def _without_values(error: BaseException) -> str:
    # Messages of exceptions may quote personal data (a bad value, a row's detail): only where.
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
    root = getattr(error, "orig", None) or error
    return f"{type(error).__name__} ({type(root).__name__}) at {where}"
