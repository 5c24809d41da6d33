"""Notifications as they come in: notices and replies, each once for its business key."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from notify.domain.events import Subject
from notify.domain.facts import Facts
from notify.store.columns import packed, struct
from notify.store.orders import OrderKey
from shared.contracts.base import About, NotificationId, ReplyRoute, ThreadId
from shared.db import Transaction, wake

DUE = "notifications"
"""What the sender is woken by."""


class New(Subject, frozen=True, kw_only=True):
    """A notification to be kept. `state` is pending, queued or suppressed.

    What has the same `lane` goes out one after the other, in order of `occurred_at`.
    """

    subject_id: str
    detail: str
    lane: str
    state: str
    subject_version: int
    occurred_at: datetime
    said_at: datetime
    thread_id: ThreadId | None = None
    facts: Facts | None = None
    text: str | None = None
    route: ReplyRoute | None = None
    why: str | None = None


_KEEP = text(
    """
    INSERT INTO notifications (
        notification_id, store_id, template, subject_id, detail, lane, channel, account_id, state,
        version, subject_version, correlation_id, occurred_at, said_at, language, about, order_id,
        shipment_id, case_id, conversation_id, reply_id, thread_id, contact_id, facts, text, route,
        why, created_at, queued_at, due_at, ended_at)
    SELECT notification_id, store_id, template, subject_id, detail, lane, channel, account_id,
        state, version, subject_version, correlation_id, occurred_at, said_at, language, about,
        order_id, shipment_id, case_id, conversation_id, reply_id, thread_id, contact_id, facts,
        text, route, why, cast(:now AS timestamptz), cast(:now AS timestamptz),
        cast(:now AS timestamptz),
        CASE WHEN state = 'suppressed' THEN cast(:now AS timestamptz) END
    FROM jsonb_to_recordset(cast(:news AS jsonb)) AS new (
        notification_id uuid, store_id text, template text, subject_id text, detail text, lane text,
        channel text, account_id text, state text, version integer, subject_version integer,
        correlation_id uuid, occurred_at timestamptz, said_at timestamptz, language text,
        about jsonb, order_id uuid, shipment_id uuid, case_id uuid, conversation_id uuid,
        reply_id uuid, thread_id uuid, contact_id uuid, facts jsonb, text text, route jsonb,
        why text)
    ON CONFLICT DO NOTHING
    RETURNING notification_id
    """
)


async def keep(tx: Transaction, news: Sequence[New], *, now: datetime) -> set[NotificationId]:
    """Write these down, once for each business key; returns those that were not there yet."""
    rows = await tx.execute(_KEEP, {"news": packed(news), "now": now})
    wake(tx, DUE)
    return {NotificationId(UUID(str(row.notification_id))) for row in rows}


_RELEASE = text(
    """
    UPDATE notifications
    SET state = 'queued', queued_at = :now, due_at = :now, why = NULL, ended_at = NULL
    WHERE (state = 'pending' OR state = 'suppressed' AND why = 'no_order')
        AND (store_id, order_id) IN (
            SELECT * FROM unnest(cast(:stores AS text[]), cast(:orders AS uuid[]))
        )
    """
)


async def release(tx: Transaction, keys: Collection[OrderKey], *, now: datetime) -> None:
    """Queue what waits for these orders, also what was given up because nobody told of them.

    The orders' rows are locked by the caller.
    """
    pairs = sorted(keys)
    await tx.execute(
        _RELEASE,
        {
            "now": now,
            "stores": [pair[0] for pair in pairs],
            "orders": [pair[1] for pair in pairs],
        },
    )
    wake(tx, DUE)


def subject(row: Any) -> dict[str, Any]:
    """The fields of `Subject` from a row of notifications."""
    found = {name: getattr(row, name) for name in Subject.__struct_fields__}
    found["about"] = struct(row.about, About)
    return found
