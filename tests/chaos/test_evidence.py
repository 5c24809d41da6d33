"""The judges of the long run, judged: each finds nothing in a sound story and what is planted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared import testing
from shared.bus import Heard
from shared.contracts.base import (
    AccountId,
    AgentId,
    Channel,
    ConversationId,
    Message,
    ReplyId,
    ReplyRoute,
    StoreId,
)
from shared.contracts.routing import ConversationReleased, SendReply
from tests.chaos import evidence, topics
from tests.chaos.evidence import Change, Conversation, Facts, Offer, Reply

BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
THREAD_1, THREAD_2 = UUID(int=11), UUID(int=12)
REPLIES = [UUID(int=n) for n in (21, 22, 23)]


def at(minute: int) -> datetime:
    return BEGUN + timedelta(minutes=minute)


@pytest.fixture
def facts() -> Facts:
    """Two conversations of one agent with room for two, the first of them taken up again."""
    return Facts(
        conversations=[
            Conversation(ONE, THREAD_1, "resolved", 2, 3, at(0)),
            Conversation(TWO, THREAD_2, "resolved", 1, 2, at(0)),
        ],
        offers=[
            Offer(ONE, 1, "ana", 100, at(1), at(3)),
            Offer(TWO, 1, "ana", 100, at(2), at(6)),
            Offer(ONE, 2, "ana", 100, at(4), at(7)),
        ],
        changes=[
            Change("ana", ONE, 1, 100, 100),
            Change("ana", TWO, 1, 100, 200),
            Change("ana", ONE, 1, -100, 100),
            Change("ana", ONE, 2, 100, 200),
            Change("ana", TWO, 1, -100, 100),
            Change("ana", ONE, 2, -100, 0),
        ],
        loads={"ana": 0},
        capacities={"ana": 200},
        replies=[
            Reply(REPLIES[0], ONE, at(2)),
            Reply(REPLIES[1], TWO, at(5)),
            Reply(REPLIES[2], ONE, at(5)),
        ],
        written=[
            ("a", UUID(int=31), THREAD_1, at(0)),
            ("b", UUID(int=32), THREAD_2, at(0)),
            ("c", UUID(int=33), THREAD_1, at(3)),
        ],
        taken_in=[UUID(int=31), UUID(int=32), UUID(int=33)],
        left={"routing.outbox": 0},
    )


def without(rows: Any, place: int) -> list[Any]:
    return [row for n, row in enumerate(rows) if n != place]


def test_a_sound_story_has_no_findings(facts: Facts) -> None:
    assert evidence.not_once(facts, ["a", "b", "c"]) == []
    assert evidence.not_one_each(facts, 2) == []
    assert evidence.broken_chains(facts) == []
    assert evidence.wrong_loads(facts) == []
    assert evidence.wrong_replies(facts) == []


def test_a_message_lost_or_counted_twice_is_found(facts: Facts) -> None:
    assert evidence.not_once(facts, ["a", "b", "c", "d"])
    assert evidence.not_once(replace(facts, taken_in=facts.taken_in[:2]), ["a", "b", "c"])
    twice = replace(facts, taken_in=[*facts.taken_in, facts.taken_in[0]])
    assert evidence.not_once(twice, ["a", "b", "c"])


def test_a_second_conversation_of_a_thread_is_found(facts: Facts) -> None:
    second = Conversation(uuid4(), THREAD_1, "resolved", 1, 2, at(0))

    assert evidence.not_one_each(replace(facts, conversations=[*facts.conversations, second]), 2)


def test_a_conversation_that_is_not_resolved_is_found(facts: Facts) -> None:
    waits = replace(facts.conversations[1], state="queued")

    assert evidence.not_one_each(replace(facts, conversations=[facts.conversations[0], waits]), 2)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_missing_assignment_is_found(facts: Facts, place: int) -> None:
    assert evidence.broken_chains(replace(facts, offers=without(facts.offers, place)))


def test_an_assignment_that_begins_before_the_last_one_ended_is_found(facts: Facts) -> None:
    early = replace(facts.offers[2], begun=at(2))

    assert evidence.broken_chains(replace(facts, offers=[*facts.offers[:2], early]))


def test_an_assignment_that_never_ends_is_found(facts: Facts) -> None:
    endless = replace(facts.offers[2], ended=None)

    assert evidence.broken_chains(replace(facts, offers=[*facts.offers[:2], endless]))


def test_a_second_live_assignment_in_the_history_of_loads_is_found(facts: Facts) -> None:
    swapped = [facts.changes[n] for n in (0, 1, 3, 2, 4, 5)]

    assert evidence.broken_chains(replace(facts, changes=swapped))


@pytest.mark.parametrize("place", range(6))
def test_a_change_of_load_that_was_not_written_down_is_found(facts: Facts, place: int) -> None:
    assert evidence.wrong_loads(replace(facts, changes=without(facts.changes, place)))


def test_a_load_that_is_not_what_the_live_units_add_up_to_is_found(facts: Facts) -> None:
    wrong = replace(facts.changes[3], load_after=300)

    assert evidence.wrong_loads(
        replace(facts, changes=[*facts.changes[:3], wrong, *facts.changes[4:]])
    )


def test_a_load_over_capacity_is_found(facts: Facts) -> None:
    assert evidence.wrong_loads(replace(facts, capacities={"ana": 199}))


def test_a_load_that_does_not_end_where_its_history_ends_is_found(facts: Facts) -> None:
    assert evidence.wrong_loads(replace(facts, loads={"ana": 100}))


def test_a_reply_missing_or_doubled_is_found(facts: Facts) -> None:
    assert evidence.wrong_replies(replace(facts, replies=facts.replies[:2]))
    again = Reply(uuid4(), ONE, at(2))
    assert evidence.wrong_replies(replace(facts, replies=[*facts.replies, again]))


def heard(message: Message, offset: int) -> Heard[Message]:
    record = testing.record(message, offset=offset)
    return Heard(uuid4(), message, BEGUN, uuid4(), message.key, record)


def command(reply: UUID, offset: int = 0) -> Heard[Message]:
    message = SendReply(
        occurred_at=BEGUN,
        store_id=StoreId("norte"),
        reply_id=ReplyId(reply),
        conversation_id=ConversationId(ONE),
        text="Thank you.",
        route=ReplyRoute(
            channel=Channel("whatsapp"), account_id=AccountId("1"), peer="+34600000000"
        ),
    )
    return heard(message, offset)


def test_a_reply_said_not_at_all_or_under_two_ids_is_found(facts: Facts) -> None:
    each = [command(reply) for reply in REPLIES]

    assert topics.wrong_commands(each, facts) == []
    assert topics.wrong_commands(each[1:], facts)
    assert topics.wrong_commands([*each, command(REPLIES[0])], facts)
    assert topics.wrong_commands([*each, command(uuid4())], facts)


def released(conversation: UUID, version: int) -> Heard[Message]:
    message = ConversationReleased(
        occurred_at=BEGUN,
        store_id=StoreId("norte"),
        version=version,
        conversation_id=ConversationId(conversation),
        channel=Channel("whatsapp"),
        agent_id=AgentId("ana"),
        epoch=1,
        why="resolved",
    )
    return heard(message, version)


@pytest.mark.parametrize("versions", [[1, 2], [1, 3, 2], [1, 2, 2, 3], [2, 3], [1, 2, 3, 4]])
def test_a_stream_with_a_gap_or_out_of_order_is_found(facts: Facts, versions: list[int]) -> None:
    whole = [released(TWO, version) for version in (1, 2)]

    found = topics.wrong_streams([*whole, *(released(ONE, version) for version in versions)], facts)

    assert any(str(ONE) in finding for finding in found)


def test_a_whole_stream_is_found_in_order(facts: Facts) -> None:
    mixed = [released(ONE, 1), released(TWO, 1), released(ONE, 2), released(TWO, 2)]

    found = topics.wrong_streams([*mixed, released(ONE, 3)], facts)

    assert not [finding for finding in found if "were heard" in finding]
