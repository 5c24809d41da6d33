"""Claims: never over an agent's room, never two agents, nothing lost, whoever dispatches."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from routing.domain.decide import decide_all
from routing.domain.score import Weights
from routing.domain.shifts import Shift
from routing.domain.team import Agent
from routing.domain.waiting import turn
from routing.handlers.rules import Rules
from routing.store import agents, claims, leases, queue
from routing.store.claims import Claim, Conflict, Deposed
from routing.workers.dispatcher import Dispatcher, Dispatching
from routing.workers.roster import Roster
from shared import clock, testing
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import ConversationAssigned, Family, Step
from shared.db import Database
from tests.routing.pools import AURORA, POOL, assert_sound, dispatcher, lease, states

Make = Callable[..., MessageReceived]
MakeAgent = Callable[..., Agent]
Hear = Callable[..., Awaitable[None]]
Install = Callable[..., Awaitable[None]]


async def test_what_waits_is_given_to_who_may_have_it_and_said_with_the_reason(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"), agent("ken", {"ja": 5}))
    await hear(message("こんにちは、お世話になっております"))

    assigned = await (await dispatcher(routing)).drain(await lease(routing))

    assert assigned == 1
    [event] = await testing.said(routing, ConversationAssigned)
    assert isinstance(event, ConversationAssigned)
    assert (event.agent_id, event.epoch, event.version, event.units) == ("ken", 1, 3, 1.0)
    assert event.explanation.step is Step.LANGUAGE
    assert [each.agent_id for each in event.explanation.candidates] == [event.agent_id]
    assert list(event.explanation.rejected) == ["language"]
    await assert_sound(routing)


async def test_eight_dispatchers_at_once_give_each_away_once_and_overfill_nobody(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    # Given 500 conversations and room for 200
    await install(*(agent(f"a{n:02}", room=1000) for n in range(20)))
    await hear(*(message() for _ in range(500)))
    epoch = await lease(routing)

    # When eight dispatchers go at them, as if each had the lease
    eight = [await dispatcher(routing, batch=17 + n) for n in range(8)]
    given = await asyncio.gather(*(each.drain(epoch) for each in eight))

    # Then
    assert sum(given) == 200
    assert await states(routing) == {"assigned": 200, "queued": 300}
    said = await testing.said(routing, ConversationAssigned)
    assert len({event.conversation_id for event in said}) == len(said) == 200  # type: ignore[attr-defined]
    await assert_sound(routing)


async def test_dispatchers_of_several_pools_share_an_agents_room(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(*(agent(f"a{n}", room=500) for n in range(6)))
    channels = ("whatsapp", "mail", "chat")
    await hear(*(message(channel=channels[n % 3]) for n in range(120)))
    roster = Roster()
    async with routing.transaction() as tx:
        await roster.refresh(tx)

    async def drain(family: Family) -> int:
        connection = await routing.direct()
        epoch = await leases.take(connection, AURORA, family, holder="test", now=clock.now())
        await connection.close()
        assert epoch is not None
        one = Dispatcher(routing, AURORA, family, roster, Weights(), 10)
        return await one.drain(epoch)

    given = await asyncio.gather(*(drain(f) for f in (Family.MAIL, Family.MESSAGING, Family.CHAT)))

    assert sum(given) == 30
    await assert_sound(routing)


async def test_a_claim_on_what_has_changed_changes_nothing(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva", room=200))
    await hear(*(message() for _ in range(3)))
    epoch = await lease(routing)
    async with routing.transaction() as tx:
        waiting, _ = await queue.page(tx, *POOL, now=clock.now(), limit=10)
        team = [
            agents.agent(row)
            for row in await agents.rows_of_team(tx, clock.now(), timedelta(minutes=1))
        ]
    taken, _ = decide_all(waiting, [replace(team[0])], clock.now(), Weights())
    explanation = taken[0][1].explanation
    one = Claim(waiting[0], team[0].agent_id, 100, explanation)

    async def attempt(*wanted: Claim) -> None:
        async with routing.transaction() as tx:
            await claims.claim(tx, *POOL, wanted, lease_epoch=epoch, now=clock.now())

    with pytest.raises(Conflict):  # not the version that waits
        await attempt(replace(one, waiting=replace(waiting[0], version=1)))
    with pytest.raises(Conflict):  # three for who has room for two
        await attempt(*(replace(one, waiting=each) for each in waiting))
    with pytest.raises(Conflict):  # one of two is for who is not there
        await attempt(one, replace(one, waiting=waiting[1], agent_id=team[0].agent_id + "x"))  # type: ignore[arg-type]
    assert await states(routing) == {"queued": 3}

    await attempt(one)
    with pytest.raises(Conflict):
        await attempt(one)
    assert await states(routing) == {"queued": 2, "assigned": 1}
    await assert_sound(routing)


async def test_a_claim_for_one_language_fails_when_the_next_message_brings_another(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"))
    asked = message("ok 1001", locale="es")
    await hear(asked)
    epoch = await lease(routing)
    async with routing.transaction() as tx:
        [waiting], _ = await queue.page(tx, *POOL, now=clock.now(), limit=10)
        [eva] = [
            agents.agent(row)
            for row in await agents.rows_of_team(tx, clock.now(), timedelta(minutes=1))
        ]
    [(_, given)], _ = decide_all([waiting], [eva], clock.now(), Weights())

    await hear(message("こんにちは、お世話になっております", thread=asked.thread_id))
    async with routing.transaction() as tx:
        [changed], _ = await queue.page(tx, *POOL, now=clock.now(), limit=10)
    assert changed.version == waiting.version
    assert (waiting.language, changed.language) == ("es", "ja")

    one = Claim(waiting, eva.agent_id, 100, given.explanation)
    async with routing.transaction() as tx:
        with pytest.raises(Conflict):
            await claims.claim(tx, *POOL, [one], lease_epoch=epoch, now=clock.now())
    assert await states(routing) == {"queued": 1}


async def test_who_lost_the_lease_assigns_nothing(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"))
    await hear(message())
    late = await lease(routing)
    await lease(routing, holder="other")

    with pytest.raises(Deposed):
        await (await dispatcher(routing)).drain(late)

    assert await states(routing) == {"queued": 1}


async def test_a_full_queue_of_one_language_does_not_hide_another(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva", room=100), agent("ken", {"ja": 5}))
    now = datetime.now(UTC)
    await hear(*(message(at=now - timedelta(minutes=5)) for _ in range(150)))
    await hear(message("こんにちは、お世話になっております", at=now))

    assert await (await dispatcher(routing, batch=20)).drain(await lease(routing)) == 2

    await assert_sound(routing)


async def test_what_is_stuck_is_looked_at_again_when_it_reaches_its_next_step(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva", room=100), agent("en", {"en": 5}, room=200))
    now = datetime.now(UTC)
    ages = [
        1,
        2,
        12,
        3,
        12,
        1,
    ]  # minutes of a promise of 15: after 80 % English leaves less than a unit
    await hear(*(message(at=now - timedelta(minutes=age)) for age in ages))
    async with routing.transaction() as tx:
        read, _ = await queue.page(tx, *POOL, stuck={"0|es||"}, marks=(0.5, 0.8), now=now, limit=10)
        none, _ = await queue.page(
            tx, *POOL, stuck={"0|es||", "2|es||"}, marks=(0.5, 0.8), now=now, limit=10
        )

    assert [(now - each.asked_at).seconds // 60 for each in read] == [12, 12]
    assert none == []
    assert await (await dispatcher(routing, batch=2)).drain(await lease(routing)) == 2
    events = await testing.said(routing, ConversationAssigned)
    steps = {event.agent_id: event.explanation.step for event in events}  # type: ignore[attr-defined]
    assert steps == {"eva": Step.LANGUAGE, "en": Step.ENGLISH_TRANSLATED}


async def test_a_store_whose_agents_must_sit_in_a_country_has_only_those(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("ana", country="MX"), agent("eva"))
    await hear(message(), message())
    strict = replace(await dispatcher(routing), legal=frozenset({"ES"}))

    assert await strict.drain(await lease(routing)) == 2

    events = await testing.said(routing, ConversationAssigned)
    assert {event.agent_id for event in events} == {"eva"}  # type: ignore[attr-defined]


async def test_the_queue_is_read_in_the_order_of_the_pure_rule(
    routing: Database, hear: Hear, message: Make
) -> None:
    now = datetime.now(UTC)
    ages = [0, 1, 14, 16, 20, 45, 59, 61, 90, 14, 16, 61]
    await hear(*(message(at=now - timedelta(minutes=age)) for age in ages))

    async with routing.transaction() as tx:
        read, _ = await queue.page(tx, *POOL, now=now, limit=50)
        first, _ = await queue.page(tx, *POOL, now=now, limit=5)

    assert read == sorted(read, key=lambda each: turn(each, now))
    assert first == read[:5]


def dispatching(routing: Database, roster: Roster) -> Dispatching:
    return Dispatching(
        routing, [AURORA], roster, Weights(), sweep=timedelta(milliseconds=200), batch=50
    )


async def test_two_processes_share_the_pools_and_a_dead_one_is_followed_within_a_second(
    routing: Database,
    database: Callable[[str], Awaitable[Database]],
    hear: Hear,
    message: Make,
    install: Install,
    agent: MakeAgent,
) -> None:
    # Given two processes, the first of which has every pool
    await install(agent("eva", room=10_000))
    roster = Roster()
    async with routing.transaction() as tx:
        await roster.refresh(tx)
    first, second = dispatching(routing, roster), dispatching(await database("routing"), roster)
    stop = asyncio.Event()
    running = asyncio.create_task(first.run(stop))

    async def held() -> Any:
        return await testing.rows(routing, "SELECT * FROM leases")

    await testing.eventually(held)
    other = asyncio.create_task(second.run(stop))
    await hear(message())

    async def all_assigned() -> bool:
        return set(await states(routing)) == {"assigned"}

    await testing.eventually(all_assigned, within=2)

    # When the first dies without a word, and a message comes
    running.cancel()
    await asyncio.wait({running})
    await hear(message())

    # Then the second gives it away
    await testing.eventually(all_assigned, within=1.5)
    stop.set()
    await other
    await assert_sound(routing)


async def test_nobody_on_shift_leaves_it_waiting_until_somebody_comes(
    routing: Database,
    rules: Rules,
    hear: Hear,
    message: Make,
    install: Install,
    agent: MakeAgent,
) -> None:
    nobody = Shift(frozenset({(datetime.now(UTC).weekday() + 3) % 7}), 0, 60)
    await install(agent("eva", time_zone="UTC", shifts=(nobody,)))
    await hear(message())
    roster = Roster()
    async with routing.transaction() as tx:
        await roster.refresh(tx)
    stop = asyncio.Event()
    part = dispatching(routing, roster)
    running = [
        asyncio.create_task(part.run(stop)),
        asyncio.create_task(roster.refreshing(routing, timedelta(milliseconds=200))(stop)),
    ]

    async def is_led() -> bool:
        return len(await testing.rows(routing, "SELECT * FROM leases")) == 3

    await testing.eventually(is_led)
    assert await states(routing) == {"queued": 1}

    await install(agent("eva", time_zone="UTC"))

    async def is_assigned() -> bool:
        return await states(routing) == {"assigned": 1}

    await testing.eventually(is_assigned, within=2)
    stop.set()
    await asyncio.gather(*running)


async def test_who_is_no_longer_in_the_team_file_is_retired_and_his_work_waits_again(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"), agent("ida", {"de": 5}))
    await hear(message())
    await (await dispatcher(routing)).drain(await lease(routing))

    await install(agent("ida", {"de": 5}))

    assert await states(routing) == {"queued": 1}
    found = await testing.rows(routing, "SELECT id, retired_at IS NOT NULL AS gone FROM agents")
    assert {row["id"]: row["gone"] for row in found} == {"eva": True, "ida": False}
    names = [type(event).__name__ for event in await testing.said(routing)]
    assert names[-2:] == ["ConversationReleased", "ConversationQueued"]
    assert [event.version for event in await testing.said(routing)] == [1, 2, 3, 4, 5]  # type: ignore[attr-defined]

    await install(agent("eva"), agent("ida", {"de": 5}))
    await (await dispatcher(routing)).drain(await lease(routing))
    [event] = (await testing.said(routing, ConversationAssigned))[1:]
    assert isinstance(event, ConversationAssigned)
    assert (event.agent_id, event.epoch) == ("eva", 2)
    await assert_sound(routing)


async def test_a_load_below_nought_is_refused_by_the_database(
    routing: Database, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"))

    with pytest.raises(Exception, match="ck_agent_loads"):
        await testing.rows(routing, "UPDATE agent_loads SET load = -100, mail = -100")


async def test_a_conversation_has_one_live_offer_whatever_is_tried(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"))
    await hear(message())
    await (await dispatcher(routing)).drain(await lease(routing))

    with pytest.raises(Exception, match="uq_offers_live"):
        await testing.rows(
            routing,
            "INSERT INTO offers SELECT store_id, conversation_id, epoch + 1, agent_id, family, "
            "units, offered_at, accepted_at, ended_at, why, explanation FROM offers",
        )
