"""One poll, one transaction: what has effect, what is repeated, what is set aside."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared import testing
from shared.bus import Broken, Heard, Said, batch, cause_of
from shared.bus.answering import Answering
from shared.bus.records import Record
from shared.contracts.base import AccountId, AgentId, Channel, ConversationId, Message, StoreId
from shared.contracts.intake import Delivery, MessageStatusChanged
from shared.contracts.routing import ConversationReleased
from shared.db import Database, Transaction
from shared.errors import Refused, Unavailable

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def status(key: str, reason: str = "") -> MessageStatusChanged:
    return MessageStatusChanged(
        occurred_at=AT,
        store_id=StoreId("aurora"),
        version=1,
        channel=Channel("mail"),
        account_id=AccountId("aurora-mail"),
        external_id=key,
        status=Delivery.SENT,
        reason=reason,
    )


def released(why: str) -> ConversationReleased:
    return ConversationReleased(
        occurred_at=AT,
        store_id=StoreId("aurora"),
        version=1,
        conversation_id=ConversationId(UUID(int=1)),
        channel=Channel("mail"),
        agent_id=AgentId("ana"),
        epoch=1,
        why=why,
    )


_COUNT = text(
    """
    INSERT INTO counts (key, heard, texts) VALUES (:key, 1, ARRAY[:reason])
    ON CONFLICT (key) DO UPDATE
    SET heard = counts.heard + 1, texts = counts.texts || EXCLUDED.texts
    """
)


async def count(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
    await tx.execute(_COUNT, {"key": message.key, "reason": message.reason})
    if message.reason == "refuse":
        raise Refused("not for us")
    if message.reason == "bug":
        raise KeyError("Jane Doe, 12 Main Street")
    if message.reason == "away":
        raise Unavailable("carrier")
    return [released(message.external_id)]


def answering(database: Database) -> Answering:
    return Answering(db=database, consumer="counting", hears={MessageStatusChanged: count})


async def counts(database: Database) -> dict[str, int]:
    found = await testing.rows(database, "SELECT key, heard FROM counts")
    return {row["key"]: row["heard"] for row in found}


async def test_a_message_heard_twice_is_answered_once(counting: Database) -> None:
    record = testing.record(status("a"), offset=0)

    await answering(counting).answer([record, record])
    await answering(counting).answer([record])

    assert await counts(counting) == {"a": 1}
    assert len(await testing.said(counting)) == 1


async def test_among_messages_heard_before_the_others_are_answered(counting: Database) -> None:
    one = answering(counting)
    a, b, c, d = (testing.record(status(key), offset=n) for n, key in enumerate("abcd"))

    for poll in ([a], [b, a, b], [a, c], [d]):
        await one.answer(poll)

    assert await counts(counting) == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert len(await testing.said(counting)) == 4


@pytest.mark.parametrize("asks_first", [False, True])
async def test_two_that_hear_the_same_at_once_answer_it_once_and_neither_waits_in_vain(
    counting: Database, asks_first: bool
) -> None:
    both = asyncio.Barrier(2)

    async def together(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
        # Both are as far before either has changed anything.
        if message.external_id == "new":
            async with asyncio.timeout(5):
                await both.wait()
        return await count(message, tx)

    pair = [
        Answering(db=counting, consumer="counting", hears={MessageStatusChanged: together})
        for _ in range(2)
    ]
    old, new = (testing.record(status(key), offset=n) for n, key in enumerate(("old", "new")))
    for each in pair * 2 if asks_first else ():
        await each.answer([old])

    await asyncio.gather(*(each.answer([new]) for each in pair))

    assert await counts(counting) == ({"old": 1, "new": 1} if asks_first else {"new": 1})
    found = await testing.said(counting, ConversationReleased)
    assert len(found) == (2 if asks_first else 1)


async def test_what_is_said_has_the_same_id_whenever_it_is_said_again(counting: Database) -> None:
    record = testing.record(status("a"), offset=0, event_id=uuid4())
    await answering(counting).answer([record])
    first = await testing.rows(counting, "SELECT event_id, cause_id FROM outbox")

    await testing.rows(counting, "DELETE FROM outbox")
    await testing.rows(counting, "DELETE FROM inbox")
    await answering(counting).answer([record])

    assert await testing.rows(counting, "SELECT event_id, cause_id FROM outbox") == first


async def test_order_per_key_holds_within_a_batch(counting: Database) -> None:
    records = [
        testing.record(status(key, reason=str(n)), offset=n)
        for n, key in enumerate(["a", "b", "a", "a", "b", "c"])
    ]

    await answering(counting).answer(records)

    found = await testing.rows(counting, "SELECT key, texts FROM counts ORDER BY key")
    assert [row["texts"] for row in found] == [["0", "2", "3"], ["1", "4"], ["5"]]


async def test_a_batch_handler_sees_each_key_once_per_call(counting: Database) -> None:
    calls: list[list[str]] = []

    @batch
    async def note(heard: Sequence[Heard[MessageStatusChanged]], _: Transaction) -> list[Said]:
        calls.append([one.key for one in heard])
        return [Said(released(one.key), one.id, one.correlation_id) for one in heard]

    bus = Answering(db=counting, consumer="counting", hears={MessageStatusChanged: note})

    await bus.answer([testing.record(status(k), offset=n) for n, k in enumerate("abacab")])

    assert calls == [["a", "b", "c"], ["a", "b"], ["a"]]
    assert len(await testing.said(counting)) == 6


async def test_a_poison_message_is_set_aside_alone(counting: Database) -> None:
    records = [
        testing.record(status("good"), offset=0),
        testing.record(status("bad", reason="bug"), offset=1),
        testing.record(status("odd", reason="refuse"), offset=2),
        testing.record(status("fine"), offset=3),
        Record("intake.messages.v1", 0, 4, b"k", b"{", [("ce_type", b"nonsense\xff")]),
        testing.record(status("last"), offset=5)._replace(offset=5, value=b'{"not": "ours"}'),
    ]

    await answering(counting).answer(records)
    await answering(counting).answer(records)

    assert await counts(counting) == {"good": 1, "fine": 1}
    letters = await testing.rows(
        counting, 'SELECT "offset", kind, why, body FROM dead_letters ORDER BY "offset"'
    )
    assert [(row["offset"], row["kind"]) for row in letters] == [
        (1, "bug"),
        (2, "refused"),
        (4, "undecodable"),
        (5, "undecodable"),
    ]
    assert bytes(letters[3]["body"]) == b'{"not": "ours"}'
    assert "KeyError" in letters[0]["why"]
    assert "Jane" not in letters[0]["why"]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"meridian.MessageStatusChanged.v1", b'{"store_id": "\xff"}'),
        (b"meridian.MessageStatusChanged.v1", b'{"x": ' + b"[" * 100_000),
        (b"meridian.MessageStatusChanged.v1", None),
        (None, b"{}"),
    ],
    ids=["no UTF-8", "bottomless", "no body", "a header without a value"],
)
async def test_whatever_octets_come_they_stop_nothing(
    counting: Database, header: bytes | None, body: bytes | None
) -> None:
    good = testing.record(status("good"), offset=1)
    headers: list[Any] = [(name, value) for name, value in good.headers if name != "ce_type"]
    headers.append(("ce_type", header))
    odd = good._replace(offset=0, value=body, headers=headers)

    await answering(counting).answer([odd, good])

    assert await counts(counting) == {"good": 1}
    letters = await testing.rows(counting, "SELECT kind FROM dead_letters")
    assert [letter["kind"] for letter in letters] == ["undecodable"]


async def test_while_the_world_is_away_nothing_happens(counting: Database) -> None:
    records = [
        testing.record(status("a"), offset=0),
        testing.record(status("b", reason="away"), offset=1),
    ]

    with pytest.raises(Unavailable):
        await answering(counting).answer(records)

    assert await counts(counting) == {}
    assert await testing.rows(counting, "SELECT * FROM inbox") == []
    assert await testing.rows(counting, "SELECT * FROM dead_letters") == []


async def test_a_type_nobody_listens_to_is_passed_over(counting: Database) -> None:
    await answering(counting).answer([testing.record(released("x"), offset=0)])

    assert await testing.rows(counting, "SELECT * FROM inbox") == []
    assert await testing.rows(counting, "SELECT * FROM dead_letters") == []


async def test_many_bugs_on_many_keys_stop_the_service_and_commit_nothing(
    counting: Database,
) -> None:
    bus = answering(counting)
    records = [testing.record(status(str(n), reason="bug"), offset=n) for n in range(12)]

    with pytest.raises(Broken):
        await bus.answer(records)

    assert await testing.rows(counting, "SELECT * FROM dead_letters") == []
    assert await testing.rows(counting, "SELECT * FROM inbox") == []


async def test_many_odd_messages_of_strangers_stop_nothing(counting: Database) -> None:
    records = [testing.record(status(str(n), reason="refuse"), offset=n) for n in range(50)]

    await answering(counting).answer(records)

    assert len(await testing.rows(counting, "SELECT * FROM dead_letters")) == 50


async def test_a_dead_letter_takes_effect_once_when_replayed(counting: Database) -> None:
    is_mended = False

    async def mended(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
        if not is_mended:
            raise ValueError
        return await count(message, tx)

    bus = Answering(db=counting, consumer="counting", hears={MessageStatusChanged: mended})
    await bus.answer([testing.record(status("a"), offset=7)])
    [letter] = await testing.rows(counting, "SELECT id FROM dead_letters")
    is_mended = True

    await bus.replay(letter["id"])

    assert await counts(counting) == {"a": 1}
    with pytest.raises(Refused, match="was replayed"):
        await bus.replay(letter["id"])


async def test_ids_of_causes_do_not_run_together() -> None:
    assert cause_of("a", "bc") != cause_of("ab", "c")


async def test_what_is_answered_one_by_one_and_in_a_batch_at_once_waits_in_the_same_order(
    counting: Database,
) -> None:
    # Given one who answers two messages one by one, as the second is at fault
    is_apart, has_row = asyncio.Event(), asyncio.Event()
    calls = 0

    async def slowly(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
        nonlocal calls
        calls += message.external_id == "same"
        if calls == 2:
            is_apart.set()
            await has_row.wait()
        return await count(message, tx)

    async def meanwhile(message: MessageStatusChanged, tx: Transaction) -> Sequence[Message]:
        said = await count(message, tx)
        has_row.set()
        return said

    one = Answering(db=counting, consumer="counting", hears={MessageStatusChanged: slowly})
    other = Answering(db=counting, consumer="counting", hears={MessageStatusChanged: meanwhile})
    same, event_id = status("same"), uuid4()
    first = testing.record(same, offset=0, event_id=event_id)
    begun = asyncio.create_task(one.answer([first, testing.record(status("odd", "bug"), offset=1)]))

    # When another answers the first of them and has its row
    await is_apart.wait()
    await other.answer([testing.record(same, offset=0, event_id=event_id)])
    await begun

    # Then neither had to be stopped for the other, and it was answered once
    assert (await counts(counting))[same.key] == 1
    letters = await testing.rows(counting, "SELECT kind FROM dead_letters")
    assert [row["kind"] for row in letters] == ["bug"]
