"""Whoever becomes able to take what waits has it within a second, with no other event."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared import clock, testing
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    AgentPresenceChanged,
    ConversationAssigned,
    ConversationQueued,
    ConversationReleased,
)
from shared.db import Database
from shared.settings import KafkaSettings
from shared.stores import Stores
from tests.routing.running import Running, member, running

Make = Callable[..., MessageReceived]

SECOND = timedelta(seconds=1)


@pytest.fixture
async def one(
    kafka: KafkaSettings, database_url: str, tmp_path: Path, stores: Stores
) -> AsyncIterator[Running]:
    """One process; nobody is heard of who is silent for three seconds."""
    async with running(
        tmp_path, kafka=kafka, database_url=database_url, ROUTING_HEARTBEAT_TIMEOUT="PT3S"
    ) as it:
        yield it


async def waits(it: Running, message: Make) -> None:
    """One conversation waits, and nothing has happened for a moment."""
    await it.hear(message())
    await it.told(ConversationQueued)
    await asyncio.sleep(0.4)
    assert it.all(ConversationAssigned) == []


async def has(it: Running, agent_id: str, since: datetime) -> timedelta:
    """How long after `since` the agent had what waits."""
    found = await it.told(ConversationAssigned, lambda each: each.agent_id == agent_id)
    return found.occurred_at - since


async def test_who_says_that_he_is_there_or_is_heard_again_has_it_within_a_second(
    one: Running, message: Make
) -> None:
    await one.team(member("eva", presence="heartbeat"))
    await waits(one, message)

    said = clock.now()
    assert (await one.ask("eva", "PUT", "/me/presence", json={"state": "available"})).is_success
    assert await has(one, "eva", said) < SECOND

    # Silent, she loses it; heard again, with nothing else, she has it again
    lost = await one.told(ConversationReleased)
    assert lost.why == "agent gone"
    assert timedelta(seconds=3) <= lost.occurred_at - said < timedelta(seconds=4.5)
    await asyncio.sleep(0.4)
    heard = clock.now()
    assert (await one.ask("eva", "POST", "/me/heartbeat")).is_success
    again = await one.told(ConversationAssigned, lambda each: each.epoch == 2)
    assert again.occurred_at - heard < SECOND


async def test_what_somebody_leaves_who_says_so_another_has_within_a_second(
    one: Running, message: Make
) -> None:
    await one.team(member("eva", presence="heartbeat"), member("iris", presence="heartbeat"))
    await one.hear(message())
    await one.told(ConversationQueued)
    assert (await one.ask("eva", "PUT", "/me/presence", json={"state": "available"})).is_success
    await one.told(ConversationAssigned, lambda each: each.agent_id == "eva")
    assert (await one.ask("iris", "PUT", "/me/presence", json={"state": "available"})).is_success

    gone = clock.now()
    assert (await one.ask("eva", "PUT", "/me/presence", json={"state": "offline"})).is_success

    assert await has(one, "iris", gone) < SECOND
    changed = one.all(AgentPresenceChanged, lambda each: each.agent_id == "eva")
    assert [(each.presence, each.is_present) for each in changed] == [
        ("available", True),
        ("offline", False),
    ]


async def test_who_is_hired_or_gets_room_has_it_within_a_second(
    one: Running, message: Make
) -> None:
    await one.team(member("kai", languages={"ja": 5}))
    await waits(one, message)

    hired = clock.now()
    await one.put(member("eva", capacity={"total": 1, "messaging": 1}))
    assert await has(one, "eva", hired) < SECOND

    await one.hear(message())
    await one.told(ConversationQueued, lambda each: each.occurred_at > hired)
    await asyncio.sleep(0.4)
    raised = clock.now()
    await one.put(member("eva", capacity={"total": 2, "messaging": 2}))
    second = await one.told(ConversationAssigned, lambda each: each.occurred_at > raised)
    assert second.occurred_at - raised < SECOND


@pytest.mark.parametrize("how", ["killed", "cut off"])
async def test_when_who_dispatches_is_gone_another_does_within_a_second(
    kafka: KafkaSettings,
    database_url: str,
    tmp_path: Path,
    *,
    stores: Stores,
    routing: Database,
    message: Make,
    how: str,
) -> None:
    async with running(
        tmp_path, kafka=kafka, database_url=database_url, names=("one", "two")
    ) as it:
        await it.team(member("eva", capacity={"total": 1, "messaging": 1}))
        await it.hear(message())
        first = await it.told(ConversationAssigned)
        await it.hear(message())
        await it.told(ConversationQueued, lambda each: each.occurred_at > first.occurred_at)
        await asyncio.sleep(0.4)

        # When the pool's dispatcher is gone, and eva ends what she has
        gone = clock.now()
        if how == "killed":
            [lease] = await testing.rows(
                routing,
                "SELECT holder FROM leases WHERE store_id = 'aurora' AND family = 'messaging'",
            )
            pids = {it.processes.pid(name): name for name in it.doors}
            await it.processes.kill(pids[int(lease["holder"].rpartition("/")[2])])
        else:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            assert await testing.rows(routing, cut)
        path = f"/conversations/{first.conversation_id}/resolve"
        assert (await it.ask("eva", "POST", path)).is_success

        second = await it.told(
            ConversationAssigned, lambda each: each.conversation_id != first.conversation_id
        )
        assert second.occurred_at - gone < SECOND
