"""When agents go home: what waits goes to who is there, the rest waits for the customer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from routing.domain.presence import Counting, Presence
from routing.domain.shifts import Difference, Kind
from routing.handlers import parking, presence
from routing.handlers.rules import Rules
from routing.store import conversations, differences
from routing.workers.desks import Desks
from shared import clock, testing
from shared.contracts.base import ActorKind, AgentId, By
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    AgentPresenceChanged,
    ConversationAssigned,
    ConversationQueued,
    ConversationReleased,
    ShiftEnding,
)
from shared.contracts.routing import Presence as State
from shared.db import Database
from shared.errors import Refused
from tests.routing.pools import MADRID, Scene, assert_sound, states, told, until

Look = Callable[[], Awaitable[None]]

EVA = AgentId("eva")
BY_EVA = By(kind=ActorKind.AGENT, id="eva")


@pytest.fixture
async def given(scene: Scene) -> list[MessageReceived]:
    """Two conversations of eva's, on shift for ten minutes more; the first one is answered."""
    await scene.install(scene.agent("eva", shifts=(until(10),)))
    messages = [scene.message(), scene.message()]
    await scene.hear(*messages)
    assert await scene.dispatch() == 2
    await testing.rows(
        scene.routing,
        "UPDATE conversations SET asked_at = NULL, answer_by = NULL, first_from = NULL "
        "WHERE thread_id = :thread RETURNING id",
        thread=messages[0].thread_id,
    )
    return messages


@pytest.fixture
def look(routing: Database, rules: Rules) -> Look:
    """The worker looks once; twice at the same time, as two processes do."""
    workers = [Desks(routing, rules), Desks(routing, rules)]

    async def twice() -> None:
        await asyncio.gather(*(each.look() for each in workers))

    return twice


async def test_at_the_end_of_a_shift_what_waits_goes_on_and_the_rest_is_kept(
    scene: Scene, given: list[MessageReceived], look: Look
) -> None:
    before = await testing.rows(
        scene.routing, "SELECT answer_by FROM conversations WHERE asked_at IS NOT NULL"
    )
    await look()
    assert await states(scene.routing) == {"assigned": 2}

    # When eva's shift is over, and iris is there in another part of the world
    iris = scene.agent("iris", time_zone="America/Mexico_City")
    await scene.install(scene.agent("eva", shifts=(until(-1),)), iris)
    await look()

    # Then the one that waits is queued with the due date it had, the other stays eva's
    assert await states(scene.routing) == {"queued": 1, "parked": 1}
    assert (
        await testing.rows(
            scene.routing, "SELECT answer_by FROM conversations WHERE state = 'queued'"
        )
        == before
    )
    released = await told(scene.routing, ConversationReleased)
    assert [(each.why, each.is_kept) for each in sorted(released, key=lambda e: e.is_kept)] == [
        ("shift ended", False),
        ("shift ended", True),
    ]
    assert released[0].agent_id == EVA
    notes = await testing.rows(
        scene.routing, "SELECT details FROM history WHERE what = 'shift ended' ORDER BY id"
    )
    assert {note["details"]["agent_id"] for note in notes} == {"eva"}
    left = await testing.rows(
        scene.routing,
        "SELECT by_id, n.text FROM notes AS n JOIN conversations AS c ON c.id = conversation_id "
        "ORDER BY c.state DESC",
    )
    assert [(each["by_id"], each["text"].split("\n")[1][:26]) for each in left] == [
        ("routing", "The customer waits since 2"),
        ("routing", "The customer has his answe"),
    ]
    await assert_sound(scene.routing)
    # And iris gets it
    await scene.dispatch()
    [row] = await testing.rows(
        scene.routing, "SELECT agent_id, known_agent_id FROM conversations WHERE state = 'assigned'"
    )
    assert (row["agent_id"], row["known_agent_id"]) == ("iris", "eva")
    await look()
    assert len(await told(scene.routing, ConversationReleased)) == 2


async def test_who_was_only_asked_for_something_hands_nothing_over(
    scene: Scene, given: list[MessageReceived], look: Look
) -> None:
    await testing.rows(
        scene.routing,
        "UPDATE conversations SET state = 'offered', offer_ends_at = now() + interval '1 hour' "
        "WHERE asked_at IS NOT NULL",
    )
    await scene.install(scene.agent("eva", shifts=(until(-1),)))

    await look()

    assert await states(scene.routing) == {"queued": 1, "parked": 1}
    [note] = await testing.rows(scene.routing, "SELECT text FROM notes")
    assert "The customer has his answer" in note["text"]


