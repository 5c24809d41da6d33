"""What waits in a pool, in the order of `domain.waiting.turn`, read no deeper than needed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import text

from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.db import Transaction
from shared.statements import Statement

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
_PAGE = Statement(
    f"""
    WITH waiting (row) AS MATERIALIZED (
        ({_WAITING} AND first_from <= :now ORDER BY first_from, id LIMIT :limit)
        UNION ALL
        ({_WAITING} AND first_from > :now AND answer_by >= :now
            ORDER BY answer_by, id LIMIT :limit)
        UNION ALL
        ({_WAITING} AND first_from > :now AND answer_by < :now
            ORDER BY answer_by, id LIMIT :limit)
        LIMIT :limit
    )
    SELECT true AS waits, row FROM waiting
    UNION ALL
    SELECT false, cast(jsonb_build_object('agent_id', agent_id, 'load', load, 'mail', mail,
        'messaging', messaging, 'chat', chat) AS text)
    FROM agent_loads
    WHERE agent_id = ANY (cast(:team AS text[])) AND EXISTS (SELECT 1 FROM waiting)
    """  # noqa: S608 - our own statement
)
_DEPTH = text(
    "SELECT family, count(*) AS waiting FROM conversations WHERE state = 'queued' GROUP BY family"
)
_OLDEST_PENDING = text("SELECT min(opened_at) FROM conversations WHERE state = 'pending'")


class _Load(msgspec.Struct):
    agent_id: AgentId
    load: int
    mail: int
    messaging: int
    chat: int


class Page(NamedTuple):
    """What waits next, and what agents hold: in all and by family, in hundredths of a unit."""

    waiting: list[Waiting]
    loads: dict[AgentId, tuple[int, dict[Family, int]]]


_waiting = msgspec.json.Decoder(Waiting)
_load = msgspec.json.Decoder(_Load)


async def page(  # noqa: PLR0913 - what a page of the queue hangs on
    tx: Transaction,
    store_id: StoreId,
    family: Family,
    team: Collection[AgentId] = (),
    *,
    stuck: Collection[str] = (),
    marks: Sequence[float] = (),
    now: datetime,
    limit: int,
) -> Page:
    """The next conversations of a pool but those whose look (`steps.look`) is `stuck`.

    With them, if there are any, what each of the `team` holds. `marks` are the shares of a promise
    at which more agents are looked at, least first.
    """
    values = {
        "store_id": store_id,
        "family": family,
        "team": list(team),
        "stuck": sorted(stuck),
        "marks": list(marks),
        "now": now,
        "limit": limit,
    }
    found = Page([], {})
    for waits, row in await _PAGE.rows(tx, values):
        if waits:
            found.waiting.append(_waiting.decode(row))
        else:
            each = _load.decode(row)
            found.loads[each.agent_id] = (
                each.load,
                {
                    Family.MAIL: each.mail,
                    Family.MESSAGING: each.messaging,
                    Family.CHAT: each.chat,
                },
            )
    return found


async def depth(tx: Transaction) -> dict[Family, int]:
    """How many wait, by family."""
    return {Family(row.family): row.waiting for row in await tx.execute(_DEPTH)}


async def oldest_pending(tx: Transaction) -> datetime | None:
    """Since when the oldest pending conversation waits for its order to be known."""
    oldest: datetime | None = await tx.scalar(_OLDEST_PENDING)
    return oldest
