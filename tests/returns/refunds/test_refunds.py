"""Money goes back once: whatever the shop answers, whoever tells first, whoever dies between."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse
from structlog.testing import capture_logs
from typer.testing import CliRunner

from returns import cli
from returns.settings import Settings
from returns.workers import RefundWorker
from shared import clock, testing
from shared.contracts.returns import RefundIssued, RefundOrdered, ReturnClosed
from shared.db import Database
from shared.stores import Stores

BRISK = Settings(shop_timeout=0.4, refund_lease=1, refund_pause=0.05, refund_sweep=0.05)


@pytest.fixture
async def ordered(db: Database, hear: Any, people: Any, story: Any) -> RefundOrdered:
    """A refund that finance ordered; nobody has asked the shop yet."""
    order = story()
    await hear(order.paid(), order.delivered(clock.now()))
    case = await people.inspected(order)
    assert (await people.act("finance", case, "refund")).status_code == 200
    (refund,) = await testing.said(db, RefundOrdered)
    assert isinstance(refund, RefundOrdered)
    return refund


@pytest.fixture
def pay(db: Database, stores: Stores) -> Callable[[], Any]:
    """`await pay()`: one look of a worker at what is due; how many refunds it tried."""

    async def pay_(stores: Stores = stores) -> int:
        async with httpx.AsyncClient(timeout=BRISK.shop_timeout) as http:
            return await RefundWorker(db, stores, BRISK).pay_due(http)

    return pay_


async def refund_of(db: Database) -> dict[str, Any]:
    (row,) = await testing.rows(db, "SELECT * FROM refunds")
    return row


async def until_paid(db: Database, pay: Any) -> None:
    async def paid() -> bool:
        await pay()
        return bool((await refund_of(db))["state"] == "paid")

    await testing.eventually(paid)


async def paid_once(db: Database, shop: Any) -> None:
    """One refund at the shop, one event, one closed case."""
    assert len(shop.refunds) == 1
    issued, closed = await testing.said(db, RefundIssued, ReturnClosed)
    assert isinstance(issued, RefundIssued)
    assert isinstance(closed, ReturnClosed)
    assert issued.external_refund_id == "900"
    assert (closed.outcome, closed.version) == ("refunded", issued.version + 1)
    assert {UUID(key) for key in shop.refunds} == {issued.refund_id}
    assert [row["state"] for row in await testing.rows(db, "SELECT state FROM cases")] == ["closed"]
    counted = await testing.rows(db, "SELECT external_refund_id, refund_id FROM order_refunds")
    assert counted == [{"external_refund_id": "900", "refund_id": issued.refund_id}]


async def test_a_due_refund_is_paid_with_our_key_and_note(
    db: Database, shop: Any, ordered: RefundOrdered, pay: Any
) -> None:
    assert await pay() == 1
    assert await pay() == 0

    await paid_once(db, shop)
    ((key, asked),) = shop.asked
    assert key == str(ordered.refund_id)
    assert asked["note"] == f"meridian:{ordered.refund_id}"
    assert asked["transactions"][0]["amount"] == "245.00"


async def late(shop: Any, variables: Any) -> Response:
    """The shop refunds, but its answer comes when nobody waits for it."""
    shop.refund(variables)
    await asyncio.sleep(1)
    return JSONResponse({})


async def broken(_: Any, __: Any) -> Response:
    return Response("", 502)


@pytest.mark.parametrize("is_forgetful", [False, True])
async def test_an_unknown_outcome_is_asked_again_with_the_same_key_and_words(
    db: Database, shop: Any, ordered: RefundOrdered, pay: Any, is_forgetful: bool
) -> None:
    shop.is_forgetful = is_forgetful
    shop.faults.extend([broken, late, broken])

    await pay()
    assert (await refund_of(db))["why"] == "shop answered 502"
    await until_paid(db, pay)

    await paid_once(db, shop)
    assert {key for key, _ in shop.asked} == {str(ordered.refund_id)}
    assert all(asked == shop.asked[0][1] for _, asked in shop.asked)
    # A shop that shows its refunds is not asked again once ours is among them.
    assert len(shop.asked) == (4 if is_forgetful else 2)


async def test_a_webhook_that_comes_before_the_answer_closes_the_case_once(
    db: Database, shop: Any, hear: Any, story: Any, ordered: RefundOrdered, pay: Any
) -> None:
    async def tell_first(shop: Any, variables: Any) -> Response:
        answer = shop.refund(variables)
        await hear(story().refunded(24_500, refund_id=ordered.refund_id, external_id="900"))
        return JSONResponse(answer)

    shop.faults.append(tell_first)

    await pay()

    await paid_once(db, shop)


async def test_a_webhook_after_the_answer_changes_nothing(
    db: Database, shop: Any, hear: Any, story: Any, ordered: RefundOrdered, pay: Any
) -> None:
    await pay()

    await hear(story().refunded(24_500, refund_id=ordered.refund_id, external_id="900"))

    await paid_once(db, shop)


async def test_a_webhook_whose_note_was_lost_counts_the_money_once(
    db: Database, shop: Any, hear: Any, story: Any, ordered: RefundOrdered, pay: Any
) -> None:
    await hear(story().refunded(24_500, external_id="900"))

    await pay()

    await paid_once(db, shop)


async def test_a_refund_that_moved_no_money_closes_nothing(
    db: Database, shop: Any, hear: Any, story: Any, ordered: RefundOrdered
) -> None:
    await hear(story().refunded(0, refund_id=ordered.refund_id))

    assert await testing.said(db, RefundIssued) == []
    assert (await refund_of(db))["state"] == "due"


async def test_a_note_that_names_a_refund_of_another_order_closes_nothing(
    db: Database, hear: Any, story: Any, ordered: RefundOrdered
) -> None:
    another = story(number="#2002")

    await hear(another.refunded(100, refund_id=ordered.refund_id))

    assert await testing.said(db, RefundIssued) == []
    assert await testing.rows(db, "SELECT amount, refund_id FROM order_refunds") == [
        {"amount": 100, "refund_id": None}
    ]


async def test_what_the_shop_refuses_waits_for_a_person_who_may_try_again(
    db: Database,
    database_url: str,
    shop: Any,
    ordered: RefundOrdered,
    pay: Any,
) -> None:
    async def refuse(_: Any, __: Any) -> Response:
        error = {"field": ["input"], "message": "The balance is too low"}
        return JSONResponse({"data": {"refundCreate": {"refund": None, "userErrors": [error]}}})

    shop.faults.append(refuse)
    assert await pay() == 1
    assert await pay() == 0
    failed = await refund_of(db)
    assert (failed["state"], failed["why"]) == ("failed", "The balance is too low")

    listed = await command(database_url, "refunds", "list")
    retried = await command(database_url, "refunds", "retry", str(ordered.refund_id))
    again = await command(database_url, "refunds", "retry", str(ordered.refund_id))
    assert await pay() == 1

    assert listed[0] == 0
    assert "245.00 EUR" in " ".join(listed[1].split())
    assert retried[0] == 0
    assert again[0] == 1
    await paid_once(db, shop)


async def command(database_url: str, *arguments: str) -> tuple[int, str]:
    """What a person gets who runs `python -m returns` with these arguments: exit code, output."""
    environment = {"DATABASE_URL": database_url, "COLUMNS": "200"}
    ran = await asyncio.to_thread(CliRunner().invoke, cli.main, arguments, env=environment)
    return ran.exit_code, ran.output


async def test_a_failed_refund_that_a_person_made_by_hand_is_closed_by_its_note(
    db: Database, shop: Any, hear: Any, story: Any, ordered: RefundOrdered, pay: Any
) -> None:
    async def refuse(_: Any, __: Any) -> Response:
        return Response("", 422)

    shop.faults.append(refuse)
    await pay()

    await hear(story().refunded(24_500, refund_id=ordered.refund_id, external_id="900"))

    assert len(await testing.said(db, RefundIssued)) == 1
    assert (await refund_of(db))["state"] == "paid"


async def test_a_refund_that_is_pending_at_the_provider_is_not_paid_until_it_is(
    db: Database, shop: Any, ordered: RefundOrdered, pay: Any
) -> None:
    async def pending(shop: Any, variables: Any) -> Response:
        answer = shop.refund(variables)
        shop.refunds[variables["key"]]["transactions"]["nodes"] = [{"status": "PENDING"}]
        return JSONResponse(answer)

    shop.faults.append(pending)
    for _ in range(2):
        await testing.rows(
            db, "UPDATE refunds SET due_at = now() - interval '1 second' RETURNING 1"
        )
        assert await pay() == 1
    assert (await refund_of(db))["state"] == "due"
    assert await testing.said(db, RefundIssued) == []

    (made,) = shop.refunds.values()
    made["transactions"]["nodes"] = [{"status": "SUCCESS"}]
    await until_paid(db, pay)

    await paid_once(db, shop)
    assert len(shop.asked) == 1


async def test_a_bug_is_told_by_its_type_and_place_and_tried_again(
    db: Database, shop: Any, ordered: RefundOrdered, pay: Any
) -> None:
    shop.transactions = [shop.payment("1", "of Erika Muster")]

    with capture_logs() as logs:
        assert await pay() == 1

    (told,) = [line for line in logs if line["event"] == "refund attempt broke"]
    assert "money.py" in told["frames"]
    assert "exc_info" not in told
    assert "Erika" not in str(logs)
    shop.transactions = []
    await until_paid(db, pay)


async def test_two_workers_at_once_try_a_refund_once(
    db: Database, shop: Any, ordered: RefundOrdered, pay: Any
) -> None:
    tried = await asyncio.gather(*(pay() for _ in range(4)))

    assert sum(tried) == 1
    await paid_once(db, shop)


async def test_a_refund_whose_shop_is_off_waits_until_it_is_on(
    db: Database, shop: Any, ordered: RefundOrdered, pay: Any
) -> None:
    assert await pay(Stores({})) == 1
    waiting = await refund_of(db)
    assert (waiting["state"], waiting["attempts"]) == ("due", 1)
    assert "is off" in waiting["why"]

    await until_paid(db, pay)

    await paid_once(db, shop)


async def test_each_repetition_waits_longer_than_the_one_before(
    db: Database, shop: Any, ordered: RefundOrdered, pay: Any
) -> None:
    pauses = []
    for _ in range(5):
        shop.faults.append(broken)
        await testing.rows(db, "UPDATE refunds SET due_at = now() - interval '1 second'")
        before = clock.now()
        await pay()
        pauses.append((await refund_of(db))["due_at"] - before)

    assert all(later > earlier for earlier, later in zip(pauses, pauses[2:], strict=False))
    assert pauses[-1] > timedelta(seconds=0.5)
