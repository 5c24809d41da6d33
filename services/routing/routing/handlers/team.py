"""The team file was read: its agents are the team, and nobody keeps work who is not in it."""

from datetime import datetime

import structlog

from routing.domain.team import Team
from routing.handlers.releasing import release_work
from routing.handlers.rules import Rules
from routing.store import agents
from shared.db import Database

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
        holding = await agents.retired_with_work(tx)
    for agent_id in holding:
        async with db.transaction() as tx:
            await release_work(tx, agent_id, _WHY, now, rules=rules)
