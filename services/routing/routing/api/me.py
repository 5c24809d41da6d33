"""What an agent asks about himself."""

from fastapi import APIRouter

from routing.api.views import Shown, shown
from routing.store import conversations
from shared.contracts.base import AgentId
from shared.db import Database
from shared.http import Caller


def router(db: Database) -> APIRouter:
    """The routes under `/me`."""
    api = APIRouter()

    @api.get("/me/conversations")
    async def mine(actor: Caller) -> list[Shown]:
        """What the caller has, the most urgent first."""
        async with db.transaction() as tx:
            found = await conversations.of_agent(tx, AgentId(actor.id))
        return [shown(each) for each in found if actor.sees(each.store_id)]

    return api
