"""What is to be said: rows written in the transaction that makes them true."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from shared import clock, db
from shared.bus.records import Said, event_id
from shared.contracts.base import Message, encode
from shared.db import Transaction

OUTBOX = "outbox"
"""What the relay is woken by."""

_PUT = text(
    """
    INSERT INTO outbox
        (event_id, topic, key, type, store_id, cause_id, correlation_id, said_at, body)
    SELECT event_id, topic, key, type, store_id, cause_id, correlation_id, :said_at, body
    FROM unnest(
        cast(:event_ids AS uuid[]), cast(:topics AS text[]), cast(:keys AS text[]),
        cast(:types AS text[]), cast(:store_ids AS text[]), cast(:causes AS uuid[]),
        cast(:correlations AS uuid[]), cast(:bodies AS bytea[])
    ) WITH ORDINALITY
        AS said (event_id, topic, key, type, store_id, cause_id, correlation_id, body, n)
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
    ordinals: Counter[tuple[UUID, str]] = Counter()
    ids, types = [], []
    for message, cause, _ in said:
        name = type(message).__name__
        ids.append(event_id(service, cause, name, ordinals[cause, name]))
        ordinals[cause, name] += 1
        types.append(name)
    await tx.execute(
        _PUT,
        {
            "said_at": clock.now(),
            "event_ids": ids,
            "topics": [message.TOPIC for message, _, _ in said],
            "keys": [message.key for message, _, _ in said],
            "types": types,
            "store_ids": [getattr(message, "store_id", "") for message, _, _ in said],
            "causes": [cause for _, cause, _ in said],
            "correlations": [correlation or cause for _, cause, correlation in said],
            "bodies": [encode(message) for message, _, _ in said],
        },
    )
    db.wake(tx, OUTBOX)
