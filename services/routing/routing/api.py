"""What agents do over HTTP: see their work, answer, resolve; leads see what waits."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from routing.domain.conversation import Conversation, State
from routing.handlers import agents
from routing.handlers.agents import Act
from routing.store import conversations, history, replies
from shared import clock
from shared.callers import Actor, Callers, Role
from shared.contracts.base import AgentId, ConversationId
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, Ready, require, shell

_LIST = 200


class ReplyBody(BaseModel):
    """An agent's answer."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=20_000, pattern=r"\S")


class ResolveBody(BaseModel):
    """Why a conversation is done, as a stable handle, not prose."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(default=None, max_length=100)


class Shown(BaseModel):
    """A conversation as its agent sees it."""

    conversation_id: UUID
    store_id: str
    state: str
    channel: str
    family: str
    opened_by: str
    version: int
    language: str | None
    second_language: str | None
    region: str | None
    time_zone: str | None
    skills: list[str]
    thread_id: UUID | None
    contact_id: UUID | None
    about: dict[str, str] | None
    order_ids: list[UUID]
    agent_id: str | None
    asked_at: Any
    answer_by: Any
    opened_at: Any
    resolved_at: Any
    reopened_count: int


Doing = Callable[[Transaction, Act], Awaitable[dict[str, Any]]]


def app(db: Database, callers: Callers, ready: Ready | None = None) -> FastAPI:
    """Make the application; no route of it is public."""
    api = shell("routing", callers=callers, ready=ready)

    @api.get("/me/conversations")
    async def mine(actor: Caller) -> list[Shown]:
        """What the caller has, the most urgent first."""
        async with db.transaction() as tx:
            found = await conversations.of_agent(tx, AgentId(actor.id))
        return [_shown(each) for each in found if actor.sees(each.store_id)]

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
        return [_shown(each) for each in found]

    @api.get("/conversations/{conversation_id}")
    async def one(actor: Caller, conversation_id: UUID) -> dict[str, Any]:
        """A conversation with its replies, its history, and why each agent was chosen."""
        async with db.transaction() as tx:
            of = await _seen(tx, actor, conversation_id)
            require(actor, Role.AGENT, Role.LEAD, Role.ADMIN)
            return {
                **_shown(of).model_dump(),
                "replies": await replies.of(tx, of.store_id, of.id),
                "assignments": await replies.explanations(tx, of.store_id, of.id),
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

        return await _once(db, actor, conversation_id, key, body, do)

    @api.post("/conversations/{conversation_id}/resolve")
    async def resolve(
        actor: Caller, conversation_id: UUID, key: IdempotencyKey, body: ResolveBody | None = None
    ) -> dict[str, Any]:
        """End the conversation and give the agent his room back."""
        why = body or ResolveBody()

        async def do(tx: Transaction, act: Act) -> dict[str, Any]:
            return await agents.resolve(tx, act, why.reason)

        return await _once(db, actor, conversation_id, key, why, do)

    return api


async def _once(
    db: Database, actor: Actor, conversation_id: UUID, key: str, body: BaseModel, do: Doing
) -> dict[str, Any]:
    """Do what was asked under this key, or answer as the first time."""
    kind = type(body).__name__
    asked = f"{kind}/{conversation_id}/{body.model_dump_json()}"
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    async with db.transaction() as tx:
        found = await _seen(tx, actor, conversation_id)
        now = clock.now()
        earlier = await replies.begin(
            tx, found.store_id, actor.id, key, fingerprint=fingerprint, now=now
        )
        if earlier is not None:
            return earlier
        # The row is read again under its lock: what it was a moment ago decides nothing.
        of = await conversations.locked(tx, found.store_id, found.id) or found
        if not agents.may_act(actor, of):
            raise HTTPException(403, "another agent has this conversation")
        answer = await do(tx, Act(actor, of, key, now))
        await replies.end(tx, of.store_id, actor.id, key, answer)
        return answer


async def _seen(tx: Transaction, actor: Actor, conversation_id: UUID) -> Conversation:
    found = await conversations.seen(tx, ConversationId(conversation_id), actor.stores)
    if found is None:
        raise HTTPException(404, "no such conversation")
    return found


def _shown(of: Conversation) -> Shown:
    return Shown(
        conversation_id=of.id,
        store_id=of.store_id,
        state=of.state,
        channel=of.channel,
        family=of.family,
        opened_by=of.opened_by,
        version=of.version,
        language=of.language,
        second_language=of.second_language,
        region=of.region,
        time_zone=of.time_zone,
        skills=list(of.skills),
        thread_id=of.thread_id,
        contact_id=of.contact_id,
        about={"kind": of.about_kind, "id": of.about_id} if of.about_kind and of.about_id else None,
        order_ids=list(of.order_ids),
        agent_id=of.agent_id,
        asked_at=of.asked_at,
        answer_by=of.answer_by,
        opened_at=of.opened_at,
        resolved_at=of.resolved_at,
        reopened_count=of.reopened_count,
    )
