"""Days on which an agent works otherwise than his week: days off, extra shifts."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import Field, RootModel

from routing.api.acts import once_in_team
from routing.api.agents import agent_seen
from routing.clients.team_document import ExtraIn, OffIn, difference_written
from routing.handlers import team
from routing.handlers.rules import Rules
from routing.handlers.team import Change
from routing.store import differences, teams
from shared import clock
from shared.bus import cause_of
from shared.callers import Role
from shared.contracts.base import AgentId
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require


class DayBody(RootModel[Annotated[ExtraIn | OffIn, Field(discriminator="kind")]]):
    """A day off, or an extra shift; on the agent's own wall clock."""


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes of `/agents/{agent_id}/exceptions`; for leads of all his stores."""
    api = APIRouter()

    @api.get("/agents/{agent_id}/exceptions")
    async def days(actor: Caller, agent_id: str) -> list[dict[str, Any]]:
        """Those of today (UTC) and later, swapped shifts too, sorted by day."""
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            of, _ = await agent_seen(tx, actor, agent_id, now, rules)
            return await days_of(tx, of.agent_id, now.date())

    @api.post("/agents/{agent_id}/exceptions", status_code=201)
    async def differ(
        actor: Caller, agent_id: str, body: DayBody, key: IdempotencyKey
    ) -> dict[str, Any]:
        """Let a day be different."""
        require(actor, Role.LEAD, Role.ADMIN)

        async def do(tx: Transaction) -> dict[str, Any]:
            now = clock.now()
            of, _ = await agent_seen(tx, actor, agent_id, now, rules)
            change = Change(actor.by, now, cause_of("differ", actor.id, key))
            return {"id": str(await team.differ(tx, of.agent_id, body.root.difference(), change))}

        return await once_in_team(db, actor, key, body, agent_id, do)

    @api.delete("/agents/{agent_id}/exceptions/{exception_id}", status_code=204)
    async def restore(actor: Caller, agent_id: str, exception_id: UUID) -> None:
        """Take it back; a swap with both sides."""
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            await teams.lock(tx)
            of, _ = await agent_seen(tx, actor, agent_id, now, rules)
            if not await team.restore(tx, of.agent_id, exception_id, Change(actor.by, now)):
                raise HTTPException(404, "no such exception")

    return api


async def days_of(tx: Transaction, agent_id: AgentId, since: date) -> list[dict[str, Any]]:
    """The days of an agent that differ from a day on, sorted; of a swap, with whom."""
    found = await differences.of(tx, agent_id, since)
    others = await differences.swapped_with(tx, agent_id, found)
    return [
        {
            "id": str(each.id),
            "swap_id": each.swap_id and str(each.swap_id),
            "swapped_with": each.swap_id and others.get(each.swap_id),
        }
        | difference_written(each.difference)
        for each in found
    ]
