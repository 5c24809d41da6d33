"""Messages, and what became of ours."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text

from intake.domain.items import StatusNews
from shared.contracts.base import ContactId, MessageId, NotificationId, StoreId, ThreadId
from shared.contracts.intake import MessageReceived
from shared.db import Transaction
from shared.statements import Statement


class Letter(NamedTuple):
    """A message to keep: its event, the whole text, what it answers, the delivery it came in.

    `original` and `html` are a mail's as it was written, the latter sanitised.
    """

    event: MessageReceived
    text: str
    answers: str | None
    raw_id: UUID | None
    original: str | None = None
    html: str | None = None


class Known(NamedTuple):
    """A message that is kept."""

    thread_id: ThreadId
    contact_id: ContactId
    subject: str | None
    text: str


class OutgoingKey(NamedTuple):
    """A notification of a store that something was told of outside a thread."""

    store_id: StoreId
    notification_id: NotificationId


_FIND = text(
    """
    SELECT thread_id, contact_id, subject, text FROM messages
    WHERE store_id = :store_id AND message_id = :message_id
    """
)

_ADD = Statement(
    """
    INSERT INTO messages (store_id, message_id, thread_id, contact_id, channel, account_id,
        external_id, answers, occurred_at, received_at, raw_id, subject, text, attachments,
        original, html)
    SELECT store_id, message_id, thread_id, contact_id, channel, account_id, external_id, answers,
        occurred_at, cast(:at AS timestamptz), raw_id, subject, text, cast(attachments AS jsonb),
        original, html
    FROM unnest(
        cast(:store_ids AS text[]), cast(:message_ids AS uuid[]), cast(:thread_ids AS uuid[]),
        cast(:contact_ids AS uuid[]), cast(:channels AS text[]), cast(:account_ids AS text[]),
        cast(:external_ids AS text[]), cast(:answers AS text[]),
        cast(:occurred_ats AS timestamptz[]), cast(:raw_ids AS uuid[]), cast(:subjects AS text[]),
        cast(:texts AS text[]), cast(:attachments AS text[]), cast(:originals AS text[]),
        cast(:htmls AS text[])
    ) AS told (store_id, message_id, thread_id, contact_id, channel, account_id, external_id,
        answers, occurred_at, raw_id, subject, text, attachments, original, html)
    ORDER BY store_id, message_id
    ON CONFLICT (store_id, message_id) DO NOTHING
    RETURNING store_id, message_id
    """
)

_ADD_STATUS = text(
    """
    INSERT INTO statuses (store_id, status_id, thread_id, notification_id, channel, external_id,
        status, occurred_at, received_at)
    SELECT store_id, status_id, thread_id, notification_id, channel, external_id, status,
        occurred_at, :at
    FROM unnest(
        cast(:store_ids AS text[]), cast(:status_ids AS uuid[]), cast(:thread_ids AS uuid[]),
        cast(:notification_ids AS uuid[]), cast(:channels AS text[]),
        cast(:external_ids AS text[]), cast(:statuses AS text[]),
        cast(:occurred_ats AS timestamptz[])
    ) AS told (store_id, status_id, thread_id, notification_id, channel, external_id, status,
        occurred_at)
    ORDER BY store_id, status_id
    ON CONFLICT (store_id, status_id) DO NOTHING
    RETURNING store_id, status_id
    """
)

_COUNT_OUTGOING = text(
    """
    INSERT INTO outgoing AS o (store_id, notification_id, version)
    SELECT store_id, notification_id, events
    FROM unnest(
        cast(:store_ids AS text[]), cast(:notification_ids AS uuid[]), cast(:events AS int[])
    ) AS told (store_id, notification_id, events)
    ORDER BY store_id, notification_id
    ON CONFLICT (store_id, notification_id) DO UPDATE SET version = o.version + excluded.version
    RETURNING store_id, notification_id, version
    """
)


async def find(tx: Transaction, store_id: StoreId, message_id: MessageId) -> Known | None:
    """A message by its id; None when it is not kept."""
    found = await tx.execute(_FIND, {"store_id": store_id, "message_id": message_id})
    row = found.one_or_none()
    return Known(*row) if row is not None else None


async def add(
    tx: Transaction, letters: Iterable[Letter], at: datetime
) -> set[tuple[StoreId, UUID]]:
    """Keep messages; returns store and id of those that were not there."""
    found = list({(one.event.store_id, one.event.message_id): one for one in letters}.values())
    if not found:
        return set()
    events = [one.event for one in found]
    rows = await _ADD.rows(
        tx,
        {
            "at": at,
            "store_ids": [event.store_id for event in events],
            "message_ids": [event.message_id for event in events],
            "thread_ids": [event.thread_id for event in events],
            "contact_ids": [event.contact_id for event in events],
            "channels": [event.channel for event in events],
            "account_ids": [event.account_id for event in events],
            "external_ids": [event.external_id for event in events],
            "answers": [one.answers for one in found],
            "occurred_ats": [event.occurred_at for event in events],
            "raw_ids": [one.raw_id for one in found],
            "subjects": [event.subject for event in events],
            "texts": [one.text for one in found],
            "originals": [one.original for one in found],
            "htmls": [one.html for one in found],
            "attachments": [msgspec.json.encode(event.attachments).decode() for event in events],
        },
    )
    return {(row.store_id, row.message_id) for row in rows}


async def add_statuses(
    tx: Transaction, news: Sequence[StatusNews], at: datetime
) -> set[tuple[StoreId, UUID]]:
    """Keep what was told of ours; returns store and id of what was not known."""
    found = list({(one.event.store_id, one.status_id): one for one in news}.values())
    if not found:
        return set()
    events = [one.event for one in found]
    rows = await tx.execute(
        _ADD_STATUS,
        {
            "at": at,
            "store_ids": [event.store_id for event in events],
            "status_ids": [one.status_id for one in found],
            "thread_ids": [event.thread_id for event in events],
            "notification_ids": [event.notification_id for event in events],
            "channels": [event.channel for event in events],
            "external_ids": [event.external_id for event in events],
            "statuses": [event.status.value for event in events],
            "occurred_ats": [event.occurred_at for event in events],
        },
    )
    return {(row.store_id, row.status_id) for row in rows}


async def count_outgoing(tx: Transaction, events: dict[OutgoingKey, int]) -> dict[OutgoingKey, int]:
    """Lock notifications and add to their versions; returns the new ones."""
    if not events:
        return {}
    rows = await tx.execute(
        _COUNT_OUTGOING,
        {
            "store_ids": [key.store_id for key in events],
            "notification_ids": [key.notification_id for key in events],
            "events": list(events.values()),
        },
    )
    return {OutgoingKey(row.store_id, row.notification_id): row.version for row in rows}
