"""What whoever gets a conversation next is told of it, when its agent left nothing himself."""

from datetime import datetime
from zoneinfo import ZoneInfo

from routing.domain.conversation import Conversation
from shared.contracts.routing import Intent, Priority

_INSTANT = "%Y-%m-%d %H:%M %Z"


def hand_over_note(of: Conversation, why: str, now: datetime) -> str:
    """A note to colleagues of how a conversation stands as it is taken from its agent.

    `of` is the conversation with who had it, `why` a stable handle such as `shift ended`, `now`
    aware. The note is English and one line a fact; its instants are UTC, but for the customer's own
    clock. It says nothing that the customer wrote.
    """
    lines = [f"Handed over by {of.agent_id}: {why}, {_utc(now)}."]
    if of.asked_at is None:
        lines.append("The customer has his answer; nothing is due until he writes.")
    else:
        lines.append(f"The customer waits since {_utc(of.asked_at)}{_due(of, now)}.")
    if of.unanswered_count > 1:
        lines.append(f"Messages without an answer: {of.unanswered_count}.")
    if of.intent not in (None, Intent.OTHER):
        lines.append(f"He wants: {of.intent}.")
    if of.priority not in (Priority.NORMAL, Priority.UNKNOWN):
        why_so = f": {', '.join(of.urgency_reasons)}" if of.urgency_reasons else ""
        lines.append(f"Priority {of.priority}{why_so}.")
    if of.language is not None:
        second = f", also {of.second_language}" if of.second_language else ""
        lines.append(f"Language: {of.language}{second}.")
    if of.time_zone is not None:
        there = now.astimezone(ZoneInfo(of.time_zone))
        lines.append(f"Where the customer is it is {there:{_INSTANT}} ({of.time_zone}).")
    if of.first_answered_at is not None:
        lines.append(f"First answered {_utc(of.first_answered_at)}.")
    return "\n".join(lines)


def _due(of: Conversation, now: datetime) -> str:
    if of.answer_by is None:
        return ""
    late = ", which is past" if of.answer_by <= now else ""
    return f", an answer is promised by {_utc(of.answer_by)}{late}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo('UTC')):{_INSTANT}}"