async def test_who_writes_back_after_the_agent_went_home_is_not_given_to_the_empty_chair(
    scene: Scene, given: list[MessageReceived], look: Look
) -> None:
    answered, waiting = given
    await scene.install(scene.agent("eva", shifts=(until(-1),)))

    # The worker has not looked yet: the message itself finds the chair empty.
    again = scene.message(thread=answered.thread_id, contact=answered.contact_id)
    await scene.hear(
        again, scene.message(thread=waiting.thread_id, contact=waiting.contact_id), again
    )

    assert await states(scene.routing) == {"queued": 2}
    released = await told(scene.routing, ConversationReleased)
    assert [each.why for each in released] == ["agent gone", "agent gone"]
    await assert_sound(scene.routing)
    rows = await testing.rows(scene.routing, "SELECT known_agent_id, version FROM conversations")
    assert {row["known_agent_id"] for row in rows} == {"eva"}
    left = await testing.rows(scene.routing, "SELECT text FROM notes")
    assert len(left) == 2
    for each in left:
        assert each["text"].startswith("Handed over by eva: agent gone")
        assert "\nThe customer waits since 2" in each["text"]
    queued = await told(scene.routing, ConversationQueued)
    assert sorted(each.version for each in queued)[-2:] == [row["version"] for row in rows]


async def test_who_writes_to_a_kept_conversation_waits_for_whoever_is_there(
    scene: Scene, given: list[MessageReceived], look: Look
) -> None:
    await scene.install(scene.agent("eva", shifts=(until(-1),)))
    await look()

    await scene.hear(scene.message(thread=given[0].thread_id, contact=given[0].contact_id))

    assert await states(scene.routing) == {"queued": 2}
    assert len(await told(scene.routing, ConversationReleased)) == 2
    # Back on shift, eva gets them again.
    await scene.install(scene.agent("eva"))
    await scene.dispatch()
    assert await states(scene.routing) == {"assigned": 2}
    await assert_sound(scene.routing)


@pytest.mark.parametrize("how", ["writes back", "snooze over", "shift ended"])
async def test_the_next_regions_shift_takes_over_in_the_customers_language(
    scene: Scene, given: list[MessageReceived], look: Look, how: str
) -> None:
    # Given eva at home, and on shift: one without the language, one in the region that comes next
    now = clock.now()
    if how == "snooze over":
        async with scene.routing.transaction() as tx:
            for each in await conversations.locked_of_agent(tx, EVA):
                await parking.snooze(tx, each, now + timedelta(hours=1), BY_EVA, now)
    await scene.install(
        scene.agent("eva", shifts=(until(-1),)),
        scene.agent("amy", {"en": 5}),
        scene.agent("sol", shifts=(until(-1),)),
        scene.agent("iris", {"es": 5}, country="MX", time_zone="America/Mexico_City"),
    )

    # When
    if how == "writes back":
        await look()
        await scene.hear(scene.message(thread=given[0].thread_id, contact=given[0].contact_id))
    if how == "snooze over":
        await testing.rows(
            scene.routing,
            "UPDATE conversations SET snoozed_until = now() - interval '1 s' RETURNING 1",
        )
    await look()
    await scene.dispatch()

    # Then all that waits is iris's, once
    taken = [each for each in await told(scene.routing, ConversationAssigned) if each.epoch == 2]
    assert {each.agent_id for each in taken} == {"iris"}
    assert len(taken) == (1 if how == "shift ended" else 2)
    assert await states(scene.routing) == (
        {"assigned": 1, "parked": 1} if how == "shift ended" else {"assigned": 2}
    )
    await assert_sound(scene.routing)


async def test_a_shift_that_ends_soon_is_told_once(
    routing: Database, given: list[MessageReceived], look: Look
) -> None:
    await look()
    await look()

    [event] = await told(routing, ShiftEnding)
    assert (event.agent_id, event.stores, event.open_count) == (EVA, ("aurora",), 2)
    assert timedelta(0) < event.ends_at - event.occurred_at <= timedelta(minutes=10)
    assert event.time_zone == "Europe/Madrid"


async def test_a_silent_console_gives_its_work_back_and_is_told_of_once(
    scene: Scene, look: Look
) -> None:
    eva = replace(scene.agent("eva"), presence=Presence(Counting.HEARTBEAT))
    await scene.install(eva)
    await scene.hear(scene.message())
    # By heartbeat, nobody is there before he says so.
    assert await scene.dispatch() == 0
    async with scene.routing.transaction() as tx:
        await presence.stand(
            tx, EVA, State.AVAILABLE, by=BY_EVA, now=clock.now(), rules=scene.rules
        )
    assert await scene.dispatch() == 1
    await look()
    assert await states(scene.routing) == {"assigned": 1}

    # When nothing is heard of it for longer than is allowed
    await testing.rows(
        scene.routing, "UPDATE agent_presence SET beat_at = now() - interval '61 s' RETURNING 1"
    )
    await look()
    await look()

    assert await states(scene.routing) == {"queued": 1}
    [*_, released] = await told(scene.routing, ConversationReleased)
    assert (released.why, released.is_kept) == ("agent gone", False)
    async with scene.routing.transaction() as tx:
        back = await presence.beat(tx, EVA, BY_EVA, clock.now(), scene.rules)
    assert back is not None
    assert back.absence(clock.now()) is None
    changes = await told(scene.routing, AgentPresenceChanged)
    assert [(each.why, each.presence, each.is_present) for each in changes] == [
        ("said so", State.AVAILABLE, True),
        ("not heard of", State.OFFLINE, False),
        ("heard again", State.AVAILABLE, True),
    ]
    assert [each.version for each in changes] == [1, 2, 3]
    await assert_sound(scene.routing)


