"""What routing says of a conversation.

Each function returns the conversation with the version of its event, and the event, so that no two
events of one conversation have the same version.
"""

from datetime import datetime, timedelta

from routing.domain.conversation import Conversation, State
from routing.domain.team import UNIT
from routing.domain.waiting import Waiting
from shared.contracts.base import ActorKind, AgentId, By, ReplyId
from shared.contracts.routing import (
    AgentReplied,
    ConversationAnswered,
    ConversationAssigned,
    ConversationOffered,
    ConversationOpened,
    ConversationQueued,
    ConversationReleased,
    ConversationResolved,
    Explanation,
    SendReply,
)
from shared.errors import Refused

ROUTING = By(kind=ActorKind.SERVICE, id="routing")


def opened(of: Conversation, at: datetime) -> tuple[Conversation, ConversationOpened]:
    """Something waits for a person."""
    now = of.next()
    return now, ConversationOpened(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=ROUTING,
        conversation_id=now.id,
        channel=now.channel,
        opened_by=now.opened_by,
        family=now.family,
        language=now.language,
        script=now.script,
        language_confidence=now.language_confidence,
        region=now.region,
        region_source=now.region_source,
        time_zone=now.time_zone,
        zone_source=now.zone_source,
        skills=now.skills,
        thread_id=now.thread_id,
        contact_id=now.contact_id,
        about=now.about,
        order_ids=now.order_ids,
        language_alternatives=now.language_alternatives,
        intent=now.intent,
        intent_confidence=now.intent_confidence,
        priority=now.priority,
        urgency_reasons=now.urgency_reasons,
    )


def queued(of: Conversation, at: datetime) -> tuple[Conversation, ConversationQueued]:
    """It waits for an agent."""
    now = of.next()
    return now, ConversationQueued(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=ROUTING,
        conversation_id=now.id,
        channel=now.channel,
        queued_at=now.queued_at or at,
        answer_by=now.answer_by or at,
        priority=now.priority,
        intent=now.intent,
        urgency_reasons=now.urgency_reasons,
    )


def assigned(
    waiting: Waiting,
    agent_id: AgentId,
    units: int,
    explanation: Explanation,
    at: datetime,
    *,
    by: By = ROUTING,
) -> ConversationAssigned:
    """An agent has it; the row gets this version and epoch by the claim itself."""
    return ConversationAssigned(
        occurred_at=at,
        store_id=waiting.store_id,
        version=waiting.version + 1,
        by=by,
        conversation_id=waiting.conversation_id,
        channel=waiting.channel,
        agent_id=agent_id,
        epoch=waiting.epoch + 1,
        units=units / UNIT,
        waited=max(at - waiting.asked_at, timedelta(0)),
        explanation=explanation,
    )


def offered(
    waiting: Waiting,
    agent_id: AgentId,
    units: int,
    explanation: Explanation,
    *,
    until: datetime,
    at: datetime,
) -> ConversationOffered:
    """An agent is asked; the row gets this version and epoch by the claim itself."""
    return ConversationOffered(
        occurred_at=at,
        store_id=waiting.store_id,
        version=waiting.version + 1,
        by=ROUTING,
        conversation_id=waiting.conversation_id,
        channel=waiting.channel,
        agent_id=agent_id,
        epoch=waiting.epoch + 1,
        units=units / UNIT,
        expires_at=until,
        explanation=explanation,
    )


def accepted(
    of: Conversation, agent_id: AgentId, explanation: Explanation, *, by: By, at: datetime
) -> tuple[Conversation, ConversationAssigned]:
    """An agent took up what he was offered."""
    now = of.next()
    return now, ConversationAssigned(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=by,
        conversation_id=now.id,
        channel=now.channel,
        agent_id=agent_id,
        epoch=now.epoch,
        units=now.units / UNIT,
        waited=max(at - (now.asked_at or at), timedelta(0)),
        explanation=explanation,
    )


def released(
    of: Conversation,
    agent_id: AgentId,
    *,
    why: str,
    by: By,
    at: datetime,
    last_reply_id: ReplyId | None = None,
) -> tuple[Conversation, ConversationReleased]:
    """It counts for the agent no longer; what is parked stays his."""
    now = of.next()
    return now, ConversationReleased(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=by,
        conversation_id=now.id,
        channel=now.channel,
        agent_id=agent_id,
        epoch=now.epoch,
        why=why,
        is_kept=now.state is State.PARKED,
        snoozed_until=now.snoozed_until,
        asked_at=now.asked_at,
        answer_by=now.answer_by,
        last_reply_id=last_reply_id,
    )


def replied(
    of: Conversation, reply_id: ReplyId, agent_id: AgentId, text: str, *, by: By, at: datetime
) -> tuple[Conversation, AgentReplied]:
    """An agent wrote an answer."""
    now = of.next()
    return now, AgentReplied(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=by,
        conversation_id=now.id,
        channel=now.channel,
        reply_id=reply_id,
        agent_id=agent_id,
        text=text,
    )


def answered(
    of: Conversation, agent_id: AgentId, *, by: By, at: datetime
) -> tuple[Conversation, ConversationAnswered]:
    """The customer who waited has his answer; the clock stops."""
    waited = max(at - (of.asked_at or at), timedelta(0))
    now = of.answered(at).next()
    return now, ConversationAnswered(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=by,
        conversation_id=now.id,
        channel=now.channel,
        agent_id=agent_id,
        is_first=of.first_answered_at is None,
        waited=waited,
        promise=of.promise,
        is_met=of.answer_by is None or at <= of.answer_by,
        asked_at=of.asked_at,
        answer_by=of.answer_by,
        language=now.language,
        region=now.region,
    )


def resolved(
    of: Conversation, *, reason: str | None, by: By, at: datetime
) -> tuple[Conversation, ConversationResolved]:
    """Done, until the customer writes again."""
    handled = at - of.assigned_at if of.assigned_at is not None else timedelta(0)
    now = of.resolved(at).next()
    return now, ConversationResolved(
        occurred_at=at,
        store_id=now.store_id,
        version=now.version,
        by=by,
        conversation_id=now.id,
        channel=now.channel,
        reason=reason,
        intent=now.intent,
        reopened_count=now.reopened_count,
        handled=max(handled, timedelta(0)),
        contact_id=now.contact_id,
        thread_id=now.thread_id,
    )


def send_reply(
    of: Conversation, reply_id: ReplyId, agent_id: AgentId, text: str, at: datetime
) -> SendReply:
    """Bring an agent's words to the customer, with all that is needed to do it.

    Raises `Refused` when no way to the customer is known.
    """
    if of.reply_route is None:
        raise Refused("no way to reach this customer is known")
    return SendReply(
        occurred_at=at,
        store_id=of.store_id,
        reply_id=reply_id,
        conversation_id=of.id,
        text=text,
        route=of.reply_route,
        thread_id=of.thread_id,
        contact_id=of.contact_id,
        language=of.language,
        agent_id=agent_id,
        about=of.about,
    )
