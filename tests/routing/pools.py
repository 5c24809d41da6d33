"""A pool to try claims on, and what must hold of it whatever happened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from routing.domain.score import Weights
from routing.domain.shifts import Shift
from routing.domain.team import Agent
from routing.handlers.rules import Rules
from routing.store import leases
from routing.workers.dispatcher import Dispatcher
from routing.workers.roster import Roster
from shared import clock, testing
from shared.contracts.base import Message, StoreId
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import Family
from shared.db import Database

AURORA = StoreId("aurora")
POOL = AURORA, Family.MESSAGING
MADRID = ZoneInfo("Europe/Madrid")

M = TypeVar("M", bound=Message)


async def lease(routing: Database, holder: str = "test") -> int:
    """A new epoch of the pool's lease; its lock is let go again."""
    connection = await routing.direct()
    try:
        epoch = await leases.take(connection, *POOL, holder=holder, now=clock.now())
    finally:
        await connection.close()
    assert epoch is not None
    return epoch


async def dispatcher(routing: Database, batch: int = 50) -> Dispatcher:
    roster = Roster()
    async with routing.transaction() as tx:
        await roster.refresh(tx)
    return Dispatcher(routing, *POOL, roster, Weights(), batch)


async def assert_sound(routing: Database) -> None:
    """Load = what is held, at every commit; one live offer each; nobody over his room."""
    changes = await testing.rows(routing, "SELECT * FROM load_changes ORDER BY agent_id, id")
    loads = await testing.rows(routing, "SELECT * FROM agent_loads")
    for agent_id, of_agent in groupby(changes, key=lambda row: row["agent_id"]):
        [desk] = [row for row in loads if row["agent_id"] == agent_id]
        load = 0
        held: set[tuple[Any, int]] = set()
        for change in of_agent:
            one = change["conversation_id"], change["epoch"]
            assert (one in held) == (change["delta"] < 0)
            held ^= {one}
            load += change["delta"]
            assert change["load_after"] == load
            if change["delta"] > 0 and not change["is_override"]:
                assert load <= change["capacity"]
        assert desk["load"] == load
        live = await testing.rows(
            routing,
            "SELECT conversation_id, epoch FROM offers WHERE agent_id = :id AND ended_at IS NULL",
            id=agent_id,
        )
        assert {(row["conversation_id"], row["epoch"]) for row in live} == held
    odd = await testing.rows(
        routing,
        "SELECT c.id FROM conversations AS c LEFT JOIN offers AS o ON o.conversation_id = c.id "
        "AND o.ended_at IS NULL "
        "WHERE (c.state IN ('offered', 'assigned')) <> (o.agent_id IS NOT NULL) "
        "OR o.agent_id <> c.agent_id OR o.epoch <> c.epoch",
    )
    assert odd == []


async def states(routing: Database) -> dict[str, int]:
    found = await testing.rows(
        routing, "SELECT state, count(*) AS n FROM conversations GROUP BY state"
    )
    return {row["state"]: row["n"] for row in found}


async def told(routing: Database, kind: type[M]) -> list[M]:
    """What was said of a kind, in order."""
    return [each for each in await testing.said(routing, kind) if isinstance(each, kind)]


@dataclass(frozen=True)
class Scene:
    """What a story is played on: the tables, and the fixtures that put people and words there."""

    routing: Database
    rules: Rules
    install: Callable[..., Awaitable[None]]
    agent: Callable[..., Agent]
    hear: Callable[..., Awaitable[None]]
    message: Callable[..., MessageReceived]

    async def dispatch(self) -> int:
        """Let the dispatcher of messaging assign what it can; returns how many it assigned."""
        return await (await dispatcher(self.routing)).drain(await lease(self.routing))


def until(minutes: int) -> Shift:
    """A shift in Madrid that ends in so many minutes; it began six hours before."""
    here = datetime.now(UTC).astimezone(MADRID) + timedelta(minutes=minutes)
    end = (here.hour * 60 + here.minute) or 1440
    return Shift(frozenset(range(7)), (end - 360) % 1440, end)
