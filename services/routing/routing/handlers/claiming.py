"""Conversations that people take, are offered, or hand on: all by the statement of `claims`."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from routing import metrics
from routing.domain import saying
from routing.domain.conversation import Conversation, State
from routing.domain.offers import DECLINED
from routing.domain.team import Agent
from routing.handlers.agents import Act
from routing.handlers.releasing import take_back, wake_for
from routing.handlers.rules import NotNow, Rules
from routing.store import agents, claims, conversations, history, notes
from routing.store.claims import Claim, Conflict
from routing.store.history import happening
from shared.bus import say
from shared.callers import Role
from shared.contracts.base import AgentId, Event
from shared.contracts.routing import Explanation, Step
from shared.db import Transaction
from shared.errors import Refused


async def accept(tx: Transaction, act: Act) -> dict[str, Any]:
    """Take up what is offered to the caller; done already, it stays so.

    The conversation must be locked by this transaction, as in all of these. Raises `NotNow` when
    the offer is not his or stands no more.
    """
    of, now = act.conversation, act.now
    if of.state is State.ASSIGNED and of.agent_id == act.agent_id:
        return _answer(of)
    if of.state is not State.OFFERED or of.agent_id != act.agent_id:
        raise NotNow("this is not offered to you, or not any more")
    if of.offer_ends_at is not None and of.offer_ends_at <= now:
        raise NotNow("this offer has expired")
    explanation = await claims.accept(tx, of.store_id, of.id, epoch=of.epoch, now=now)
    after, event = saying.accepted(
        of.accepted(now), act.agent_id, explanation, by=act.actor.by, at=now
    )
    await conversations.save(tx, [after])
    await history.note(tx, [happening(of.store_id, of.id, now, "accepted", act.actor.by)])
    await say(tx, [event], cause=act.cause("accept"), correlation_id=of.flow_id)
    metrics.offers.labels(of.family, "accepted").inc()
    metrics.conversations_assigned.labels(of.family, explanation.step).inc()
    return _answer(after)


async def reject(tx: Transaction, act: Act, why: str | None, *, rules: Rules) -> dict[str, Any]:
    """Let an offer pass: it waits again, due as before, and he is not asked for a while.

    Raises `NotNow` when it is not offered to him.
    """
    of = act.conversation
    has_passed = act.agent_id in of.waiting().who_declined(act.now)
    if of.state is State.QUEUED and has_passed:
        return _answer(of)
    if of.state is not State.OFFERED or of.agent_id != act.agent_id:
        raise NotNow("this is not offered to you, or not any more")
    [after] = await take_back(
        tx,
        [of],
        why=DECLINED,
        now=act.now,
        rules=rules,
        has_passed=True,
        by=act.actor.by,
        reason=why,
    )
    metrics.offers.labels(of.family, DECLINED).inc()
    return _answer(after)


async def pick(tx: Transaction, act: Act, *, is_override: bool, rules: Rules) -> dict[str, Any]:
    """Take what waits, as the caller chooses.

    Raises `NotNow` when it does not wait or he has no room, and `Refused` as `_give` does.
    """
    of = act.conversation
    if of.state is State.ASSIGNED and of.agent_id == act.agent_id:
        return _answer(of)
    if of.state is not State.QUEUED:
        raise NotNow(f"the conversation is {of.state}, it does not wait")
    return await _give(tx, act, act.agent_id, "picked", is_override=is_override, rules=rules)


async def take_over(
    tx: Transaction, act: Act, *, is_override: bool, rules: Rules
) -> dict[str, Any]:
    """Take what waits or another has; for leads."""
    of = act.conversation
    if of.state is State.ASSIGNED and of.agent_id == act.agent_id:
        return _answer(of)
    return await _give(tx, act, act.agent_id, "taken over", is_override=is_override, rules=rules)


async def transfer(
    tx: Transaction, act: Act, to: AgentId, note: str | None, *, is_override: bool, rules: Rules
) -> dict[str, Any]:
    """Hand it to another agent, with a note that he reads."""
    of = act.conversation
    if of.state is State.ASSIGNED and of.agent_id == to:
        return _answer(of)
    answer = await _give(tx, act, to, "transferred", is_override=is_override, rules=rules)
    await _keep_note(tx, act, note)
    return answer


async def put_back(tx: Transaction, act: Act, note: str | None, *, rules: Rules) -> dict[str, Any]:
    """Let it wait for another agent, due as before; who gives it back is not asked for a while.

    Raises `NotNow` for what nobody has.
    """
    of = act.conversation
    if of.state is State.QUEUED:
        return _answer(of)
    if of.agent_id is None:
        raise NotNow(f"the conversation is {of.state}, nobody has it")
    [after] = await take_back(
        tx,
        [of],
        why="transferred",
        now=act.now,
        rules=rules,
        has_passed=True,
        by=act.actor.by,
    )
    await _keep_note(tx, act, note)
    return _answer(after)


async def _give(
    tx: Transaction, act: Act, to: AgentId, why: str, *, is_override: bool, rules: Rules
) -> dict[str, Any]:
    """Make it this agent's, whoever has it, if he has the room, or a lead overrides that.

    Raises `NotNow` when he has not, his chair is empty, or it is over; `Refused` when he does not
    work there, or sits where the store's agents must not: nobody may go over that.
    """
    of, now, by = act.conversation, act.now, act.actor.by
    if of.state in (State.PENDING, State.RESOLVED):
        raise NotNow(f"the conversation is {of.state}")
    if is_override and act.actor.role is not Role.LEAD:
        raise Refused("only a lead may go over an agent's room")
    agent = await _who_may(tx, of, to, now, rules)
    messages: list[Event] = []
    before = of
    if of.agent_id is not None:
        await claims.lock_desks(tx, {of.agent_id, to})
        await claims.release(tx, of.store_id, [of.id], why=why, now=now)
        if of.state is State.PARKED:  # released already, when it was parked
            before = of.parked(None)
        else:
            before, released = saying.released(of, of.agent_id, why=why, by=by, at=now)
            messages.append(released)
        await conversations.save(tx, [before])
        await wake_for(tx, of.agent_id)
    one = Claim(
        waiting=before.waiting(),
        agent_id=to,
        units=agent.room.costs[of.family],
        explanation=Explanation(step=Step.MANUAL, language=of.language, is_override=is_override),
        is_override=is_override,
        state=of.state,
    )
    try:
        await claims.claim(tx, of.store_id, of.family, [one], lease_epoch=None, now=now, by=by)
    except Conflict:
        raise NotNow(f"{to} has no room") from None
    messages.append(saying.assigned(one.waiting, to, one.units, one.explanation, now, by=by))
    await history.note(tx, [happening(of.store_id, of.id, now, why, by, to=to, had=of.agent_id)])
    await say(tx, messages, cause=act.cause(why), correlation_id=of.flow_id)
    metrics.conversations_assigned.labels(of.family, Step.MANUAL).inc()
    return _answer(replace(before, state=State.ASSIGNED, agent_id=to, version=before.version + 1))


async def _who_may(
    tx: Transaction, of: Conversation, to: AgentId, now: datetime, rules: Rules
) -> Agent:
    """The agent, who works for the store, sits where the law wants him and is at his desk."""
    agent = (await agents.some(tx, [to], now, rules.heartbeat)).get(to)
    if agent is None or of.store_id not in agent.stores:
        raise Refused("this agent does not work for the store")
    store = rules.store(of.store_id)
    if store is not None and store.agents_in and agent.country not in store.agents_in:
        raise Refused(f"agents of this store must sit in {', '.join(store.agents_in)}")
    if agent.has_left(now):
        # It would be taken from the empty chair again at once.
        raise NotNow(f"{to} is {agent.absence(now)}")
    return agent


async def _keep_note(tx: Transaction, act: Act, note: str | None) -> None:
    if note is not None:
        await notes.keep(tx, [(act.conversation, note)], by=act.actor.by, at=act.now)


def _answer(of: Conversation) -> dict[str, Any]:
    return {
        "conversation_id": str(of.id),
        "state": of.state.value,
        "agent_id": of.agent_id,
        "version": of.version,
    }
