"""What routing says of promises: how they stand, what presses more, who is told and who cares.

As in `saying`, each returns the conversation with the version of its event, and the event.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from routing.domain.conversation import Conversation
from routing.domain.saying import ROUTING
from shared.contracts.base import AgentId, By
from shared.contracts.routing import (
    AnswerDueSoon,
    AnswerOverdue,
    ConversationEscalated,
    EscalationAcknowledged,
    EscalationLevel,
    Priority,
    PriorityChanged,
)


def due_soon(of: Conversation, at: datetime) -> tuple[Conversation, AnswerDueSoon]:
    """Little is left of the promise."""
    now = of.next()
    return now, AnswerDueSoon(**_promise(now, at))


def overdue(of: Conversation, at: datetime) -> tuple[Conversation, AnswerOverdue]:
    """The promise is broken."""
    now = of.next()
    return now, AnswerOverdue(**_promise(now, at))


def _promise(of: Conversation, at: datetime) -> dict[str, Any]:
    return {
        "occurred_at": at,
        "store_id": of.store_id,
        "version": of.version,
        "by": ROUTING,
        "conversation_id": of.id,
        "channel": of.channel,
        "asked_at": of.asked_at or at,
        "answer_by": of.answer_by or at,
        "agent_id": of.agent_id,
        "priority": of.priority,
        "language": of.language,
        "region": of.region,
    }


def escalated(
    of: Conversation, level: EscalationLevel, to: Sequence[AgentId], why: str, at: datetime
) -> tuple[Conversation, ConversationEscalated]:
    """It is brought before somebody higher."""
    now = of.next()
    return now, ConversationEscalated(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=ROUTING,
        conversation_id=now.id,
        channel=now.channel,
        level=level,
        to=tuple(to),
        why=why,
        answer_by=now.answer_by,
    )


def acknowledged(
    of: Conversation, levels: Sequence[EscalationLevel], why: str, *, by: By, at: datetime
) -> tuple[Conversation, EscalationAcknowledged]:
    """Somebody cares for what was brought before these levels; `of` rests already."""
    now = of.next()
    return now, EscalationAcknowledged(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=by,
        conversation_id=now.id,
        channel=now.channel,
        levels=tuple(levels),
        why=why,
        goes_on_at=now.escalate_at,
        agent_id=now.agent_id,
        answer_by=now.answer_by,
    )


def priority_changed(
    of: Conversation, was: Priority, at: datetime, *, by: By = ROUTING
) -> tuple[Conversation, PriorityChanged]:
    """What the customer adds presses otherwise than what was known, or a person knows better."""
    now = of.next()
    return now, PriorityChanged(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=by,
        conversation_id=now.id,
        channel=now.channel,
        was=was,
        priority=now.priority,
        asked_at=now.asked_at or at,
        answer_by=now.answer_by or at,
        agent_id=now.agent_id,
        intent=now.intent,
        urgency_reasons=now.urgency_reasons,
        is_waiting=now.asked_at is not None,
    )
