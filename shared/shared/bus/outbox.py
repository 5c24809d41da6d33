"""What is to be said: rows written in the transaction that makes them true."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from shared import clock, db
from shared.bus.records import Said, event_id
from shared.contracts.base import Message, encode
from shared.db import Transaction
from shared.statements import Row, Statement

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
_PARAMETERS = [f"said_{column}s" for column in _COLUMNS]
INSERT = """
    INSERT INTO outbox
        (event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body)
    SELECT event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body
    FROM unnest(
        cast(:said_event_ids AS uuid[]), cast(:said_topics AS text[]), cast(:said_keys AS text[]),
        cast(:said_types AS text[]), cast(:said_store_ids AS text[]),
        cast(:said_cause_ids AS uuid[]), cast(:said_correlation_ids AS uuid[]),
        cast(:said_said_ats AS timestamptz[]), cast(:said_bodys AS bytea[])
    ) WITH ORDINALITY
        AS said (event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body, n)
    ORDER BY n
    """
"""For a statement that does more besides: its values are those of `put_with`."""

_PUT = Statement(INSERT)


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
    if said:
        await put_with(tx, said, _PUT, {})


async def put_with(
    tx: Transaction, said: Sequence[Said], statement: Statement, values: Mapping[str, Any]
) -> list[Row]:
    """The same by a statement that holds `INSERT` and takes other values too; returns its rows."""
    rows = _rows(tx, said)
    at_once = rows if len(rows) < _MANY else []
    columns = zip(*at_once, strict=True) if at_once else ([] for _ in _COLUMNS)
    found = await statement.rows(tx, {**values, **dict(zip(_PARAMETERS, columns, strict=True))})
    if len(at_once) < len(rows):
        # COPY of 500 rows takes about 0.7 of the time of an INSERT of arrays.
        await db.driver(tx).copy_records_to_table("outbox", records=rows, columns=_COLUMNS)
    if rows:
        db.wake(tx, OUTBOX)
    return found


def _rows(tx: Transaction, said: Sequence[Said]) -> list[tuple[Any, ...]]:
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
    return rows
