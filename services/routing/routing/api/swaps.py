"""Shifts that one agent gives to another, alone or for one of his."""

from datetime import date, time
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from routing.api.acts import once_in_team
from routing.api.agents import agent_seen
from routing.domain.swapping import Given
from routing.handlers import team
from routing.handlers.rules import Rules
from routing.handlers.team import Change
from shared import clock
from shared.bus import cause_of
from shared.callers import Role
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require


class ShiftGiven(BaseModel):
    """The shift of his week that begins on `day` at `begins_at`, on his own wall clock."""

    model_config = ConfigDict(extra="forbid")

    day: date
    begins_at: time

    def given(self) -> Given:
        """What it means."""
        return Given(self.day, self.begins_at.hour * 60 + self.begins_at.minute)


class SwapBody(ShiftGiven):
    """The giver's shift; `in_return` is one of the taker's that the giver works for it."""

    giver: str
    taker: str
    in_return: ShiftGiven | None = None


def router(db: Database, rules: Rules) -> APIRouter:
    """The route of `/swaps`; for leads of all stores of both."""
    api = APIRouter()

    @api.post("/swaps", status_code=201)
    async def swap(actor: Caller, body: SwapBody, key: IdempotencyKey) -> dict[str, Any]:
        """Let the taker work the giver's shift, at the same instants; and one of his in return."""
        require(actor, Role.LEAD, Role.ADMIN)

        async def do(tx: Transaction) -> dict[str, Any]:
            now = clock.now()
            giver, _ = await agent_seen(tx, actor, body.giver, now, rules)
            taker, _ = await agent_seen(tx, actor, body.taker, now, rules)
            change = Change(actor.by, now, cause_of("swap", actor.id, key))
            back = body.in_return.given() if body.in_return else None
            swap_id = await team.swap(tx, giver, taker, body.given(), change, in_return=back)
            return {"swap_id": str(swap_id)}

        return await once_in_team(db, actor, key, body, "swaps", do)

    return api
