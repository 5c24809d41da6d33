"""Whether each agent's load is what he holds. It always is; a difference is an incident."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.contracts.base import AgentId
from shared.contracts.routing import Family
from shared.db import Transaction

# Claims change a load and its offers in one transaction, and this is one statement: one snapshot.
_LOOK = text(
    """
    WITH held AS (
        SELECT agent_id, family, sum(units)::integer AS units FROM offers
        WHERE ended_at IS NULL
        GROUP BY agent_id, family
    ),
    counted AS (
        SELECT l.agent_id, f.family, f.units
        FROM agent_loads AS l
        CROSS JOIN LATERAL (
            VALUES ('mail', l.mail), ('messaging', l.messaging), ('chat', l.chat)
        ) AS f (family, units)
    )
    SELECT agent_id, family, coalesce(c.units, 0) AS counted, coalesce(h.units, 0) AS held
    FROM counted AS c FULL JOIN held AS h USING (agent_id, family)
    WHERE coalesce(c.units, 0) <> coalesce(h.units, 0)
    ORDER BY agent_id, family
    """
)
_LOCK = text("SELECT 1 FROM agent_loads WHERE agent_id = :agent_id FOR NO KEY UPDATE")
_REPAIR = text(
    """
    WITH held AS (
        SELECT coalesce(sum(units) FILTER (WHERE family = 'mail'), 0)::integer AS mail,
            coalesce(sum(units) FILTER (WHERE family = 'messaging'), 0)::integer AS messaging,
            coalesce(sum(units) FILTER (WHERE family = 'chat'), 0)::integer AS chat
        FROM offers WHERE agent_id = :agent_id AND ended_at IS NULL
    ),
    before AS (SELECT * FROM agent_loads WHERE agent_id = :agent_id),
    noted AS (
        INSERT INTO load_changes
            (at, agent_id, family, delta, load_after, store_id, conversation_id, epoch, capacity)
        SELECT :now, :agent_id, 'repair', h.mail + h.messaging + h.chat - b.load,
            h.mail + h.messaging + h.chat, '', '00000000-0000-0000-0000-000000000000', 0, b.capacity
        FROM held AS h CROSS JOIN before AS b
    )
    UPDATE agent_loads AS l
    SET load = h.mail + h.messaging + h.chat, mail = h.mail, messaging = h.messaging, chat = h.chat
    FROM held AS h
    WHERE l.agent_id = :agent_id
    """
)


@dataclass(frozen=True)
class Drift:
    """An agent whose load of a family is not what he holds; hundredths of a unit."""

    agent_id: AgentId
    family: Family
    counted: int
    held: int


async def look(tx: Transaction) -> list[Drift]:
    """Every difference, sorted by agent and family."""
    return [
        Drift(AgentId(row.agent_id), Family(row.family), row.counted, row.held)
        for row in await tx.execute(_LOOK)
    ]


async def repair(tx: Transaction, agent_id: AgentId, now: datetime) -> None:
    """Set an agent's load to what he holds, with a row of family `repair` in its history."""
    await tx.execute(_LOCK, {"agent_id": agent_id})
    await tx.execute(_REPAIR, {"agent_id": agent_id, "now": now})
