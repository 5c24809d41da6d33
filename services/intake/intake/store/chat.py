"""What visitors of the live chat are to see."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from intake.store.people import Thread, ThreadKey
from shared.contracts.base import NotificationId
from shared.contracts.intake import SendToChat
from shared.db import Transaction


class Unseen(NamedTuple):
    """A text that its visitor has not confirmed."""

    thread: ThreadKey
    notification_id: NotificationId
    said_at: datetime
    text: str


_ADD = text(
    """
    INSERT INTO chat_messages (store_id, notification_id, thread_id, contact_id, text, said_at)
    VALUES (:store_id, :notification_id, :thread_id, :contact_id, :text, :said_at)
    ON CONFLICT (store_id, notification_id) DO NOTHING
    """
)

_UNSEEN = text(
    """
    SELECT c.store_id, c.thread_id, c.notification_id, c.said_at, c.text
    FROM chat_messages c
    JOIN unnest(cast(:store_ids AS text[]), cast(:thread_ids AS uuid[]))
        AS open (store_id, thread_id) USING (store_id, thread_id)
    WHERE c.seen_at IS NULL
    ORDER BY c.n
    """
)

_SEEN = text(
    """
    UPDATE chat_messages SET seen_at = :at
    WHERE store_id = :store_id AND thread_id = :thread_id AND seen_at IS NULL
        AND notification_id = :notification_id
    """
)


async def add(tx: Transaction, command: SendToChat, thread: Thread) -> None:
    """Keep a text for the visitor; `n` follows the order of commits, as the thread is locked."""
    await tx.execute(
        _ADD,
        {
            "store_id": command.store_id,
            "notification_id": command.notification_id,
            "thread_id": command.thread_id,
            "contact_id": thread.contact_id,
            "text": command.text,
            "said_at": command.occurred_at,
        },
    )


async def unseen(tx: Transaction, threads: Iterable[ThreadKey]) -> list[Unseen]:
    """What visitors of these threads have not seen, oldest first."""
    keys = list(threads)
    rows = await tx.execute(
        _UNSEEN,
        {
            "store_ids": [key.store_id for key in keys],
            "thread_ids": [key.thread_id for key in keys],
        },
    )
    return [
        Unseen(ThreadKey(row.store_id, row.thread_id), row.notification_id, row.said_at, row.text)
        for row in rows
    ]


async def mark_seen(
    tx: Transaction, thread: ThreadKey, notification_id: NotificationId, at: datetime
) -> bool:
    """Note that the visitor has seen one; false when that is known, or there is no such text."""
    found = await tx.execute(
        _SEEN,
        {
            "at": at,
            "store_id": thread.store_id,
            "thread_id": thread.thread_id,
            "notification_id": notification_id,
        },
    )
    return bool(found.rowcount)


_TYPES = text(
    """
    INSERT INTO typing (store_id, thread_id, who, until)
    VALUES (:store_id, :thread_id, :who, :until)
    ON CONFLICT (store_id, thread_id, who) DO UPDATE SET until = excluded.until
    """
)
_TYPING = text(
    """
    SELECT t.store_id, t.thread_id FROM typing t
    JOIN unnest(cast(:store_ids AS text[]), cast(:thread_ids AS uuid[]))
        AS open (store_id, thread_id) USING (store_id, thread_id)
    WHERE t.who = :who AND t.until > :now
    """
)


async def types(tx: Transaction, thread: ThreadKey, who: str, until: datetime) -> None:
    """Note that somebody, `visitor` or `agent`, is writing."""
    told = {"store_id": thread.store_id, "thread_id": thread.thread_id, "who": who}
    await tx.execute(_TYPES, {**told, "until": until})


async def typing(
    tx: Transaction, threads: Iterable[ThreadKey], who: str, now: datetime
) -> set[ThreadKey]:
    """The threads of these in which somebody is writing."""
    keys = list(threads)
    rows = await tx.execute(
        _TYPING,
        {
            "store_ids": [key.store_id for key in keys],
            "thread_ids": [key.thread_id for key in keys],
            "who": who,
            "now": now,
        },
    )
    return {ThreadKey(row.store_id, row.thread_id) for row in rows}
