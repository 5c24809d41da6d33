"""The shifts of an agent's week."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from routing.api.agents import IfMatch, agent_seen, lock_revision, read_agent, told
from routing.clients.team_document import WeekIn, shift_written
from routing.domain.shifts import Calendar
from routing.handlers import team
from routing.handlers.rules import Rules
from routing.handlers.team import Change
from shared import clock
from shared.callers import Role
from shared.db import Database
from shared.http import Caller, require


class WeekBody(BaseModel):
    """All shifts of a week, on the agent's own wall clock."""

    model_config = ConfigDict(extra="forbid")

    shifts: WeekIn


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes of `/agents/{agent_id}/shifts`; for leads of all his stores."""
    api = APIRouter()

    @api.get("/agents/{agent_id}/shifts")
    async def week(actor: Caller, agent_id: str) -> Response:
        """The shifts of his week."""
        found, _, revision = await read_agent(db, actor, agent_id, rules)
        return told(week_of(found.calendar), revision)

    @api.put("/agents/{agent_id}/shifts")
    async def put_week(
        actor: Caller, agent_id: str, body: WeekBody, if_match: IfMatch = None
    ) -> Response:
        """Make these the shifts of his week; single days that differ stay. Answers as for him."""
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            await lock_revision(tx, if_match)
            found, name = await agent_seen(tx, actor, agent_id, now, rules)
            of = replace(found, calendar=_of_week(body, found.calendar))
            change = Change(actor.by, now)
            revision = await team.put_agent(tx, of, name, change, is_settled=False)
        return told({"revision": revision}, revision)

    return api


def week_of(calendar: Calendar) -> dict[str, Any]:
    """The shifts of a week, and whose wall they are on."""
    shifts = [shift_written(each) for each in calendar.shifts]
    return {"time_zone": calendar.zone.key, "shifts": shifts}


def _of_week(body: WeekBody, of: Calendar) -> Calendar:
    shifts = [each.shift() for each in body.shifts]
    return Calendar(shifts, of.zone.key, of.differences, of.free_days)
