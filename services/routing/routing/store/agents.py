"""The agents of the team and what each holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import text

from routing.domain.free_days import FreeDays, kept
from routing.domain.presence import Counting, Presence
from routing.domain.shifts import Calendar, Difference, Kind
from routing.domain.team import FAMILIES, Agent, Room
from routing.store.differences import as_json, as_shift
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.contracts.routing import Presence as State
from shared.db import Transaction

_PAST = timedelta(days=5)
"""A difference of longer ago touches no shift that may go on."""

_PUT_AGENTS = text(
    """
    INSERT INTO agents AS a (id, name, role, stores, languages, skills, country, time_zone, shifts,
        costs, is_asked, products, intents, counting, free_days, version, changed_at)
    SELECT id, name, role, stores, languages, skills, country, time_zone, shifts, costs, is_asked,
        products, intents, counting, free_days, 1, :now
    FROM jsonb_populate_recordset(cast(null AS agents), cast(:rows AS jsonb))
    ORDER BY id
    ON CONFLICT (id) DO UPDATE
    SET name = excluded.name, role = excluded.role, stores = excluded.stores,
        languages = excluded.languages, skills = excluded.skills, country = excluded.country,
        time_zone = excluded.time_zone, shifts = excluded.shifts, costs = excluded.costs,
        is_asked = excluded.is_asked,
        products = excluded.products, intents = excluded.intents, counting = excluded.counting,
        free_days = excluded.free_days, version = a.version + 1,
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
_PUT_PRESENCES = text(
    """
    INSERT INTO agent_presence (agent_id)
    SELECT agent_id FROM unnest(cast(:ids AS text[])) AS a (agent_id) ORDER BY agent_id
    ON CONFLICT DO NOTHING
    """
)
_RETIRE = text(
    """
    WITH gone AS (
        UPDATE agents SET retired_at = :now, version = version + 1
        WHERE retired_at IS NULL AND id = ANY (cast(:ids AS text[]))
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
# A heartbeat alone changes nothing of a row, only that it is late, or is heard again.
_TEAM = """
    SELECT cast(jsonb_build_object(
        'agent_id', a.id, 'is_lead', a.role = 'lead', 'stores', a.stores,
        'languages', a.languages, 'skills', a.skills, 'products', a.products,
        'intents', a.intents, 'country', a.country, 'time_zone', a.time_zone, 'shifts', a.shifts,
        'costs', a.costs, 'is_asked', a.is_asked, 'total', l.capacity, 'mail', l.mail_capacity,
        'messaging', l.messaging_capacity, 'chat', l.chat_capacity,
        'counting', a.counting, 'said', p.said, 'said_at', p.said_at,
        'beats', coalesce(p.beat_at >= :heard_since, false),
        'free_days', a.free_days, 'default_free_days', t.default_holidays,
        'free', t.free_days -> coalesce(
            a.free_days,
            CASE t.default_holidays WHEN 'country' THEN a.country ELSE t.default_holidays END
        ),
        'differences', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'kind', d.kind, 'day', d.day, 'shift', d.shift, 'zone', d.zone
            ) ORDER BY d.day, d.id)
            FROM differences AS d WHERE d.agent_id = a.id AND d.day >= :since
        ), '[]')
    ) AS text)
    FROM agents AS a
    JOIN agent_loads AS l ON l.agent_id = a.id
    JOIN agent_presence AS p ON p.agent_id = a.id
    CROSS JOIN team AS t
    WHERE a.retired_at IS NULL
"""
_EVERYBODY = text(f"{_TEAM} ORDER BY a.id")
_SOME = text(f"{_TEAM} AND a.id = ANY (cast(:ids AS text[])) ORDER BY a.id")
_NAMES = text("SELECT id, name, version FROM agents WHERE retired_at IS NULL ORDER BY id")
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
            WHERE agent_id = agents.id AND state IN ('offered', 'assigned', 'parked')
        )
    ORDER BY id
    """
)
_POOLS_OF = text("SELECT stores FROM agents WHERE id = :id AND retired_at IS NULL")


