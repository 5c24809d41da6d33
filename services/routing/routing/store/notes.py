"""What stands beside a conversation for colleagues; no customer sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from routing.domain.conversation import Conversation
from routing.store import rows
from shared.contracts.base import By, ConversationId, StoreId
from shared.db import Transaction

_KEEP = text(
    """
    INSERT INTO notes (store_id, conversation_id, contact_id, at, by_id, text)
    SELECT store_id, conversation_id, contact_id, :at, :by_id, text
    FROM jsonb_to_recordset(cast(:rows AS jsonb))
        AS r (store_id text, conversation_id uuid, contact_id uuid, text text)
    """
)
_OF = text(
    """
    SELECT at, by_id AS by, text FROM notes
    WHERE store_id = :store_id AND conversation_id = :conversation_id
    ORDER BY id
    """
)


async def keep(
    tx: Transaction, kept: Sequence[tuple[Conversation, str]], *, by: By, at: datetime
) -> None:
    """Keep a note beside each of these conversations."""
    if not kept:
        return
    notes = [
        {
            "store_id": of.store_id,
            "conversation_id": of.id,
            "contact_id": of.contact_id,
            "text": note,
        }
        for of, note in kept
    ]
    await tx.execute(_KEEP, {"rows": rows.packed(notes), "by_id": by.id, "at": at})


async def of(
    tx: Transaction, store_id: StoreId, conversation_id: ConversationId
) -> list[dict[str, Any]]:
    """The notes beside a conversation, oldest first."""
    found = await tx.execute(_OF, {"store_id": store_id, "conversation_id": conversation_id})
    return [dict(row) for row in found.mappings()]
