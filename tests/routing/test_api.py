"""What agents do over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from routing import api
from routing.domain.score import Weights
from routing.domain.team import FAMILIES, Agent
from routing.handlers.rules import Rules
from routing.store import leases
from routing.workers.dispatcher import Dispatcher
from routing.workers.roster import Roster
from shared import clock, testing
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind, ConversationId, NotificationId, ReplyId, StoreId
from shared.contracts.intake import MessageReceived
from shared.contracts.notify import NotificationFailed
from shared.contracts.routing import (
    AgentReplied,
    ConversationAnswered,
    ConversationQueued,
    ConversationReleased,
    ConversationResolved,
    SendReply,
)
from shared.db import Database

AURORA = StoreId("aurora")

Make = Callable[..., MessageReceived]
Hear = Callable[..., Awaitable[None]]
Client = Callable[[str], httpx.AsyncClient]

WHO = {
    "eva": (Role.AGENT, ["aurora"]),
    "iris": (Role.AGENT, ["aurora"]),
    "lea": (Role.LEAD, ["aurora"]),
    "bob": (Role.LEAD, ["borealis"]),
    "root": (Role.ADMIN, ["*"]),
    "wally": (Role.WAREHOUSE, ["aurora"]),
}


@pytest.fixture
async def client(routing: Database, rules: Rules) -> AsyncIterator[Client]:
    """`client("eva")` calls as eva; `client("")` as nobody."""
    tokens = {name: new_token() for name in WHO}
    callers = Callers(
        [
            (tokens[name][1], Actor(ActorKind.AGENT, name, role, frozenset(stores)))
            for name, (role, stores) in WHO.items()
        ]
    )
    transport = httpx.ASGITransport(api.app(routing, rules, callers))
    async with AsyncExitStack() as stack:
        made = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=transport,
                    base_url="http://routing",
                    headers={"Authorization": f"Bearer {tokens[name][0]}"} if name else {},
                )
            )
            for name in (*WHO, "")
        }
        yield made.__getitem__


async def dispatch(routing: Database) -> None:
    roster = Roster()
    async with routing.transaction() as tx:
        await roster.refresh(tx)
    for family in FAMILIES:
        connection = await routing.direct()
        epoch = await leases.take(connection, AURORA, family, holder="test", now=clock.now())
        await connection.close()
        assert epoch is not None
        await Dispatcher(routing, AURORA, family, roster, Weights()).drain(epoch)


@pytest.fixture
async def has_one(
    routing: Database,
    hear: Hear,
    message: Make,
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> MessageReceived:
    """Eva has a conversation that this message began."""
    await install(agent("eva"), agent("iris", {"ja": 5}))
    wrote = message()
    await hear(wrote)
    await dispatch(routing)
    return wrote


async def only(routing: Database) -> dict[str, Any]:
    [row] = await testing.rows(routing, "SELECT * FROM conversations")
    return row


def key(text: str = "key-0001") -> dict[str, str]:
    return {"Idempotency-Key": text}


async def test_an_agent_sees_what_he_has(client: Client, has_one: MessageReceived) -> None:
    [mine] = (await client("eva").get("/me/conversations")).json()
    others = (await client("iris").get("/me/conversations")).json()

    assert (mine["thread_id"], mine["state"]) == (str(has_one.thread_id), "assigned")
    assert others == []
    assert (mine["intent"], mine["priority"]) == ("order_status", "normal")


async def test_a_reply_stops_the_clock_and_carries_the_whole_route(
    routing: Database, client: Client, has_one: MessageReceived
) -> None:
    row = await only(routing)

    answer = await client("eva").post(
        f"/conversations/{row['id']}/replies", json={"text": "¡Ya sale!"}, headers=key()
    )

    assert answer.status_code == 200
    [sent] = await testing.said(routing, SendReply)
    assert isinstance(sent, SendReply)
    assert sent.route == has_one.reply_route
    assert (sent.text, sent.thread_id, sent.language) == ("¡Ya sale!", has_one.thread_id, "es")
    [replied] = await testing.said(routing, AgentReplied)
    [answered] = await testing.said(routing, ConversationAnswered)
    assert isinstance(answered, ConversationAnswered)
    assert isinstance(replied, AgentReplied)
    assert (answered.is_first, answered.is_met) == (True, True)
    assert answered.promise == timedelta(minutes=15)
    assert timedelta(0) < answered.waited < timedelta(minutes=1)
    assert (replied.version, answered.version) == (4, 5)
    assert (await only(routing))["asked_at"] is None


async def test_the_next_answer_is_not_the_first_and_a_late_one_is_not_met(
    routing: Database, client: Client, hear: Hear, message: Make, has_one: MessageReceived
) -> None:
    path = f"/conversations/{(await only(routing))['id']}/replies"
    await client("eva").post(path, json={"text": "uno"}, headers=key("key-0001"))
    await client("eva").post(path, json={"text": "dos"}, headers=key("key-0002"))
    late = datetime.now(UTC) - timedelta(hours=1)
    await hear(message(thread=has_one.thread_id, at=late))
    assert (await only(routing))["state"] == "assigned"

    await client("eva").post(path, json={"text": "tres"}, headers=key("key-0003"))

    answered = await testing.said(routing, ConversationAnswered)
    found = [(each.is_first, each.is_met) for each in answered]  # type: ignore[attr-defined]
    assert found == [(True, True), (False, False)]
    assert len(await testing.said(routing, SendReply)) == 3


async def test_the_same_key_sent_many_times_at_once_replies_once(
    routing: Database, client: Client, has_one: MessageReceived
) -> None:
    path = f"/conversations/{(await only(routing))['id']}/replies"

    answers = await asyncio.gather(
        *(client("eva").post(path, json={"text": "hola"}, headers=key()) for _ in range(8))
    )
    again = await client("eva").post(path, json={"text": "hola"}, headers=key())

    assert {answer.status_code for answer in (*answers, again)} == {200}
    assert len({answer.content for answer in (*answers, again)}) == 1
    assert len(await testing.said(routing, SendReply)) == 1
    assert len(await testing.rows(routing, "SELECT * FROM replies")) == 1


async def test_a_key_used_for_something_else_is_refused(
    routing: Database, client: Client, has_one: MessageReceived
) -> None:
    path = f"/conversations/{(await only(routing))['id']}"
    await client("eva").post(f"{path}/replies", json={"text": "hola"}, headers=key())

    other = await client("eva").post(f"{path}/replies", json={"text": "adiós"}, headers=key())
    resolve = await client("eva").post(f"{path}/resolve", headers=key())

    assert (other.status_code, resolve.status_code) == (422, 422)
    assert (await only(routing))["state"] == "assigned"


async def test_resolving_gives_the_room_back_once(
    routing: Database, client: Client, has_one: MessageReceived
) -> None:
    path = f"/conversations/{(await only(routing))['id']}/resolve"

    answers = await asyncio.gather(
        *(
            client("eva").post(path, json={"reason": "answered"}, headers=key(f"key-000{n % 3}"))
            for n in range(9)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len(await testing.said(routing, ConversationReleased)) == 1
    [resolved] = await testing.said(routing, ConversationResolved)
    assert isinstance(resolved, ConversationResolved)
    assert (resolved.reason, resolved.thread_id) == ("answered", has_one.thread_id)
    [desk] = await testing.rows(routing, "SELECT load FROM agent_loads WHERE agent_id = 'eva'")
    assert desk["load"] == 0
    changes = await testing.rows(routing, "SELECT delta, load_after FROM load_changes ORDER BY id")
    assert changes == [{"delta": 100, "load_after": 100}, {"delta": -100, "load_after": 0}]


@pytest.fixture
async def and_ana(
    has_one: MessageReceived,
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> None:
    """Ana, whose id sorts before eva's, can do all that eva can."""
    await install(agent("ana"), agent("eva"))


