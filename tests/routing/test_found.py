"""What waits is found again within a moment of somebody being able to take it, told or not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from routing.domain.score import Weights
from routing.domain.shifts import Shift
from routing.domain.team import FAMILIES, Agent
from routing.handlers.rules import DESKS, TEAM, Rules, pool
from routing.workers.desks import Desks
from routing.workers.dispatcher import Dispatching
from routing.workers.roster import Roster
from shared import clock, testing
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import ConversationAssigned, ConversationReleased
from shared.db import Database, wake
from tests.routing.pools import AURORA, assert_sound, states, told

Make = Callable[..., MessageReceived]
MakeAgent = Callable[..., Agent]
Hear = Callable[..., Awaitable[None]]
Install = Callable[..., Awaitable[None]]
Start = Callable[[], Awaitable[None]]

SECOND = timedelta(seconds=1)


@pytest.fixture
async def start(
    routing: Database, rules: Rules, database: Callable[[str], Awaitable[Database]]
) -> AsyncIterator[Start]:
    """`await start()` begins a process that dispatches, looking every second, and minds desks."""
    stop = asyncio.Event()
    running: list[asyncio.Task[None]] = []

    async def begin() -> None:
        own = await database("routing")
        roster = Roster()
        async with own.transaction() as tx:
            await roster.refresh(tx)
        dispatching = Dispatching(own, [AURORA], roster, Weights(), sweep=SECOND, batch=50)
        tell = [DESKS, *(pool(AURORA, family) for family in FAMILIES)]
        parts = roster.refreshing(own, SECOND, tell), dispatching.run, Desks(own, rules).run
        running.extend(asyncio.create_task(part(stop)) for part in parts)

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


async def test_who_comes_on_shift_has_what_waits_at_once_and_at_its_end_who_comes_next(
    routing: Database,
    *,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
    agent: MakeAgent,
    waits: None,
) -> None:
    # Given a shift that begins two hours from now, which is in a moment by the clock of the test
    begins = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
    ends = begins + timedelta(hours=1)
    every_day = frozenset(range(7))
    early, late = (
        Shift(
            every_day, since.hour * 60 + since.minute, (since.hour * 60 + since.minute + 60) % 1440
        )
        for since in (begins, ends)
    )
    await install(
        agent("eva", time_zone="UTC", shifts=(early,)),
        agent("iris", time_zone="UTC", shifts=(late,)),
    )
    to_come = [begins, ends]

    def soon() -> None:
        ahead = to_come.pop(0) - datetime.now(UTC) - timedelta(seconds=1.3)
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + ahead)

    soon()
    await start()
    await asyncio.sleep(0.5)
    assert await states(routing) == {"queued": 1}

    # Then eva has it within a second of the beginning, with no other event
    await assigned(routing, 1)
    [first] = await told(routing, ConversationAssigned)
    assert first.agent_id == "eva"
    assert begins <= first.occurred_at < begins + SECOND

    # And iris within a second of its end. Nobody else may have noticed that the clock was set
    soon()
    async with routing.transaction() as tx:
        wake(tx, TEAM)
    await testing.eventually(lambda: _has(routing, "iris"), within=4)
    second = (await told(routing, ConversationAssigned))[-1]
    assert ends <= second.occurred_at < ends + SECOND
    [released] = await told(routing, ConversationReleased)
    assert (released.agent_id, released.why) == ("eva", "shift ended")
    await assert_sound(routing)


async def _has(routing: Database, agent_id: str) -> bool:
    rows = await testing.rows(routing, "SELECT agent_id FROM conversations")
    return [row["agent_id"] for row in rows] == [agent_id]


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
