"""The team and what each agent holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from routing.domain.shifts import Calendar, Shift
from routing.domain.team import FAMILIES, Agent, Room
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.db import Transaction

_PUT_AGENTS = text(
    """
    INSERT INTO agents (id, name, role, stores, languages, skills, country, time_zone, shifts,
        costs, is_asked, changed_at)
    SELECT id, name, role, stores, languages, skills, country, time_zone, shifts, costs, is_asked,
        :now
    FROM jsonb_populate_recordset(cast(null AS agents), cast(:rows AS jsonb))
    ORDER BY id
    ON CONFLICT (id) DO UPDATE
    SET name = excluded.name, role = excluded.role, stores = excluded.stores,
        languages = excluded.languages, skills = excluded.skills, country = excluded.country,
        time_zone = excluded.time_zone, shifts = excluded.shifts, costs = excluded.costs,
        is_asked = excluded.is_asked,
        changed_at = excluded.changed_at, retired_at = NULL
    """
)
_PUT_LOADS = text(
    """
    INSERT INTO agent_loads
        (agent_id, capacity, mail_capacity, messaging_capacity, chat_capacity)
    SELECT * FROM unnest(
        cast(:ids AS text[]), cast(:totals AS integer[]), cast(:mail AS integer[]),
        cast(:messaging AS integer[]), cast(:chat AS integer[])
    ) AS a (agent_id, total, mail, messaging, chat)
    ORDER BY agent_id
    ON CONFLICT (agent_id) DO UPDATE
    SET capacity = excluded.capacity, mail_capacity = excluded.mail_capacity,
        messaging_capacity = excluded.messaging_capacity, chat_capacity = excluded.chat_capacity
    """
)
_RETIRE = text(
    """
    WITH gone AS (
        UPDATE agents SET retired_at = :now
        WHERE retired_at IS NULL AND NOT id = ANY (cast(:ids AS text[]))
        RETURNING id
    ),
    closed AS (
        UPDATE agent_loads
        SET capacity = 0, mail_capacity = 0, messaging_capacity = 0, chat_capacity = 0
        WHERE agent_id IN (SELECT id FROM gone)
    )
    SELECT id FROM gone ORDER BY id
    """
)
_TEAM_ROWS = """
    SELECT cast(jsonb_build_object(
        'agent_id', id, 'is_lead', role = 'lead', 'stores', stores, 'languages', languages,
        'skills', skills, 'country', country, 'time_zone', time_zone, 'shifts', shifts,
        'costs', costs, 'is_asked', is_asked, 'total', capacity, 'mail', mail_capacity,
        'messaging', messaging_capacity, 'chat', chat_capacity
    ) AS text)
    FROM agents JOIN agent_loads ON agent_id = id
    WHERE retired_at IS NULL
