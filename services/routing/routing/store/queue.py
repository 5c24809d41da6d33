"""What waits in a pool, in the order of `domain.waiting.turn`, read no deeper than needed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import text

from routing.domain.waiting import Waiting
from routing.store import rows
from shared.contracts.base import StoreId
from shared.contracts.routing import Family
from shared.db import Transaction

_WAITING = """
    SELECT cast(jsonb_build_object(
        'conversation_id', id, 'store_id', store_id, 'family', family, 'channel', channel,
        'version', version, 'epoch', epoch, 'flow_id', flow_id, 'asked_at', asked_at,
        'answer_by', answer_by, 'first_from', first_from, 'language', language,
        'second_language', second_language, 'region', region, 'time_zone', time_zone,
        'skills', skills, 'known_agent_id', known_agent_id, 'declined', declined,
        'is_crisis', 'crisis' = ANY (urgency_reasons)
    ) AS text)
    FROM conversations
    WHERE store_id = :store_id AND family = :family AND state = 'queued'
        AND NOT width_bucket(
            cast(coalesce(
                extract(epoch FROM cast(:now AS timestamptz) - asked_at)
                    / nullif(extract(epoch FROM answer_by - asked_at), 0),
                'infinity'
            ) AS double precision),
            cast(:marks AS double precision[])
        ) || '|' || signature = ANY (cast(:stuck AS text[]))
"""
_NEXT = text(
    f"""
    ({_WAITING} AND first_from <= :now ORDER BY first_from, id LIMIT :limit)
    UNION ALL
    ({_WAITING} AND first_from > :now AND answer_by >= :now ORDER BY answer_by, id LIMIT :limit)
    UNION ALL
    ({_WAITING} AND first_from > :now AND answer_by < :now ORDER BY answer_by, id LIMIT :limit)
    LIMIT :limit
    """
)
_DEPTH = text(
    "SELECT family, count(*) AS waiting FROM conversations WHERE state = 'queued' GROUP BY family"
)
_OLDEST_PENDING = text("SELECT min(opened_at) FROM conversations WHERE state = 'pending'")


async def next_waiting(  # noqa: PLR0913 - what a page of the queue hangs on
    tx: Transaction,
    store_id: StoreId,
    family: Family,
    *,
    stuck: Collection[str],
    marks: Sequence[float],
    now: datetime,
    limit: int,
) -> list[Waiting]:
    """The next conversations of a pool but those whose look (`steps.look`) is `stuck`.

    `marks` are the shares of a promise at which more agents are looked at, least first.
    """
    return await rows.read(
        tx,
        Waiting,
        _NEXT,
        store_id=store_id,
        family=family,
        stuck=sorted(stuck),
        marks=list(marks),
        now=now,
        limit=limit,
    )


async def depth(tx: Transaction) -> dict[Family, int]:
    """How many wait, by family."""
    return {Family(row.family): row.waiting for row in await tx.execute(_DEPTH)}


async def oldest_pending(tx: Transaction) -> datetime | None:
    """Since when the oldest pending conversation waits for its order to be known."""
    oldest: datetime | None = await tx.scalar(_OLDEST_PENDING)
    return oldest
