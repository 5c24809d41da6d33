"""Notifications as the API shows them: no address, no text."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.db import Transaction

_SHOWN = """
    SELECT notification_id, store_id, template, channel, account_id, state, why, language,
        order_id, shipment_id, case_id, conversation_id, reply_id, external_id, attempts,
        unknowns > 0 AS is_repeat, is_read, occurred_at, created_at, due_at, sent_at, ended_at
    FROM notifications
"""

_ONE = text(f"{_SHOWN} WHERE notification_id = :id AND (:all OR store_id = ANY(:stores))")

_OF_ORDER = text(
    f"""{_SHOWN}
    WHERE order_id = :order_id AND (:all OR store_id = ANY(:stores))
    ORDER BY occurred_at, seq LIMIT 200
    """
)


async def one(tx: Transaction, id: UUID, stores: Sequence[str]) -> dict[str, Any] | None:
    """One notification of these stores; `*` stands for all."""
    row = (await tx.execute(_ONE, {"id": id, **_scope(stores)})).mappings().first()
    return dict(row) if row else None


async def of_order(tx: Transaction, order_id: UUID, stores: Sequence[str]) -> list[dict[str, Any]]:
    """What an order's buyer was told, oldest fact first, at most 200."""
    rows = await tx.execute(_OF_ORDER, {"order_id": order_id, **_scope(stores)})
    return [dict(row) for row in rows.mappings()]


def _scope(stores: Sequence[str]) -> dict[str, Any]:
    return {"all": "*" in stores, "stores": [store for store in stores if store != "*"]}
