"""Replies of agents, and requests that must not be done twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from routing.domain.conversation import Conversation
from shared.contracts.base import AgentId, ConversationId, ReplyId, StoreId
from shared.db import Transaction
from shared.errors import Refused

_BEGIN = text(
    """
    INSERT INTO requests (store_id, actor_id, idempotency_key, fingerprint, asked_at)
    VALUES (:store_id, :actor_id, :key, :fingerprint, :now)
    ON CONFLICT DO NOTHING
    RETURNING 1
    """
)
_EARLIER = text(
    """
    SELECT fingerprint, cast(answer AS text) AS answer FROM requests
    WHERE store_id = :store_id AND actor_id = :actor_id AND idempotency_key = :key
    """
)
_END = text(
    """
    UPDATE requests SET answer = cast(:answer AS json)
    WHERE store_id = :store_id AND actor_id = :actor_id AND idempotency_key = :key
    """
)
_KEEP = text(
    """
    INSERT INTO replies (store_id, id, conversation_id, contact_id, agent_id, text, replied_at)
    VALUES (:store_id, :id, :conversation_id, :contact_id, :agent_id, :text, :at)
    """
)
_FAILED = text(
    """
    UPDATE replies SET failed_at = :at, why_failed = :why
    WHERE store_id = :store_id AND id = :id
    """
)
_OF = text(
    """
    SELECT id, agent_id, text, replied_at, failed_at, why_failed FROM replies
    WHERE store_id = :store_id AND conversation_id = :conversation_id
    ORDER BY replied_at, id
    """
)
_LAST_OF = text(
    """
    SELECT DISTINCT ON (r.conversation_id) r.conversation_id, r.id
    FROM unnest(cast(:stores AS text[]), cast(:ids AS uuid[])) AS c (store_id, id)
    JOIN replies AS r ON r.store_id = c.store_id AND r.conversation_id = c.id
    ORDER BY r.conversation_id, r.replied_at DESC, r.id
    """
)
_EXPLANATIONS = text(
    """
    SELECT epoch, agent_id, offered_at, ended_at, why, cast(explanation AS text) AS explanation
    FROM offers
    WHERE store_id = :store_id AND conversation_id = :conversation_id
    ORDER BY epoch
    """
)


async def begin(
    tx: Transaction,
    store_id: StoreId,
    actor_id: str,
    idempotency_key: str,
    *,
    fingerprint: str,
    now: datetime,
) -> dict[str, Any] | None:
    """Begin a request, or return the answer that it got before.

    A twin that is under way elsewhere is waited for. Raises `Refused` when the key was used for
    something else.
    """
    key = {"store_id": store_id, "actor_id": actor_id, "key": idempotency_key}
    begun = await tx.execute(_BEGIN, {**key, "fingerprint": fingerprint, "now": now})
    if begun.scalar_one_or_none():
        return None
    earlier = (await tx.execute(_EARLIER, key)).one()
    if earlier.fingerprint != fingerprint or earlier.answer is None:
        raise Refused("this idempotency key was used for something else")
    answer: dict[str, Any] = msgspec.json.decode(earlier.answer)
    return answer


async def end(
    tx: Transaction, store_id: StoreId, actor_id: str, idempotency_key: str, answer: dict[str, Any]
) -> None:
    """Keep the answer of a request, for whoever asks again."""
    await tx.execute(
        _END,
        {
            "store_id": store_id,
            "actor_id": actor_id,
            "key": idempotency_key,
            "answer": msgspec.json.encode(answer).decode(),
        },
    )


async def keep(
    tx: Transaction,
    conversation: Conversation,
    reply_id: ReplyId,
    agent_id: AgentId,
    reply: str,
    at: datetime,
) -> None:
    """Keep what an agent wrote."""
    await tx.execute(
        _KEEP,
        {
            "store_id": conversation.store_id,
            "id": reply_id,
            "conversation_id": conversation.id,
            "contact_id": conversation.contact_id,
            "agent_id": agent_id,
            "text": reply,
            "at": at,
        },
    )


async def mark_failed(
    tx: Transaction, store_id: StoreId, reply_id: ReplyId, *, why: str, at: datetime
) -> None:
    """Note that a reply will not arrive."""
    await tx.execute(_FAILED, {"store_id": store_id, "id": reply_id, "why": why, "at": at})


async def of(
    tx: Transaction, store_id: StoreId, conversation_id: ConversationId
) -> list[dict[str, Any]]:
    """The replies in a conversation, oldest first."""
    found = await tx.execute(_OF, {"store_id": store_id, "conversation_id": conversation_id})
    return [dict(row) for row in found.mappings()]


async def last_of(
    tx: Transaction, conversations: Sequence[Conversation]
) -> dict[ConversationId, ReplyId]:
    """The last reply in each of these conversations that has one."""
    if not conversations:
        return {}
    found = await tx.execute(
        _LAST_OF,
        {
            "stores": [of.store_id for of in conversations],
            "ids": [of.id for of in conversations],
        },
    )
    return {ConversationId(row.conversation_id): ReplyId(row.id) for row in found}


async def explanations(
    tx: Transaction, store_id: StoreId, conversation_id: ConversationId
) -> list[dict[str, Any]]:
    """Every assignment of a conversation and why it was made so, oldest first."""
    found = await tx.execute(
        _EXPLANATIONS, {"store_id": store_id, "conversation_id": conversation_id}
    )
    return [
        {**row, "explanation": msgspec.json.decode(row["explanation"])} for row in found.mappings()
    ]
