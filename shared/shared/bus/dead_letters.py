"""Messages that were set aside: original bytes, headers, where they came from, and why.

They lie in the service's own schema, written in the transaction of the batch they were in, and are
kept 30 days. A person looks at them and replays them to this one consumer by command.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import msgspec
from sqlalchemy import text

from shared import metrics
from shared.bus.records import Record
from shared.db import Transaction

KEPT = timedelta(days=30)

_PUT = text(
    """
    INSERT INTO dead_letters
        (consumer, kind, why, topic, partition, "offset", key, headers, body)
    VALUES (:consumer, :kind, :why, :topic, :partition, :offset, :key,
            cast(:headers AS jsonb), :body)
    ON CONFLICT ON CONSTRAINT uq_dead_letters_origin DO NOTHING
    """
)


class DeadLetter(NamedTuple):
    """A record that is set aside. `kind` is refused, undecodable or bug."""

    record: Record
    kind: str
    why: str


class Stored(NamedTuple):
    """A dead letter as it lies in the table."""

    id: int
    consumer: str
    kind: str
    why: str
    set_aside_at: datetime
    replayed_at: datetime | None
    record: Record


async def put(tx: Transaction, consumer: str, letters: Sequence[DeadLetter]) -> None:
    """Set records aside; one that lies there already stays as it is."""
    if not letters:
        return
    await tx.execute(
        _PUT,
        [
            {
                "consumer": consumer,
                "kind": letter.kind,
                "why": letter.why[:4000].replace("\x00", "�"),
                "topic": letter.record.topic,
                "partition": letter.record.partition,
                "offset": letter.record.offset,
                "key": letter.record.key,
                "headers": _pack(letter.record.headers),
                "body": letter.record.value,
            }
            for letter in letters
        ],
    )
    for letter in letters:
        metrics.dead_letters.labels(letter.kind).inc()


def _pack(headers: Sequence[tuple[str, bytes]]) -> str:
    # Header values are anybody's bytes: base64 keeps them all, NUL included.
    pairs = [(_b64(name.encode()), _b64(value or b"")) for name, value in headers]
    return msgspec.json.encode(pairs).decode()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


_FIND = """
    SELECT id, consumer, kind, why, set_aside_at, replayed_at,
           topic, partition, "offset", key, headers::text AS headers, body
    FROM dead_letters
"""


async def newest(tx: Transaction, limit: int) -> list[Stored]:
    """The newest dead letters first."""
    rows = await tx.execute(text(f"{_FIND} ORDER BY id DESC LIMIT :limit"), {"limit": limit})
    return [_stored(row) for row in rows]


async def locked(tx: Transaction, letter_id: int) -> Stored | None:
    """One dead letter, locked until the transaction ends."""
    rows = await tx.execute(text(f"{_FIND} WHERE id = :id FOR UPDATE"), {"id": letter_id})
    row = rows.first()
    return _stored(row) if row else None


async def mark_replayed(tx: Transaction, letter_id: int) -> None:
    """Remember that it took effect after all."""
    await tx.execute(
        text("UPDATE dead_letters SET replayed_at = now() WHERE id = :id"), {"id": letter_id}
    )


async def forget(connection: asyncpg.Connection, most: int) -> None:
    """Drop what is older than `KEPT`, at most so many."""
    await connection.execute(
        "DELETE FROM dead_letters WHERE id = ANY (ARRAY("
        "SELECT id FROM dead_letters WHERE set_aside_at < now() - $1::interval LIMIT $2))",
        KEPT,
        most,
    )


def _stored(row: Any) -> Stored:
    pairs = msgspec.json.decode(row.headers)
    headers = [(base64.b64decode(n).decode(), base64.b64decode(v)) for n, v in pairs]
    record = Record(row.topic, row.partition, row.offset, row.key, row.body, headers)
    return Stored(
        row.id, row.consumer, row.kind, row.why, row.set_aside_at, row.replayed_at, record
    )
