"""What the next agent is told of a conversation that is handed over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from routing.domain.conversation import Conversation, State
from routing.domain.handing_over import hand_over_note
from shared.contracts.base import AgentId, Channel, ConversationId, StoreId
from shared.contracts.routing import Family, Intent, OpenedBy, Priority

NOW = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
OF = Conversation(
    store_id=StoreId("aurora"),
    id=ConversationId(UUID(int=1)),
    opened_by=OpenedBy.MESSAGE,
    channel=Channel("chat"),
    family=Family.CHAT,
    state=State.ASSIGNED,
    flow_id=UUID(int=2),
    opened_at=NOW - timedelta(hours=1),
    agent_id=AgentId("eva"),
)
WAITS = replace(
    OF,
    asked_at=NOW - timedelta(minutes=9),
    answer_by=NOW + timedelta(minutes=1),
    unanswered_count=2,
    intent=Intent.REFUND,
    priority=Priority.HIGH,
    urgency_reasons=("repeated contact",),
    language="gsw",
    second_language="de",
    time_zone="Europe/Zurich",
)


def test_who_waits_is_told_of_with_what_is_promised_and_wanted() -> None:
    assert hand_over_note(WAITS, "shift ended", NOW).split("\n") == [
        "Handed over by eva: shift ended, 2026-03-29 00:59 UTC.",
        "The customer waits since 2026-03-29 00:50 UTC, an answer is promised by "
        "2026-03-29 01:00 UTC.",
        "Messages without an answer: 2.",
        "He wants: refund.",
        "Priority high: repeated contact.",
        "Language: gsw, also de.",
        "Where the customer is it is 2026-03-29 01:59 CET (Europe/Zurich).",
    ]


def test_a_broken_promise_and_the_clock_of_summer_are_told_rightly() -> None:
    answered = replace(WAITS, first_answered_at=NOW - timedelta(minutes=30))
    note = hand_over_note(answered, "agent gone", NOW + timedelta(minutes=1))

    assert note.endswith("\nFirst answered 2026-03-29 00:29 UTC.")
    assert "promised by 2026-03-29 01:00 UTC, which is past." in note
    assert "it is 2026-03-29 03:00 CEST (Europe/Zurich)" in note


def test_of_what_nothing_is_known_nothing_is_said() -> None:
    assert hand_over_note(OF, "shift ended", NOW).split("\n") == [
        "Handed over by eva: shift ended, 2026-03-29 00:59 UTC.",
        "The customer has his answer; nothing is due until he writes.",
    ]
