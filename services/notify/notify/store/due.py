"""Whose turn it is to be sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from notify.domain.facts import Facts, Recipient
from notify.domain.sending import Due, Standing
from notify.store.columns import struct
from notify.store.notifications import subject
from shared.contracts.base import NotificationId, ReplyRoute
from shared.db import Transaction

# Older ones of the same lane that are not out yet hold the younger ones back. A row whose sender
# died is `sending` past its lease: it is due again, and its outcome unknown.
_FIND = text(
    """
    SELECT n.*, o.recipient,
        coalesce(p.settled_version > n.subject_version, false) AS is_settled,
        (
            SELECT d.state FROM notifications d
            WHERE n.template = 'shipping_notice' AND d.store_id = n.store_id
              AND d.template = 'delivered' AND d.subject_id = n.subject_id AND d.detail = ''
              AND d.state NOT IN ('failed', 'suppressed')
        ) AS arrival,
        (
            SELECT r.facts FROM notifications r
            WHERE n.case_id IS NOT NULL AND r.store_id = n.store_id
              AND r.template = 'return_requested' AND r.subject_id = cast(n.case_id AS text)
              AND r.detail = ''
        ) AS request,
        EXISTS (
            SELECT FROM suppressions s
            WHERE s.store_id = n.store_id AND s.address = lower(o.recipient ->> 'mail')
        ) AS is_dead_address
    FROM notifications n
    LEFT JOIN orders o ON o.store_id = n.store_id AND o.order_id = n.order_id
    LEFT JOIN parcels p ON p.store_id = n.store_id AND p.shipment_id = n.shipment_id
    WHERE n.state IN ('queued', 'sending') AND n.due_at <= :now
      AND (n.store_id, n.channel) NOT IN (
          SELECT * FROM unnest(cast(:stores AS text[]), cast(:channels AS text[]))
      )
      AND NOT EXISTS (
          SELECT FROM notifications older
          WHERE older.store_id = n.store_id AND older.lane = n.lane
            AND older.state IN ('pending', 'queued', 'sending')
            AND (older.occurred_at, older.seq) < (n.occurred_at, n.seq)
      )
    ORDER BY n.due_at, n.seq
    LIMIT :limit
    FOR UPDATE OF n SKIP LOCKED
    """
)

_TAKE = text(
    """
    UPDATE notifications SET state = 'sending', due_at = :lease_until,
        attempts = attempts + 1,
        unknowns = unknowns + CASE WHEN state = 'sending' THEN 1 ELSE 0 END
    WHERE notification_id = ANY(cast(:ids AS uuid[]))
    """
)


async def find(
    tx: Transaction, *, now: datetime, limit: int, without: Sequence[tuple[str, str]] = ()
) -> list[tuple[Due, Standing]]:
    """Lock what is due and not held back, longest due first, with what else is known of it.

    `without` are pairs of store and channel to leave alone. `Due.attempt` is the number of the
    attempt that would follow.
    """
    given = {
        "now": now,
        "limit": limit,
        "stores": [store_id for store_id, _ in without],
        "channels": [channel for _, channel in without],
    }
    rows = await tx.execute(_FIND, given)
    return [(_due(row), _standing(row)) for row in rows]


async def take(tx: Transaction, ids: Collection[NotificationId], *, lease_until: datetime) -> None:
    """Write the attempt down before it is made. Past the lease, others make the next one."""
    await tx.execute(_TAKE, {"ids": list(ids), "lease_until": lease_until})


def _due(row: Any) -> Due:
    return Due(
        **subject(row),
        attempt=row.attempts + 1,
        unknowns=row.unknowns + (row.state == "sending"),
        occurred_at=row.occurred_at,
        said_at=row.said_at,
        created_at=row.created_at,
        queued_at=row.queued_at,
        thread_id=row.thread_id,
        facts=_facts(row),
        recipient=struct(row.recipient, Recipient),
        text=row.text,
        route=struct(row.route, ReplyRoute),
    )


def _facts(row: Any) -> Facts | None:
    """The facts of a notice; one about a case shows the goods that its request named."""
    facts, request = struct(row.facts, Facts), struct(row.request, Facts)
    if facts is None or request is None or facts.goods:
        return facts
    return msgspec.structs.replace(facts, goods=request.goods)


def _standing(row: Any) -> Standing:
    return Standing(
        is_settled=row.is_settled, arrival=row.arrival, is_dead_address=row.is_dead_address
    )


_WAITING = text(
    """
    SELECT
        count(*) FILTER (WHERE state <> 'pending') AS waiting,
        coalesce(extract(epoch FROM :now - min(created_at) FILTER (WHERE state <> 'pending')), 0)
            AS oldest,
        count(*) FILTER (WHERE state = 'pending') AS pending
    FROM notifications WHERE state IN ('pending', 'queued', 'sending')
    """
)

_ORPHANS = text(
    """
    SELECT * FROM notifications
    WHERE state = 'pending' AND created_at < :before
    ORDER BY created_at LIMIT 100
    FOR UPDATE SKIP LOCKED
    """
)


async def waiting(tx: Transaction, *, now: datetime) -> tuple[int, float, int]:
    """How many wait to be sent, the age of the oldest in seconds, how many have no order yet."""
    row = (await tx.execute(_WAITING, {"now": now})).one()
    return int(row.waiting), float(row.oldest), int(row.pending)


async def orphans(tx: Transaction, *, before: datetime) -> Sequence[dict[str, Any]]:
    """Lock notices whose order has not been heard of since `before`; fields of `Subject`."""
    rows = await tx.execute(_ORPHANS, {"before": before})
    return [subject(row) for row in rows]
