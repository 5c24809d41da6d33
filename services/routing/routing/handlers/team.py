"""The team file was read: its agents are the team, and nobody keeps work who is not in it."""

from datetime import datetime

import structlog

from routing.domain.conversation import Conversation
from routing.domain.team import Team
from routing.handlers.agents import requeue
from routing.handlers.rules import Rules
from routing.store import agents, conversations, history
from routing.store.history import happening
from shared.bus import cause_of, say
from shared.db import Database, Transaction

log = structlog.get_logger()

_WHY = "agent retired"


async def install(db: Database, team: Team, *, now: datetime, rules: Rules) -> None:
    """Make these the team; what others still have waits for an agent again.

    In several transactions, each of which may be done again: an agent's row is never held while
    a conversation is waited for.
    """
    async with db.transaction() as tx:
        gone = await agents.put(tx, team.agents, team.names, now)
    if gone:
        log.info("agents retired", agent_ids=gone)
    async with db.transaction() as tx:
        left = await conversations.of_retired(tx)
    for each in left:
        async with db.transaction() as tx:
            await _take_back(tx, each, now=now, rules=rules)


async def _take_back(tx: Transaction, left: Conversation, *, now: datetime, rules: Rules) -> None:
    of = await conversations.locked(tx, left.store_id, left.id)
    if of is None or of.agent_id != left.agent_id:
        return
    after, events = await requeue(tx, of, why=_WHY, now=now, rules=rules)
    await conversations.save(tx, [after])
    await history.note(tx, [happening(of.store_id, of.id, now, _WHY, agent_id=of.agent_id)])
    cause = cause_of(_WHY, of.store_id, of.id, of.epoch)
    await say(tx, events, cause=cause, correlation_id=of.flow_id)
