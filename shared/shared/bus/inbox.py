"""Heard before? One row for each message a consumer has answered, in the answer's transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from shared.bus import outbox
from shared.bus.records import Said
from shared.db import Transaction
from shared.statements import Statement

KEPT = timedelta(days=8)
"""A day longer than any topic keeps its messages, so that none can come again unknown."""

_TAKE_ALL_AND_SAY = Statement(
    f"""
    WITH heard AS (
        INSERT INTO inbox (consumer, id)
        SELECT cast(:consumer AS text), id FROM unnest(cast(:ids AS uuid[])) AS id
    )
    {outbox.INSERT}
    """  # noqa: S608 - our own statements
)
_UNHEARD = Statement(
    """
    SELECT w.id FROM unnest(cast(:ids AS uuid[])) AS w (id)
    WHERE NOT EXISTS (
        SELECT 1 FROM inbox AS i WHERE i.consumer = cast(:consumer AS text) AND i.id = w.id
    )
    """
)
_TAKE = Statement(
    """
    INSERT INTO inbox (consumer, id)
    SELECT cast(:consumer AS text), id FROM unnest(cast(:ids AS uuid[])) AS id
    ON CONFLICT DO NOTHING
    RETURNING id
    """
)


class Repeated(Exception):
    """One of the messages was heard before; the transaction is of no use any more."""


async def take_all_and_say(
    tx: Transaction, consumer: str, ids: Collection[UUID], said: Sequence[Said]
) -> None:
    """Write these ids down, none of which is there, and say what the messages caused.

    Raises `Repeated` when one is there after all. Sorted as in `take`; after this nothing but the
    commit may wait for anybody.
    """
    if not ids and not said:
        return
    values = {"consumer": consumer, "ids": sorted(ids)}
    try:
        await outbox.put_with(tx, said, _TAKE_ALL_AND_SAY, values)
    except asyncpg.UniqueViolationError as why:
        if why.table_name != "inbox":
            raise
        raise Repeated from why


async def unheard(tx: Transaction, consumer: str, ids: Iterable[UUID]) -> set[UUID]:
    """Those of these ids that are not there; a sister may write them down meanwhile."""
    found = await _UNHEARD.rows(tx, {"consumer": consumer, "ids": sorted(set(ids))})
    return {row["id"] for row in found}


async def take(tx: Transaction, consumer: str, ids: Iterable[UUID]) -> set[UUID]:
    """Write these ids down and return those that were not there yet.

    Sorted, so that two processes that hold the same messages after a rebalance wait for each other
    instead of dead-locking.
    """
    found = await _TAKE.rows(tx, {"consumer": consumer, "ids": sorted(set(ids))})
    return {row["id"] for row in found}


async def forget(connection: asyncpg.Connection, most: int) -> None:
    """Drop rows older than `KEPT`, at most so many: the relay has other things to do."""
    await connection.execute(
        "DELETE FROM inbox WHERE ctid = ANY (ARRAY("
        "SELECT ctid FROM inbox WHERE heard_at < now() - $1::interval LIMIT $2))",
        KEPT,
        most,
    )
