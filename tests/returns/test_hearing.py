"""Facts come in any order, twice, late: what returns keeps of them is the same."""

import itertools
from datetime import timedelta
from typing import Any

from shared import clock, testing
from shared.contracts.logistics_watch import Purpose
from shared.db import Database


async def kept(db: Database) -> dict[str, Any]:
    (row,) = await testing.rows(
        db, "SELECT version, captured, is_cancelled, country, number FROM orders"
    )
    return row


async def test_an_order_is_kept_in_its_newest_version(db: Database, hear: Any, story: Any) -> None:
    order = story()

    await hear(order.placed(1, payments=()), order.paid(2), order.shipped(3))
    await hear(order.paid(2), order.placed(1, payments=()))

    assert await kept(db) == {
        "version": 3,
        "captured": order.total,
        "is_cancelled": False,
        "country": "DE",
        "number": "#1001",
    }


async def test_the_order_of_facts_does_not_matter(
    db: Database, hear: Any, story: Any, people: Any
) -> None:
    now, sequences = clock.now(), list(itertools.permutations(range(4)))
    given: dict[str, Any] = {}
    placed_at = now - timedelta(days=9)
    for turn_of, sequence in enumerate(sequences):
        order = given[str(turn_of)] = story(number=f"#{turn_of}")
        facts = [
            order.placed(1, payments=(), fulfilments=(), placed_at=placed_at),
            order.paid(2, placed_at=placed_at),
            order.refunded(500, version=3, placed_at=placed_at),
            order.delivered(now - timedelta(days=2)),
        ]

        for turn in sequence:
            await hear(facts[turn])

    cases = []
    async with people("agent") as agent:
        for number in given:
            answer = await agent.post(
                "/cases",
                json={"store_id": "aurora", "order_number": number},
                headers={"Idempotency-Key": f"case-of-{number}"},
            )
            cases.append((answer.status_code, answer.json()["state"], answer.json()["closes_at"]))
    assert len(set(cases)) == 1, cases
    assert cases[0][:2] == (201, "authorised")
    assert cases[0][2] is not None
    kept = await testing.rows(db, "SELECT version, captured FROM orders")
    assert kept == [{"version": 3, "captured": order.total}] * len(sequences)
    refunded = await testing.rows(db, "SELECT amount FROM order_refunds")
    assert refunded == [{"amount": 500}] * len(sequences)


async def test_what_is_paid_in_full_can_be_given_back_without_named_payments(
    db: Database, hear: Any, story: Any
) -> None:
    first, second = story(number="#1"), story(number="#2")

    await hear(first.placed(1, payments=()), first.paid(2, payments=()))
    await hear(first.shipped(3, payments=()))
    await hear(second.shipped(3, payments=()), second.paid(2, payments=()))

    found = await testing.rows(db, "SELECT version, captured FROM orders ORDER BY number")
    assert found == [{"version": 3, "captured": first.total}] * 2


async def test_a_refund_told_twice_counts_once(db: Database, hear: Any, story: Any) -> None:
    order = story()

    await hear(order.refunded(500, external_id="gid://shopify/Refund/77", version=3))
    await hear(order.refunded(500, external_id="77", version=3))

    assert await testing.rows(db, "SELECT external_refund_id, amount FROM order_refunds") == [
        {"external_refund_id": "77", "amount": 500}
    ]


async def test_only_parcels_to_the_buyer_tell_when_he_got_his_goods(
    db: Database, hear: Any, story: Any
) -> None:
    order, at = story(), clock.now()

    await hear(
        order.delivered(at, purpose=Purpose.RETURN),
        order.delivered(at, order_id=None),
    )

    assert await testing.rows(db, "SELECT * FROM deliveries") == []


async def test_an_older_delivery_does_not_replace_a_newer_one(
    db: Database, hear: Any, story: Any
) -> None:
    order, at = story(), clock.now()

    await hear(order.delivered(at, version=5))
    await hear(order.delivered(at - timedelta(days=3), version=4))

    assert await testing.rows(db, "SELECT delivered_at FROM deliveries") == [{"delivered_at": at}]


async def test_orders_of_two_stores_are_kept_apart(db: Database, hear: Any, story: Any) -> None:
    await hear(story().placed(), story(store_id="borealis").placed())

    found = await testing.rows(db, "SELECT store_id FROM orders ORDER BY store_id")
    assert [row["store_id"] for row in found] == ["aurora", "borealis"]


async def test_no_name_and_no_address_of_the_buyer_is_kept(
    db: Database, hear: Any, story: Any
) -> None:
    await hear(story().placed())

    (row,) = await testing.rows(db, "SELECT to_jsonb(orders) AS row FROM orders")
    assert "Erika" not in str(row)
