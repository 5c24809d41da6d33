"""Conversations over HTTP: looked at, answered, resolved; leads see what waits."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from routing.api.acts import once, seen
from routing.api.views import Shown, shown
from routing.api.waits import why_it_waits
from routing.domain.conversation import State
from routing.handlers import agents
from routing.handlers.agents import Act
from routing.handlers.rules import Rules
from routing.store import conversations, escalations, history, notes, replies
from shared import clock
from shared.callers import Role
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require

_LIST = 200


class ReplyBody(BaseModel):
    """An agent's answer."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=20_000, pattern=r"\S")


class ResolveBody(BaseModel):
    """Why a conversation is done, as a stable handle, not prose."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(default=None, max_length=100)


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes under `/conversations`."""
    api = APIRouter()

    @api.get("/conversations")
    async def in_state(
        actor: Caller,
        state: State,
        limit: Annotated[int, Query(ge=1, le=_LIST)] = _LIST,
    ) -> list[Shown]:
        """The conversations of the caller's stores that stand so; for leads."""
        require(actor, Role.LEAD, Role.ADMIN)
        async with db.transaction() as tx:
            found = await conversations.in_state(tx, state, actor.stores, limit)
        return [shown(each) for each in found]

    @api.get("/conversations/{conversation_id}")
    async def one(actor: Caller, conversation_id: UUID) -> dict[str, Any]:
        """A conversation with its replies, its history, and why each agent was chosen.

        While it waits for one, `waits` tells why nobody can have it: all reasons since it waits,
        oldest first, each found again until `as_of`. It is empty until the dispatcher has looked.
        """
        async with db.transaction() as tx:
            of = await seen(tx, actor, conversation_id)
            require(actor, Role.AGENT, Role.LEAD, Role.ADMIN)
            return {
                **shown(of).model_dump(),
                "replies": await replies.of(tx, of.store_id, of.id),
                "waits": await why_it_waits(tx, of, clock.now()),
                "assignments": await replies.explanations(tx, of.store_id, of.id),
                "escalations": await escalations.of(tx, of.store_id, of.id),
                "notes": await notes.of(tx, of.store_id, of.id),
                "history": [
                    {"at": each.at, "what": each.what, "by": each.by_id, **each.details}
                    for each in await history.of(tx, of.store_id, of.id)
                ],
            }

    @api.post("/conversations/{conversation_id}/replies")
    async def reply(
        actor: Caller, conversation_id: UUID, body: ReplyBody, key: IdempotencyKey
    ) -> dict[str, Any]:
        """Answer the customer, on the way he wrote last."""

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await agents.reply(tx, act, body.text)

        return await once(db, actor, conversation_id, key, body, do)

    @api.post("/conversations/{conversation_id}/resolve")
    async def resolve(
        actor: Caller, conversation_id: UUID, key: IdempotencyKey, body: ResolveBody | None = None
    ) -> dict[str, Any]:
        """End the conversation and give the agent his room back."""
        why = body or ResolveBody()

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await agents.resolve(tx, act, why.reason)

        return await once(db, actor, conversation_id, key, why, do)

    return api
