"""What was brought before whom, and the calls that are due to whoever is on call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from routing.domain.conversation import Conversation
from routing.domain.escalation import Lead, Leads, Level
from routing.store import teams
from shared.contracts.base import AgentId, ConversationId, StoreId
from shared.contracts.routing import ConversationEscalated, EscalationLevel
from shared.db import Transaction

_LEADS = text(
    "SELECT id, stores FROM agents WHERE role = 'lead' AND retired_at IS NULL ORDER BY id"
)
_KEEP = text(
    """
    INSERT INTO escalations (store_id, conversation_id, version, level, to_ids, why, at)
    VALUES (:store_id, :id, :version, :level, :to_ids, :why, :at)
    """
)
_ACKNOWLEDGE = text(
    """
    UPDATE escalations SET acknowledged_at = :at, acknowledged_by = :by
    WHERE store_id = :store_id AND conversation_id = :id AND acknowledged_at IS NULL
    RETURNING level
    """
)
_OF = text(
    """
    SELECT level, to_ids AS "to", why, at, acknowledged_at, acknowledged_by FROM escalations
    WHERE store_id = :store_id AND conversation_id = :id
    ORDER BY version
    """
)
_PUT_CALL = text(
    """
    INSERT INTO on_call_calls (id, store_id, conversation_id, body, due_at)
    VALUES (:call_id, :store_id, :id, :body, :at)
    ON CONFLICT DO NOTHING
    """
)
_CLAIM = text(
    """
    UPDATE on_call_calls SET attempts = attempts + 1, due_at = :again_at
    WHERE id = (
        SELECT id FROM on_call_calls
        WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= :now
        ORDER BY due_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id, body, attempts
    """
)
_DONE = text("UPDATE on_call_calls SET done_at = :at, last_error = NULL WHERE id = :id")
_AGAIN = text(
    """
    UPDATE on_call_calls SET due_at = :due_at, last_error = :why
    WHERE id = :id AND attempts = :attempts AND done_at IS NULL
    """
)
_FAILED = text(
    """
    UPDATE on_call_calls SET failed_at = :at, last_error = :why WHERE id = :id AND done_at IS NULL
    """
)


@dataclass(frozen=True)
class Call:
    """A call that is due; the id is the same at every attempt."""

    id: UUID
    body: str
    attempts: int


async def leads(tx: Transaction) -> Leads:
    """Everybody who leads, and the leads of regions."""
    return Leads(
        [
            Lead(AgentId(row.id), frozenset(StoreId(store) for store in row.stores))
            for row in await tx.execute(_LEADS)
        ],
        (await teams.settled(tx)).region_leads,
    )


async def keep(tx: Transaction, events: Sequence[ConversationEscalated]) -> None:
    """Keep who was told."""
    if events:
        await tx.execute(
            _KEEP,
            [
                {
                    "store_id": each.store_id,
                    "id": each.conversation_id,
                    "version": each.version,
                    "level": each.level.value,
                    "to_ids": list(each.to),
                    "why": each.why,
                    "at": each.occurred_at,
                }
                for each in events
            ],
        )


async def acknowledge(
    tx: Transaction, of: Conversation, *, by: str, at: datetime
) -> list[EscalationLevel]:
    """Note that somebody cares for it; returns the levels that nobody had acknowledged, in order.

    What is kept is of all times that its customer waited, so a level may be there twice.
    """
    values = {"store_id": of.store_id, "id": of.id, "by": by, "at": at}
    found = {*(await tx.execute(_ACKNOWLEDGE, values)).scalars()}
    return [each.said for each in Level if each is not Level.NONE and each.said.value in found]


async def of(
    tx: Transaction, store_id: StoreId, conversation_id: ConversationId
) -> list[dict[str, Any]]:
    """The escalations of a conversation, oldest first."""
    found = await tx.execute(_OF, {"store_id": store_id, "id": conversation_id})
    return [dict(row) for row in found.mappings()]


async def put_calls(
    tx: Transaction, calls: Sequence[tuple[UUID, Conversation, Any, datetime]]
) -> None:
    """Let these be called: id, what about, the body before it is JSON, and when."""
    if calls:
        await tx.execute(
            _PUT_CALL,
            [
                {
                    "call_id": call_id,
                    "store_id": about.store_id,
                    "id": about.id,
                    "body": msgspec.json.encode(body).decode(),
                    "at": at,
                }
                for call_id, about, body, at in calls
            ],
        )


async def claim_call(tx: Transaction, *, now: datetime, again_at: datetime) -> Call | None:
    """Begin an attempt at the call that is due longest; due again at `again_at` if we die."""
    row = (await tx.execute(_CLAIM, {"now": now, "again_at": again_at})).one_or_none()
    return None if row is None else Call(row.id, row.body, row.attempts)


async def call_done(tx: Transaction, call: Call, at: datetime) -> None:
    """Note that the call was taken."""
    await tx.execute(_DONE, {"id": call.id, "at": at})


async def call_again(tx: Transaction, call: Call, *, due_at: datetime, why: str) -> None:
    """Note that this attempt came to nothing."""
    await tx.execute(
        _AGAIN, {"id": call.id, "attempts": call.attempts, "due_at": due_at, "why": why}
    )


async def call_failed(tx: Transaction, call: Call, *, at: datetime, why: str) -> None:
    """Note that the call is given up."""
    await tx.execute(_FAILED, {"id": call.id, "at": at, "why": why})
