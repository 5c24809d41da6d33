"""Conversations that no message began: a parcel with an alarm, a case that needs a person.

One for each parcel and each case. What they need of the order (language, country, the buyer's
address) may come later than they do: then they are pending, and the order completes them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from routing import metrics
from routing.domain import saying
from routing.domain.conversation import Conversation, State
from routing.domain.customer import OrderFacts
from routing.domain.languages import language_of
from routing.domain.places import zone_at, zone_in
from routing.domain.region import Region, region_of
from routing.domain.urgency import ORDER_VALUE, times_high
from routing.handlers.rules import Rules, pool
from routing.store import conversations, customers, history
from routing.store.history import happening
from shared import db
from shared.contracts.base import (
    CaseId,
    Channel,
    ContactId,
    ConversationId,
    Event,
    OrderId,
    ReplyRoute,
    ShipmentId,
    StoreId,
)
from shared.contracts.routing import Family, OpenedBy, Priority
from shared.db import Transaction

_NAMESPACE = UUID("6d657269-6469-616e-8000-726f7574696e")
_MAIL = Channel("mail")


@dataclass(frozen=True)
class Subject:
    """A parcel or a case, and what was heard of it."""

    store_id: StoreId
    opened_by: OpenedBy
    kind: str
    id: UUID
    order_id: OrderId | None
    skill: str
    what: str
    at: datetime
    flow_id: UUID
    contact_id: ContactId | None = None
    language: str | None = None
    country: str | None = None


async def on_subject(
    subject: Subject, tx: Transaction, *, now: datetime, rules: Rules
) -> list[Event]:
    """Open the subject's conversation, or join it; a resolved one is taken up again."""
    order = None
    if subject.order_id is not None:
        # The order's row is locked first, so that its event and this one see each other.
        order = await customers.order(tx, subject.store_id, subject.order_id)
    before = await _there(tx, subject, now)
    if before is None:
        after = _new(subject, now)
        after = replace(after, skills=rules.demands.of(after))
        if order is None or order.is_known:
            after, events = completed(after, order, now, rules)
        else:
            events = []
        await conversations.insert(tx, [after])
    else:
        if before.state is State.RESOLVED and await conversations.is_thread_open(tx, before):
            # The customer has another conversation there: what he writes belongs to that one.
            before = replace(before, thread_id=None)
        after, events = _again(before, subject, order, now, rules)
        await conversations.save(tx, [after])
    await history.note(
        tx,
        [happening(after.store_id, after.id, subject.at, subject.what, saying.ROUTING)],
    )
    if after.state is State.QUEUED:
        db.wake(tx, pool(after.store_id, after.family))
    return events


async def _there(tx: Transaction, subject: Subject, now: datetime) -> Conversation | None:
    wanted = [(subject.store_id, subject.id)]
    found = await conversations.find(
        tx,
        shipments=[(s, ShipmentId(i)) for s, i in wanted] if subject.kind == "shipment" else [],
        cases=[(s, CaseId(i)) for s, i in wanted] if subject.kind == "case" else [],
        resolved_since=now,
    )
    return found[0] if found else None


def _new(subject: Subject, now: datetime) -> Conversation:
    is_parcel = subject.kind == "shipment"
    return Conversation(
        store_id=subject.store_id,
        id=ConversationId(uuid5(_NAMESPACE, f"{subject.store_id}/{subject.kind}/{subject.id}")),
        opened_by=subject.opened_by,
        channel=_MAIL,
        family=Family.MAIL,
        state=State.PENDING,
        flow_id=subject.flow_id,
        opened_at=now,
        shipment_id=ShipmentId(subject.id) if is_parcel else None,
        case_id=None if is_parcel else CaseId(subject.id),
        order_id=subject.order_id,
        order_ids=(subject.order_id,) if subject.order_id else (),
        contact_id=subject.contact_id,
        about_kind=subject.kind,
        about_id=str(subject.id),
        language=language_of(subject.language),
        region=subject.country,
        skills=(subject.skill,),
        asked_at=subject.at,
    )


def completed(
    pending: Conversation, order: OrderFacts | None, now: datetime, rules: Rules
) -> tuple[Conversation, list[Event]]:
    """The conversation with what the order tells, waiting for an agent; and what to say of it."""
    store = rules.store(pending.store_id)
    facts = order or OrderFacts(pending.store_id, OrderId(pending.id), is_known=False, version=0)
    region = region_of(
        order_country=facts.country or pending.region,
        phone=facts.phone,
        mail=facts.mail,
        market=store.market if store else None,
    )
    zone = zone_in(region, _zone_told(facts, region), facts.phone) if region else None
    language = language_of(facts.language) or pending.language
    default = language_of(store.languages[0]) if store else None
    after = replace(
        pending,
        contact_id=facts.contact_id or pending.contact_id,
        language=language or default,
        region=region.country if region else None,
        region_source=region.source if region else None,
        time_zone=zone.name if zone else None,
        zone_source=zone.source if zone else None,
        reply_route=_by_mail(facts, rules),
    )
    after = _weighed(after, order, rules).queued(
        min(pending.asked_at or now, now), now, rules.promises
    )
    metrics.conversations_opened.labels(after.family, after.opened_by).inc()
    after, opened = saying.opened(after, now)
    after, queued = saying.queued(after, now)
    return after, [opened, queued]


def _weighed(of: Conversation, order: OrderFacts | None, rules: Rules) -> Conversation:
    """High where the order is worth much: an alarm or a case is always about it."""
    values = rules.high_values_of(of.store_id)
    is_dear = order is not None and times_high(order.shop_total, order.shop_currency, values) >= 1
    of = replace(
        of,
        priority=Priority.HIGH if is_dear else Priority.NORMAL,
        urgency_reasons=(ORDER_VALUE,) if is_dear else (),
    )
    return replace(of, skills=rules.demands.of(of))


def _zone_told(facts: OrderFacts, region: Region) -> str | None:
    return facts.time_zone or zone_at(region.country, facts.region, None, None)


def _again(
    before: Conversation,
    subject: Subject,
    order: OrderFacts | None,
    now: datetime,
    rules: Rules,
) -> tuple[Conversation, list[Event]]:
    if before.state is State.PENDING:
        return before, []
    asked_at = min(subject.at, now)
    if before.state not in (State.RESOLVED, State.PARKED):
        return before.asked(asked_at, rules.promises), []
    if before.state is State.RESOLVED:
        before = _weighed(before, order, rules)
    after, queued = saying.queued(before.queued(asked_at, now, rules.promises), now)
    return after, [queued]


def _by_mail(facts: OrderFacts, rules: Rules) -> ReplyRoute | None:
    """The way to the buyer; None when he or the store has no mail address."""
    store = rules.store(facts.store_id)
    account = store.account("mail") if store else None
    if account is None or facts.mail is None:
        return None
    return ReplyRoute(
        channel=_MAIL, account_id=account.account_id, peer=facts.mail, subject=facts.number
    )
