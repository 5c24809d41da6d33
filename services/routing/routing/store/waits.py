"""Why work waits: a row for each time that the reasons of a look changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text

from routing.domain.conversation import Conversation
from routing.domain.steps import Timers
from routing.domain.waits import Reason, Wait, used_between
from shared.contracts.base import StoreId
from shared.contracts.routing import Explanation, Family, Tried
from shared.db import Transaction

_KEEP = text(
    """
    WITH found AS (
        SELECT * FROM unnest(
            cast(:signatures AS text[]), cast(:marks AS integer[]), cast(:since AS float[]),
            cast(:until AS float[]), cast(:digests AS text[]), cast(:whys AS text[])
        ) AS f (signature, mark, used_from, used_until, digest, why)
    ),
    last AS (
        SELECT f.signature, f.mark, w.version, w.digest
        FROM found AS f CROSS JOIN LATERAL (
            SELECT version, digest FROM waits
            WHERE store_id = :store_id AND family = :family
                AND md5(signature) = md5(f.signature) AND mark = f.mark
            ORDER BY version DESC LIMIT 1
        ) AS w
    ),
    confirmed AS (
        UPDATE waits AS w SET as_of = :now
        FROM found AS f JOIN last AS l USING (signature, mark, digest)
        WHERE w.store_id = :store_id AND w.family = :family
            AND md5(w.signature) = md5(l.signature) AND w.mark = l.mark AND w.version = l.version
    )
    INSERT INTO waits (store_id, family, signature, mark, version, decided_at, as_of, used_from,
        used_until, digest, why)
    SELECT :store_id, :family, f.signature, f.mark, coalesce(l.version, 0) + 1, :now, :now,
        f.used_from, f.used_until, f.digest, cast(f.why AS json)
    FROM found AS f LEFT JOIN last AS l USING (signature, mark)
    WHERE l.digest IS DISTINCT FROM f.digest
    ON CONFLICT DO NOTHING
    RETURNING mark, signature, version
    """
)
_OF = text(
    """
    SELECT decided_at, as_of, used_from, used_until, digest, cast(why AS text) AS why
    FROM waits AS w
    WHERE w.store_id = :store_id AND w.family = :family
        AND md5(w.signature) = md5(:signature) AND w.as_of >= :since
    ORDER BY decided_at DESC LIMIT 50
    """
)
# One pass over the queue counts all kinds and marks.
_AT_PRESENT = text(
    """
    WITH queue AS MATERIALIZED (
        SELECT store_id, family, signature, asked_at, coalesce(
                extract(epoch FROM cast(:now AS timestamptz) - asked_at)
                    / nullif(extract(epoch FROM answer_by - asked_at), 0),
                'infinity'
            ) AS used
        FROM conversations
        WHERE state = 'queued' AND (:sees_all OR store_id = ANY (cast(:stores AS text[])))
    ),
    last AS (
        SELECT DISTINCT ON (store_id, family, md5(signature), mark) *
        FROM waits
        WHERE as_of >= :since AND (:sees_all OR store_id = ANY (cast(:stores AS text[])))
        ORDER BY store_id, family, md5(signature), mark, version DESC
    ),
    counted AS (
        SELECT w.store_id, w.family, w.signature, w.mark, w.version,
            count(*) AS waiting, min(q.asked_at) AS oldest
        FROM last AS w JOIN queue AS q USING (store_id, family, signature)
        WHERE (w.mark = 0 OR q.used >= w.used_from)
            AND (w.used_until IS NULL OR q.used < w.used_until)
        GROUP BY w.store_id, w.family, w.signature, w.mark, w.version
    )
    SELECT w.store_id, w.family, w.signature, w.decided_at, w.as_of, w.used_from, w.used_until,
        w.digest, cast(w.why AS text) AS why, c.waiting, c.oldest
    FROM last AS w JOIN counted AS c USING (store_id, family, signature, mark, version)
    ORDER BY c.oldest, w.signature LIMIT :limit
    """
)
_FORGET = text("DELETE FROM waits WHERE as_of < :before")


class _Why(msgspec.Struct):
    explanation: Explanation
    beside: tuple[Tried, ...]


class Waits(NamedTuple):
    """Why one kind of work waits, how many do, and since when the oldest was asked."""

    store_id: StoreId
    family: Family
    signature: str
    waiting: int
    oldest: datetime
    reason: Reason


async def keep(
    tx: Transaction,
    store_id: StoreId,
    family: Family,
    found: Sequence[Wait],
    timers: Timers,
    now: datetime,
) -> dict[str, int]:
    """Keep why these wait; what has been so already is only confirmed.

    Returns the looks of which why is another than before, each with its version.
    """
    spans = [used_between(each.mark, timers) for each in found]
    values = {
        "store_id": store_id,
        "family": family,
        "now": now,
        "signatures": [each.signature for each in found],
        "marks": [each.mark for each in found],
        "since": [since for since, _ in spans],
        "until": [until for _, until in spans],
        "digests": [each.digest for each in found],
        "whys": [each.why.decode() for each in found],
    }
    rows = await tx.execute(_KEEP, values)
    return {f"{row.mark}|{row.signature}": row.version for row in rows}


async def of(tx: Transaction, one: Conversation, since: datetime) -> list[Reason]:
    """Why such work waited, of whatever mark, and was found to after `since`; the last 50."""
    values = {
        "store_id": one.store_id,
        "family": one.family,
        "signature": one.signature,
        "since": since,
    }
    return [_reason(row) for row in await tx.execute(_OF, values)]


async def at_present(
    tx: Transaction, stores: Collection[str], *, since: datetime, now: datetime, limit: int
) -> list[Waits]:
    """Why work of these stores (`*` is all) waits at `now`, found after `since`; oldest first."""
    values = {
        "stores": list(stores),
        "sees_all": "*" in stores,
        "since": since,
        "now": now,
        "limit": limit,
    }
    return [
        Waits(row.store_id, row.family, row.signature, row.waiting, row.oldest, _reason(row))
        for row in await tx.execute(_AT_PRESENT, values)
    ]


async def forget(tx: Transaction, before: datetime) -> None:
    """Forget what was found to be so before then, and not after."""
    await tx.execute(_FORGET, {"before": before})


def _reason(row: Any) -> Reason:
    why = msgspec.json.decode(row.why, type=_Why)
    return Reason(
        since=row.decided_at,
        as_of=row.as_of,
        used_from=row.used_from,
        used_until=row.used_until,
        digest=row.digest,
        explanation=why.explanation,
        beside=why.beside,
    )
