"""Promises: spoken of once before, once when broken, brought higher until somebody cares."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from routing.clients import on_call
from routing.domain.escalation import Level
from routing.domain.team import Agent
from routing.handlers import promised
from routing.handlers.agents import Act, reply
from routing.handlers.rules import NotNow, Rules
from routing.store import conversations
from routing.workers.on_call import call_one
from routing.workers.promises import sweep
from shared import clock, testing
from shared.callers import Actor, Role
from shared.contracts.base import ActorKind, By
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    AnswerDueSoon,
    AnswerOverdue,
    ConversationAnswered,
    ConversationAssigned,
    ConversationEscalated,
    EscalationAcknowledged,
    EscalationLevel,
)
from shared.db import Database
from shared.webhooks.delivery import Delivery
from shared.webhooks.standard import is_standard
from tests.loopback import serving
from tests.routing.pools import AURORA, assert_sound, dispatcher, lease

Make = Callable[..., MessageReceived]
MakeAgent = Callable[..., Agent]
Hear = Callable[..., Awaitable[None]]
Install = Callable[..., Awaitable[None]]

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBvbi1jYWxsIHdlYmhvb2s="


@pytest.fixture
def rules(rules: Rules) -> Rules:
    """There is a webhook."""
    return replace(rules, has_on_call=True)


async def the(routing: Database) -> Any:
    [row] = await testing.rows(routing, "SELECT id FROM conversations")
    async with routing.transaction() as tx:
        return await conversations.locked(tx, AURORA, row["id"])


async def act(routing: Database, rules: Rules, who: str, role: Role, what: str) -> None:
    actor = Actor(ActorKind.AGENT, who, role, frozenset({"aurora"}))
    of = await the(routing)
    async with routing.transaction() as tx:
        doing = Act(actor, of, f"key-{clock.now().timestamp()}", clock.now())
        if what == "reply":
            await reply(tx, doing, "¡Ya sale!")
        else:
            await promised.acknowledge(tx, doing, rules=rules)


async def hurry(routing: Database, column: str) -> None:
    """What is due later is due now."""
    await testing.rows(
        routing, f"UPDATE conversations SET {column} = now() WHERE {column} IS NOT NULL"
    )


async def levels(routing: Database) -> list[tuple[str, tuple[str, ...]]]:
    said: list[Any] = await testing.said(routing, ConversationEscalated)
    return [(each.level.value, each.to) for each in said]


async def sweep_at_once(routing: Database, rules: Rules) -> None:
    """As four processes do."""
    await asyncio.gather(*(sweep(routing, rules) for _ in range(4)))


async def test_each_promise_is_spoken_of_once_before_and_once_when_broken(
    routing: Database, rules: Rules, hear: Hear, message: Make
) -> None:
    now = datetime.now(UTC)
    asked = message(at=now - timedelta(minutes=13))
    await hear(asked, message(at=now - timedelta(minutes=11)), message(at=now - timedelta(hours=1)))

    await sweep_at_once(routing, rules)
    await sweep_at_once(routing, rules)

    # 13 of 15 minutes are due soon, 11 are not, and an hour is broken without a warning
    [soon] = await testing.said(routing, AnswerDueSoon)
    [overdue] = await testing.said(routing, AnswerOverdue)
    assert isinstance(soon, AnswerDueSoon)
    assert isinstance(overdue, AnswerOverdue)
    assert soon.answer_by - soon.asked_at == timedelta(minutes=15)
    assert now - overdue.asked_at == timedelta(hours=1)

    # What the customer adds starts nothing anew
    await hear(message(thread=asked.thread_id))
    await sweep_at_once(routing, rules)
    assert len(await testing.said(routing, AnswerDueSoon)) == 1

    await hurry(routing, "answer_by")
    await hurry(routing, "tell_at")
    await sweep_at_once(routing, rules)
    assert len(await testing.said(routing, AnswerOverdue)) == 3
    ids = await testing.rows(routing, "SELECT event_id FROM outbox")
    assert len({row["event_id"] for row in ids}) == len(ids)


async def test_an_answer_ends_all_of_it_and_the_next_question_begins_anew(
    routing: Database,
    rules: Rules,
    hear: Hear,
    message: Make,
    team_at_work: MessageReceived,
) -> None:
    await hurry(routing, "tell_at")
    await sweep(routing, rules)
    await act(routing, rules, "eva", Role.AGENT, "reply")
    of = await the(routing)
    assert (of.tell_at, of.escalate_at, of.escalated_to) == (None, None, Level.NONE)
    [answered] = await testing.said(routing, ConversationAnswered)
    assert isinstance(answered, ConversationAnswered)
    assert answered.is_met
    assert answered.answer_by is not None
    assert answered.occurred_at <= answered.answer_by
    with pytest.raises(NotNow):
        await act(routing, rules, "eva", Role.AGENT, "ack")

    at = datetime.now(UTC) - timedelta(minutes=14)
    await hear(message(thread=team_at_work.thread_id, at=at))
    await sweep(routing, rules)
    assert len(await testing.said(routing, AnswerDueSoon)) == 2
    await assert_sound(routing)


@pytest.fixture
async def team_at_work(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> MessageReceived:
    """Eva has a conversation of a customer in Spain; lea leads, and tom leads the leads."""
    await install(
        agent("eva"),
        agent("lea", {"ja": 5}, is_lead=True),
        agent("tom", stores=("borealis",), is_lead=True),
        ES="tom",
    )
    wrote = message()
    await hear(wrote)
    await testing.rows(routing, "UPDATE conversations SET region = 'ES'")
    await (await dispatcher(routing)).drain(await lease(routing))
    [event] = await testing.said(routing, ConversationAssigned)
    assert event.agent_id == "eva"  # type: ignore[attr-defined]
    return wrote


class Pager:
    """A stand-in for the on-call webhook: answers what it is told, keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[Delivery] = []
        self.app = FastAPI()

        @self.app.post("/page")
        async def page(request: Request) -> Response:
            headers = dict(request.headers)
            url, body = str(request.url), await request.body()
            self.got.append(Delivery("POST", url, headers, {}, body))
            return Response(status_code=self.answers.pop(0) if self.answers else 204)


