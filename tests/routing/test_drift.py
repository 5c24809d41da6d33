"""A load that is not what is held is seen, told, and set right only by command."""

from collections.abc import Awaitable, Callable

from prometheus_client import REGISTRY

from routing.domain.team import Agent
from routing.store import drift
from routing.workers.pulse import look_for_drift
from shared import clock, testing
from shared.contracts.base import AgentId
from shared.contracts.intake import MessageReceived
from shared.db import Database
from tests.routing.pools import dispatcher, lease


async def test_drift_is_shown_in_units_and_repaired_by_command_alone(
    routing: Database,
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
        await drift.repair(tx, AgentId("eva"), clock.now())

    assert await shown() == 0.0
    [last] = await testing.rows(
        routing, "SELECT family, delta, load_after FROM load_changes ORDER BY id DESC LIMIT 1"
    )
    assert last == {"family": "repair", "delta": 50, "load_after": 200}
