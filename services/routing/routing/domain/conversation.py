"""A conversation and what can happen to it. Every step returns a new one; nothing is said here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from routing.domain.escalation import CRISIS, Level
from routing.domain.promises import Asked, Promises
from routing.domain.waiting import Waiting, signature
from shared.contracts.base import (
    About,
    AgentId,
    CaseId,
    Channel,
    ContactId,
    ConversationId,
    OrderId,
    ReplyRoute,
    ShipmentId,
    StoreId,
    ThreadId,
)
from shared.contracts.routing import Family, Intent, LanguageShare, OpenedBy, Priority


class State(StrEnum):
    """Where a conversation stands. Pending: what it is about is not known well enough yet.

    Parked: an agent's without counting for him, until the customer writes or a snooze is over.
    """

    PENDING = "pending"
    QUEUED = "queued"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    PARKED = "parked"
    RESOLVED = "resolved"


class Told(IntEnum):
    """What was said of the promise that runs."""

    NOTHING = 0
    DUE_SOON = 1
    OVERDUE = 2


_QUIET: Mapping[str, Any] = {
    "told": Told.NOTHING,
    "tell_at": None,
    "escalated_to": Level.NONE,
    "escalate_at": None,
    "escalated_why": None,
}


@dataclass(frozen=True)
class Conversation:
    """One row of `conversations`.

    `asked_at` to `first_from` are set while the customer waits for an answer, and only then.
    `route_at` is the time of the message that `reply_route` answers. `order_id` is the order of the
    parcel or case it is about; `order_ids` are all that the customer may mean. `units` are
    hundredths. `priority_set` is the priority that a person set, until it is resolved. An offer
    stands until `offer_ends_at`; `declined` are who let one pass, with the instants from which on
    they may be asked again. At `tell_at` the promise is spoken of, at `escalate_at` it is brought
    higher. `unanswered_count` counts the customer's messages since our last answer.
    """

    store_id: StoreId
    id: ConversationId
    opened_by: OpenedBy
    channel: Channel
    family: Family
    state: State
    flow_id: UUID
    opened_at: datetime
    version: int = 0
    epoch: int = 0
    thread_id: ThreadId | None = None
    shipment_id: ShipmentId | None = None
    case_id: CaseId | None = None
    order_id: OrderId | None = None
    order_ids: tuple[OrderId, ...] = ()
    contact_id: ContactId | None = None
    about_kind: str | None = None
    about_id: str | None = None
    language: str | None = None
    script: str | None = None
    language_confidence: float | None = None
    language_alternatives: tuple[LanguageShare, ...] = ()
    second_language: str | None = None
    region: str | None = None
    region_source: str | None = None
    time_zone: str | None = None
    zone_source: str | None = None
    skills: tuple[str, ...] = ()
    reply_route: ReplyRoute | None = None
    route_at: datetime | None = None
    asked_at: datetime | None = None
    answer_by: datetime | None = None
    first_from: datetime | None = None
    queued_at: datetime | None = None
    agent_id: AgentId | None = None
    units: int = 0
    assigned_at: datetime | None = None
    known_agent_id: AgentId | None = None
    first_answered_at: datetime | None = None
    resolved_at: datetime | None = None
    reopened_count: int = 0
    intent: Intent | None = None
    intent_confidence: float | None = None
    priority: Priority = Priority.NORMAL
    priority_set: Priority | None = None
    urgency_reasons: tuple[str, ...] = ()
    unanswered_count: int = 0
    offer_ends_at: datetime | None = None
    declined: Mapping[AgentId, datetime] = field(default_factory=dict)
    told: Told = Told.NOTHING
    tell_at: datetime | None = None
    escalated_to: Level = Level.NONE
    escalate_at: datetime | None = None
    escalated_why: str | None = None
    snoozed_until: datetime | None = None

    @property
    def signature(self) -> str:
        """Who may take it hangs on this alone, within one pool."""
        return signature(
            self.language,
            self.second_language,
            frozenset(self.skills),
            self.declined,
            is_crisis=self.is_crisis,
        )

    @property
    def about(self) -> About | None:
        """The thing it is about, where there is one."""
        if self.about_kind is None or self.about_id is None:
            return None
        return About(kind=self.about_kind, id=self.about_id)

    @property
    def is_crisis(self) -> bool:
        """Whether a word in it calls for a lead at once."""
        return CRISIS in self.urgency_reasons

    @property
    def promise(self) -> timedelta:
        """Within which time the answer that is waited for was promised."""
        if self.asked_at is None or self.answer_by is None:
            return timedelta(0)
        return self.answer_by - self.asked_at

    @property
    def _asked(self) -> Asked:
        return Asked(
            self.store_id, self.channel, self.family, self.language, self.priority, self.region
        )

    def next(self) -> "Conversation":
        """With the version of its next event."""
        return replace(self, version=self.version + 1)

    def asked(self, at: datetime, promises: Promises) -> "Conversation":
        """The customer waits since `at`; if he waited already, since then.

        A promise that is told of as broken is not broken again by a sooner one.
        """
        since = at if self.asked_at is None else min(at, self.asked_at)
        due = promises.due(self._asked, since)
        after = replace(self, asked_at=since)
        if self.answer_by != due.by:
            after = replace(after, answer_by=due.by, first_from=due.first_from)
            is_broken = self.told is Told.OVERDUE
            if not (is_broken and self.answer_by is not None and due.by < self.answer_by):
                after = replace(after, told=Told.NOTHING, tell_at=due.soon)
        # Overdue, it may have been brought before its agent already; a lead has not heard of it.
        if self.is_crisis and self.escalated_to < Level.LEAD:
            after = replace(after, escalate_at=since, escalated_why=CRISIS)
        return after

    def resting(self, span: timedelta, now: datetime, promises: Promises) -> "Conversation":
        """Brought no higher before so much of the time that its promise runs on has passed.

        A crisis does not wait for anybody to open.
        """
        until = now + span if self.is_crisis else promises.passed(self._asked, span, now)
        return replace(self, escalate_at=until)

    def queued(self, at: datetime, now: datetime, promises: Promises) -> "Conversation":
        """Waiting for an agent, with something unanswered since `at`."""
        reopened = self.state is State.RESOLVED
        return replace(
            self.asked(at, promises),
            state=State.QUEUED,
            queued_at=now,
            agent_id=None,
            units=0,
            assigned_at=None,
            offer_ends_at=None,
            snoozed_until=None,
            resolved_at=None,
            known_agent_id=self.agent_id or self.known_agent_id,
            reopened_count=self.reopened_count + reopened,
        )

    def parked(self, until: datetime | None) -> "Conversation":
        """Its agent's still, without counting for him; until then at most, if it is snoozed."""
        return replace(self, state=State.PARKED, units=0, snoozed_until=until)

    def routed(self, route: ReplyRoute, at: datetime) -> "Conversation":
        """With the way back of a message of `at`, unless a newer one is known."""
        if self.route_at is not None and at < self.route_at:
            return self
        return replace(self, reply_route=route, route_at=at, channel=route.channel)

    def answered(self, at: datetime) -> "Conversation":
        """The customer waits no longer."""
        first = self.first_answered_at or at
        return replace(
            self,
            asked_at=None,
            answer_by=None,
            first_from=None,
            first_answered_at=first,
            unanswered_count=0,
            **_QUIET,
        )

    def resolved(self, at: datetime) -> "Conversation":
        """Done, until something happens again; what a person set of it is over."""
        by_hand = self.priority_set is not None
        return replace(
            self,
            priority=Priority.NORMAL if by_hand else self.priority,
            urgency_reasons=() if by_hand else self.urgency_reasons,
            state=State.RESOLVED,
            resolved_at=at,
            priority_set=None,
            asked_at=None,
            answer_by=None,
            first_from=None,
            unanswered_count=0,
            **_QUIET,
            known_agent_id=self.agent_id or self.known_agent_id,
            agent_id=None,
            units=0,
            assigned_at=None,
            offer_ends_at=None,
            declined={},
            snoozed_until=None,
        )

    def accepted(self, at: datetime) -> "Conversation":
        """His to whom it was offered."""
        return replace(self, state=State.ASSIGNED, assigned_at=at, offer_ends_at=None, declined={})

    def waiting(self) -> Waiting:
        """As a claim sees it. What is not waited for counts as asked and due now."""
        at = self.asked_at or self.opened_at
        return Waiting(
            conversation_id=self.id,
            store_id=self.store_id,
            family=self.family,
            channel=self.channel,
            version=self.version,
            epoch=self.epoch,
            flow_id=self.flow_id,
            asked_at=at,
            answer_by=self.answer_by or at,
            first_from=self.first_from or at,
            language=self.language,
            second_language=self.second_language,
            skills=frozenset(self.skills),
            is_crisis=self.is_crisis,
            declined=self.declined,
        )

    def with_orders(self, orders: tuple[OrderId, ...]) -> "Conversation":
        """With these orders too, each once, in the order in which they became known."""
        if not orders:
            return self
        return replace(self, order_ids=tuple(dict.fromkeys((*self.order_ids, *orders))))
