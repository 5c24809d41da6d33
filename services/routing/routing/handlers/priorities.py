"""Priorities that agents and leads set by hand."""

from dataclasses import replace
from typing import Any

from routing.domain import saying_promises
from routing.domain.conversation import State
from routing.domain.escalation import OVERDUE, Level
from routing.domain.pressing import by_hand
from routing.handlers.agents import Act
from routing.handlers.rules import NotNow, Rules, pool
from routing.store import conversations, escalations, history
from routing.store.history import happening
from shared import db
from shared.bus import say
from shared.callers import Role
from shared.contracts.base import Event
from shared.contracts.routing import Priority
from shared.db import Transaction


async def set_priority(
    tx: Transaction, act: Act, priority: Priority, reason: str | None, *, rules: Rules
) -> dict[str, Any]:
    """Set how pressing it is; what is promised is counted anew from when the customer wrote.

    The conversation must be locked by this transaction. Raises `NotNow` for one that is resolved or
    not open yet.
    """
    of, now, by = act.conversation, act.now, act.actor.by
    if of.state in (State.PENDING, State.RESOLVED):
        raise NotNow(f"the conversation is {of.state}")
    after = by_hand(of, priority, now, rules.promises, is_lead=act.actor.role is Role.LEAD)
    after = replace(after, skills=rules.demands.of(after))
    events: list[Event] = []
    if (after.priority, after.is_crisis) != (of.priority, of.is_crisis):
        after, changed = saying_promises.priority_changed(after, of.priority, now, by=by)
        events.append(changed)
    if after.escalated_to is Level.NONE and of.escalated_to is not Level.NONE:
        levels = await escalations.acknowledge(tx, of, by=act.actor.id, at=now)
        if levels:
            why = of.escalated_why or OVERDUE
            after, heard = saying_promises.acknowledged(after, levels, why, by=by, at=now)
            events.append(heard)
    await conversations.save(tx, [after])
    what = happening(
        of.store_id, of.id, now, "priority set", by, was=of.priority, to=priority, reason=reason
    )
    await history.note(tx, [what])
    await say(tx, events, cause=act.cause("priority"), correlation_id=of.flow_id)
    if after.state is State.QUEUED:
        db.wake(tx, pool(after.store_id, after.family))
    return {
        "conversation_id": str(of.id),
        "priority": after.priority.value,
        "answer_by": after.answer_by and after.answer_by.isoformat(),
        "version": after.version,
    }
