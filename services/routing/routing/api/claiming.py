"""Taking conversations, and handing them on: offers, picks, transfers, take-overs."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from routing.api.acts import once
from routing.domain.conversation import Conversation
from routing.handlers import claiming
from routing.handlers.agents import Act
from routing.handlers.rules import Rules
from shared.callers import Actor, Role
from shared.contracts.base import AgentId
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require


class AcceptBody(BaseModel):
    """Nothing to say."""

    model_config = ConfigDict(extra="forbid")


class RejectBody(BaseModel):
    """Why an offer is let pass, as a stable handle, not prose."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(default=None, max_length=100)


class PickBody(BaseModel):
    """`override`: whatever room there is; for leads, and it is written down."""

    model_config = ConfigDict(extra="forbid")

    override: bool = False


class TakeOverBody(PickBody):
    """The same for what another has."""


class TransferBody(PickBody):
    """To an agent, or, without one, to whoever is found; the note is for colleagues only."""

    to: str | None = Field(default=None, max_length=100)
    note: str | None = Field(default=None, min_length=1, max_length=5_000)


def router(db: Database, rules: Rules) -> APIRouter:  # noqa: C901 - a list of routes
    """The routes by which a conversation changes hands."""
    api = APIRouter()

    @api.post("/conversations/{conversation_id}/accept")
    async def accept(
        actor: Caller, conversation_id: UUID, key: IdempotencyKey, body: AcceptBody | None = None
    ) -> dict[str, Any]:
        """Take up an offer; 409 when it stands no more."""
        require(actor, Role.AGENT, Role.LEAD)

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await claiming.accept(tx, act)

        return await once(db, actor, conversation_id, key, body or AcceptBody(), do, may=_anybody)

    @api.post("/conversations/{conversation_id}/reject")
    async def reject(
        actor: Caller, conversation_id: UUID, key: IdempotencyKey, body: RejectBody | None = None
    ) -> dict[str, Any]:
        """Let an offer pass; it goes to another agent, due as before."""
        require(actor, Role.AGENT, Role.LEAD)
        why = body or RejectBody()

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await claiming.reject(tx, act, why.reason, rules=rules)

        return await once(db, actor, conversation_id, key, why, do, may=_anybody)

    @api.post("/conversations/{conversation_id}/pick")
    async def pick(
        actor: Caller, conversation_id: UUID, key: IdempotencyKey, body: PickBody | None = None
    ) -> dict[str, Any]:
        """Take what waits; 409 when it does not, or there is no room."""
        require(actor, Role.AGENT, Role.LEAD)
        wish = body or PickBody()

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await claiming.pick(tx, act, is_override=wish.override, rules=rules)

        return await once(db, actor, conversation_id, key, wish, do, may=_anybody)

    @api.post("/conversations/{conversation_id}/take-over")
    async def take_over(
        actor: Caller, conversation_id: UUID, key: IdempotencyKey, body: TakeOverBody | None = None
    ) -> dict[str, Any]:
        """Take what waits or another has; for leads."""
        require(actor, Role.LEAD)
        wish = body or TakeOverBody()

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await claiming.take_over(tx, act, is_override=wish.override, rules=rules)

        return await once(db, actor, conversation_id, key, wish, do)

    @api.post("/conversations/{conversation_id}/transfer")
    async def transfer(
        actor: Caller, conversation_id: UUID, key: IdempotencyKey, body: TransferBody
    ) -> dict[str, Any]:
        """Hand it to another agent, or back to the queue; by who has it, or a lead."""
        require(actor, Role.AGENT, Role.LEAD)

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            if body.to is None:
                return await claiming.put_back(tx, act, body.note, rules=rules)
            to = AgentId(body.to)
            return await claiming.transfer(
                tx, act, to, body.note, is_override=body.override, rules=rules
            )

        return await once(db, actor, conversation_id, key, body, do)

    return api


def _anybody(actor: Actor, conversation: Conversation) -> bool:
    """Whoever sees the store may ask; how the conversation stands decides."""
    return actor.sees(conversation.store_id)