"""
_TEAM = text(f"{_TEAM_ROWS} ORDER BY id")
_ONE = text(f"{_TEAM_ROWS} AND id = :id")
_LOADS = text(
    """
    SELECT agent_id, load, mail, messaging, chat FROM agent_loads
    WHERE agent_id = ANY (cast(:ids AS text[]))
    """
)
_RETIRED_WITH_WORK = text(
    """
    SELECT id FROM agents
    WHERE retired_at IS NOT NULL
        AND EXISTS (
            SELECT 1 FROM conversations
            WHERE agent_id = agents.id AND state IN ('offered', 'assigned')
        )
    ORDER BY id
    """
)
_POOLS_OF = text("SELECT stores FROM agents WHERE id = :id AND retired_at IS NULL")


class _Row(msgspec.Struct, frozen=True):
    agent_id: AgentId
    is_lead: bool
    stores: frozenset[StoreId]
    languages: dict[str, int]
    skills: frozenset[str]
    country: str
    time_zone: str
    shifts: list[dict[str, Any]]
    costs: dict[str, int]
    total: int
    mail: int
    messaging: int
    chat: int
    is_asked: bool | None = None


_decoder = msgspec.json.Decoder(_Row)


async def put(
    tx: Transaction, agents: Sequence[Agent], names: Mapping[AgentId, str], now: datetime
) -> list[AgentId]:
    """Make these the team. Returns who is retired by it, as he is not among them any more."""
    members = [_row(agent, names[agent.agent_id]) for agent in agents]
    await tx.execute(_PUT_AGENTS, {"rows": msgspec.json.encode(members).decode(), "now": now})
    rooms = [agent.room for agent in agents]
    values: dict[str, Any] = {
        "ids": [agent.agent_id for agent in agents],
        "totals": [room.total for room in rooms],
    }
    for family in FAMILIES:
        values[family.value] = [room.families.get(family, 0) for room in rooms]
    await tx.execute(_PUT_LOADS, values)
    gone = await tx.execute(_RETIRE, {"ids": values["ids"], "now": now})
    return [AgentId(identity) for identity in gone.scalars()]


async def rows_of_team(tx: Transaction) -> list[str]:
    """The rows, for `agent`, of everybody who is not retired, sorted by id."""
    return list((await tx.execute(_TEAM)).scalars())


def agent(row: str) -> Agent:
    """The agent of a row, with nothing to hold."""
    return _agent(_decoder.decode(row))


async def one(tx: Transaction, agent_id: AgentId) -> Agent | None:
    """An agent with nothing to hold; None when he is not there or retired."""
    row = await tx.scalar(_ONE, {"id": agent_id})
    return None if row is None else agent(row)


async def loads(
    tx: Transaction, agents: Iterable[AgentId]
) -> dict[AgentId, tuple[int, dict[Family, int]]]:
    """What each of these holds: in all and by family, in hundredths of a unit."""
    found = await tx.execute(_LOADS, {"ids": list(agents)})
    return {
        AgentId(row.agent_id): (
            row.load,
            {Family.MAIL: row.mail, Family.MESSAGING: row.messaging, Family.CHAT: row.chat},
        )
        for row in found
    }


async def stores_of(tx: Transaction, agent_id: AgentId) -> list[StoreId]:
    """The stores that an agent works for; none when he is retired."""
    return [StoreId(store) for store in await tx.scalar(_POOLS_OF, {"id": agent_id}) or ()]


async def retired_with_work(tx: Transaction) -> list[AgentId]:
    """Who is retired and has something still."""
    return [AgentId(identity) for identity in (await tx.execute(_RETIRED_WITH_WORK)).scalars()]


def _row(agent: Agent, name: str) -> dict[str, Any]:
    shifts = agent.calendar.shifts
    return {
        "id": agent.agent_id,
        "name": name,
        "role": "lead" if agent.is_lead else "agent",
        "stores": sorted(agent.stores),
        "languages": dict(agent.languages),
        "skills": sorted(agent.skills),
        "country": agent.country,
        "time_zone": agent.calendar.zone.key,
        "shifts": [
            {"days": sorted(shift.days), "begin": shift.begin, "end": shift.end} for shift in shifts
        ],
        "costs": {family.value: cost for family, cost in agent.room.costs.items()},
        "is_asked": agent.is_asked,
    }


def _agent(row: _Row) -> Agent:
    shifts = [Shift(frozenset(shift["days"]), shift["begin"], shift["end"]) for shift in row.shifts]
    return Agent(
        agent_id=row.agent_id,
        is_lead=row.is_lead,
        stores=row.stores,
        languages=row.languages,
        skills=row.skills,
        country=row.country,
        calendar=Calendar(shifts, row.time_zone),
        room=Room(
            total=row.total,
            families={
                Family.MAIL: row.mail,
                Family.MESSAGING: row.messaging,
                Family.CHAT: row.chat,
            },
            costs={Family(family): cost for family, cost in row.costs.items()},
        ),
        is_asked=row.is_asked,
    )
