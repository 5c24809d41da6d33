"""Conversations arrive, are assigned, answered and resolved while the processes are killed.

The seed decides who writes what, what is brought twice, and what is killed when; `CHAOS_SEED`
gives one, `CHAOS=full` makes it large. What is asserted is read from PostgreSQL and from Kafka.
"""

import asyncio
import os
import random
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from deploy.local.cluster import start_together
from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import Processes
from shared import testing
from shared.settings import KafkaSettings
from tests.chaos import evidence, installation, summary, topics
from tests.chaos.agents import Agent
from tests.chaos.customers import Customers, Input, inputs
from tests.chaos.installation import INTAKE, ROUTING
from tests.chaos.trouble import SERVERS, Ground, Plan, Trouble

IS_FULL = os.environ.get("CHAOS") == "full"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything; `rate` is messages a second, `think` seconds an agent takes."""

    conversations: int
    plan: Plan
    agents: int
    room: int
    rate: float
    think: float
    within: float
    """Seconds after which it counts as stuck."""


SMALL = Size(
    conversations=300,
    plan=Plan(intake=1, routing=2, relay=4),
    agents=8,
    room=5,
    rate=25,
    think=0.3,
    within=120,
)
FULL = Size(
    conversations=5_000,
    plan=Plan(intake=10, routing=10, relay=14),
    agents=20,
    room=5,
    rate=50,
    think=0.8,
    within=1_800,
)
DATABASE = Size(
    conversations=2_000,
    plan=Plan(intake=4, routing=4, relay=4, database=1),
    agents=20,
    room=5,
    rate=50,
    think=0.8,
    within=1_200,
)


@pytest.fixture
def seed() -> int:
    """The seed of this run."""
    return int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))


@pytest.mark.timeout(FULL.within + 120 if IS_FULL else SMALL.within + 60)
async def test_every_conversation_is_resolved_once_while_processes_are_killed(
    seed: int, tmp_path: Path
) -> None:
    await survive(FULL if IS_FULL else SMALL, seed, tmp_path)


@pytest.mark.skipif(not IS_FULL, reason="one restart more, in the long run only")
@pytest.mark.timeout(DATABASE.within + 120)
async def test_every_conversation_is_resolved_once_though_the_database_restarts_too(
    seed: int, tmp_path: Path
) -> None:
    await survive(DATABASE, seed, tmp_path)


async def survive(size: Size, seed: int, folder: Path) -> None:
    """Play it all, ask the databases and the topics, print the table, then judge."""
    print(f"\nchaos of {size.conversations} conversations, CHAOS_SEED={seed}; logs in {folder}")
    written = inputs(size.conversations, random.Random(seed))
    async with on_ground(size, folder) as (ground, kafka):
        begun = time.monotonic()
        customers = Customers(written, ground.installation.urls(*INTAKE), rate=size.rate, seed=seed)
        agents = team(ground, size, seed)
        work = 2 * len(written)

        def progress() -> float:
            return (customers.taken + sum(agent.resolved for agent in agents)) / work

        trouble = Trouble(ground, size.plan, progress=progress, seed=seed)
        try:
            async with asyncio.timeout(size.within):
                await play(ground, customers, agents, trouble)
        except TimeoutError:
            left = await evidence.left(ground.database_url)
            pytest.fail(f"stuck at {progress():.0%} with {left}; blows: {trouble.blows}")
        took = time.monotonic() - begun
        facts = await evidence.collected(ground.database_url)
        said = {
            topic: await topics.said_on(kafka, topic)
            for topic in ("intake.messages.v1", "routing.conversations.v1", "notify.commands.v1")
        }
        died = ground.processes.died
        codes = await asyncio.gather(*map(ground.processes.stop, (*INTAKE, *ROUTING)))

    summary.shown(
        f"chaos, seed {seed}",
        [
            ("conversations", f"{size.conversations}, {took:.0f} s in all"),
            *summary.of_inputs(written, customers),
            *summary.of_agents(agents, facts),
            *summary.of_blows(trouble.blows),
            *summary.of_topics(said, trouble),
            *summary.of_waiting(facts, trouble.blows),
        ],
    )
    judge(facts, said, written, agents)
    assert len([blow for blow in trouble.blows if blow.what not in SERVERS]) >= (size.plan.kills)
    assert died.empty()
    assert codes == [0, 0, 0, 0]


def judge(
    facts: evidence.Facts,
    said: dict[str, topics.Said],
    written: list[Input],
    agents: list[Agent],
) -> None:
    """Nothing lost, nothing doubled, nothing over capacity, nothing left."""
    customers = len({(one.account_id, one.phone) for one in written})
    assert evidence.not_once(facts, [one.wamid for one in written])[:5] == []
    assert evidence.not_one_each(facts, customers)[:5] == []
    assert evidence.broken_chains(facts)[:5] == []
    assert evidence.wrong_loads(facts)[:5] == []
    assert evidence.wrong_replies(facts)[:5] == []
    assert {reply.id for reply in facts.replies} == set[object]().union(
        *(agent.replies for agent in agents)
    )
    assert topics.wrong_commands(said["notify.commands.v1"].events, facts)[:5] == []
    assert topics.wrong_streams(said["routing.conversations.v1"].events, facts)[:5] == []
    assert len(said["intake.messages.v1"].events) == len(written)
    assert {what: count for what, count in facts.left.items() if count} == {}
    assert sum(facts.capacities.values()) <= 200 * 100


def team(ground: Ground, size: Size, seed: int) -> list[Agent]:
    """An agent for each token; they begin at different doors."""
    doors = ground.installation.urls(*ROUTING)
    return [
        Agent(doors if n % 2 else doors[::-1], token, think=size.think, seed=f"{seed}/{name}")
        for n, (name, token) in enumerate(ground.installation.tokens.items())
    ]


async def play(ground: Ground, customers: Customers, agents: list[Agent], trouble: Trouble) -> None:
    """Return when all is written, all blows have fallen, nothing is left and all went home."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as working:
        for agent in agents:
            working.create_task(agent.work(stop))
        async with asyncio.TaskGroup() as group:
            group.create_task(customers.write())
            group.create_task(trouble.make())
        await nothing_left(ground.database_url)
        await trouble.read_counters()
        stop.set()


async def nothing_left(database_url: str) -> None:
    """Return when all that came is heard, answered, resolved and said."""
    while True:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if not await evidence.left(database_url):
                return
        await asyncio.sleep(0.2)


@asynccontextmanager
async def on_ground(size: Size, folder: Path) -> AsyncIterator[tuple[Ground, KafkaSettings]]:
    """A broker, a database server that waits for its disk, and the four processes."""
    broker, server = LocalKafka(folder / "kafka"), LocalPostgres(folder / "postgres", durable=True)
    await start_together(broker, server)
    try:
        async with testing.fresh_topics(broker.bootstrap, partitions=4) as kafka:
            template = await testing.make_template(server.url, ["intake", "routing"])
            url = testing.database_named(server.url, template)
            made = installation.make(
                folder / "installation",
                kafka=kafka,
                database_url=url,
                agents=size.agents,
                room=size.room,
            )
            async with Processes() as processes:
                await processes.start(*made.processes())
                yield (
                    Ground(
                        broker=broker,
                        server=server,
                        database_url=url,
                        installation=made,
                        processes=processes,
                    ),
                    kafka,
                )
    finally:
        await asyncio.gather(broker.stop(), server.stop())
    for data in ("kafka", "postgres"):  # hundreds of megabytes; the logs stay
        shutil.rmtree(folder / data, ignore_errors=True)
