"""What happened to conversations, in order, without what anybody wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from routing.store import rows
from shared.contracts.base import By, ConversationId, StoreId
from shared.db import Transaction


@dataclass(frozen=True)
class Happening:
    """One row of `history`."""

    store_id: StoreId
    conversation_id: ConversationId
    at: datetime
    what: str
    by_kind: str | None = None
    by_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


_COLUMNS = ", ".join(rows.columns(Happening))
NOTE = f"""
    INSERT INTO history ({_COLUMNS})
    SELECT {_COLUMNS} FROM jsonb_populate_recordset(cast(null AS history), cast(:rows AS jsonb))
    """  # noqa: S608 - names of our own columns
_NOTE = text(NOTE)
_OF = text(
    """
    SELECT cast(to_jsonb(h) AS text) FROM history AS h
    WHERE store_id = :store_id AND conversation_id = :conversation_id
    ORDER BY id
    """
)


def happening(
    store_id: StoreId,
    conversation_id: ConversationId,
    at: datetime,
    what: str,
    by: By | None = None,
    **details: Any,
) -> Happening:
    """Something that happened, by whom where somebody acted; details hold no personal data."""
    kind, identity = (by.kind.value, by.id) if by is not None else (None, None)
    return Happening(store_id, conversation_id, at, what, kind, identity, details)


async def note(tx: Transaction, happenings: Sequence[Happening]) -> None:
    """Write down what happened."""
    if happenings:
        await tx.execute(_NOTE, {"rows": rows.packed(happenings)})


async def of(
    tx: Transaction, store_id: StoreId, conversation_id: ConversationId
) -> list[Happening]:
    """The history of one conversation, oldest first."""
    return await rows.read(tx, Happening, _OF, store_id=store_id, conversation_id=conversation_id)
