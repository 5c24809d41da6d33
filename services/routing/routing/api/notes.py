"""What agents leave for whoever has a conversation next; no customer sees it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from routing.api.acts import once
from routing.handlers.agents import Act
from routing.store import notes
from shared.callers import Role
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require


class NoteBody(BaseModel):
    """A note to colleagues."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=5_000, pattern=r"\S")


def router(db: Database) -> APIRouter:
    """The route of notes."""
    api = APIRouter()

    @api.post("/conversations/{conversation_id}/notes", status_code=201)
    async def note(
        actor: Caller, conversation_id: UUID, body: NoteBody, key: IdempotencyKey
    ) -> dict[str, Any]:
        """Leave a note, as before the end of a shift; by who has it, or a lead."""
        require(actor, Role.AGENT, Role.LEAD)

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            of = act.conversation
            await notes.keep(tx, [(of, body.text)], by=act.actor.by, at=act.now)
            return {"conversation_id": str(of.id), "at": act.now.isoformat()}

        return await once(db, actor, conversation_id, key, body, do)

    return api
