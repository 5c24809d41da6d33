"""One poll of messages, one transaction: inbox, handlers, rows, outbox, dead letters.

A batch that fails is run again one by one under savepoints, so that the message at fault is set
aside alone. When the world is not ready `Unavailable` is raised and nothing has happened; the
caller waits and brings the same records again.
"""

import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import structlog

from shared import clock, metrics
from shared.bus import dead_letters, inbox, outbox
from shared.bus.breaker import Breaker
from shared.bus.dead_letters import DeadLetter
from shared.bus.records import Heard, Record, Said, Undecodable, read, wire_types
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


class Decoded(NamedTuple):
    """What a poll brought: messages heard here, and records to set aside."""

    heard: list[Heard[Message]]
    odd: list[DeadLetter]


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

    async def answer(self, records: Sequence[Record]) -> None:
        """Answer these records, in order per key, and commit.

        Raises `Unavailable` (nothing happened, bring them again) or `Broken` (stop the service).
        """
        await self.take_effect(self.read(records))

    async def take_effect(self, decoded: Decoded) -> None:
        """The same for records that are decoded already."""
        heard, odd = _once_each(decoded.heard), decoded.odd
        with metrics.batch_seconds.time():
            try:
                fresh = await self._together(heard, odd)
            except Exception as why:
                if is_unavailable(why):
                    raise Unavailable("database") from why
                fresh = await self._one_by_one(heard, odd)
        self._count(heard, fresh)

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
                await inbox.take(tx, self._consumer, [heard.id])
                await outbox.put(tx, await self._call([heard], tx))
            await dead_letters.mark_replayed(tx, letter_id)

    def read(self, records: Sequence[Record]) -> Decoded:
        """Decode records: what is for us, and what is no message at all."""
        heard: list[Heard[Message]] = []
        odd: list[DeadLetter] = []
        for record in records:
            try:
                found = read(record, self._types)
            except Undecodable as why:
                odd.append(DeadLetter(record, "undecodable", why.why))
                log.warning("message set aside", kind="undecodable", topic=record.topic)
                continue
            if found is not None:
                heard.append(found)
        return Decoded(heard, odd)

    async def _together(
        self, heard: Sequence[Heard[Message]], odd: Sequence[DeadLetter]
    ) -> set[UUID]:
        async with self._db.transaction() as tx:
            fresh = await inbox.take(tx, self._consumer, (one.id for one in heard))
            said: list[Said] = []
            for group in _rounds(one for one in heard if one.id in fresh):
                said += await self._call(group, tx)
            await outbox.put(tx, said)
            await dead_letters.put(tx, self._consumer, odd)
        self._breaker.note_good(len(heard))
        return fresh

    async def _one_by_one(
        self, heard: Sequence[Heard[Message]], odd: Sequence[DeadLetter]
    ) -> set[UUID]:
        try:
            async with self._db.transaction() as tx:
                fresh = await inbox.take(tx, self._consumer, (one.id for one in heard))
                tried = [await self._alone(one, tx) for one in heard if one.id in fresh]
                self._breaker.check()
                letters = [*odd, *(letter for letter in tried if letter)]
                await dead_letters.put(tx, self._consumer, letters)
        except Exception as why:
            if is_unavailable(why):
                raise Unavailable("database") from why
            raise
        return fresh

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

    def _count(self, heard: Sequence[Heard[Message]], fresh: set[UUID]) -> None:
        now = clock.now()
        for name, ours in _by_type(heard).items():
            ages = [(now - one.said_at).total_seconds() for one in ours if one.id in fresh]
            metrics.messages_heard.labels(name, "answered").inc(len(ages))
            metrics.messages_heard.labels(name, "repeated").inc(len(ours) - len(ages))
            age = metrics.message_age.labels(name)
            for seconds in ages:
                age.observe(seconds)


def _once_each(heard: Sequence[Heard[Message]]) -> Sequence[Heard[Message]]:
    first: dict[UUID, Heard[Message]] = {}
    for one in heard:
        first.setdefault(one.id, one)
    return heard if len(first) == len(heard) else list(first.values())


def _by_type(heard: Iterable[Heard[Message]]) -> dict[str, list[Heard[Message]]]:
    found: dict[str, list[Heard[Message]]] = {}
    for one in heard:
        found.setdefault(type(one.message).__name__, []).append(one)
    return found


def _rounds(heard: Iterable[Heard[Message]]) -> Iterable[Sequence[Heard[Message]]]:
    """Cut into groups of one type in which each key occurs once, keeping order per key."""
    turn: dict[tuple[str, str], int] = defaultdict(int)
    groups: dict[tuple[int, type[Message]], list[Heard[Message]]] = defaultdict(list)
    for one in heard:
        key = one.record.topic, one.key
        number = turn[key]
        turn[key] = number + 1
        groups[number, type(one.message)].append(one)
    for where in sorted(groups, key=lambda group: group[0]):
        yield groups[where]


def _without_values(error: BaseException) -> str:
    # Messages of exceptions may quote personal data (a bad value, a row's detail): only where.
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
    root = getattr(error, "orig", None) or error
    return f"{type(error).__name__} ({type(root).__name__}) at {where}"
