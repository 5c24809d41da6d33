"""Work that is taken from who has it and waits for an agent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from routing.domain import saying
from routing.domain.conversation import Conversation, State
from routing.domain.offers import Offering
from routing.domain.team import FAMILIES
from routing.handlers.rules import Rules, pool
from routing.store import agents, claims, conversations, history, replies
from routing.store.history import happening
from shared import db
from shared.bus import Said, cause_of
from shared.bus.outbox import put
from shared.contracts.base import AgentId, By, Event
from shared.db import Transaction


async def release_work(
    tx: Transaction, agent_id: AgentId, why: str, now: datetime, *, rules: Rules
) -> list[Conversation]:
    """Take everything from an agent: it waits again, all of it, and he has nothing.

    What is unanswered keeps its due date; a customer who had his answer waits from `now`. `why` is
    a stable handle. Locks the conversations, then the agent's load: call it before this
    transaction locks anything of an agent. A dispatcher may still give him more until it is
    committed that he takes none; so commit that first, and call this again if it fails.
    Returns what became of each.
    """
    held = await conversations.locked_of_agent(tx, agent_id)
    return await take_back(tx, held, why=why, now=now, rules=rules)


async def take_back(  # noqa: PLR0913 - who takes what, and why
    tx: Transaction,
    held: Sequence[Conversation],
    *,
    why: str,
    now: datetime,
    rules: Rules,
    has_passed: bool = False,
    by: By = saying.ROUTING,
    reason: str | None = None,
) -> list[Conversation]:
    """Let these wait again, whoever has them; locked by this transaction, sorted by store and id.

    With `has_passed`, who had one is not asked for it again for a while. `why` is a stable handle,
    `reason` what somebody gave for it. Saves, notes and says it.
    """
    if has_passed:
        held = [_passed(of, rules.offering, now) for of in held]
    released = await requeue_all(tx, held, why=why, now=now, rules=rules, by=by)
    await conversations.save(tx, [after for after, _ in released])
    told = {} if reason is None else {"reason": reason}
    last = await replies.last_of(tx, held)
    await history.note(
        tx,
        [
            happening(
                of.store_id,
                of.id,
                now,
                why,
                by,
                agent_id=of.agent_id,
                asked_at=of.asked_at,
                answer_by=of.answer_by,
                last_reply_id=last.get(of.id),
                **told,
            )
            for of in held
        ],
    )
    said = [
        Said(event, cause_of(why, of.store_id, of.id, of.epoch), of.flow_id)
        for of, (_, events) in zip(held, released, strict=True)
        for event in events
    ]
    await put(tx, said)
    return [after for after, _ in released]


def _passed(of: Conversation, offering: Offering, now: datetime) -> Conversation:
    if of.agent_id is None:
        return of
    return replace(of, declined=offering.passed(of.declined, of.agent_id, now))


async def requeue(
    tx: Transaction, of: Conversation, *, why: str, now: datetime, rules: Rules
) -> tuple[Conversation, list[Event]]:
    """Let one conversation wait for an agent again, taking it from who has it.

    A customer who had his answer waits from `now`. The conversation must be locked by this
    transaction; the caller saves it and says the events.
    """
    [found] = await requeue_all(tx, [of], why=why, now=now, rules=rules)
    return found


async def requeue_all(
    tx: Transaction,
    held: Sequence[Conversation],
    *,
    why: str,
    now: datetime,
    rules: Rules,
    by: By = saying.ROUTING,
) -> list[tuple[Conversation, list[Event]]]:
    """The same for several, sorted by store."""
    holders = {of.agent_id for of in held if of.agent_id is not None}
    if len(holders) > 1:
        await claims.lock_desks(tx, holders)
    for store_id, group in groupby(held, key=lambda of: of.store_id):
        ids = [of.id for of in group if of.agent_id is not None]
        if ids:
            await claims.release(tx, store_id, ids, why=why, now=now)
    for agent_id in sorted(holders):
        await wake_for(tx, agent_id)
    last = await replies.last_of(tx, held)
    found: list[tuple[Conversation, list[Event]]] = []
    for of in held:
        events: list[Event] = []
        after = of
        # What is parked was released when it was parked.
        if of.agent_id is not None and of.state is not State.PARKED:
            after, released = saying.released(
                of, of.agent_id, why=why, by=by, at=now, last_reply_id=last.get(of.id)
            )
            events.append(released)
        waiting = after.queued(now, now, rules.promises)
        if of.asked_at is not None:
            waiting = replace(
                waiting,
                answer_by=of.answer_by,
                first_from=of.first_from,
                told=of.told,
                tell_at=of.tell_at,
            )
        after, queued = saying.queued(waiting, now)
        db.wake(tx, pool(of.store_id, of.family))
        found.append((after, [*events, queued]))
    return found


async def wake_for(tx: Transaction, agent_id: AgentId) -> None:
    """Wake every pool that an agent works for: he has room."""
    for store_id in await agents.stores_of(tx, agent_id):
        for family in FAMILIES:
            db.wake(tx, pool(store_id, family))
