"""Promises as their time comes: spoken of before, at, and ever higher after it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from routing import metrics
from routing.domain import saying_promises
from routing.domain.conversation import Conversation, Told
from routing.domain.escalation import OVERDUE, Level
from routing.handlers.agents import Act
from routing.handlers.rules import NotNow, Rules
from routing.store import conversations, escalations, history
from routing.store.history import happening
from shared.bus import Said, cause_of, say
from shared.bus.outbox import put
from shared.contracts.base import Event
from shared.contracts.routing import ConversationEscalated
from shared.db import Transaction


async def tell(tx: Transaction, due: Sequence[Conversation], now: datetime) -> None:
    """Say of each what its time has come for: that the answer is due soon, or overdue.

    Who is swept late, past his promise, is told only that it is broken. Locked by this
    transaction.
    """
    told: list[tuple[Conversation, Event]] = []
    for of in due:
        if of.answer_by is None or now < of.answer_by:
            after = replace(of, told=Told.DUE_SOON, tell_at=of.answer_by)
            told.append(saying_promises.due_soon(after, now))
        else:
            starts = of.escalated_to is Level.NONE and of.escalate_at is None
            after = replace(
                of,
                told=Told.OVERDUE,
                tell_at=None,
                escalate_at=now if starts else of.escalate_at,
                escalated_why=of.escalated_why or OVERDUE,
            )
            told.append(saying_promises.overdue(after, now))
            metrics.promises_broken.labels(of.family).inc()
    await conversations.save(tx, [after for after, _ in told])
    await history.note(
        tx,
        [
            happening(of.store_id, of.id, now, what)
            for (of, _) in told
            for what in (["answer due soon"] if of.told is Told.DUE_SOON else ["answer overdue"])
        ],
    )
    await put(
        tx,
        [
            Said(event, cause_of("promise", of.store_id, of.id, of.version), of.flow_id)
            for of, event in told
        ],
    )


@dataclass(frozen=True)
class _Brought:
    conversation: Conversation
    event: ConversationEscalated
    level: Level
    cause: UUID


async def escalate(
    tx: Transaction, due: Sequence[Conversation], now: datetime, *, rules: Rules
) -> None:
    """Bring each before the next who can care for it. Locked by this transaction."""
    if not due:
        return
    leads = await escalations.leads(tx)
    brought = []
    for of in due:
        level, to = rules.chain.next(
            of.escalated_to,
            why=of.escalated_why,
            store_id=of.store_id,
            region=of.region,
            holder=of.agent_id,
            leads=leads,
        )
        after = _higher_after(replace(of, escalated_to=level), rules.chain.after, now, rules)
        after, event = saying_promises.escalated(
            after, level.said, to, of.escalated_why or OVERDUE, now
        )
        cause = cause_of("escalation", of.store_id, of.id, after.version)
        brought.append(_Brought(after, event, level, cause))
        metrics.escalations.labels(of.family, level.said.value).inc()
    await conversations.save(tx, [each.conversation for each in brought])
    events = [each.event for each in brought]
    await escalations.keep(tx, events)
    await escalations.put_calls(
        tx,
        [
            (each.cause, each.conversation, _told_on_call(each), now)
            for each in brought
            if each.level is Level.ON_CALL and rules.has_on_call
        ],
    )
    await history.note(
        tx,
        [
            happening(
                event.store_id,
                event.conversation_id,
                now,
                "escalated",
                level=event.level.value,
                to=event.to,
                why=event.why,
            )
            for event in events
        ],
    )
    await put(tx, [Said(each.event, each.cause, each.conversation.flow_id) for each in brought])


async def acknowledge(tx: Transaction, act: Act, *, rules: Rules) -> dict[str, Any]:
    """Somebody cares for it: it goes no higher for a while, and no further once answered.

    The conversation must be locked by this transaction. Done already, it stays so. Raises `NotNow`
    when nothing of it is escalated.
    """
    of, now = act.conversation, act.now
    if of.escalated_to is Level.NONE:
        raise NotNow("nothing of this conversation is escalated")
    levels = await escalations.acknowledge(tx, of, by=act.actor.id, at=now)
    if levels:
        after, event = saying_promises.acknowledged(
            _higher_after(of, rules.chain.held_for, now, rules),
            levels,
            of.escalated_why or OVERDUE,
            by=act.actor.by,
            at=now,
        )
        await conversations.save(tx, [after])
        what = happening(of.store_id, of.id, now, "acknowledged", act.actor.by, levels=levels)
        await history.note(tx, [what])
        await say(tx, [event], cause=act.cause("acknowledged"), correlation_id=of.flow_id)
    return {"conversation_id": str(of.id), "level": of.escalated_to.said.value}


def _higher_after(of: Conversation, span: timedelta, now: datetime, rules: Rules) -> Conversation:
    """On call is the last level: it goes no higher from there."""
    if of.escalated_to is Level.ON_CALL:
        return replace(of, escalate_at=None)
    return of.resting(span, now, rules.promises)


def _told_on_call(brought: _Brought) -> dict[str, Any]:
    """What the webhook carries: nothing that a customer wrote, nobody's name."""
    of = brought.conversation
    return {
        "type": "conversation.escalated",
        "timestamp": brought.event.occurred_at,
        "data": {
            "store_id": of.store_id,
            "conversation_id": of.id,
            "channel": of.channel,
            "language": of.language,
            "region": of.region,
            "why": brought.event.why,
            "asked_at": of.asked_at,
            "answer_by": of.answer_by,
        },
    }
