"""A return through the API, step by step: who may do what, what is said, what money goes back."""

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared import clock, testing
from shared.contracts.returns import (
    RefundOrdered,
    ReturnAuthorised,
    ReturnInspected,
    ReturnReceived,
    ReturnRequested,
)
from shared.db import Database


def key(name: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": name or str(uuid4())}


async def test_a_return_goes_from_request_to_refund_and_says_each_step_once(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await people.open(delivered)
    received = await people.act("warehouse", case, "receive")
    inspected = await people.act("appraiser", case, "inspect", grade="A", is_accepted=True)
    refunded = await people.act("finance", case, "refund")

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


async def test_the_refund_of_a_whole_order_by_law_includes_delivery(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await people.open(delivered)
    await people.act("warehouse", case, "receive")
    await people.act("appraiser", case, "inspect", grade="A", is_accepted=True)
    answer = await people.act("finance", case, "refund")

    (ordered,) = await testing.said(db, RefundOrdered)
    assert isinstance(ordered, RefundOrdered)
    assert ordered.amount.amount == delivered.total
    assert answer.json()["refund"]["refund_id"] == str(ordered.refund_id)
    assert answer.json()["refund"]["state"] == "due"


async def test_part_of_an_order_is_worth_the_price_of_its_pieces(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await people.open(delivered, lines=[{"line_id": "ring", "quantity": 1}])
    await people.act("warehouse", case, "receive")
    await people.act("appraiser", case, "inspect", grade="A", is_accepted=True)
    await people.act("finance", case, "refund")

    (ordered,) = await testing.said(db, RefundOrdered)
    assert isinstance(ordered, RefundOrdered)
    assert ordered.amount.amount == delivered.price


async def test_a_small_refund_is_ordered_as_soon_as_the_goods_are_accepted(
    db: Database, hear: Any, people: Any, story: Any
) -> None:
    order = story(quantity=1, price=4_500, delivery=500)
    await hear(order.paid(), order.delivered(clock.now()))
    case = await people.open(order)
    await people.act("warehouse", case, "receive")

    answer = await people.act("appraiser", case, "inspect", grade="B", is_accepted=True)

    assert answer.json()["state"] == "refunding"
    (ordered,) = await testing.said(db, RefundOrdered)
    assert isinstance(ordered, RefundOrdered)
    assert (ordered.amount.amount, ordered.by and ordered.by.id) == (5_000, "returns")


async def test_a_step_with_the_same_key_is_taken_once(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await people.open(delivered)
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
    case = await people.open(delivered)
    await people.act("warehouse", case, "receive")
    await people.act("appraiser", case, "inspect", grade="E", is_accepted=False)

    by_finance = await people.act("finance", case, "refund", amount=4_000)
    by_lead = await people.act("lead", case, "refund", amount=4_000)

    assert by_finance.status_code == 403
    assert by_lead.json()["state"] == "refunding"
    assert by_lead.json()["refund"]["amount"] == 4_000


async def test_who_inspected_does_not_refund_and_nobody_above_his_limit(
    people: Any, hear: Any, story: Any
) -> None:
    order = story(quantity=1, price=600_000, delivery=0)
    await hear(order.paid(), order.delivered(clock.now()))
    case = await people.open(order)
    await people.act("admin", case, "receive")
    await people.act("admin", case, "inspect", grade="A", is_accepted=True)

    answers = {
        who: await people.act(who, case, "refund")
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
    case = await people.open(delivered)
    await people.act("warehouse", case, "receive")
    await people.act("appraiser", case, "inspect", grade="A", is_accepted=True)
    await hear(delivered.refunded(delivered.total - 700))

    too_much = await people.act("finance", case, "refund", amount=701)
    rest = await people.act("finance", case, "refund")

    assert too_much.status_code == 409
    assert rest.json()["refund"]["amount"] == 700


async def test_nothing_is_refunded_on_an_order_that_was_not_paid(
    hear: Any, people: Any, story: Any
) -> None:
    order = story(is_paid=False)
    await hear(order.placed())
    case = await people.open(order)
    await people.act("warehouse", case, "receive")
    await people.act("appraiser", case, "inspect", grade="A", is_accepted=True)

    assert (await people.act("finance", case, "refund")).status_code == 409


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("decide", {"decision": "authorise"}),
    ("receive", {}),
    ("inspect", {"grade": "A", "is_accepted": True}),
    ("refund", {}),
]


async def test_strangers_and_other_stores_learn_nothing(people: Any, delivered: Any) -> None:
    case = await people.open(delivered)

    for who, status in ((None, 401), ("nobody", 401), ("elsewhere", 404)):
        for step, body in STEPS:
            assert (await people.act(who, case, step, **body)).status_code == status, (who, step)
        async with people(who) as caller:
            looked = await caller.get(f"/cases/{case['case_id']}")
            asked = await caller.post(
                "/cases", json={"store_id": "aurora", "order_number": "1001"}, headers=key()
            )
        assert (looked.status_code, asked.status_code) == (status, status), who


async def test_each_step_is_for_its_roles_alone(people: Any, delivered: Any) -> None:
    case = await people.open(delivered)
    allowed = {
        "receive": {"warehouse", "admin"},
        "inspect": {"warehouse", "appraiser", "admin"},
        "refund": {"agent", "lead", "finance", "admin"},
    }
    bodies = dict(STEPS)
    everybody = {"agent", "lead", "warehouse", "appraiser", "finance", "admin"}

    for step, roles in allowed.items():
        for who in sorted(everybody - roles):
            assert (await people.act(who, case, step, **bodies[step])).status_code == 403
        by = {"receive": "warehouse", "inspect": "appraiser", "refund": "lead"}[step]
        assert (await people.act(by, case, step, **bodies[step])).status_code == 200


async def test_the_history_tells_who_did_what_and_cannot_be_changed(
    db: Database, people: Any, delivered: Any
) -> None:
    case = await people.open(delivered)
    await people.act("warehouse", case, "receive")

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
