"""A conversation as HTTP shows it."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from routing.domain.conversation import Conversation


class Shown(BaseModel):
    """A conversation as its agent sees it."""

    conversation_id: UUID
    store_id: str
    state: str
    channel: str
    family: str
    opened_by: str
    version: int
    language: str | None
    second_language: str | None
    region: str | None
    region_source: str | None
    time_zone: str | None
    zone_source: str | None
    intent: str | None
    priority: str
    priority_set: str | None
    urgency_reasons: list[str]
    skills: list[str]
    thread_id: UUID | None
    contact_id: UUID | None
    about: dict[str, str] | None
    order_ids: list[UUID]
    agent_id: str | None
    offer_ends_at: Any
    asked_at: Any
    answer_by: Any
    opened_at: Any
    resolved_at: Any
    reopened_count: int


def shown(of: Conversation) -> Shown:
    """The conversation as its agent sees it."""
    return Shown(
        conversation_id=of.id,
        store_id=of.store_id,
        state=of.state,
        channel=of.channel,
        family=of.family,
        opened_by=of.opened_by,
        version=of.version,
        language=of.language,
        second_language=of.second_language,
        region=of.region,
        region_source=of.region_source,
        time_zone=of.time_zone,
        zone_source=of.zone_source,
        intent=of.intent,
        priority=of.priority,
        priority_set=of.priority_set,
        urgency_reasons=list(of.urgency_reasons),
        skills=list(of.skills),
        thread_id=of.thread_id,
        contact_id=of.contact_id,
        about={"kind": of.about_kind, "id": of.about_id} if of.about_kind and of.about_id else None,
        order_ids=list(of.order_ids),
        agent_id=of.agent_id,
        offer_ends_at=of.offer_ends_at,
        asked_at=of.asked_at,
        answer_by=of.answer_by,
        opened_at=of.opened_at,
        resolved_at=of.resolved_at,
        reopened_count=of.reopened_count,
    )
