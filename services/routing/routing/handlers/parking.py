"""Work of who goes home or wants to see it later: handed over, kept, back again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from routing import metrics
from routing.domain import saying
from routing.domain.conversation import Conversation, State
from routing.domain.handing_over import hand_over_note
from routing.domain.team import Agent
from routing.handlers.releasing import requeue, take_back, wake_for
from routing.handlers.rules import Rules
from routing.store import agents, claims, conversations, history, notes, replies
from routing.store.claims import Claim, Conflict
from routing.store.history import happening
from shared.bus import Said, cause_of, say
from shared.bus.outbox import put
from shared.contracts.base import AgentId, By, Event
from shared.contracts.routing import ConversationAssigned, Explanation, Step
from shared.db import Transaction
from shared.errors import Refused

SHIFT_ENDED = "shift ended"
GONE = "agent gone"
SNOOZED = "snoozed"
SNOOZE_OVER = "snooze over"
LONGEST = timedelta(days=90)


async def leave(
    tx: Transaction, agent_id: AgentId, now: datetime, rules: Rules
) -> list[Conversation]:
    """Take from an agent whose chair is empty what counts for him; returns what became of each.

    Where the customer waits, it waits for another agent with its due date as it was. The rest stays
    his without counting until the customer writes. Each gets a note of how it stands, for whoever
    has it next, but what he was only asked for: that he never had. Nothing happens when he is back
    by now.
    """
    held = [
        of
        for of in await conversations.locked_of_agent(tx, agent_id)
        if of.state is not State.PARKED
    ]
    of = (await agents.some(tx, [agent_id], now, rules.heartbeat)).get(agent_id)
    if not held or of is None or not of.has_left(now):
        return []
    why = SHIFT_ENDED if of.calendar.shift_at(now) is None else GONE
    waiting = [each for each in held if each.asked_at is not None]
    kept = [each for each in held if each.asked_at is None]
    taken = await take_back(tx, waiting, why=why, now=now, rules=rules) if waiting else []
    parked = await park(tx, kept, why=why, by=saying.ROUTING, now=now)
    told = [(each, hand_over_note(each, why, now)) for each in held if each.state is State.ASSIGNED]
    await notes.keep(tx, told, by=saying.ROUTING, at=now)
    metrics.handed_over.labels(why, "queued").inc(len(taken))
    metrics.handed_over.labels(why, "kept").inc(len(parked))
    return [*taken, *parked]


async def park(
    tx: Transaction,
    held: Sequence[Conversation],
    *,
    why: str,
    by: By,
    now: datetime,
    until: datetime | None = None,
) -> list[Conversation]:
    """Let these, locked and sorted by store, stay with who has them without counting for him.

    Those that did not count already get no new event, only another `until`.
    """
    last = await replies.last_of(tx, held)
    for store_id, group in groupby(held, key=lambda of: of.store_id):
        await claims.release(tx, store_id, [of.id for of in group], why=why, now=now)
    found, said = [], []
    for of in held:
        after = of.parked(until)
        if of.state is not State.PARKED and of.agent_id is not None:
            after, released = saying.released(
                after,
                of.agent_id,
                why=why,
                by=by,
                at=now,
                last_reply_id=last.get(of.id),
            )
            said.append(Said(released, cause_of(why, of.store_id, of.id, of.epoch), of.flow_id))
        found.append(after)
    await conversations.save(tx, found)
    await history.note(
        tx,
        [
            happening(
                of.store_id, of.id, now, why, by, agent_id=of.agent_id, is_kept=True, until=until
            )
            for of in held
        ],
    )
    await put(tx, said)
    for agent_id in sorted({of.agent_id for of in held if of.agent_id is not None}):
        await wake_for(tx, agent_id)
    return found


async def snooze(
    tx: Transaction, of: Conversation, until: datetime, by: By, now: datetime
) -> Conversation:
    """Put a conversation, locked by this transaction, away until an instant: its units are free.

    Raises `Refused` when nobody has it, or the instant is past or more than 90 days ahead.
    """
    if of.state not in (State.ASSIGNED, State.PARKED):
        raise Refused(f"the conversation is {of.state}, nobody has it to snooze")
    if not now < until <= now + LONGEST:
        raise Refused("snooze until an instant within the next 90 days")
    [after] = await park(tx, [of], why=SNOOZED, by=by, now=now, until=until)
    return after


async def end_snooze(
    tx: Transaction, of: Conversation, now: datetime, rules: Rules
) -> Conversation | None:
    """Bring back what was snoozed: to its agent if he is there with room, else to the queue.

    A customer who had his answer waits from `now`. None when it is not due any more.
    """
    locked = await conversations.locked(tx, of.store_id, of.id)
    if locked is None or locked.state is not State.PARKED or locked.agent_id is None:
        return None
    if locked.snoozed_until is None or locked.snoozed_until > now:
        return None
    agent = (await agents.some(tx, [locked.agent_id], now, rules.heartbeat)).get(locked.agent_id)
    cause = cause_of(SNOOZE_OVER, locked.store_id, locked.id, locked.epoch)
    awake = locked.parked(None)
    await conversations.save(tx, [awake])
    event = await _resumed(tx, awake, agent, now) if agent else None
    events: list[Event] = [] if event is None else [event]
    after = awake
    if event is None:
        after, events = await requeue(tx, awake, why=SNOOZE_OVER, now=now, rules=rules)
        await conversations.save(tx, [after])
    note = happening(of.store_id, of.id, now, SNOOZE_OVER, saying.ROUTING, agent_id=after.agent_id)
    await history.note(tx, [note])
    await say(tx, events, cause=cause, correlation_id=of.flow_id)
    return after


async def _resumed(
    tx: Transaction, of: Conversation, agent: Agent, now: datetime
) -> ConversationAssigned | None:
    """A new assignment to who has it; None when he is not there, or has no room."""
    if agent.absence(now) or not agent.takes(of.family) or of.store_id not in agent.stores:
        return None
    claim = Claim(
        waiting=of.waiting(),
        agent_id=agent.agent_id,
        units=agent.room.costs[of.family],
        # He had it already: nobody else was looked at.
        explanation=Explanation(step=Step.MANUAL, language=of.language),
        state=State.PARKED,
    )
    try:
        async with tx.begin_nested():
            await claims.claim(tx, of.store_id, of.family, [claim], lease_epoch=None, now=now)
    except Conflict:
        return None
    return saying.assigned(claim.waiting, claim.agent_id, claim.units, claim.explanation, now)