class _Free(msgspec.Struct, frozen=True):
    worked: frozenset[date]
    closed: frozenset[date]


class _Difference(msgspec.Struct, frozen=True):
    kind: Kind
    day: date
    shift: dict[str, Any] | None
    zone: str | None


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
    products: dict[str, int] = {}
    intents: dict[str, int] = {}
    counting: Counting = Counting.SHIFT
    said: State = State.AVAILABLE
    said_at: datetime | None = None
    beats: bool = False
    free_days: str | None = None
    default_free_days: str | None = None
    free: _Free | None = None
    differences: list[_Difference] = []


_decoder = msgspec.json.Decoder(_Row)


async def put(
    tx: Transaction, agents: Sequence[Agent], names: Mapping[AgentId, str], now: datetime
) -> None:
    """Write these agents down, new or changed; their differences and presence stay."""
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
    await tx.execute(_PUT_PRESENCES, {"ids": values["ids"]})


async def retire(tx: Transaction, agents: Iterable[AgentId], now: datetime) -> list[AgentId]:
    """Let these take nothing any more; returns who was not retired yet."""
    gone = await tx.execute(_RETIRE, {"ids": list(agents), "now": now})
    return [AgentId(identity) for identity in gone.scalars()]


async def rows_of_team(tx: Transaction, now: datetime, heartbeat: timedelta) -> list[str]:
    """The rows, for `agent`, of everybody who is not retired, sorted by id.

    A console counts as heard that was heard within `heartbeat` before `now`.
    """
    return list((await tx.execute(_EVERYBODY, _as_of(now, heartbeat))).scalars())


async def some(
    tx: Transaction, agents: Iterable[AgentId], now: datetime, heartbeat: timedelta
) -> dict[AgentId, Agent]:
    """Those of these who are not retired, with nothing to hold."""
    ids = sorted(set(agents))
    if not ids:
        return {}
    found = await tx.execute(_SOME, {**_as_of(now, heartbeat), "ids": ids})
    return {each.agent_id: each for each in map(agent, found.scalars())}


async def names(tx: Transaction) -> dict[AgentId, tuple[str, int]]:
    """Everybody who is not retired: what he is called, and the version of what is known of him."""
    return {AgentId(row.id): (row.name, row.version) for row in await tx.execute(_NAMES)}


def _as_of(now: datetime, heartbeat: timedelta) -> dict[str, Any]:
    return {"heard_since": now - heartbeat, "since": now.date() - _PAST}


@lru_cache(maxsize=16_384)
def agent(row: str) -> Agent:
    """The agent of a row, with nothing to hold; the same row gives the same one."""
    return _agent(_decoder.decode(row))


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
        "shifts": [as_json(shift) for shift in shifts],
        "costs": {family.value: cost for family, cost in agent.room.costs.items()},
        "is_asked": agent.is_asked,
        "products": dict(agent.products),
        "intents": dict(agent.intents),
        "counting": agent.presence.counting,
        "free_days": agent.holidays,
    }


def _agent(row: _Row) -> Agent:
    keeps = kept(row.free_days, row.default_free_days, row.country)
    calendar = Calendar(
        [as_shift(shift) for shift in row.shifts],
        row.time_zone,
        [
            Difference(each.kind, each.day, as_shift(each.shift) if each.shift else None, each.zone)
            for each in row.differences
        ],
        _free(keeps, row.free) if keeps else None,
    )
    return Agent(
        agent_id=row.agent_id,
        is_lead=row.is_lead,
        stores=row.stores,
        languages=row.languages,
        skills=row.skills,
        country=row.country,
        calendar=calendar,
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
        products=row.products,
        intents=row.intents,
        presence=Presence(row.counting, row.said, row.said_at, row.beats),
        holidays=row.free_days,
    )


def _free(of: str, found: _Free | None) -> FreeDays:
    return FreeDays(of) if found is None else FreeDays(of, found.worked, found.closed)
