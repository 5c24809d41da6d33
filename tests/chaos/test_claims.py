"""Claims while eight dispatching processes are killed at random, and people claim by hand.

Messages are heard twice and by two at once, as a rebalance brings them; agents accept, decline, let
offers pass, pick, hand on, answer and resolve, every seventh request twice. `CHAOS_SEED` gives a
seed, `CHAOS=full` makes it a hundred kills. No relay runs: the outbox keeps all that was said.
"""

import asyncio
import multiprocessing
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from routing import api, app
from routing.domain.shifts import Calendar, Shift
from routing.domain.team import FAMILIES, Agent, Room, Team
from routing.handlers import team
from routing.store import drift
from shared import clock, testing
from shared.bus.answering import Answering
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import (
    AccountId,
    ActorKind,
    AgentId,
    Channel,
    ContactId,
    MessageId,
    ReplyRoute,
    ThreadId,
)
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import ConversationAssigned, ConversationOffered
from shared.db import Database
from tests.chaos import claim_worker
from tests.chaos.claim_worker import STORES
from tests.routing.pools import assert_sound

IS_FULL = os.environ.get("CHAOS") == "full"
WORKERS = 8
SEVENTH = 1 / 7


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much; `pause` are the seconds between two kills, on average."""

    conversations: int
    kills: int
    agents: int
    pause: float
    within: float


SMALL = Size(conversations=80, kills=8, agents=8, pause=0.5, within=120)
FULL = Size(conversations=1_500, kills=100, agents=24, pause=1.0, within=900)


@dataclass
class Trouble:
    """The eight processes; `kills` counts."""

    url: str
    chance: random.Random
    kills: int = 0
    running: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Forked from a process that has everything imported: a restart costs little.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.chaos.claim_worker"])

    def start(self) -> None:
        worker = self._context.Process(
            target=claim_worker.run, args=(self.url, self.chance.random()), daemon=True
        )
        worker.start()
        self.running.append(worker)

    async def kill(self, kills: int, pause: float) -> None:
        """SIGKILL one after another, and start another in its place."""
        for _ in range(kills):
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * pause)
            worker = self.running.pop(self.chance.randrange(len(self.running)))
            assert worker.is_alive(), f"a worker ended by itself: {worker.exitcode}"
            worker.kill()
            self.kills += 1
            self.start()

    async def end(self) -> None:
        for worker in self.running:
            worker.kill()
        for worker in self.running:
            await asyncio.to_thread(worker.join)


def members(size: Size) -> Team:
    """Agents for both stores; every other one is asked first."""
    always = (Shift(frozenset(range(7)), 0, 24 * 60),)
    agents = tuple(
        Agent(
            agent_id=AgentId(f"agent-{n:02}"),
            is_lead=n == 0,
            stores=frozenset(STORES if n % 3 else STORES[:1]),
            languages={"es": 5, "en": 4} if n % 2 else {"es": 5},
            skills=frozenset(),
            country="ES",
            calendar=Calendar(always, "Europe/Madrid"),
            room=Room(300, dict.fromkeys(FAMILIES, 200), dict.fromkeys(FAMILIES, 100)),
            is_asked=n % 2 == 0,
        )
        for n in range(size.agents)
    )
    return Team(agents, {agent.agent_id: str(agent.agent_id) for agent in agents})


def question(n: int, chance: random.Random) -> MessageReceived:
    """What a customer writes, in Spanish."""
    channel = Channel(chance.choice(("whatsapp", "mail", "chat")))
    return MessageReceived(
        occurred_at=datetime.now(UTC),
        store_id=chance.choice(STORES),
        version=1,
        message_id=MessageId(uuid4()),
        thread_id=ThreadId(uuid4()),
        contact_id=ContactId(uuid4()),
        channel=channel,
        account_id=AccountId("1"),
        external_id=f"question-{n}",
        text="¿Dónde está mi pedido?",
        reply_route=ReplyRoute(
            channel=channel, account_id=AccountId("1"), peer="+34600000001", reply_to_id=f"q-{n}"
        ),
    )


async def ask(routing: Database, size: Size, chance: random.Random) -> None:
    """Every question is heard; each seventh batch by two consumers at once, or once more later."""
    answering = [
        Answering(db=routing, consumer="routing", hears=app.hears(claim_worker.rules()))
        for _ in range(2)
    ]
    offsets, heard = count(), []
    for first in range(0, size.conversations, 10):
        batch = [
            testing.record(question(n, chance), offset=next(offsets), event_id=uuid4())
            for n in range(first, min(first + 10, size.conversations))
        ]
        heard.append(batch)
        await answering[0].answer(batch)
        if chance.random() < SEVENTH:
            again = chance.choice(heard)
            await asyncio.gather(*(each.answer(again) for each in answering))
        await asyncio.sleep(size.kills * size.pause / (size.conversations / 10))


@dataclass
class Hands:
    """An agent at his console; every seventh request goes out twice, under one key."""

    agent_id: str
    client: httpx.AsyncClient
    routing: Database
    chance: random.Random
    colleagues: list[str]
    done: Counter[str]

    async def work(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            mine = (await self.client.get("/me/conversations")).json()
            for each in mine:
                await self._one(each)
            if self.chance.random() < 0.2:
                await self._pick()
            await asyncio.sleep(self.chance.uniform(0.02, 0.1))

    async def _one(self, of: dict[str, Any]) -> None:
        luck, of_id = self.chance.random(), of["conversation_id"]
        if of["state"] == "offered":
            if luck < 0.8:
                await self._do(of_id, "accept" if luck < 0.6 else "reject")
        elif luck < 0.1:
            to = self.chance.choice([None, *self.colleagues])
            await self._do(of_id, "transfer", to=to)
        elif luck < 0.7:
            await self._do(of_id, "replies", text="¡Ya sale!")
            await self._do(of_id, "resolve")

    async def _pick(self) -> None:
        waiting = await testing.rows(
            self.routing, "SELECT id FROM conversations WHERE state <> 'resolved' LIMIT 20"
        )
        if waiting:
            await self._do(self.chance.choice(waiting)["id"], "pick")

    async def _do(self, of: str | UUID, what: str, **body: Any) -> None:
        key = {"Idempotency-Key": f"chaos-{uuid4()}"}
        times = 2 if self.chance.random() < SEVENTH else 1
        sent = (
            self.client.post(f"/conversations/{of}/{what}", json=body, headers=key)
            for _ in range(times)
        )
        answers = await asyncio.gather(*sent)
        self.done.update(f"{what} {answer.status_code}" for answer in answers)
        assert {answer.status_code for answer in answers} <= {200, 403, 409, 422, 503}
        good = {answer.text for answer in answers if answer.status_code == 200}
        assert len(good) <= 1, "two answers to one request"


@asynccontextmanager
async def hands(routing: Database, who: Team, seed: int) -> AsyncIterator[list[Hands]]:
    """Everybody at his console."""
    names = [str(agent.agent_id) for agent in who.agents]
    tokens = {name: new_token() for name in names}
    stores = frozenset(str(store) for store in STORES)
    callers = Callers(
        [(tokens[n][1], Actor(ActorKind.AGENT, n, Role.AGENT, stores)) for n in names]
    )
    done: Counter[str] = Counter()
    transport = httpx.ASGITransport(api.app(routing, claim_worker.rules(), callers))
    clients = [
        httpx.AsyncClient(
            transport=transport,
            base_url="http://routing",
            headers={"Authorization": f"Bearer {tokens[name][0]}"},
        )
        for name in names
    ]
    try:
        yield [
            Hands(name, client, routing, random.Random(f"{seed}/{name}"), names, done)
            for name, client in zip(names, clients, strict=True)
        ]
    finally:
        for client in clients:
            await client.aclose()


@pytest.mark.timeout(FULL.within + 60 if IS_FULL else SMALL.within + 30)
async def test_nothing_is_lost_doubled_or_over_room_while_dispatchers_are_killed(
    database: Callable[[str], Awaitable[Database]],
) -> None:
    size = FULL if IS_FULL else SMALL
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    print(f"\nclaims of {size.conversations} conversations, CHAOS_SEED={seed}")
    routing = await database("routing")
    who = members(size)
    await team.install(routing, who, now=clock.now(), rules=claim_worker.rules())
    trouble = Trouble(routing.login.url, random.Random(seed))
    for _ in range(WORKERS):
        trouble.start()
    is_over = asyncio.Event()
    try:
        async with hands(routing, who, seed) as consoles, asyncio.TaskGroup() as group:
            for each in consoles:
                group.create_task(each.work(is_over))
            killing = group.create_task(trouble.kill(size.kills, size.pause))
            await ask(routing, size, random.Random(seed))
            await killing
            try:
                await resolved(routing, size)
            finally:
                is_over.set()
                print(f"{trouble.kills} kills;", dict(sorted(consoles[0].done.items())))
    finally:
        await trouble.end()
    await judge(routing, size)


async def left(routing: Database) -> dict[str, int]:
    """How many are in which state."""
    found = await testing.rows(
        routing, "SELECT state, count(*) AS n FROM conversations GROUP BY state"
    )
    return {row["state"]: row["n"] for row in found}


async def resolved(routing: Database, size: Size) -> None:
    """Wait until everything is; what is left then is shown."""
    until = asyncio.get_running_loop().time() + size.within
    while (states := await left(routing)) != {"resolved": size.conversations}:
        assert asyncio.get_running_loop().time() < until, f"not within {size.within} s: {states}"
        await asyncio.sleep(0.2)


async def judge(routing: Database, size: Size) -> None:
    """From the rows: loads at every commit, versions without a gap, each epoch one agent's."""
    await assert_sound(routing)
    async with routing.transaction() as tx:
        assert await drift.look(tx) == []
    found = await testing.rows(
        routing, "SELECT count(*) AS n, count(DISTINCT thread_id) AS threads FROM conversations"
    )
    assert found == [{"n": size.conversations, "threads": size.conversations}]
    versions: dict[Any, list[int]] = {}
    given: Counter[tuple[Any, int, str]] = Counter()
    for event in await testing.said(routing):
        if (of := getattr(event, "conversation_id", None)) and hasattr(event, "version"):
            versions.setdefault(of, []).append(event.version)
        if isinstance(event, ConversationAssigned | ConversationOffered):
            given[event.conversation_id, event.epoch, type(event).__name__] += 1
    assert len(versions) == size.conversations
    for each in versions.values():
        assert each == list(range(1, len(each) + 1))
    assert set(given.values()) == {1}
    claimed = await testing.rows(routing, "SELECT conversation_id, epoch FROM offers")
    assert {(row["conversation_id"], row["epoch"]) for row in claimed} == {
        (of, epoch) for of, epoch, _ in given
    }
    held = await testing.rows(
        routing, "SELECT count(*) AS n FROM history WHERE what = 'message received'"
    )
    assert held == [{"n": size.conversations}]
