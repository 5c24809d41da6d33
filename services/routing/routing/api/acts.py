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
from routing.store import conversations, replies, teams
from shared import clock
from shared.callers import Actor
from shared.contracts.base import ConversationId, StoreId
from shared.db import Database, Transaction

_INSTALLATION = StoreId("*")
"""The team belongs to no single store, and no store is called so."""

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


async def once_in_team(
    db: Database,
    actor: Actor,
    key: str,
    body: BaseModel,
    of: str,
    do: Callable[[Transaction], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Change the team, which this locks, once under this key, or answer as the first time.

    `of` names what is changed. Raises `Refused` when the key was used for something else.
    """
    # Times of the wall are read as minutes: not what the form declares, and just as good here.
    asked = f"{type(body).__name__}/{of}/{body.model_dump_json(warnings=False)}"
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    async with db.transaction() as tx:
        await teams.lock(tx)
        earlier = await replies.begin(
            tx, _INSTALLATION, actor.id, key, fingerprint=fingerprint, now=clock.now()
        )
        if earlier is not None:
            return earlier
        answer = await do(tx)
        await replies.end(tx, _INSTALLATION, actor.id, key, answer)
        return answer


async def seen(tx: Transaction, actor: Actor, conversation_id: UUID) -> Conversation:
    """A conversation that the caller may see; answers 404 for another."""
    found = await conversations.seen(tx, ConversationId(conversation_id), actor.stores)
    if found is None:
        raise HTTPException(404, "no such conversation")
    return found
