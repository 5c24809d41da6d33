"""How pressing a conversation is after one more message, and after a person's word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from routing.domain.conversation import Conversation, State, Told
from routing.domain.escalation import CRISIS, OVERDUE, Level
from routing.domain.pressing import BY_HAND, by_hand, with_message
from routing.domain.promises import Promise, Promises, Term
from routing.domain.urgency import Urgency
from shared.contracts.base import Channel, ConversationId, StoreId
from shared.contracts.routing import Family, OpenedBy, Priority

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PROMISES = Promises({Family.MESSAGING: Promise(timedelta(minutes=15))})
URGENT, HIGH, NORMAL, LOW = Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW


def conversation(
    priority: Priority = NORMAL, *reasons: str, is_answered: bool = False, **told: Any
) -> Conversation:
    return Conversation(
        store_id=StoreId("aurora"),
        id=ConversationId(uuid4()),
        opened_by=OpenedBy.MESSAGE,
        channel=Channel("whatsapp"),
        family=Family.MESSAGING,
        state=State.QUEUED,
        flow_id=uuid4(),
        opened_at=AT,
        priority=priority,
        urgency_reasons=reasons,
        asked_at=None if is_answered else AT,
        **told,
    )


@pytest.mark.parametrize(
    ("before", "said", "priority", "reasons"),
    [
        # By messages alone: never less while he waits, and a crisis whatever pressed before
        (conversation(HIGH, "a"), Urgency(NORMAL), HIGH, {"a"}),
        (conversation(HIGH, "a"), Urgency(URGENT, ("b",)), URGENT, {"b"}),
        (conversation(HIGH, "a"), Urgency(HIGH, ("b", CRISIS)), HIGH, {"a", "b", CRISIS}),
        (conversation(HIGH, "a", CRISIS), Urgency(URGENT, ("b",)), URGENT, {"b", CRISIS}),
        (conversation(HIGH, "a", is_answered=True), Urgency(LOW), LOW, set()),
        (conversation(HIGH, CRISIS, is_answered=True), Urgency(LOW), LOW, set()),
        # By hand: only what is urgent or a crisis presses more, until he has his answer
        (conversation(LOW, BY_HAND, priority_set=LOW), Urgency(HIGH, ("b",)), LOW, {BY_HAND}),
        (conversation(LOW, BY_HAND, priority_set=LOW), Urgency(URGENT, ("b",)), URGENT, {"b"}),
        (
            conversation(LOW, BY_HAND, priority_set=LOW),
            Urgency(HIGH, ("b", CRISIS)),
            HIGH,
            {"b", CRISIS},
        ),
        (
            conversation(URGENT, BY_HAND, priority_set=URGENT),
            Urgency(HIGH, ("b", CRISIS)),
            URGENT,
            {BY_HAND, "b", CRISIS},
        ),
        (
            conversation(URGENT, "b", priority_set=LOW, is_answered=True),
            Urgency(NORMAL),
            LOW,
            {BY_HAND},
        ),
        (
            conversation(URGENT, "b", priority_set=LOW, is_answered=True),
            Urgency(URGENT, ("c",)),
            URGENT,
            {"c"},
        ),
        (
            conversation(HIGH, BY_HAND, priority_set=HIGH, is_answered=True),
            Urgency(URGENT, ("b",)),
            URGENT,
            {"b"},
        ),
    ],
)
def test_one_more_message(
    before: Conversation, said: Urgency, priority: Priority, reasons: set[str]
) -> None:
    after = with_message(before, said)

    assert (after.priority, set(after.urgency_reasons)) == (priority, reasons)
    assert after.priority_set is before.priority_set


def test_what_has_time_again_is_nobodys_trouble_and_is_spoken_of_anew() -> None:
    before = conversation(
        answer_by=AT + timedelta(minutes=15),
        told=Told.OVERDUE,
        escalated_to=Level.LEAD,
        escalate_at=AT + timedelta(minutes=25),
        escalated_why=OVERDUE,
    )

    after = by_hand(before, LOW, AT + timedelta(minutes=20), PROMISES, is_lead=False)

    assert (after.answer_by, after.tell_at) == tuple(AT + timedelta(minutes=m) for m in (30, 24))
    assert (after.told, after.escalated_to, after.escalate_at) == (Told.NOTHING, Level.NONE, None)
    late = by_hand(before, LOW, AT + timedelta(minutes=31), PROMISES, is_lead=False)
    assert (late.escalated_to, late.escalate_at) == (Level.LEAD, before.escalate_at)
    assert (late.told, late.tell_at) == (Told.OVERDUE, None)


@pytest.mark.parametrize("within", [5, 15])
def test_what_is_no_crisis_but_overdue_climbs_as_such(within: int) -> None:
    row = Term(Promise(timedelta(minutes=within)), priority=NORMAL)
    now = AT + timedelta(minutes=20)
    before = conversation(
        URGENT,
        CRISIS,
        answer_by=AT + timedelta(minutes=5),
        told=Told.OVERDUE,
        escalated_to=Level.REGION_LEAD,
        escalated_why=CRISIS,
    )

    after = by_hand(before, NORMAL, now, replace(PROMISES, terms=(row,)), is_lead=True)

    assert (after.told, after.tell_at) == (Told.OVERDUE, None)
    assert (after.escalated_to, after.escalate_at) == (Level.NONE, now)
    assert after.escalated_why == OVERDUE


def test_what_was_set_ends_with_the_conversation_and_what_was_read_stays() -> None:
    set_by_hand = conversation(LOW, BY_HAND, priority_set=LOW).resolved(AT)
    read = conversation(HIGH, "a").resolved(AT)

    assert (set_by_hand.priority, set_by_hand.urgency_reasons) == (NORMAL, ())
    assert set_by_hand.priority_set is None
    assert (read.priority, read.urgency_reasons) == (HIGH, ("a",))


@pytest.mark.parametrize("priority", [URGENT, HIGH, NORMAL, LOW])
@pytest.mark.parametrize("is_lead", [True, False])
def test_normal_or_low_by_a_lead_is_no_crisis(priority: Priority, is_lead: bool) -> None:
    before = conversation(HIGH, "legal words", CRISIS)
    before = replace(before, escalated_to=Level.LEAD, escalated_why=CRISIS)

    after = by_hand(before, priority, AT, PROMISES, is_lead=is_lead)

    ends = is_lead and priority in (NORMAL, LOW)
    assert after.is_crisis is not ends
    assert after.escalated_to is (Level.NONE if ends else Level.LEAD)