@pytest.fixture
async def pager() -> AsyncIterator[tuple[Pager, str]]:
    """The stand-in and its URL."""
    pager = Pager()
    async with serving(pager.app) as url:
        yield pager, f"{url}/page"


async def test_a_broken_promise_climbs_until_somebody_acknowledges_it(
    routing: Database, rules: Rules, team_at_work: None, pager: tuple[Pager, str]
) -> None:
    await hurry(routing, "answer_by")
    await hurry(routing, "tell_at")

    # The agent, his lead, the region's lead: each once, as long as nobody says anything
    await sweep_at_once(routing, rules)
    await sweep_at_once(routing, rules)
    assert await levels(routing) == [("agent", ("eva",))]
    await hurry(routing, "escalate_at")
    await sweep_at_once(routing, rules)
    assert (await levels(routing))[1:] == [("lead", ("lea",))]

    # Acknowledged it rests; unanswered it goes on after a while
    await act(routing, rules, "lea", Role.LEAD, "ack")
    await act(routing, rules, "lea", Role.LEAD, "ack")
    of = await the(routing)
    assert timedelta(minutes=29) < of.escalate_at - clock.now() <= timedelta(minutes=30)
    [heard] = await testing.said(routing, EscalationAcknowledged)
    assert isinstance(heard, EscalationAcknowledged)
    assert (heard.levels, heard.why) == (("agent", "lead"), "overdue")
    assert heard.by == By(kind=ActorKind.AGENT, id="lea")
    assert (heard.agent_id, heard.goes_on_at, heard.version) == ("eva", of.escalate_at, of.version)
    await hurry(routing, "escalate_at")
    await sweep_at_once(routing, rules)
    await hurry(routing, "escalate_at")
    await sweep_at_once(routing, rules)
    assert (await levels(routing))[2:] == [("region_lead", ("tom",)), ("on_call", ())]
    assert (await the(routing)).escalate_at is None
    kept = await testing.rows(
        routing, "SELECT level, acknowledged_by FROM escalations ORDER BY version"
    )
    assert [row["acknowledged_by"] for row in kept] == ["lea", "lea", None, None]

    # On call is a call from outside: again until it is taken, under one id, signed
    server, url = pager
    server.answers = [503, 204]
    async with on_call.opened(url, SECRET) as client:
        assert sum(await asyncio.gather(*(call_one(routing, client) for _ in range(3)))) == 1
        assert not await call_one(routing, client)
        await testing.rows(routing, "UPDATE on_call_calls SET due_at = now()")
        assert await call_one(routing, client)
        await testing.rows(routing, "UPDATE on_call_calls SET due_at = now()")
        assert not await call_one(routing, client)
    first, second = server.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert all(is_standard(each, [SECRET]) for each in server.got)
    assert not is_standard(second, ["another"])
    told = json.loads(second.body)
    assert (told["type"], told["data"]["why"]) == ("conversation.escalated", "overdue")
    await act(routing, rules, "root", Role.ADMIN, "ack")
    last: Any = (await testing.said(routing, EscalationAcknowledged))[-1]
    assert (last.levels, last.goes_on_at) == (("region_lead", "on_call"), None)
    await assert_sound(routing)


