"""Shifts that one agent gives to another, and agents who are retired."""

from datetime import date, time
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from routing.domain.team import Agent
from routing.handlers import team
from routing.handlers.rules import Rules
from routing.handlers.team import Change
from routing.store import agents, teams
from shared import clock
from shared.bus import cause_of
from shared.callers import Actor, Role
from shared.contracts.base import AgentId
from shared.db import Database
from shared.http import Caller, IdempotencyKey, require


class SwapBody(BaseModel):
    """The shift of the giver's week that begins on `day` at `begins_at`, on his own wall clock."""

    model_config = ConfigDict(extra="forbid")

    giver: str
    taker: str
    day: date
    begins_at: time


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes of `/swaps` and of who is retired; for leads of all his stores."""
    api = APIRouter()

    @api.post("/swaps", status_code=201)
    async def swap(actor: Caller, body: SwapBody, key: IdempotencyKey) -> dict[str, Any]:
        """Let the taker work the giver's shift, at the same instants."""
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            await teams.lock(tx)
            ids = [AgentId(body.giver), AgentId(body.taker)]
            found = await agents.some(tx, ids, now, rules.heartbeat)
            giver, taker = (_seen(actor, found.get(each)) for each in ids)
            change = Change(actor.by, now, cause_of("swap", actor.id, key))
            begin = body.begins_at.hour * 60 + body.begins_at.minute
            swap_id = await team.swap(tx, giver, taker, body.day, begin, change)
        return {"swap_id": swap_id}

    @api.delete("/agents/{agent_id}", status_code=204)
    async def retire(actor: Caller, agent_id: str) -> None:
        """Let an agent take nothing any more; what he has waits again."""
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            await teams.lock(tx)
            found = await agents.some(tx, [AgentId(agent_id)], now, rules.heartbeat)
            of = _seen(actor, found.get(AgentId(agent_id)))
            await team.retire(tx, of.agent_id, Change(actor.by, now))
        await team.release_retired(db, now=now, rules=rules)

    return api


def _seen(actor: Actor, of: Agent | None) -> Agent:
    if of is None or not all(actor.sees(store) for store in of.stores):
        raise HTTPException(404, "no such agent")
    return of
