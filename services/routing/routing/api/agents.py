"""One agent of the team: read, written, retired."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, HTTPException, Request, Response

from routing.clients import member_of
from routing.clients.team_document import member
from routing.domain.team import Agent
from routing.handlers import team
from routing.handlers.rules import Rules
from routing.handlers.team import Change
from routing.store import agents, teams
from shared import clock
from shared.callers import Actor, Role
from shared.contracts.base import AgentId
from shared.db import Database, Transaction
from shared.http import Caller, require

IfMatch = Annotated[str | None, Header()]


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes of `/agents/{agent_id}`; for leads of all his stores.

    The ETag is the revision of the whole team, so that nothing is decided by what has changed.
    """
    api = APIRouter()

    @api.get("/agents/{agent_id}")
    async def read(actor: Caller, agent_id: str) -> Response:
        """An agent as the team's document has him."""
        found, name, revision = await read_agent(db, actor, agent_id, rules)
        return told(member(found, name), revision)

    @api.put("/agents/{agent_id}")
    async def write(
        request: Request, actor: Caller, agent_id: str, if_match: IfMatch = None
    ) -> Response:
        """Write an agent down, new, changed or back again, as YAML or JSON.

        Without `exceptions` he keeps those that he has. 428 without If-Match, 412 when another
        revision stands, 422 with a line for each problem.
        """
        require(actor, Role.LEAD, Role.ADMIN)
        try:
            given = member_of((await request.body()).decode(), rules.stores.stores)
        except UnicodeDecodeError:
            raise HTTPException(422, "the body is no UTF-8") from None
        if given.id != agent_id:
            raise HTTPException(422, f"this is agent {given.id}, not {agent_id}")
        now = clock.now()
        async with db.transaction() as tx:
            await lock_revision(tx, if_match)
            if AgentId(agent_id) in await agents.names(tx):
                await agent_seen(tx, actor, agent_id, now, rules)
            if not all(actor.sees(store) for store in given.agent({}, {}).stores):
                raise HTTPException(403, "he works for stores that are not yours")
            of = await team.in_team(tx, given.agent, rules, now)
            revision = await team.put_agent(
                tx, of, given.name, Change(actor.by, now), is_settled=given.exceptions is not None
            )
        return told({"revision": revision}, revision)

    @api.delete("/agents/{agent_id}", status_code=204)
    async def retire(actor: Caller, agent_id: str) -> None:
        """Let an agent take nothing any more; what he has waits again."""
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            await teams.lock(tx)
            of, _ = await agent_seen(tx, actor, agent_id, now, rules)
            await team.retire(tx, of.agent_id, Change(actor.by, now))
        await team.release_retired(db, now=now, rules=rules)

    return api


async def read_agent(
    db: Database, actor: Actor, agent_id: str, rules: Rules
) -> tuple[Agent, str, int]:
    """An agent for a lead of all his stores, his name, and the revision of the team then."""
    require(actor, Role.LEAD, Role.ADMIN)
    async with db.transaction() as tx:
        revision = await teams.lock(tx)
        return *await agent_seen(tx, actor, agent_id, clock.now(), rules), revision


async def lock_revision(tx: Transaction, if_match: str | None) -> None:
    """Lock the team if it stands at this revision; answers 428 without one, 412 for another."""
    if if_match is None:
        raise HTTPException(428, "say with If-Match which revision this replaces")
    if if_match != f'"{await teams.lock(tx)}"':
        raise HTTPException(412, "the team has changed since")


async def agent_seen(
    tx: Transaction, actor: Actor, agent_id: str, now: datetime, rules: Rules
) -> tuple[Agent, str]:
    """An agent, all of whose stores the caller sees, and his name; answers 404 for another."""
    of = (await agents.some(tx, [AgentId(agent_id)], now, rules.heartbeat)).get(AgentId(agent_id))
    if of is None or not all(actor.sees(store) for store in of.stores):
        raise HTTPException(404, "no such agent")
    return of, (await agents.names(tx))[of.agent_id][0]


def told(content: dict[str, Any], revision: int) -> Response:
    """An answer as JSON, with the team's revision as its ETag."""
    return Response(
        msgspec.json.encode(content),
        media_type="application/json",
        headers={"ETag": f'"{revision}"'},
    )
