"""Priorities set by hand while everything else happens to the same conversations."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import pytest
from fastapi import HTTPException

from routing.api.acts import once
from routing.api.priorities import PriorityBody
from routing.domain.demands import Demands, Row
from routing.handlers import priorities
from routing.handlers.agents import Act
from routing.handlers.rules import Rules
from routing.workers.promises import sweep
from shared import clock, testing
from shared.bus.records import cause_of, event_id
from shared.callers import Actor, Role
from shared.contracts.base import ActorKind, ContactId
from shared.contracts.routing import (
    ConversationAssigned,
    ConversationEscalated,
    ConversationOpened,
    ConversationQueued,
    Priority,
    PriorityChanged,
)
from shared.db import Database
from shared.errors import Refused
from tests.routing.pools import AURORA, Scene, assert_sound, dispatcher, lease, states, told

LEA = Actor(ActorKind.AGENT, "lea", Role.LEAD, frozenset({"aurora"}))
OF_CONVERSATIONS = (
    ConversationOpened,
    ConversationQueued,
    ConversationAssigned,
    ConversationEscalated,
    PriorityChanged,
)
Put = Callable[[UUID, str, str], Awaitable[dict[str, Any]]]


@pytest.fixture
def put(routing: Database, rules: Rules) -> Put:
    """Sets a priority as lea, under a key."""

    demanding = replace(rules, demands=Demands([Row(("vip",), priority=Priority.URGENT)]))

    async def do(conversation_id: UUID, to: str, key: str) -> dict[str, Any]:
        body = PriorityBody.model_validate({"priority": to})

        async def act(tx: Any, act: Act) -> dict[str, Any]:
            return await priorities.set_priority(tx, act, Priority(to), None, rules=demanding)

        return await once(routing, LEA, conversation_id, key, body, act)

    return do


async def ids(routing: Database) -> list[UUID]:
    found = await testing.rows(routing, "SELECT id FROM conversations ORDER BY asked_at")
    return [row["id"] for row in found]


async def test_under_one_key_it_is_set_once_by_however_many_at_the_same_moment(
    scene: Scene, put: Put
) -> None:
    await scene.hear(scene.message())
    [one] = await ids(scene.routing)

    answers = await asyncio.gather(
        *(put(one, "urgent", "the same key") for _ in range(8)), return_exceptions=True
    )

    done = [each for each in answers if not isinstance(each, BaseException)]
    assert done
    assert all(each == done[0] for each in done)
    assert all(isinstance(each, Refused) for each in answers if isinstance(each, BaseException))
    [changed] = await told(scene.routing, PriorityChanged)
    assert changed.version == done[0]["version"]
    # What is said has its id from the key: said again after a crash, it is known.
    cause = cause_of("priority", AURORA, one, "lea", "the same key")
    event_ids = await testing.rows(scene.routing, "SELECT event_id FROM outbox")
    assert event_id("routing", cause, "PriorityChanged", 0) in {
        row["event_id"] for row in event_ids
    }
    notes = await testing.rows(scene.routing, "SELECT 1 FROM history WHERE what = 'priority set'")
    assert len(notes) == 1
    with pytest.raises(Refused):
        await put(one, "low", "the same key")


async def test_beside_claims_messages_and_sweeps_no_event_is_lost_and_no_version_said_twice(
    scene: Scene, put: Put
) -> None:
    routing = scene.routing
    await scene.install(*(scene.agent(f"agent-{n}", skills=("vip",)) for n in range(8)))
    late = clock.now() - timedelta(minutes=14)
    begun = [scene.message(at=late + timedelta(seconds=n)) for n in range(24)]
    await scene.hear(*begun)
    of = await ids(routing)
    epoch = await lease(routing)
    one = await dispatcher(routing, batch=3)

    async def set_all(order: list[UUID], who: str, to: list[str]) -> None:
        for n, each in enumerate(order):
            await put(each, to[n % len(to)], f"{who}-{n}")

    async def write() -> None:
        for wrote in begun:
            for text in ("¿y?", "voy a llamar a mi abogado, estafadores"):
                await scene.hear(scene.message(text, thread=wrote.thread_id))

    async def look() -> None:
        for _ in range(8):
            await one.drain(epoch)
            await sweep(routing, scene.rules)

    async with asyncio.timeout(60):
        await asyncio.gather(
            set_all(of, "up", ["urgent", "low"]),
            set_all(of[::-1], "down", ["normal", "high", "low"]),
            write(),
            look(),
        )

    assert await states(routing) == {"assigned": 24}
    await assert_sound(routing)
    kinds = [await told(routing, kind) for kind in OF_CONVERSATIONS]
    said = sorted(
        ((str(e.conversation_id), e.version, e) for kind in kinds for e in kind),
        key=lambda each: each[:2],
    )
    now = {
        str(row["id"]): row
        for row in await testing.rows(routing, "SELECT id, version, priority FROM conversations")
    }
    for conversation_id, events in groupby(said, key=lambda each: each[0]):
        its = [event for _, _, event in events]
        versions = [event.version for event in its]
        assert len(set(versions)) == len(versions)
        assert versions[-1] <= now[conversation_id]["version"]
        changed = [event for event in its if isinstance(event, PriorityChanged)]
        assert [event.was for event in changed[1:]] == [event.priority for event in changed[:-1]]
        assert changed[-1].priority == now[conversation_id]["priority"]
    event_ids = await testing.rows(routing, "SELECT event_id FROM outbox")
    assert len({row["event_id"] for row in event_ids}) == len(event_ids)
    set_by_hand = await testing.rows(routing, "SELECT 1 FROM history WHERE what = 'priority set'")
    assert len(set_by_hand) == 2 * len(of)


async def test_what_is_resolved_meanwhile_is_refused(scene: Scene, put: Put) -> None:
    await scene.hear(scene.message(contact=ContactId(UUID(int=7))))
    [one] = await ids(scene.routing)
    await testing.rows(
        scene.routing, "UPDATE conversations SET state = 'resolved', resolved_at = now()"
    )

    with pytest.raises(HTTPException, match="409"):
        await put(one, "low", "a key")

    assert await testing.rows(scene.routing, "SELECT 1 FROM requests") == []


async def test_what_a_priority_demands_is_demanded_when_it_is_set(scene: Scene, put: Put) -> None:
    await scene.install(scene.agent("eva"), scene.agent("vera", skills=("vip",)))
    await scene.hear(scene.message())
    [one] = await ids(scene.routing)

    await put(one, "urgent", "a key")
    await scene.dispatch()

    [row] = await testing.rows(scene.routing, "SELECT skills, agent_id FROM conversations")
    assert (row["skills"], row["agent_id"]) == (["vip"], "vera")
