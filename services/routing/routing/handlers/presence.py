"""Agents say how they stand and are heard of; who is silent counts as gone."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from routing.domain import saying_agents
from routing.domain.saying import ROUTING
from routing.domain.team import Agent
from routing.handlers.rules import TEAM, Rules
from routing.store import agents, parking, presence
from routing.store.presence import Desk
from shared import db
from shared.bus import cause_of, say
from shared.contracts.base import AgentId, By
from shared.contracts.routing import Presence
from shared.db import Transaction

BACK = "heard again"
LOST = "not heard of"
SAID = "said so"


@dataclass(frozen=True)
class _Word:
    """What was heard of an agent: `why` it is to be said, None when nothing changes."""

    why: str | None
    by: By
    at: datetime


async def stand(
    tx: Transaction, agent_id: AgentId, said: Presence, *, by: By, now: datetime, rules: Rules
) -> Agent | None:
    """An agent says how he stands; returns him as he stands now, None when there is none.

    To say the same again is a heartbeat.
    """
    desk = await presence.locked(tx, agent_id)
    if desk is None:
        return None
    why = None
    if said is not desk.said or desk.said_at is None:
        why = SAID
    elif desk.is_lost:
        why = BACK
    # What is said again holds anew: by shift, what was said holds only as long as that work.
    word = _Word(why, by, now)
    return await _heard(tx, agent_id, replace(desk, said=said, said_at=now), word, rules)


async def beat(
    tx: Transaction, agent_id: AgentId, by: By, now: datetime, rules: Rules
) -> Agent | None:
    """An agent's console is heard of; he stands as he said last."""
    desk = await presence.locked(tx, agent_id)
    if desk is None:
        return None
    word = _Word(BACK if desk.is_lost else None, by, now)
    return await _heard(tx, agent_id, desk, word, rules)


async def _heard(
    tx: Transaction, agent_id: AgentId, desk: Desk, word: _Word, rules: Rules
) -> Agent | None:
    version = desk.version + (word.why is not None)
    await presence.save(tx, agent_id, replace(desk, version=version), beat_at=word.at)
    of = (await agents.some(tx, [agent_id], word.at, rules.heartbeat)).get(agent_id)
    if word.why is not None and of is not None:
        event = saying_agents.presence_changed(
            of, version, presence=desk.said, why=word.why, by=word.by, at=word.at
        )
        await say(tx, [event], cause=cause_of("presence", agent_id, version))
        db.wake(tx, TEAM)
    return of


async def lose_silent(tx: Transaction, now: datetime, rules: Rules) -> list[AgentId]:
    """Note who has not been heard of for too long, and say so once for each silence."""
    lost = await presence.lose(tx, now, rules.heartbeat)
    found = await agents.some(tx, lost, now, rules.heartbeat)
    for agent_id, of in found.items():
        version = lost[agent_id]
        event = saying_agents.presence_changed(
            of, version, presence=Presence.OFFLINE, why=LOST, by=ROUTING, at=now
        )
        await say(tx, [event], cause=cause_of("presence", agent_id, version))
    return sorted(found)


async def tell_endings(
    tx: Transaction, team: list[Agent], now: datetime, before: timedelta
) -> list[AgentId]:
    """Say, once for each, which shifts end within `before`; returns whose."""
    works = {}
    for agent in team:
        work = agent.calendar.shift_at(now)
        if work is not None and work[1] - now <= before:
            works[agent.agent_id] = agent, work
    versions = await presence.ending(tx, [(each, work[1]) for each, (_, work) in works.items()])
    counts = await parking.open_counts(tx, sorted(versions)) if versions else {}
    for agent_id, version in versions.items():
        agent, work = works[agent_id]
        event = saying_agents.shift_ending(agent, version, work, counts.get(agent_id, 0), now)
        await say(tx, [event], cause=cause_of("shift ending", agent_id, work[1].isoformat()))
    await presence.forget_ends(tx, now - timedelta(days=7))
    return sorted(versions)