@pytest.mark.usefixtures("and_ana")
async def test_who_had_the_customer_is_preferred_when_he_writes_again(
    routing: Database, client: Client, hear: Hear, message: Make, has_one: MessageReceived
) -> None:
    path = f"/conversations/{(await only(routing))['id']}/resolve"
    await client("eva").post(path, headers=key())

    await hear(message(thread=has_one.thread_id), message(contact=has_one.contact_id))
    await dispatch(routing)

    rows = await testing.rows(routing, "SELECT agent_id FROM conversations")
    assert [row["agent_id"] for row in rows] == ["eva", "eva"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("", 401), ("bob", 404), ("iris", 403), ("wally", 403), ("root", 403), ("lea", 200)],
)
async def test_only_its_agent_or_a_lead_of_the_store_may_answer(
    routing: Database, client: Client, has_one: MessageReceived, who: str, status: int
) -> None:
    path = f"/conversations/{(await only(routing))['id']}"

    reply = await client(who).post(f"{path}/replies", json={"text": "hola"}, headers=key())
    resolve = await client(who).post(f"{path}/resolve", headers=key("key-0002"))

    assert (reply.status_code, resolve.status_code) == (status, status)
    assert len(await testing.said(routing, SendReply)) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("bob", 404), ("wally", 403), ("iris", 200), ("root", 200)]
)
async def test_a_conversation_shows_why_its_agent_was_chosen(
    routing: Database, client: Client, has_one: MessageReceived, who: str, status: int
) -> None:
    shown = await client(who).get(f"/conversations/{(await only(routing))['id']}")

    assert shown.status_code == status
    if status == 200:
        [assignment] = shown.json()["assignments"]
        assert assignment["agent_id"] == "eva"
        assert [each["agent_id"] for each in assignment["explanation"]["candidates"]] == ["eva"]
        assert list(assignment["explanation"]["rejected"]) == ["language"]
        assert [each["what"] for each in shown.json()["history"]] == [
            "message received",
            "assigned",
        ]


