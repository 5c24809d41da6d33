"""How agents stand: said by themselves, heard of by their consoles, seen by who leads."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from routing.domain.team import Agent
from routing.handlers import presence
from routing.handlers.rules import Rules
from routing.store import agents
from shared import clock
from shared.callers import Role
from shared.contracts.base import AgentId
from shared.contracts.routing import Presence
from shared.db import Database
from shared.http import Caller, require


class PresenceBody(BaseModel):
    """How the caller stands."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["available", "busy", "away", "offline"]


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes under `/me/presence`, `/me/heartbeat` and `/presence`."""
    api = APIRouter()

    @api.put("/me/presence")
    async def stand(actor: Caller, body: PresenceBody) -> dict[str, Any]:
        """Say how the caller stands; the same again is a heartbeat. 404 for who is no agent."""
        now = clock.now()
        async with db.transaction() as tx:
            of = await presence.stand(
                tx, AgentId(actor.id), Presence(body.state), by=actor.by, now=now, rules=rules
            )
        return _own(of, now)

    @api.get("/me/presence")
    async def standing(actor: Caller) -> dict[str, Any]:
        """How the caller stands; to ask is no heartbeat."""
        now, agent_id = clock.now(), AgentId(actor.id)
        async with db.transaction() as tx:
            of = (await agents.some(tx, [agent_id], now, rules.heartbeat)).get(agent_id)
        return _own(of, now)

    @api.post("/me/heartbeat")
    async def beat(actor: Caller) -> dict[str, Any]:
        """Tell that the caller's console is there; he stands as he said last."""
        now = clock.now()
        async with db.transaction() as tx:
            of = await presence.beat(tx, AgentId(actor.id), actor.by, now, rules)
        return _own(of, now)

    def _own(of: Agent | None, now: datetime) -> dict[str, Any]:
        if of is None:
            raise HTTPException(404, "no such agent")
        return {**_stands(of, now), "beat_within": rules.beat_every.total_seconds()}

    @api.get("/presence")
    async def view(actor: Caller) -> list[dict[str, Any]]:
        """How the agents of the caller's stores stand; for leads."""
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            rows = await agents.rows_of_team(tx, now, rules.heartbeat)
            team = [agents.agent(row) for row in rows]
            loads = await agents.loads(tx, [each.agent_id for each in team])
        return [
            {**_stands(each, now), "load": loads[each.agent_id][0] / 100}
            for each in team
            if any(actor.sees(store) for store in each.stores)
        ]

    return api


def _stands(of: Agent, now: datetime) -> dict[str, Any]:
    work = of.calendar.shift_at(now)
    why = of.absence(now)
    return {
        "agent_id": of.agent_id,
        "is_present": why is None,
        "absent_because": why,
        "shift_ends_at": work[1] if work else None,
    }
