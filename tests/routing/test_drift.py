"""A load that is not what is held is seen, told, and set right only by command."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import REGISTRY
from typer.testing import CliRunner

from routing import cli
from routing.domain.team import Agent
from routing.store import drift
from routing.workers.pulse import Pulse, look_for_drift
from routing.workers.roster import Roster
from shared import testing
from shared.contracts.intake import MessageReceived
from shared.db import Database
from tests.routing.pools import dispatcher, lease


async def check(*options: str) -> tuple[int, str]:
    """`python -m routing check`: exit code and what it printed."""
    done = await asyncio.to_thread(CliRunner().invoke, cli.main, ["check", *options])
    return done.exit_code, done.output


async def test_drift_is_shown_in_units_and_repaired_by_command_alone(  # noqa: PLR0917
    routing: Database,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    hear: Callable[..., Awaitable[None]],
    message: Callable[..., MessageReceived],
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> None:
    await install(agent("eva"))
    await hear(message(), message())
    await (await dispatcher(routing)).drain(await lease(routing))

    async def shown() -> float | None:
        await look_for_drift(routing)
        return REGISTRY.get_sample_value("meridian_load_drift_units")

    assert await shown() == 0.0

    await testing.rows(routing, "UPDATE agent_loads SET load = load - 50, messaging = 150")
    assert await shown() == 0.5
    assert await shown() == 0.5
    async with routing.transaction() as tx:
        [found] = await drift.look(tx)
    assert (found.agent_id, found.family.value) == ("eva", "messaging")
    assert (found.counted, found.held) == (150, 200)

    monkeypatch.setenv("DATABASE_URL", database_url)
    code, printed = await check()
    assert (code, "eva: messaging counted 150, held 200" in printed) == (1, True)
    assert await shown() == 0.5
    assert (await check("--repair"))[0] == 0
    assert (await check())[0] == 0

    assert await shown() == 0.0
    [last] = await testing.rows(
        routing, "SELECT family, delta, load_after FROM load_changes ORDER BY id DESC LIMIT 1"
    )
    assert last == {"family": "repair", "delta": 50, "load_after": 200}


async def test_loads_are_compared_at_the_first_beat_and_then_every_minute(
    routing: Database, install: Callable[..., Awaitable[None]], agent: Callable[..., Agent]
) -> None:
    await install(agent("eva"))
    its = Pulse(routing, Roster())

    async def shown_at(beat: float) -> float | None:
        await its.beat(beat)
        return REGISTRY.get_sample_value("meridian_load_drift_units")

    assert await shown_at(1_000.0) == 0.0

    # When a load drifts right after, it is shown when a minute is over, and not before
    await testing.rows(routing, "UPDATE agent_loads SET load = 50, messaging = 50")
    assert await shown_at(1_000.1) == 0.0
    assert await shown_at(1_059.9) == 0.0
    assert await shown_at(1_060.0) == 0.5

    # And that it is right again, a minute after that
    await testing.rows(routing, "UPDATE agent_loads SET load = 0, messaging = 0")
    assert await shown_at(1_119.9) == 0.5
    assert await shown_at(1_120.0) == 0.0
