"""What an agent asks about himself."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from routing.api.days import days_of
from routing.api.views import Shown, shown
from routing.api.weeks import week_of
from routing.domain.shifts import Calendar, Occurrence
from routing.handlers.rules import Rules
from routing.store import agents, conversations
from shared import clock
from shared.contracts.base import AgentId
from shared.db import Database
from shared.http import Caller


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes under `/me` for what an agent has, and when he works."""
    api = APIRouter()

    @api.get("/me/conversations")
    async def mine(actor: Caller) -> list[Shown]:
        """What the caller has, the most urgent first."""
        async with db.transaction() as tx:
            found = await conversations.of_agent(tx, AgentId(actor.id))
        return [shown(each) for each in found if actor.sees(each.store_id)]

    @api.get("/me/shifts")
    async def shifts(
        actor: Caller, days: Annotated[int, Query(ge=1, le=60)] = 14
    ) -> dict[str, Any]:
        """The caller's week, the days that differ, and what he works from now on, as instants.

        Holidays and swaps are in `coming` already. 404 for who is no agent.
        """
        now = clock.now()
        async with db.transaction() as tx:
            of = (await agents.some(tx, [AgentId(actor.id)], now, rules.heartbeat)).get(
                AgentId(actor.id)
            )
            if of is None:
                raise HTTPException(404, "no such agent")
            exceptions = await days_of(tx, of.agent_id, now.date())
        return {
            **week_of(of.calendar),
            "exceptions": exceptions,
            "coming": _coming(of.calendar, now, days),
        }

    return api


def _coming(calendar: Calendar, now: datetime, days: int) -> list[dict[str, Any]]:
    return [_worked(each) for each in calendar.during(now, now + timedelta(days=days))]


def _worked(of: Occurrence) -> dict[str, Any]:
    """`day` is the one on which the shift begins on the wall that it was planned on."""
    return {
        "day": of.day,
        "begins_at": of.begin,
        "ends_at": of.end,
        "breaks": [{"begins_at": since, "ends_at": until} for since, until in of.breaks],
        "kind": of.kind,
    }
