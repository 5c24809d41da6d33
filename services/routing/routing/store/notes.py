"""What agents write for each other beside a conversation; no customer sees it."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from routing.domain.conversation import Conversation
from shared.contracts.base import By, ConversationId, StoreId
from shared.db import Transaction

_KEEP = text(
    """
    INSERT INTO notes (store_id, conversation_id, contact_id, at, by_id, text)
    VALUES (:store_id, :conversation_id, :contact_id, :at, :by_id, :text)
    """
)
_OF = text(
    """
    SELECT at, by_id AS by, text FROM notes
    WHERE store_id = :store_id AND conversation_id = :conversation_id
    ORDER BY id
    """
)


async def keep(tx: Transaction, of: Conversation, note: str, *, by: By, at: datetime) -> None:
    """Keep a note beside a conversation."""
    await tx.execute(
        _KEEP,
        {
            "store_id": of.store_id,
            "conversation_id": of.id,
            "contact_id": of.contact_id,
            "at": at,
            "by_id": by.id,
            "text": note,
        },
    )


async def of(
    tx: Transaction, store_id: StoreId, conversation_id: ConversationId
) -> list[dict[str, Any]]:
    """The notes beside a conversation, oldest first."""
    found = await tx.execute(_OF, {"store_id": store_id, "conversation_id": conversation_id})
    return [dict(row) for row in found.mappings()]
