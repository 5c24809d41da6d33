"""Priorities over HTTP: somebody knows better how pressing a conversation is."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from routing.api.acts import once
from routing.handlers import priorities
from routing.handlers.agents import Act
from routing.handlers.rules import NotNow, Rules
from shared.callers import Role
from shared.contracts.routing import Priority
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require


class PriorityBody(BaseModel):
    """How pressing it is; `reason` is a stable handle, not prose.

    `version` is the one that the caller saw: if the conversation has another by now, nothing is
    done.
    """

    model_config = ConfigDict(extra="forbid")

    priority: Literal["urgent", "high", "normal", "low"]
    reason: str | None = Field(default=None, max_length=100)
    version: int | None = Field(default=None, ge=0)


def router(db: Database, rules: Rules) -> APIRouter:
    """The route of priorities."""
    api = APIRouter()

    @api.post("/conversations/{conversation_id}/priority")
    async def set_priority(
        actor: Caller, conversation_id: UUID, body: PriorityBody, key: IdempotencyKey
    ) -> dict[str, Any]:
        """Set the priority; by who has it, or a lead.

        The promise is counted anew from when the customer wrote. It stands until the conversation
        is resolved: a message raises it when it is urgent or a crisis, and none lowers it. Normal
        or low, set by a lead, ends a crisis. 409 for one that is resolved, not open yet, or of
        another version.
        """
        require(actor, Role.AGENT, Role.LEAD)

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            if body.version not in (None, act.conversation.version):
                raise NotNow(f"the conversation is of version {act.conversation.version}")
            priority = Priority(body.priority)
            return await priorities.set_priority(tx, act, priority, body.reason, rules=rules)

        return await once(db, actor, conversation_id, key, body, do)

    return api
