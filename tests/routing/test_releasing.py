"""What is taken from an agent waits again as it waited before."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from routing.domain.team import Agent
from routing.handlers.releasing import release_work
from routing.handlers.rules import Rules
from shared import clock, testing
from shared.contracts.base import AgentId
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import ConversationQueued, ConversationReleased
from shared.db import Database
from tests.routing.pools import assert_sound, dispatcher, lease, states

EVA = AgentId("eva")


async def test_everything_an_agent_has_waits_again_with_the_due_date_it_had(
    routing: Database,
    rules: Rules,
    hear: Callable[..., Awaitable[None]],
    message: Callable[..., MessageReceived],
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> None:
    # Given five that eva has, of different ages
    await install(agent("eva", room=500))
    now = datetime.now(UTC)
    await hear(*(message(at=now - timedelta(minutes=age)) for age in range(5)))
    await (await dispatcher(routing)).drain(await lease(routing))
    due = "SELECT id, asked_at, answer_by FROM conversations ORDER BY id"
    before = await testing.rows(routing, due)
    assert await states(routing) == {"assigned": 5}

    # When everything is taken from her, twice
    async def release() -> int:
        async with routing.transaction() as tx:
            return len(await release_work(tx, EVA, "away", clock.now(), rules=rules))

    assert (await release(), await release()) == (5, 0)

    # Then
    assert await states(routing) == {"queued": 5}
    assert await testing.rows(routing, due) == before
    released: list[Any] = await testing.said(routing, ConversationReleased)
    assert {(each.agent_id, each.why) for each in released} == {("eva", "away")}
    assert len(released) == 5
    assert len(await testing.said(routing, ConversationQueued)) == 10
    [desk] = await testing.rows(routing, "SELECT load FROM agent_loads")
    assert desk["load"] == 0
    await assert_sound(routing)
