"""Conversations that are put away for a while."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict

from routing.api.acts import once
from routing.handlers import parking
from routing.handlers.agents import Act
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey


class SnoozeBody(BaseModel):
    """Until when a conversation is put away: an instant with its offset."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime


def router(db: Database) -> APIRouter:
    """The route of snoozes."""
    api = APIRouter()

    @api.post("/conversations/{conversation_id}/snooze")
    async def snooze(
        actor: Caller, conversation_id: UUID, body: SnoozeBody, key: IdempotencyKey
    ) -> dict[str, Any]:
        """Put it away for a while; a message of the customer brings it back at once."""

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            of = act.conversation
            after = await parking.snooze(tx, of, body.until, act.actor.by, act.now)
            until = after.snoozed_until and after.snoozed_until.isoformat()
            return {"conversation_id": str(of.id), "snoozed_until": until}

        return await once(db, actor, conversation_id, key, body, do)

    return api
