"""Escalations over HTTP: somebody says that he cares for it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from routing.api.acts import once
from routing.domain.conversation import Conversation
from routing.handlers import promised
from routing.handlers.agents import Act, may_act
from routing.handlers.rules import Rules
from shared.callers import Actor, Role
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require


class AcknowledgeBody(BaseModel):
    """Nothing to say."""

    model_config = ConfigDict(extra="forbid")


def router(db: Database, rules: Rules) -> APIRouter:
    """The route under `/conversations/{id}/escalations`."""
    api = APIRouter()

    @api.post("/conversations/{conversation_id}/escalations/ack")
    async def acknowledge(
        actor: Caller,
        conversation_id: UUID,
        key: IdempotencyKey,
        body: AcknowledgeBody | None = None,
    ) -> dict[str, Any]:
        """Care for it: by who has it, a lead, or whoever is on call (an admin or a service)."""
        require(actor, Role.AGENT, Role.LEAD, Role.ADMIN)

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await promised.acknowledge(tx, act, rules=rules)

        wish = body or AcknowledgeBody()
        return await once(db, actor, conversation_id, key, wish, do, may=_may)

    return api


def _may(actor: Actor, conversation: Conversation) -> bool:
    return actor.role is Role.ADMIN or may_act(actor, conversation)