async def test_a_call_that_is_refused_is_given_up_and_an_absent_server_is_tried_again(
    routing: Database, rules: Rules, hear: Hear, message: Make, pager: tuple[Pager, str]
) -> None:
    await hear(message(at=datetime.now(UTC) - timedelta(hours=1)))
    await sweep(routing, rules)
    await sweep(routing, rules)
    assert await levels(routing) == [("on_call", ())]

    async with on_call.opened("http://127.0.0.1:9/nobody", SECRET, timeout=1) as client:
        assert await call_one(routing, client)
    [row] = await testing.rows(routing, "SELECT * FROM on_call_calls")
    assert (row["attempts"], row["failed_at"]) == (1, None)
    server, url = pager
    server.answers = [410]
    await testing.rows(routing, "UPDATE on_call_calls SET due_at = now()")
    async with on_call.opened(url, SECRET) as client:
        assert await call_one(routing, client)
        assert not await call_one(routing, client)
    [row] = await testing.rows(routing, "SELECT * FROM on_call_calls")
    assert (row["last_error"], row["failed_at"] is None) == ("answered 410", False)


async def test_a_crisis_goes_to_a_lead_at_once(
    routing: Database,
    rules: Rules,
    hear: Hear,
    message: Make,
    install: Install,
    agent: MakeAgent,
) -> None:
    await install(agent("eva"), agent("lea", is_lead=True))
    await hear(message())
    of = await the(routing)
    pressing = replace(of, urgency_reasons=("crisis",))
    async with routing.transaction() as tx:
        await conversations.save(tx, [pressing.queued(clock.now(), clock.now(), rules.promises)])

    await sweep_at_once(routing, rules)
    await (await dispatcher(routing)).drain(await lease(routing))

    [escalated] = await testing.said(routing, ConversationEscalated)
    [assigned] = await testing.said(routing, ConversationAssigned)
    assert isinstance(escalated, ConversationEscalated)
    assert isinstance(assigned, ConversationAssigned)
    assert (escalated.level, escalated.to, escalated.why) == (
        EscalationLevel.LEAD,
        ("lea",),
        "crisis",
    )
    assert (assigned.agent_id, assigned.explanation.step.value) == ("lea", "lead")

    # A second crisis finds no lead with room: anybody is better than nobody
    await install(agent("eva"), agent("lea", is_lead=True, room=100))
    await hear(message())
    async with routing.transaction() as tx:
        [other] = await conversations.in_state(tx, of.state, ["*"], 10)
        await conversations.save(tx, [replace(other, urgency_reasons=("crisis",))])
    await (await dispatcher(routing)).drain(await lease(routing))
    said: list[Any] = await testing.said(routing, ConversationAssigned)
    assert said[-1].agent_id == "eva"
    await assert_sound(routing)
