"""Files of messages: where each lies, and what was found of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from shared.contracts.base import AccountId, Channel, ContactId, MessageId, StoreId, ThreadId
from shared.db import Transaction


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A file of a message that is kept just now."""

    store_id: StoreId
    file_id: UUID
    contact_id: ContactId
    thread_id: ThreadId
    message_id: MessageId
    n: int
    channel: Channel
    account_id: AccountId
    raw_id: UUID | None
    raw_at: datetime | None
    reference: str | None = field(repr=False)
    is_url: bool
    name: str | None = field(repr=False)
    declared_type: str


@dataclass(frozen=True, kw_only=True)
class Due:
    """A file that is to be fetched; `attempts` counts this one too."""

    store_id: StoreId
    file_id: UUID
    message_id: MessageId
    n: int
    channel: Channel
    account_id: AccountId
    raw_id: UUID | None
    raw_at: datetime | None
    reference: str | None = field(repr=False)
    is_url: bool
    name: str | None = field(repr=False)
    declared_type: str
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file as it stands: `state` is due, kept or refused, `why` tells of the last."""

    file_id: UUID
    n: int
    state: str
    why: str | None
    name: str | None = field(repr=False)
    media_type: str | None
    size: int | None
    sha256: str | None


_ADD = text(
    """
    INSERT INTO files (store_id, file_id, contact_id, thread_id, message_id, n, channel,
        account_id, raw_id, raw_at, reference, is_url, name, declared_type, state, due_at,
        received_at)
    SELECT store_id, file_id, contact_id, thread_id, message_id, n, channel, account_id, raw_id,
        raw_at, reference, is_url, name, declared_type, 'due', :at, :at
    FROM unnest(
        cast(:store_ids AS text[]), cast(:file_ids AS uuid[]), cast(:contact_ids AS uuid[]),
        cast(:thread_ids AS uuid[]), cast(:message_ids AS uuid[]), cast(:ns AS int[]),
        cast(:channels AS text[]), cast(:account_ids AS text[]), cast(:raw_ids AS uuid[]),
        cast(:raw_ats AS timestamptz[]), cast(:references AS text[]), cast(:is_urls AS bool[]),
        cast(:names AS text[]), cast(:declared_types AS text[])
    ) AS told (store_id, file_id, contact_id, thread_id, message_id, n, channel, account_id,
        raw_id, raw_at, reference, is_url, name, declared_type)
    ORDER BY store_id, file_id
    ON CONFLICT (store_id, file_id) DO NOTHING
    """
)

_CLAIM = text(
    """
    UPDATE files SET attempts = attempts + 1, due_at = :again_at
    WHERE (store_id, file_id) IN (
        SELECT store_id, file_id FROM files WHERE state = 'due' AND due_at <= :now
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING store_id, file_id, message_id, n, channel, account_id, raw_id, raw_at, reference,
        is_url, name, declared_type, attempts
    """
)

_KEPT = text(
    """
    UPDATE files SET state = 'kept', due_at = NULL, why = NULL, media_type = :media_type,
        size = :size, sha256 = :sha256
    WHERE store_id = :store_id AND file_id = :file_id AND state = 'due'
    """
)
_REFUSED = text(
    """
    UPDATE files SET state = 'refused', due_at = NULL, why = :why
    WHERE store_id = :store_id AND file_id = :file_id AND state = 'due'
    """
)
_LATER = text(
    """
    UPDATE files SET due_at = :due_at, why = :why
    WHERE store_id = :store_id AND file_id = :file_id AND state = 'due'
    """
)

_FOUND = """
    SELECT file_id, n, state, why, name, media_type, size, sha256 FROM files
    WHERE store_id = :store_id AND
"""
_ONE = text(_FOUND + "file_id = :file_id")
_OF = text(_FOUND + "message_id = :message_id ORDER BY n")


async def add(tx: Transaction, files: Sequence[NewFile], at: datetime) -> None:
    """Note files that are to be fetched, from `at` on."""
    if not files:
        return
    columns = NewFile.__dataclass_fields__
    values = {_plural(name): [getattr(one, name) for one in files] for name in columns}
    await tx.execute(_ADD, {"at": at, **values})


def _plural(name: str) -> str:
    return f"{name}s"


_LAY_DOWN = text(
    """
    INSERT INTO files (store_id, file_id, contact_id, thread_id, n, channel, account_id, name,
        declared_type, media_type, size, sha256, state, received_at)
    VALUES (:store_id, :file_id, :contact_id, :thread_id, 0, :channel, :account_id, :name,
        :media_type, :media_type, :size, :sha256, 'kept', :at)
    ON CONFLICT (store_id, file_id) DO NOTHING
    """
)

_LAID_DOWN = text(
    """
    SELECT file_id, name, media_type, size FROM files
    WHERE store_id = :store_id AND thread_id = :thread_id AND file_id = ANY(:file_ids)
        AND state = 'kept' AND (message_id IS NULL OR message_id = :message_id)
    """
)

_ATTACH = text(
    """
    UPDATE files f SET message_id = told.message_id
    FROM unnest(
        cast(:store_ids AS text[]), cast(:message_ids AS uuid[]), cast(:file_ids AS uuid[])
    ) AS told (store_id, message_id, file_id)
    WHERE f.store_id = told.store_id AND f.file_id = told.file_id AND f.message_id IS NULL
    """
)


@dataclass(frozen=True, kw_only=True)
class LaidDown:
    """A file that a visitor laid down, kept already, of no message yet."""

    store_id: StoreId
    file_id: UUID
    contact_id: ContactId
    thread_id: ThreadId
    channel: Channel
    account_id: AccountId
    name: str | None = field(repr=False)
    media_type: str
    size: int
    sha256: str


async def lay_down(tx: Transaction, file: LaidDown, at: datetime) -> None:
    """Keep a visitor's file; the same once more is the same."""
    values = {name: getattr(file, name) for name in LaidDown.__dataclass_fields__}
    await tx.execute(_LAY_DOWN, {"at": at, **values})


async def laid_down(
    tx: Transaction,
    store_id: StoreId,
    thread_id: ThreadId,
    message_id: MessageId,
    file_ids: Sequence[UUID],
) -> list[Row[Any]]:
    """Files of a thread that a message may take: of none yet, or its own. In the order asked."""
    rows = await tx.execute(
        _LAID_DOWN,
        {
            "store_id": store_id,
            "thread_id": thread_id,
            "message_id": message_id,
            "file_ids": list(file_ids),
        },
    )
    return sorted(rows, key=lambda row: file_ids.index(row.file_id))


async def attach(tx: Transaction, uploads: Sequence[tuple[StoreId, MessageId, UUID]]) -> None:
    """Give files that were laid down to the messages that name them."""
    if uploads:
        await tx.execute(
            _ATTACH,
            {
                "store_ids": [one[0] for one in uploads],
                "message_ids": [one[1] for one in uploads],
                "file_ids": [one[2] for one in uploads],
            },
        )


async def claim(tx: Transaction, now: datetime, *, limit: int, patience: timedelta) -> list[Due]:
    """Take files that are due; who is killed meanwhile leaves them due after `patience`."""
    rows = await tx.execute(_CLAIM, {"now": now, "again_at": now + patience, "limit": limit})
    return [Due(**row._mapping) for row in rows]


async def kept(tx: Transaction, of: Due, *, media_type: str, size: int, sha256: str) -> None:
    """Note that a file lies in the object store."""
    told = {"media_type": media_type, "size": size, "sha256": sha256}
    await tx.execute(_KEPT, {**_key(of), **told})


async def refused(tx: Transaction, of: Due, why: str) -> None:
    """Note that a file is not taken in, and why."""
    await tx.execute(_REFUSED, {**_key(of), "why": why})


async def later(tx: Transaction, of: Due, due_at: datetime, why: str) -> None:
    """Try again at a moment."""
    await tx.execute(_LATER, {**_key(of), "due_at": due_at, "why": why})


async def one(tx: Transaction, store_id: StoreId, file_id: UUID) -> Found | None:
    """A file of a store."""
    row = (await tx.execute(_ONE, {"store_id": store_id, "file_id": file_id})).one_or_none()
    return _found(row) if row else None


async def of_message(tx: Transaction, store_id: StoreId, message_id: MessageId) -> list[Found]:
    """The files of a message, in its order."""
    rows = await tx.execute(_OF, {"store_id": store_id, "message_id": message_id})
    return [_found(row) for row in rows]


def _found(row: Row[Any]) -> Found:
    return Found(**row._mapping)


def _key(of: Due) -> dict[str, Any]:
    return {"store_id": of.store_id, "file_id": of.file_id}
