"""What somebody does with one conversation: seen, locked, allowed, done once."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import HTTPException
from pydantic import BaseModel

from routing.domain.conversation import Conversation
from routing.handlers import agents
from routing.handlers.agents import Act
from routing.handlers.rules import NotNow
from routing.store import conversations, replies
from shared import clock
from shared.callers import Actor
from shared.contracts.base import ConversationId
from shared.db import Database, Transaction

Doing = Callable[[Transaction, Act], Awaitable[dict[str, Any]]]


async def once(  # noqa: PLR0913 - all that makes a request happen once
    db: Database,
    actor: Actor,
    conversation_id: UUID,
    key: str,
    body: BaseModel,
    do: Doing,
    *,
    may: Callable[[Actor, Conversation], bool] = agents.may_act,
) -> dict[str, Any]:
    """Do what was asked under this key, or answer as the first time.

    Raises `HTTPException`: 404 for a conversation that the caller may not see, 403 where he may
    not do this with it, 409 where it does not fit how things stand.
    """
    kind = type(body).__name__
    asked = f"{kind}/{conversation_id}/{body.model_dump_json()}"
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    async with db.transaction() as tx:
        found = await seen(tx, actor, conversation_id)
        now = clock.now()
        earlier = await replies.begin(
            tx, found.store_id, actor.id, key, fingerprint=fingerprint, now=now
        )
        if earlier is not None:
            return earlier
        # The row is read again under its lock: what it was a moment ago decides nothing.
        of = await conversations.locked(tx, found.store_id, found.id) or found
        if not may(actor, of):
            raise HTTPException(403, "another agent has this conversation")
        try:
            answer = await do(tx, Act(actor, of, key, now))
        except NotNow as why:
            raise HTTPException(409, str(why)) from None
        await replies.end(tx, of.store_id, actor.id, key, answer)
        return answer


async def seen(tx: Transaction, actor: Actor, conversation_id: UUID) -> Conversation:
    """A conversation that the caller may see; answers 404 for another."""
    found = await conversations.seen(tx, ConversationId(conversation_id), actor.stores)
    if found is None:
        raise HTTPException(404, "no such conversation")
    return found
