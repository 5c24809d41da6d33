"""Asking to give something back: judged once, each piece once, however often one asks."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from shared import clock, testing
from shared.contracts.base import ActorKind
from shared.contracts.returns import (
    Basis,
    CaseLine,
    ReturnAuthorised,
    ReturnDeclined,
    ReturnRequested,
)
from shared.db import Database


def key(name: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": name or str(uuid4())}


async def test_the_events_carry_what_listeners_need(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await people.open(delivered, reason="ring_size")

    requested, authorised = await testing.said(db, ReturnRequested, ReturnAuthorised)
    assert isinstance(requested, ReturnRequested)
    assert requested.reason == "ring_size"
    assert requested.lines == (CaseLine(line_id="ring", quantity=2),)
    assert requested.by is not None
    assert requested.by.kind is ActorKind.AGENT
    assert not requested.needs_person
    assert isinstance(authorised, ReturnAuthorised)
    assert authorised.basis is Basis.WITHDRAWAL
    assert authorised.policy == "law/DE/de-bgb-2022-05-28"
    assert authorised.send_by == datetime.fromisoformat(case["send_by"])
    for event in (requested, authorised):
        assert (event.order_number, event.country, event.language) == ("#1001", "DE", "de")
        assert event.contact_id is not None


async def test_after_the_window_the_same_request_is_declined(
    db: Database, hear: Any, people: Any, story: Any
) -> None:
    order = story()
    placed_at = clock.now() - timedelta(days=40)
    await hear(order.paid(placed_at=placed_at), order.delivered(clock.now() - timedelta(days=30)))

    case = await people.open(order)

    assert (case["state"], case["why"]) == ("declined", "window_over")
    (declined,) = await testing.said(db, ReturnDeclined)
    assert isinstance(declined, ReturnDeclined)
    assert declined.why == "window_over"
    assert declined.version == 2


async def test_a_notice_sent_in_time_counts_though_it_is_entered_late(
    hear: Any, people: Any, story: Any
) -> None:
    order, now = story(), clock.now()
    await hear(
        order.paid(placed_at=now - timedelta(days=40)), order.delivered(now - timedelta(days=30))
    )

    case = await people.open(order, noticed_at=(now - timedelta(days=20)).isoformat())

    assert case["state"] == "authorised"


async def test_a_notice_from_the_future_or_before_the_order_is_refused(
    people: Any, delivered: Any
) -> None:
    for noticed_in in (timedelta(days=1), timedelta(days=-300)):
        at = (clock.now() + noticed_in).isoformat()
        async with people("agent") as agent:
            answer = await agent.post(
                "/cases",
                json={"store_id": "aurora", "order_number": "#1001", "noticed_at": at},
                headers=key(),
            )

        assert answer.status_code == 422


async def test_an_unknown_country_is_left_to_a_person_who_decides(
    db: Database, hear: Any, people: Any, story: Any
) -> None:
    order = story(country="FR")
    await hear(order.paid(), order.delivered(clock.now()))

    case = await people.open(order)
    decided = await people.act(
        "agent", case, "decide", decision="authorise", buyer_pays_return=True
    )

    assert (case["state"], case["needs_person"]) == ("requested", True)
    requested, authorised = await testing.said(db)
    assert isinstance(requested, ReturnRequested)
    assert (requested.needs_person, requested.why) == (True, "unknown_country")
    assert decided.json()["state"] == "authorised"
    assert isinstance(authorised, ReturnAuthorised)
    assert (authorised.policy, authorised.by and authorised.by.id) == ("person", "agent")
    assert authorised.buyer_pays_return is True


async def test_withdrawal_is_possible_before_the_goods_arrive(
    hear: Any, people: Any, story: Any
) -> None:
    order = story()
    await hear(order.placed())

    case = await people.open(order)

    assert (case["state"], case["basis"], case["closes_at"]) == ("authorised", "withdrawal", None)


async def test_an_order_nobody_has_heard_of_is_not_found_until_it_is(
    hear: Any, people: Any, story: Any
) -> None:
    order = story()
    body = {"store_id": "aurora", "order_id": str(order.order_id)}
    await hear(order.delivered(clock.now()))

    async with people("agent") as agent:
        early = await agent.post("/cases", json=body, headers=key("one-key-for-both"))
        await hear(order.paid())
        later = await agent.post("/cases", json=body, headers=key("one-key-for-both"))

    assert early.status_code == 404
    assert "heard of" in early.json()["detail"]
    assert later.status_code == 201


async def test_the_same_request_opens_one_case_however_often_and_at_once(
    db: Database, people: Any, delivered: Any
) -> None:
    body = {"store_id": "aurora", "order_number": "1001"}

    async with people("agent") as agent:
        answers = await asyncio.gather(
            *(agent.post("/cases", json=body, headers=key("the-same-key")) for _ in range(5))
        )
        other = await agent.post(
            "/cases", json={**body, "reason": "style"}, headers=key("the-same-key")
        )

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["case_id"] for answer in answers}) == 1
    assert other.status_code == 409
    assert len(await testing.said(db, ReturnRequested)) == 1


async def test_two_cases_for_the_same_pieces_at_once_have_one_winner(
    db: Database, people: Any, delivered: Any
) -> None:
    async def ask(caller: httpx.AsyncClient) -> int:
        answer = await caller.post(
            "/cases",
            json={
                "store_id": "aurora",
                "order_number": "#1001",
                "lines": [{"line_id": "ring", "quantity": 2}],
            },
            headers=key(),
        )
        return answer.status_code

    async with people("agent") as agent, people("lead") as lead:
        statuses = await asyncio.gather(*(ask(caller) for caller in (agent, lead) * 4))

    assert sorted(statuses) == [201, *[409] * 7]
    assert len(await testing.said(db, ReturnAuthorised)) == 1


async def test_pieces_come_back_one_by_one_until_none_is_left(people: Any, delivered: Any) -> None:
    first = await people.open(delivered, lines=[{"line_id": "ring", "quantity": 1}])
    rest = await people.open(delivered)

    async with people("agent") as agent:
        none_left = await agent.post(
            "/cases", json={"store_id": "aurora", "order_number": "#1001"}, headers=key()
        )
    assert first["lines"] == rest["lines"] == [{"line_id": "ring", "quantity": 1}]
    assert none_left.status_code == 409


async def test_a_line_named_twice_is_asked_for_together(people: Any, delivered: Any) -> None:
    piece = {"line_id": "ring", "quantity": 1}

    case = await people.open(delivered, lines=[piece, piece])

    assert case["lines"] == [{"line_id": "ring", "quantity": 2}]


async def test_a_declined_case_gives_its_pieces_free_and_comes_back_only_while_they_are(
    hear: Any, people: Any, story: Any
) -> None:
    order = story(country="FR")
    await hear(order.paid())
    case = await people.open(order)
    await people.act("agent", case, "decide", decision="decline", why="worn")
    another = await people.open(order)

    too_late = await people.act("lead", case, "decide", decision="authorise")
    await people.act("lead", another, "decide", decision="decline")
    in_time = await people.act("lead", case, "decide", decision="authorise")

    assert too_late.status_code == 409
    assert in_time.json()["state"] == "authorised"


MALFORMED: list[dict[str, Any]] = [
    {"store_id": "aurora"},
    {"store_id": "aurora", "order_number": "1", "order_id": str(uuid4())},
    {"store_id": "aurora", "order_number": "1001", "lines": []},
    {"store_id": "aurora", "order_number": "1001", "reason": "because"},
    {"store_id": "aurora", "order_number": "1001", "whim": 1},
    {"store_id": "aurora", "order_number": "1001", "noticed_at": "2026-03-01T10:00:00"},
    {"store_id": "aurora", "order_number": "1001", "lines": [{"line_id": "r", "quantity": 0}]},
]


async def test_a_malformed_request_is_422_and_keeps_nothing(db: Database, people: Any) -> None:
    async with people("agent") as agent:
        answers = [await agent.post("/cases", json=body, headers=key()) for body in MALFORMED]
        without_key = await agent.post(
            "/cases", json={"store_id": "aurora", "order_number": "1001"}
        )

    for answer in (*answers, without_key):
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
    assert await testing.rows(db, "SELECT * FROM requests") == []
