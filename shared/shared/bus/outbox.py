"""What is to be said: rows written in the transaction that makes them true."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared import clock, db
from shared.bus.records import Said, event_id
from shared.contracts.base import Message, encode
from shared.db import Transaction
from shared.statements import Statement

OUTBOX = "outbox"
"""What the relay is woken by."""

_MANY = 50
_COLUMNS = (
    "event_id",
    "topic",
    "key",
    "type",
    "store_id",
    "cause_id",
    "correlation_id",
    "said_at",
    "body",
)
_PARAMETERS = [f"{column}s" for column in _COLUMNS]
_PUT = Statement(
    """
    INSERT INTO outbox
        (event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body)
    SELECT event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body
    FROM unnest(
        cast(:event_ids AS uuid[]), cast(:topics AS text[]), cast(:keys AS text[]),
        cast(:types AS text[]), cast(:store_ids AS text[]), cast(:cause_ids AS uuid[]),
        cast(:correlation_ids AS uuid[]), cast(:said_ats AS timestamptz[]),
        cast(:bodys AS bytea[])
    ) WITH ORDINALITY
        AS said (event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body, n)
    ORDER BY n
    """
)


async def say(
    tx: Transaction,
    messages: Sequence[Message],
    *,
    cause: UUID,
    correlation_id: UUID | None = None,
) -> None:
    """Say these messages when the transaction commits.

    For what does not come from Kafka: requests, mails, due rows. `cause` is `cause_of(...)` of
    what makes this happen once; the same cause gives the same event ids.
    """
    await put(tx, [Said(message, cause, correlation_id) for message in messages])


async def put(tx: Transaction, said: Sequence[Said]) -> None:
    """Write messages to the outbox, in this order, and wake the relay after commit.

    Order per key holds only if the transaction has locked the aggregate's row before: ids are
    drawn here, not at commit.
    """
    if not said:
        return
    service: str = tx.info["service"]
    said_at = clock.now()
    ordinals: dict[tuple[UUID, str], int] = {}
    rows = []
    for message, cause, correlation in said:
        name = type(message).__name__
        ordinal = ordinals.get((cause, name), 0)
        ordinals[cause, name] = ordinal + 1
        event = event_id(service, cause, name, ordinal)
        store = getattr(message, "store_id", "")
        flow = correlation or cause
        rows.append(
            (event, message.TOPIC, message.key, name, store, cause, flow, said_at, encode(message))
        )
    await (_copy if len(rows) >= _MANY else _insert)(tx, rows)
    db.wake(tx, OUTBOX)


async def _insert(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    await _PUT.rows(tx, dict(zip(_PARAMETERS, zip(*rows, strict=True), strict=True)))


async def _copy(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    # COPY of 500 rows takes about 0.7 of the time of an INSERT of arrays.
    await db.driver(tx).copy_records_to_table("outbox", records=rows, columns=_COLUMNS)
