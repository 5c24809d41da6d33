"""How pressing a conversation is: by what is read in its messages, and by what a person sets."""

from dataclasses import replace
from datetime import datetime

from routing.domain.conversation import Conversation, Told
from routing.domain.escalation import CRISIS, OVERDUE, Level
from routing.domain.promises import Promises
from routing.domain.urgency import Urgency
from shared.contracts.routing import Priority

BY_HAND = "set by hand"
"""The reason of a priority that a person set."""
_PRESSING = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW, Priority.UNKNOWN)


def presses_more(priority: Priority, than: Priority) -> bool:
    """Whether it is more pressing than another."""
    return _PRESSING.index(priority) < _PRESSING.index(than)


def with_message(of: Conversation, said: Urgency) -> Conversation:
    """The conversation when one more message of the customer was read.

    While he waits it never gets less pressing, and once a crisis it stays one. What a person set
    stands until the conversation is resolved; only what is urgent or a crisis presses more than
    that, until the customer has his answer.
    """
    # An alarm or a reply that failed has him wait as well, before he writes anything.
    waits = of.asked_at is not None
    if of.priority_set is not None and not waits:
        # First of all: what raised it for the last answer is no measure of what is written now.
        of = replace(of, priority=of.priority_set, urgency_reasons=(BY_HAND,))
    presses = presses_more(said.priority, of.priority)
    is_crisis = CRISIS in said.reasons
    if of.priority_set is None:
        is_heard = not waits or presses
    else:
        is_heard = presses and (is_crisis or said.priority is Priority.URGENT)
    if is_heard:
        is_still = waits and of.is_crisis and not is_crisis
        reasons = (*said.reasons, CRISIS) if is_still else said.reasons
        return replace(of, priority=said.priority, urgency_reasons=reasons)
    if is_crisis and not of.is_crisis:
        told = dict.fromkeys((*of.urgency_reasons, *said.reasons))
        return replace(of, urgency_reasons=tuple(told))
    return of


def by_hand(
    of: Conversation, priority: Priority, now: datetime, promises: Promises, *, is_lead: bool
) -> Conversation:
    """The conversation when a person sets its priority: promised anew, since the customer wrote.

    A lead who sets normal or low says that it is no crisis. Nobody is bothered further by what is
    a crisis no more, or has time again. What is overdue by the new promise too is told of once, and
    climbs from the first level where it was a crisis.
    """
    ends = is_lead and presses_more(Priority.HIGH, priority)
    reasons = (BY_HAND, CRISIS) if of.is_crisis and not ends else (BY_HAND,)
    after = replace(of, priority=priority, priority_set=priority, urgency_reasons=reasons)
    if of.asked_at is None:
        return after
    after = after.asked(of.asked_at, promises)
    has_time = after.answer_by is not None and now < after.answer_by
    if of.told is Told.OVERDUE and not has_time:
        after = replace(after, told=of.told, tell_at=None)
    if of.escalated_why == CRISIS and not after.is_crisis:
        again = now if after.told is Told.OVERDUE else None
        return replace(
            after,
            escalated_to=Level.NONE,
            escalate_at=again,
            escalated_why=OVERDUE if again else None,
        )
    if of.escalated_why == OVERDUE and has_time:
        return replace(after, escalated_to=Level.NONE, escalate_at=None, escalated_why=None)
    return after
