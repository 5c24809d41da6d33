"""Offers, picks, transfers and take-overs: whoever takes what, the same rules hold."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from routing import api
from routing.domain.offers import Offering
from routing.domain.presence import Counting, Presence
from routing.domain.team import FAMILIES, Agent
from routing.handlers.rules import Rules
from routing.store import conversations
from routing.workers.offers import expire
from shared import clock, testing
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    ConversationAssigned,
    ConversationOffered,
    ConversationReleased,
    Step,
)
from shared.db import Database
from tests.routing.pools import AURORA, assert_sound, dispatcher, lease, states, until

Make = Callable[..., MessageReceived]
MakeAgent = Callable[..., Agent]
Hear = Callable[..., Awaitable[None]]
Install = Callable[..., Awaitable[None]]
Do = Callable[..., Awaitable[httpx.Response]]

WHO = {"eva": Role.AGENT, "iris": Role.AGENT, "lea": Role.LEAD}
OFFERING = Offering(True, dict.fromkeys(FAMILIES, timedelta(minutes=2)), timedelta(minutes=5))


@pytest.fixture
def rules(rules: Rules) -> Rules:
    """Everybody is asked first, for two minutes."""
    return replace(rules, offering=OFFERING)


@pytest.fixture
async def do(routing: Database, rules: Rules) -> AsyncIterator[Do]:
    """`await do("eva", "pick", conversation, …)` posts as eva, each time under a key of its own."""
    tokens = {name: new_token() for name in WHO}
    callers = Callers(
        [
            (tokens[name][1], Actor(ActorKind.AGENT, name, role, frozenset({"aurora"})))
            for name, role in WHO.items()
        ]
    )
    numbers = count(1)
    transport = httpx.ASGITransport(api.app(routing, rules, callers))
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://routing")
        )

        async def post(who: str, what: str, of: Any, **body: Any) -> httpx.Response:
            headers = {
                "Authorization": f"Bearer {tokens[who][0]}",
                "Idempotency-Key": body.pop("key", f"key-{next(numbers):06}"),
            }
            url = f"/conversations/{of}/{what}"
            return await client.post(url, json=body, headers=headers)

        yield post


@pytest.fixture
async def given_two(hear: Hear, message: Make, install: Install, agent: MakeAgent) -> None:
    """Two agents, and one conversation that either may have."""
    await install(agent("eva"), agent("iris"))
    await hear(message())


async def dispatch(routing: Database) -> int:
    one = await dispatcher(routing)
    return await replace(one, offering=OFFERING).drain(await lease(routing))


async def the(routing: Database) -> dict[str, Any]:
    [row] = await testing.rows(routing, "SELECT * FROM conversations")
    return row


async def test_an_offer_is_accepted_once_and_only_then_assigned(
    routing: Database, do: Do, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"), agent("iris"))
    await hear(message())
    assert await dispatch(routing) == 1
    row = await the(routing)
    who, other = row["agent_id"], {"eva": "iris", "iris": "eva"}[row["agent_id"]]
    assert row["state"] == "offered"
    assert await testing.said(routing, ConversationAssigned) == []
    [offered] = await testing.said(routing, ConversationOffered)
    assert isinstance(offered, ConversationOffered)
    assert (offered.agent_id, offered.expires_at) == (who, row["offer_ends_at"])

    # Another cannot, and an offer is not yet his to resolve or answer
    assert (await do(other, "accept", row["id"])).status_code == 409
    assert (await do(who, "resolve", row["id"])).status_code == 422
    assert (await do(who, "replies", row["id"], text="¡Ya!")).status_code == 422

    # Twice at once, and again later
    twice = await asyncio.gather(*(do(who, "accept", row["id"]) for _ in range(2)))
    again = await do(who, "accept", row["id"])
    assert [each.status_code for each in (*twice, again)] == [200] * 3
    [assigned] = await testing.said(routing, ConversationAssigned)
    assert isinstance(assigned, ConversationAssigned)
    assert (assigned.agent_id, assigned.epoch, assigned.version) == (who, 1, 4)
    assert assigned.explanation == offered.explanation
    assert await states(routing) == {"assigned": 1}
    await assert_sound(routing)


async def test_who_declines_is_not_asked_again_and_the_due_date_stays(
    routing: Database, do: Do, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"), agent("iris"))
    await hear(message())
    await dispatch(routing)
    before = await the(routing)
    first = before["agent_id"]

    answers = [await do(first, "reject", before["id"], reason="lunch") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert (await the(routing))["answer_by"] == before["answer_by"]
    assert await dispatch(routing) == 1

    second = await the(routing)
    assert {first, second["agent_id"]} == {"eva", "iris"}
    offered: list[Any] = await testing.said(routing, ConversationOffered)
    why = offered[1].explanation
    assert why.rejected == {"declined": (first,)}
    assert [each.agent_id for each in why.candidates] == [second["agent_id"]]
    [released] = await testing.said(routing, ConversationReleased)
    assert isinstance(released, ConversationReleased)
    assert (released.agent_id, released.why, released.epoch) == (first, "declined", 1)

    # Both have declined: nobody is asked, until the pause is over
    assert (await do(second["agent_id"], "reject", before["id"])).status_code == 200
    assert await dispatch(routing) == 0
    async with routing.transaction() as tx:
        of = await conversations.locked(tx, AURORA, before["id"])
        assert of is not None
        past = dict.fromkeys(of.declined, clock.now() - timedelta(seconds=1))
        await conversations.save(tx, [replace(of, declined=past)])
    assert await dispatch(routing) == 1
    await assert_sound(routing)


async def test_an_offer_that_expires_goes_to_another_and_is_too_late_to_accept(
    routing: Database,
    rules: Rules,
    do: Do,
    given_two: None,
) -> None:
    await dispatch(routing)
    row = await the(routing)
    assert await expire(routing, rules) == 0
    await testing.rows(routing, "UPDATE conversations SET offer_ends_at = now() - interval '1 ms'")

    late = await do(row["agent_id"], "accept", row["id"])
    assert (late.status_code, late.json()["detail"]) == (409, "this offer has expired")
    assert sum(await asyncio.gather(*(expire(routing, rules) for _ in range(4)))) == 1
    assert (await the(routing))["answer_by"] == row["answer_by"]

    assert await dispatch(routing) == 1
    assert (await the(routing))["agent_id"] != row["agent_id"]
    assert (await do(row["agent_id"], "accept", row["id"])).status_code == 409
    await assert_sound(routing)


async def test_a_pick_by_hand_obeys_room_and_is_everybodys_once(
    routing: Database, do: Do, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva", room=100), agent("iris"), agent("lea", room=100, is_lead=True))
    await hear(message(), message())
    first, second = [
        row["id"] for row in await testing.rows(routing, "SELECT id FROM conversations")
    ]

    # Both want the same: one gets it; the same key again is the same answer
    won = await asyncio.gather(
        do("eva", "pick", first, key="key-of-eva"), do("iris", "pick", first)
    )
    assert sorted(each.status_code for each in won) == [200, 409]
    if won[0].status_code != 200:
        await do("iris", "transfer", first, to="eva")
    assert (await do("eva", "pick", first)).json()["agent_id"] == "eva"

    # No room is no room, unless a lead says so, and then it is written down
    full = await do("eva", "pick", second)
    assert (full.status_code, full.json()["detail"]) == (409, "eva has no room")
    assert (await do("eva", "pick", second, override=True)).status_code == 422
    assert (await do("lea", "pick", second)).status_code == 200
    assert (await do("lea", "take-over", first)).status_code == 409
    assert (await do("lea", "take-over", first, override=True)).status_code == 200
    changes = await testing.rows(routing, "SELECT * FROM load_changes ORDER BY id DESC LIMIT 1")
    assert (changes[0]["agent_id"], changes[0]["is_override"]) == ("lea", True)
    assert (changes[0]["load_after"], changes[0]["capacity"]) == (200, 100)
    said: list[Any] = await testing.said(routing, ConversationAssigned)
    assert (said[-1].by.id, said[-1].explanation.step) == ("lea", Step.MANUAL)
    assert said[-1].explanation.is_override
    happened = await testing.rows(
        routing, "SELECT by_id FROM history WHERE (details ->> 'is_override')::boolean"
    )
    assert happened == [{"by_id": "lea"}]
    await assert_sound(routing)


async def test_a_transfer_keeps_the_promise_and_goes_to_who_works_there(
    routing: Database, do: Do, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    stranger = agent("zoe", stores=("borealis",))
    await install(agent("eva"), agent("iris"), agent("lea", is_lead=True), stranger)
    await hear(message())
    row = await the(routing)
    await do("eva", "pick", row["id"])

    assert (await do("iris", "transfer", row["id"], to="iris")).status_code == 403
    assert (await do("eva", "transfer", row["id"], to="zoe")).status_code == 422
    assert (await do("eva", "transfer", row["id"], to="nobody")).status_code == 422
    given = await do("eva", "transfer", row["id"], to="iris", note="She wrote twice")
    assert given.json()["agent_id"] == "iris"
    after = await the(routing)
    assert (after["agent_id"], after["epoch"]) == ("iris", 2)
    assert (after["asked_at"], after["answer_by"]) == (row["asked_at"], row["answer_by"])
    notes = await testing.rows(routing, "SELECT by_id, text FROM notes")
    assert notes == [{"by_id": "eva", "text": "She wrote twice"}]
    versions = [event.version for event in await testing.said(routing)]  # type: ignore[attr-defined]
    assert versions == list(range(1, len(versions) + 1)) == list(range(1, after["version"] + 1))

    # Back to the queue: whoever gave it back is not given it again
    assert (await do("iris", "transfer", row["id"])).status_code == 200
    assert await dispatch(routing) == 1
    assert (await the(routing))["agent_id"] != "iris"
    await assert_sound(routing)


async def test_an_empty_chair_is_given_nothing_by_hand_either(
    routing: Database, do: Do, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    console = Presence(Counting.HEARTBEAT)
    silent, home = replace(agent("lea", is_lead=True), presence=console), (until(-1),)
    await install(agent("eva"), agent("iris", shifts=home), silent)
    await hear(message())
    row = await the(routing)

    for who, what, told in (
        ("iris", {"what": "pick"}, "iris is not on shift"),
        ("lea", {"what": "take-over", "override": True}, "lea is offline"),
        ("eva", {"what": "pick"}, None),
        ("eva", {"what": "transfer", "to": "iris"}, "iris is not on shift"),
        ("lea", {"what": "transfer", "to": "lea", "override": True}, "lea is offline"),
    ):
        answer = await do(who, of=row["id"], **what)
        assert answer.status_code == (200 if told is None else 409), answer.text
        assert told is None or answer.json()["detail"] == told
    assert (await the(routing))["agent_id"] == "eva"
    await assert_sound(routing)


async def test_two_who_swap_their_work_at_once_do_not_block_each_other(
    routing: Database, do: Do, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva", room=500), agent("iris", room=500))
    await hear(*(message() for _ in range(4)))
    ids = [row["id"] for row in await testing.rows(routing, "SELECT id FROM conversations")]
    for n, each in enumerate(ids):
        await do(("eva", "iris")[n % 2], "pick", each)

    swapped = await asyncio.gather(
        *(
            do(("eva", "iris")[n % 2], "transfer", each, to=("iris", "eva")[n % 2])
            for n, each in enumerate(ids)
        )
    )

    assert [each.status_code for each in swapped] == [200] * 4
    await assert_sound(routing)


async def test_nobody_is_given_by_hand_what_the_law_keeps_from_him(  # noqa: PLR0917
    routing: Database,
    do: Do,
    hear: Hear,
    message: Make,
    install: Install,
    agent: MakeAgent,
    rules: Rules,
) -> None:
    aurora = rules.stores.stores[AURORA].model_copy(update={"agents_in": ("ES",)})
    rules.stores.stores[AURORA] = aurora  # type: ignore[index]
    await install(
        agent("eva"), agent("iris", country="JP"), agent("lea", country="JP", is_lead=True)
    )
    await hear(message())
    row = await the(routing)

    refused = [
        await do("iris", "pick", row["id"]),
        await do("lea", "take-over", row["id"], override=True),
    ]
    assert (await do("eva", "pick", row["id"])).status_code == 200
    refused.append(await do("eva", "transfer", row["id"], to="iris"))

    assert [each.status_code for each in refused] == [422, 422, 422]
    assert all("must sit in ES" in each.text for each in refused)
    assert (await the(routing))["agent_id"] == "eva"
    await assert_sound(routing)
