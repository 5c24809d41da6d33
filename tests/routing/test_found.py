"""What waits is found again within a moment of somebody being able to take it, told or not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from routing.domain.score import Weights
from routing.domain.shifts import Shift
from routing.domain.team import Agent
from routing.workers.dispatcher import Dispatching
from routing.workers.roster import Roster
from shared import clock, testing
from shared.contracts.intake import MessageReceived
from shared.db import Database
from tests.routing.pools import AURORA, assert_sound, states

Make = Callable[..., MessageReceived]
MakeAgent = Callable[..., Agent]
Hear = Callable[..., Awaitable[None]]
Install = Callable[..., Awaitable[None]]
Start = Callable[[], Awaitable[None]]

SECOND = timedelta(seconds=1)


@pytest.fixture
async def start(
    routing: Database, database: Callable[[str], Awaitable[Database]]
) -> AsyncIterator[Start]:
    """`await start()` begins a process that dispatches, looking every second, as in earnest."""
    stop = asyncio.Event()
    running: list[asyncio.Task[None]] = []

    async def begin() -> None:
        own = await database("routing")
        roster = Roster()
        async with own.transaction() as tx:
            await roster.refresh(tx)
        dispatching = Dispatching(own, [AURORA], roster, Weights(), sweep=SECOND, batch=50)
        running.append(asyncio.create_task(roster.refreshing(own, SECOND)(stop)))
        running.append(asyncio.create_task(dispatching.run(stop)))

    yield begin
    stop.set()
    await asyncio.gather(*running)


async def assigned(routing: Database, count: int) -> None:
    """Wait until so many are; twice the sweep, and room for a busy machine."""

    async def are() -> bool:
        return (await states(routing)).get("assigned") == count

    await testing.eventually(are, within=4)


async def test_what_waited_before_the_start_and_what_room_comes_for_is_found(
    routing: Database, start: Start, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva", room=100))
    await hear(*(message() for _ in range(3)))
    await start()
    await assigned(routing, 1)

    # The team file gives her more room; nobody says so to the dispatcher
    await install(agent("eva", room=200))
    await assigned(routing, 2)

    # A row that changed without a word: somebody else's load went down
    await testing.rows(routing, "UPDATE agent_loads SET capacity = 300, messaging_capacity = 300")
    await assigned(routing, 3)
    await assert_sound(routing)


async def test_who_comes_on_shift_gets_what_waits_though_nothing_tells_of_it(
    routing: Database,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
    agent: MakeAgent,
    waits: None,
) -> None:
    begins = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
    minute = begins.hour * 60 + begins.minute
    every_day = frozenset(range(7))
    shift = Shift(every_day, minute, (minute + 60) % (24 * 60))
    await install(agent("eva", time_zone="UTC", shifts=(shift,)))
    ahead = begins - datetime.now(UTC) - timedelta(seconds=1.5)
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + ahead)
    await start()
    await asyncio.sleep(0.5)
    assert await states(routing) == {"queued": 1}

    await assigned(routing, 1)
    assert clock.now() >= begins


@pytest.fixture
async def waits(hear: Hear, message: Make) -> None:
    """One conversation waits."""
    await hear(message())


async def test_a_process_that_hears_no_more_of_others_finds_what_they_queue(
    routing: Database, start: Start, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"))
    await start()
    await hear(message())
    await assigned(routing, 1)

    # Every connection that listens is cut, and one more message comes in at once elsewhere
    cut = await testing.rows(
        routing,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'",
    )
    assert len(cut) >= 2
    await hear(message())
    await assigned(routing, 2)
    await assert_sound(routing)
