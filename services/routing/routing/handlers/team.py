"""The team file was read: its agents are the team, and nobody keeps work who is not in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from routing.domain.team import Agent
from routing.handlers.agents import requeue
from routing.handlers.rules import Rules
from routing.store import agents, conversations, history
from routing.store.history import happening
from shared.bus import cause_of, say
from shared.contracts.base import AgentId
from shared.db import Transaction

log = structlog.get_logger()

_WHY = "agent retired"


async def install(
    tx: Transaction,
    team: Sequence[Agent],
    names: Mapping[AgentId, str],
    *,
    now: datetime,
    rules: Rules,
) -> None:
    """Make these the team; what others still had waits for an agent again."""
    for agent_id in await agents.put(tx, team, names, now):
        held = await conversations.of_agent(tx, agent_id)
        log.info("agent retired", agent_id=agent_id, conversations=len(held))
        for each in held:
            of = await conversations.locked(tx, each.store_id, each.id)
            if of is None or of.agent_id != agent_id:
                continue
            after, events = await requeue(tx, of, why=_WHY, now=now, rules=rules)
            await conversations.save(tx, [after])
            await history.note(tx, [happening(of.store_id, of.id, now, _WHY, agent_id=agent_id)])
            await say(
                tx,
                events,
                cause=cause_of(_WHY, of.store_id, of.id, of.epoch),
                correlation_id=of.flow_id,
            )