@pytest.mark.parametrize(
    ("who", "status", "seen"),
    [("eva", 403, 0), ("lea", 200, 1), ("bob", 200, 0), ("root", 200, 1)],
)
async def test_leads_see_what_waits_in_their_stores(
    client: Client, hear: Hear, message: Make, who: str, status: int, seen: int
) -> None:
    await hear(message())

    found = await client(who).get("/conversations", params={"state": "queued"})

    assert found.status_code == status
    if status == 200:
        assert len(found.json()) == seen


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"text": ""}, key()),
        ({"text": "  \n"}, key()),
        ({"text": "x" * 20_001}, key()),
        ({"text": "hola", "to": "someone else"}, key()),
        ({"text": "hola"}, {}),
        ({"text": "hola"}, key("short")),
    ],
)
async def test_a_malformed_reply_is_refused(
    routing: Database,
    client: Client,
    has_one: MessageReceived,
    body: dict[str, str],
    headers: dict[str, str],
) -> None:
    path = f"/conversations/{(await only(routing))['id']}/replies"

    answer = await client("eva").post(path, json=body, headers=headers)

    assert answer.status_code == 422
    assert await testing.said(routing, SendReply) == []


async def test_what_waits_or_is_over_cannot_be_answered(
    routing: Database, client: Client, hear: Hear, message: Make
) -> None:
    await hear(message())
    path = f"/conversations/{(await only(routing))['id']}"

    waiting = await client("lea").post(f"{path}/replies", json={"text": "hola"}, headers=key())
    resolved = await client("lea").post(f"{path}/resolve", headers=key("key-0002"))
    over = await client("lea").post(
        f"{path}/replies", json={"text": "hola"}, headers=key("key-0003")
    )

    statuses = (waiting.status_code, resolved.status_code, over.status_code)
    assert statuses == (422, 200, 422)
    assert await testing.said(routing, ConversationReleased) == []


@pytest.mark.parametrize("is_resolved", [False, True])
async def test_a_reply_that_fails_for_good_brings_the_conversation_to_an_agent_again(
    routing: Database, client: Client, hear: Hear, has_one: MessageReceived, is_resolved: bool
) -> None:
    row = await only(routing)
    path = f"/conversations/{row['id']}"
    reply = await client("eva").post(f"{path}/replies", json={"text": "hola"}, headers=key())
    if is_resolved:
        await client("eva").post(f"{path}/resolve", headers=key("key-0002"))
    failed = NotificationFailed(
        occurred_at=datetime.now(UTC),
        store_id=AURORA,
        version=2,
        notification_id=NotificationId(uuid4()),
        template="reply",
        channel=has_one.channel,
        conversation_id=row["id"],
        reply_id=ReplyId(reply.json()["reply_id"]),
        why="131047 re-engagement message",
    )

    await hear(failed)
    await hear(failed)

    after = await only(routing)
    assert (after["state"], after["reopened_count"]) == ("queued", 1 if is_resolved else 0)
    assert after["answer_by"] - after["asked_at"] == timedelta(minutes=15)
    assert len(await testing.said(routing, ConversationQueued)) == 2
    [kept] = await testing.rows(routing, "SELECT why_failed FROM replies")
    assert kept["why_failed"] == "131047 re-engagement message"
    versions = [
        event.version  # type: ignore[attr-defined]
        for event in await testing.said(routing)
        if not isinstance(event, SendReply)
    ]
    assert versions == list(range(1, len(versions) + 1))
    await dispatch(routing)
    assert (await only(routing))["agent_id"] == "eva"


async def test_a_failed_notice_of_nothing_we_know_changes_nothing(
    routing: Database, hear: Hear, has_one: MessageReceived
) -> None:
    before = await only(routing)

    for conversation_id in (None, uuid4(), before["id"]):
        await hear(
            NotificationFailed(
                occurred_at=datetime.now(UTC),
                store_id=AURORA,
                version=1,
                notification_id=NotificationId(uuid4()),
                template="reply",
                channel=has_one.channel,
                conversation_id=ConversationId(conversation_id) if conversation_id else None,
                why="bounced",
            )
        )

    assert await only(routing) == before  # the customer waits for eva's answer anyway
