"""A return through the API: who may do what, what is said, and what twice and at once mean."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared import clock, testing
from shared.contracts.base import ActorKind
from shared.contracts.returns import (
    Basis,
    CaseLine,
    RefundOrdered,
    ReturnAuthorised,
    ReturnDeclined,
    ReturnInspected,
    ReturnReceived,
    ReturnRequested,
)
from shared.db import Database


def key(name: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": name or str(uuid4())}


@pytest.fixture
async def delivered(hear: Any, story: Any) -> Any:
    """An order whose goods arrived three days ago."""
    order = story()
    placed_at = clock.now() - timedelta(days=9)
    await hear(order.paid(placed_at=placed_at), order.delivered(clock.now() - timedelta(days=3)))
    return order


async def opened(people: Any, order: Any, **body: Any) -> dict[str, Any]:
    async with people("agent") as agent:
        answer = await agent.post(
            "/cases",
            json={"store_id": order.store_id, "order_id": str(order.order_id), **body},
            headers=key(),
        )
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case


async def act(people: Any, who: str | None, case: Any, step: str, **body: Any) -> httpx.Response:
    async with people(who) as caller:
        answer: httpx.Response = await caller.post(
            f"/cases/{case['case_id']}/{step}", json=body or None
        )
    return answer


async def test_a_return_goes_from_request_to_refund_and_says_each_step_once(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered)
    received = await act(people, "warehouse", case, "receive")
    inspected = await act(people, "appraiser", case, "inspect", grade="A", is_accepted=True)
    refunded = await act(people, "finance", case, "refund")

    assert [answer.status_code for answer in (received, inspected, refunded)] == [200, 200, 200]
    states = [answer.json()["state"] for answer in (received, inspected, refunded)]
    assert [case["state"], *states] == ["authorised", "received", "accepted", "refunding"]
    events = await testing.said(db)
    assert [type(event) for event in events] == [
        ReturnRequested,
        ReturnAuthorised,
        ReturnReceived,
        ReturnInspected,
        RefundOrdered,
    ]
    assert [event.version for event in events] == [1, 2, 3, 4, 5]  # type: ignore[attr-defined]
    assert [event.by.id for event in events] == [  # type: ignore[attr-defined]
        "agent",
        "returns",
        "warehouse",
        "appraiser",
        "finance",
    ]
    assert {event.key for event in events} == {case["case_id"]}


async def test_the_events_carry_what_listeners_need(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered, reason="ring_size")

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


async def test_the_refund_of_a_whole_order_by_law_includes_delivery(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered)
    await act(people, "warehouse", case, "receive")
    await act(people, "appraiser", case, "inspect", grade="A", is_accepted=True)
    answer = await act(people, "finance", case, "refund")

    (ordered,) = await testing.said(db, RefundOrdered)
    assert isinstance(ordered, RefundOrdered)
    assert ordered.amount.amount == delivered.total
    assert answer.json()["refund"]["refund_id"] == str(ordered.refund_id)
    assert answer.json()["refund"]["state"] == "due"


async def test_part_of_an_order_is_worth_the_price_of_its_pieces(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered, lines=[{"line_id": "ring", "quantity": 1}])
    await act(people, "warehouse", case, "receive")
    await act(people, "appraiser", case, "inspect", grade="A", is_accepted=True)
    await act(people, "finance", case, "refund")

    (ordered,) = await testing.said(db, RefundOrdered)
    assert isinstance(ordered, RefundOrdered)
    assert ordered.amount.amount == delivered.price


async def test_a_small_refund_is_ordered_as_soon_as_the_goods_are_accepted(
    db: Database, hear: Any, people: Any, story: Any
) -> None:
    order = story(quantity=1, price=4_500, delivery=500)
    await hear(order.paid(), order.delivered(clock.now()))
    case = await opened(people, order)
    await act(people, "warehouse", case, "receive")

    answer = await act(people, "appraiser", case, "inspect", grade="B", is_accepted=True)

    assert answer.json()["state"] == "refunding"
    (ordered,) = await testing.said(db, RefundOrdered)
    assert isinstance(ordered, RefundOrdered)
    assert (ordered.amount.amount, ordered.by and ordered.by.id) == (5_000, "returns")


async def test_after_the_window_the_same_request_is_declined(
    db: Database, hear: Any, people: Any, story: Any
) -> None:
    order = story()
    placed_at = clock.now() - timedelta(days=40)
    await hear(order.paid(placed_at=placed_at), order.delivered(clock.now() - timedelta(days=30)))

    case = await opened(people, order)

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

    case = await opened(people, order, noticed_at=(now - timedelta(days=20)).isoformat())

    assert case["state"] == "authorised"


@pytest.mark.parametrize("noticed_in", [timedelta(days=1), timedelta(days=-300)])
async def test_a_notice_from_the_future_or_before_the_order_is_refused(
    people: Any, delivered: Any, noticed_in: timedelta
) -> None:
    async with people("agent") as agent:
        answer = await agent.post(
            "/cases",
            json={
                "store_id": "aurora",
                "order_number": "#1001",
                "noticed_at": (clock.now() + noticed_in).isoformat(),
            },
            headers=key(),
        )

    assert answer.status_code == 422


async def test_an_unknown_country_is_left_to_a_person_who_decides(
    db: Database, hear: Any, people: Any, story: Any
) -> None:
    order = story(country="FR")
    await hear(order.paid(), order.delivered(clock.now()))

    case = await opened(people, order)
    decided = await act(
        people, "agent", case, "decide", decision="authorise", buyer_pays_return=True
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

    case = await opened(people, order)

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
    first = await opened(people, delivered, lines=[{"line_id": "ring", "quantity": 1}])
    rest = await opened(people, delivered)

    async with people("agent") as agent:
        none_left = await agent.post(
            "/cases", json={"store_id": "aurora", "order_number": "#1001"}, headers=key()
        )
    assert first["lines"] == rest["lines"] == [{"line_id": "ring", "quantity": 1}]
    assert none_left.status_code == 409


async def test_a_declined_case_gives_its_pieces_free_and_comes_back_only_while_they_are(
    hear: Any, people: Any, story: Any
) -> None:
    order = story(country="FR")
    await hear(order.paid())
    case = await opened(people, order)
    await act(people, "agent", case, "decide", decision="decline", why="worn")
    another = await opened(people, order)

    too_late = await act(people, "lead", case, "decide", decision="authorise")
    await act(people, "lead", another, "decide", decision="decline")
    in_time = await act(people, "lead", case, "decide", decision="authorise")

    assert too_late.status_code == 409
    assert in_time.json()["state"] == "authorised"


async def test_a_step_with_the_same_key_is_taken_once(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered)
    path = f"/cases/{case['case_id']}/receive"

    async with people("warehouse") as warehouse:
        answers = await asyncio.gather(
            *(warehouse.post(path, headers=key("received-it")) for _ in range(4))
        )
        without_key = await warehouse.post(path)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert without_key.status_code == 409
    assert len(await testing.said(db, ReturnReceived)) == 1


async def test_disputed_goods_are_refunded_by_a_lead_alone(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered)
    await act(people, "warehouse", case, "receive")
    await act(people, "appraiser", case, "inspect", grade="E", is_accepted=False)

    by_finance = await act(people, "finance", case, "refund", amount=4_000)
    by_lead = await act(people, "lead", case, "refund", amount=4_000)

    assert by_finance.status_code == 403
    assert by_lead.json()["state"] == "refunding"
    assert by_lead.json()["refund"]["amount"] == 4_000


async def test_who_inspected_does_not_refund_and_nobody_above_his_limit(
    people: Any, hear: Any, story: Any
) -> None:
    order = story(quantity=1, price=600_000, delivery=0)
    await hear(order.paid(), order.delivered(clock.now()))
    case = await opened(people, order)
    await act(people, "admin", case, "receive")
    await act(people, "admin", case, "inspect", grade="A", is_accepted=True)

    answers = {
        who: await act(people, who, case, "refund")
        for who in ("admin", "agent", "lead", "finance", "everywhere")
    }

    assert {who: answer.status_code for who, answer in answers.items()} == {
        "admin": 403,
        "agent": 403,
        "lead": 403,
        "finance": 403,
        "everywhere": 200,
    }
    assert "inspected" in answers["admin"].json()["detail"]
    assert "limit" in answers["finance"].json()["detail"]


async def test_a_refund_is_never_more_than_what_is_left_of_the_money(
    hear: Any, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered)
    await act(people, "warehouse", case, "receive")
    await act(people, "appraiser", case, "inspect", grade="A", is_accepted=True)
    await hear(delivered.refunded(delivered.total - 700))

    too_much = await act(people, "finance", case, "refund", amount=701)
    rest = await act(people, "finance", case, "refund")

    assert too_much.status_code == 409
    assert rest.json()["refund"]["amount"] == 700


async def test_nothing_is_refunded_on_an_order_that_was_not_paid(
    hear: Any, people: Any, story: Any
) -> None:
    order = story(is_paid=False)
    await hear(order.placed())
    case = await opened(people, order)
    await act(people, "warehouse", case, "receive")
    await act(people, "appraiser", case, "inspect", grade="A", is_accepted=True)

    assert (await act(people, "finance", case, "refund")).status_code == 409


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("decide", {"decision": "authorise"}),
    ("receive", {}),
    ("inspect", {"grade": "A", "is_accepted": True}),
    ("refund", {}),
]


async def test_strangers_and_other_stores_learn_nothing(people: Any, delivered: Any) -> None:
    case = await opened(people, delivered)

    for who, status in ((None, 401), ("nobody", 401), ("elsewhere", 404)):
        for step, body in STEPS:
            assert (await act(people, who, case, step, **body)).status_code == status, (who, step)
        async with people(who) as caller:
            looked = await caller.get(f"/cases/{case['case_id']}")
            asked = await caller.post(
                "/cases", json={"store_id": "aurora", "order_number": "1001"}, headers=key()
            )
        assert (looked.status_code, asked.status_code) == (status, status), who


async def test_each_step_is_for_its_roles_alone(people: Any, delivered: Any) -> None:
    case = await opened(people, delivered)
    allowed = {
        "receive": {"warehouse", "admin"},
        "inspect": {"warehouse", "appraiser", "admin"},
        "refund": {"agent", "lead", "finance", "admin"},
    }
    bodies = dict(STEPS)
    everybody = {"agent", "lead", "warehouse", "appraiser", "finance", "admin"}

    for step, roles in allowed.items():
        for who in sorted(everybody - roles):
            assert (await act(people, who, case, step, **bodies[step])).status_code == 403
        by = {"receive": "warehouse", "inspect": "appraiser", "refund": "lead"}[step]
        assert (await act(people, by, case, step, **bodies[step])).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"store_id": "aurora"},
        {"store_id": "aurora", "order_number": "1", "order_id": str(uuid4())},
        {"store_id": "aurora", "order_number": "1001", "lines": []},
        {"store_id": "aurora", "order_number": "1001", "reason": "because"},
        {"store_id": "aurora", "order_number": "1001", "whim": 1},
        {"store_id": "aurora", "order_number": "1001", "noticed_at": "2026-03-01T10:00:00"},
        {"store_id": "aurora", "order_number": "1001", "lines": [{"line_id": "r", "quantity": 0}]},
    ],
)
async def test_a_malformed_request_is_422_and_keeps_nothing(
    db: Database, people: Any, body: dict[str, Any]
) -> None:
    async with people("agent") as agent:
        answer = await agent.post("/cases", json=body, headers=key())

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert await testing.rows(db, "SELECT * FROM requests") == []


async def test_the_history_tells_who_did_what_and_cannot_be_changed(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await opened(people, delivered)
    await act(people, "warehouse", case, "receive")

    async with people("finance") as finance:
        seen = (await finance.get(f"/cases/{case['case_id']}")).json()
    assert [(entry["type"], entry["by"], entry["state"]) for entry in seen["history"]] == [
        ("ReturnRequested", "agent/agent", "requested"),
        ("ReturnAuthorised", "service/returns", "authorised"),
        ("ReturnReceived", "agent/warehouse", "received"),
    ]
    for statement in ("UPDATE case_events SET by_id = 'x'", "DELETE FROM case_events"):
        with pytest.raises(Exception, match="append-only"):
            await testing.rows(db, statement)


async def test_whatever_callers_try_in_whatever_order_no_order_gives_back_more_than_it_took(
    db: Database, hear: Any, people: Any, story: Any
) -> None:
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    order = story(quantity=3, price=9_000, delivery=1_000)
    await hear(order.paid(placed_at=clock.now() - timedelta(days=9)))
    callers = ["agent", "lead", "warehouse", "appraiser", "finance", "finance-2", "admin"]
    open_cases: list[str] = []

    async def one() -> None:
        async with people(dice.choice(callers)) as caller:
            if not open_cases or dice.random() < 0.2:
                lines = [{"line_id": "ring", "quantity": dice.randint(1, 2)}]
                answer = await caller.post(
                    "/cases",
                    json={"store_id": "aurora", "order_number": "1001", "lines": lines},
                    headers=key(),
                )
                if answer.status_code == 201:
                    open_cases.append(answer.json()["case_id"])
                return
            step, body = dice.choice(STEPS)
            if step == "refund" and dice.random() < 0.5:
                body = {"amount": dice.randint(1, 30_000)}
            answer = await caller.post(
                f"/cases/{dice.choice(open_cases)}/{step}", json=body or None
            )
            assert answer.status_code in (200, 403, 409), answer.text

    for _ in range(40):
        await asyncio.gather(*(one() for _ in range(4)))
        if dice.random() < 0.1:
            await hear(order.refunded(dice.randint(1, 500), external_id=str(dice.random())))

    refunds = await testing.rows(db, "SELECT case_id, amount FROM refunds")
    by_shop = await testing.rows(db, "SELECT amount FROM order_refunds")
    assert refunds, f"seed {seed}"
    assert len({row["case_id"] for row in refunds}) == len(refunds), f"seed {seed}"
    total = sum(row["amount"] for row in [*refunds, *by_shop])
    assert total <= order.total + sum(row["amount"] for row in by_shop), f"seed {seed}"
    pieces = await testing.rows(
        db, "SELECT sum(quantity) n FROM case_lines JOIN cases USING (store_id, case_id)"
    )
    assert pieces[0]["n"] <= 3, f"seed {seed}"
    counted: dict[UUID, list[int]] = {}
    for event in await testing.said(db):
        counted.setdefault(event.case_id, []).append(event.version)  # type: ignore[attr-defined]
    for versions in counted.values():
        assert versions == list(range(1, len(versions) + 1)), f"seed {seed}"
