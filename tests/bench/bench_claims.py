"""Durable claims a second by one dispatcher, beside bare statements that move as many rows.

The floor updates the conversation, adds to the load and inserts the offer in batches of the same
size, and decides, checks and says nothing.
"""

import time
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from routing import app
from routing.domain.promises import Promise, Promises
from routing.domain.score import Weights
from routing.domain.shifts import Calendar, Shift
from routing.domain.team import FAMILIES, Agent, Room, Team
from routing.handlers import team
from routing.handlers.rules import Rules
from routing.store import leases
from routing.workers.dispatcher import Dispatcher
from routing.workers.roster import Roster
from shared import clock, testing
from shared.bus.answering import Answering
from shared.contracts.base import (
    AccountId,
    AgentId,
    Channel,
    ContactId,
    MessageId,
    ReplyRoute,
    StoreId,
    ThreadId,
)
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import Family
from shared.db import Database
from shared.stores import Stores
from tests.bench.figures import Figure
from tests.bench.places import Place

CLAIMS = 6_000
AGENTS = (25, 200)
"""Of one pool. Every claim carries its explanation, which has a line for each of them."""
BATCH = 50
AURORA = StoreId("aurora")
_DAY = timedelta(days=1)

_BARE = (
    text(
        """
        UPDATE conversations SET state = 'assigned', agent_id = 'agent-000', epoch = epoch + 1,
            version = version + 1
        WHERE store_id = :store_id AND id = ANY (cast(:ids AS uuid[]))
        """
    ),
    text(
        """
        UPDATE agent_loads SET load = load + 100 * :n, messaging = messaging + 100 * :n
        WHERE agent_id = 'agent-000'
        """
    ),
    text(
        """
        INSERT INTO offers (store_id, conversation_id, epoch, agent_id, family, units, offered_at,
            explanation)
        SELECT :store_id, id, 1, 'agent-000', 'messaging', 100, :now, '{}'
        FROM unnest(cast(:ids AS uuid[])) AS id
        """
    ),
)


async def bench_claims(place: Place) -> list[Figure]:
    """Queue as many for each, then claim them."""
    return [await _with_agents(place, agents) for agents in AGENTS]


async def _with_agents(place: Place, agents: int) -> Figure:
    rules = Rules(Stores({}), Promises(dict.fromkeys(FAMILIES, Promise(_DAY))), _DAY)
    name = await testing.make_template(place.database_url, ["routing"])
    url = testing.database_named(place.database_url, name)
    async with testing.opened_database(url, "routing") as db:
        await team.install(db, _team(agents), now=clock.now(), rules=rules)
        await _queue(db, rules)
        floor = await _bare(db)
        await testing.rows(db, "UPDATE agent_loads SET load = 0, messaging = 0")
        await testing.rows(db, "TRUNCATE offers, outbox, conversations")
        await _queue(db, rules)
        start = time.perf_counter()
        claimed = await _drain(db)
        spent = time.perf_counter() - start
        await _judge(db, claimed)
    return Figure(
        f"durable claims, decided and explained, {BATCH} a batch, {agents} agents",
        CLAIMS / spent,
        "claims/s",
        "≥ 3,000",
        floor,
        "bare UPDATE, UPDATE, INSERT of the same batches",
    )


async def _drain(db: Database) -> int:
    roster = Roster()
    async with db.transaction() as tx:
        await roster.refresh(tx)
    connection = await db.direct()
    epoch = await leases.take(connection, AURORA, Family.MESSAGING, holder="bench", now=clock.now())
    await connection.close()
    assert epoch is not None
    return await Dispatcher(db, AURORA, Family.MESSAGING, roster, Weights(), BATCH).drain(epoch)


def _team(count: int) -> Team:
    always = (Shift(frozenset(range(7)), 0, 24 * 60),)
    room = CLAIMS // count * 100
    agents = tuple(
        Agent(
            agent_id=AgentId(f"agent-{n:03}"),
            is_lead=False,
            stores=frozenset({AURORA}),
            languages={"es": 5},
            skills=frozenset(),
            country="ES",
            calendar=Calendar(always, "Europe/Madrid"),
            room=Room(room, dict.fromkeys(FAMILIES, room), dict.fromkeys(FAMILIES, 100)),
        )
        for n in range(count)
    )
    return Team(agents, {agent.agent_id: str(agent.agent_id) for agent in agents})


async def _queue(db: Database, rules: Rules) -> None:
    answering = Answering(db=db, consumer="routing", hears=app.hears(rules))
    offsets = count()
    for first in range(0, CLAIMS, 500):
        questions = [_question(n) for n in range(first, first + 500)]
        await answering.answer([testing.record(each, offset=next(offsets)) for each in questions])
    await testing.rows(db, "ANALYZE conversations")


def _question(n: int) -> MessageReceived:
    return MessageReceived(
        occurred_at=datetime.now(UTC),
        store_id=AURORA,
        version=1,
        message_id=MessageId(uuid4()),
        thread_id=ThreadId(uuid4()),
        contact_id=ContactId(uuid4()),
        channel=Channel("whatsapp"),
        account_id=AccountId("1"),
        external_id=f"question-{n}",
        text="¿Dónde está mi pedido?",
        reply_route=ReplyRoute(
            channel=Channel("whatsapp"),
            account_id=AccountId("1"),
            peer="+34600000001",
            reply_to_id=f"q-{n}",
        ),
    )


async def _bare(db: Database) -> float:
    found = [row["id"] for row in await testing.rows(db, "SELECT id FROM conversations")]
    start = time.perf_counter()
    for first in range(0, len(found), BATCH):
        batch = found[first : first + BATCH]
        async with db.transaction() as tx:
            values = {"ids": batch, "n": len(batch), "store_id": AURORA, "now": clock.now()}
            for statement in _BARE:
                await tx.execute(statement, {k: values[k] for k in _names(statement)})
    return len(found) / (time.perf_counter() - start)


def _names(statement: Any) -> list[str]:
    return list(statement.compile().params)


async def _judge(db: Database, claimed: int) -> None:
    """Nobody over his room, nothing given twice; else the figure is worth nothing."""
    over = await testing.rows(db, "SELECT 1 FROM agent_loads WHERE load > capacity")
    given = await testing.rows(
        db, "SELECT count(*) AS n, count(DISTINCT conversation_id) AS once FROM offers"
    )
    assert claimed == CLAIMS
    assert over == []
    assert given == [{"n": CLAIMS, "once": CLAIMS}]