async def test_who_is_busy_keeps_what_he_has_and_gets_nothing_new(
    scene: Scene, given: list[MessageReceived], look: Look
) -> None:
    async with scene.routing.transaction() as tx:
        for _ in range(2):
            await presence.stand(tx, EVA, State.BUSY, by=BY_EVA, now=clock.now(), rules=scene.rules)
    await scene.hear(scene.message())

    assert await scene.dispatch() == 0
    await look()
    assert await states(scene.routing) == {"assigned": 2, "queued": 1}
    assert len(await told(scene.routing, AgentPresenceChanged)) == 1


@pytest.mark.parametrize("back", ["there", "full", "home"])
async def test_snoozed_work_returns_to_its_agent_or_to_who_is_there(
    scene: Scene, given: list[MessageReceived], look: Look, back: str
) -> None:
    now = clock.now()
    async with scene.routing.transaction() as tx:
        for each in await conversations.locked_of_agent(tx, EVA):
            await parking.snooze(tx, each, now + timedelta(hours=1), BY_EVA, now)
    await look()
    assert await states(scene.routing) == {"parked": 2}
    [load] = await testing.rows(
        scene.routing, "SELECT load FROM agent_loads WHERE agent_id = 'eva'"
    )
    assert load["load"] == 0

    # When the hour is over
    if back == "full":
        await scene.install(scene.agent("eva", room=100))
    if back == "home":
        await scene.install(scene.agent("eva", shifts=(until(-1),)))
    await testing.rows(
        scene.routing, "UPDATE conversations SET snoozed_until = now() - interval '1 s' RETURNING 1"
    )
    await look()
    await look()

    assert (
        await states(scene.routing)
        == {
            "there": {"assigned": 2},
            "full": {"assigned": 1, "queued": 1},
            "home": {"queued": 2},
        }[back]
    )
    await assert_sound(scene.routing)
    snoozed = await told(scene.routing, ConversationReleased)
    assert [(each.why, each.is_kept, each.snoozed_until) for each in snoozed] == [
        ("snoozed", True, now + timedelta(hours=1))
    ] * 2
    again = [each for each in await told(scene.routing, ConversationAssigned) if each.epoch == 2]
    assert {each.agent_id for each in again} <= {EVA}
    assert len(again) == {"there": 2, "full": 1, "home": 0}[back]


async def test_what_was_snoozed_does_not_wait_for_the_next_look_at_all_desks(
    scene: Scene, given: list[MessageReceived], rules: Rules
) -> None:
    stop = asyncio.Event()
    seldom = Desks(scene.routing, rules, sweep=timedelta(hours=1))
    working = asyncio.create_task(seldom.run(stop))
    now = clock.now()
    async with scene.routing.transaction() as tx:
        for each in await conversations.locked_of_agent(tx, EVA):
            await parking.snooze(tx, each, now + timedelta(seconds=1), BY_EVA, now)
    assert await states(scene.routing) == {"parked": 2}

    async def is_back() -> bool:
        return await states(scene.routing) == {"assigned": 2}

    await testing.eventually(is_back, within=20)
    stop.set()
    await working


async def test_a_customer_who_writes_wakes_what_was_snoozed(
    scene: Scene, given: list[MessageReceived]
) -> None:
    now = clock.now()
    async with scene.routing.transaction() as tx:
        [first, _] = await conversations.locked_of_agent(tx, EVA)
        for wrong in (now, now + timedelta(days=91)):
            with pytest.raises(Refused):
                await parking.snooze(tx, first, wrong, BY_EVA, now)
        await parking.snooze(tx, first, now + timedelta(hours=1), BY_EVA, now)
    [written] = [each for each in given if each.thread_id == first.thread_id]

    await scene.hear(scene.message(thread=written.thread_id, contact=written.contact_id))

    assert await states(scene.routing) == {"queued": 1, "assigned": 1}
    rows = await testing.rows(scene.routing, "SELECT snoozed_until FROM conversations")
    assert [row["snoozed_until"] for row in rows] == [None, None]
    await assert_sound(scene.routing)


async def test_who_is_retired_keeps_nothing_that_was_snoozed(
    scene: Scene, given: list[MessageReceived], look: Look
) -> None:
    now = clock.now()
    async with scene.routing.transaction() as tx:
        for each in await conversations.locked_of_agent(tx, EVA):
            await parking.snooze(tx, each, now + timedelta(hours=1), BY_EVA, now)

    await scene.install(scene.agent("iris"))

    assert await states(scene.routing) == {"queued": 2}
    await assert_sound(scene.routing)


async def test_a_day_off_empties_the_chair_too(
    routing: Database, given: list[MessageReceived], look: Look
) -> None:
    today = datetime.now(MADRID).date()
    off = [Difference(Kind.OFF, today + timedelta(days=n)) for n in (-1, 0)]
    async with routing.transaction() as tx:
        await differences.add(
            tx,
            [differences.kept(UUID(int=n), EVA, each) for n, each in enumerate(off)],
        )

    await look()

    assert await states(routing) == {"queued": 1, "parked": 1}
