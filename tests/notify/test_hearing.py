"""What is heard becomes one notice, in whatever order and however often it comes."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notify import app
from notify.settings import Settings
from shared import testing
from shared.bus import Bus
from shared.contracts import returns
from shared.contracts.base import Money
from shared.contracts.intake import OrderCancelled, OrderPaid, OrderRefunded
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ExceptionKind,
    Milestone,
    ShipmentDelivered,
    ShipmentLost,
    ShipmentRecovered,
    ShipmentRegistered,
    ShipmentStalled,
)
from shared.contracts.notify import NotificationSuppressed
from shared.db import Database
from shared.settings import KafkaSettings

Hear = Callable[..., Awaitable[None]]
Find = Callable[..., Awaitable[list[dict[str, Any]]]]

EUR = Money(amount=459_00, currency="EUR")


def about_parcels(make: Any) -> list[Any]:
    def event(kind: Any, version: int, **given: Any) -> Any:
        return make.parcel_event(kind, version=version, **given)

    return [
        event(ShipmentRegistered, 1, is_watched=True),
        event(CustomsHeld, 2, exception_kind=ExceptionKind.CUSTOMS_HOLD),
        event(
            ShipmentStalled, 3, milestone=Milestone.CUSTOMS, silent_since=make.now, due_at=make.now
        ),
        event(DeliveryFailed, 4, exception_kind=ExceptionKind.ADDRESS),
        event(ShipmentLost, 5),
        event(ShipmentDelivered, 6),
    ]


def about_cases(make: Any) -> list[Any]:
    def event(kind: Any, version: int, **given: Any) -> Any:
        return make.case_event(kind, version=version, **given)

    line = returns.CaseLine(line_id="12", quantity=1)
    return [
        event(returns.ReturnRequested, 1, reason="no_reason", lines=(line,)),
        event(returns.ReturnAuthorised, 2, basis=returns.Basis.WITHDRAWAL, policy="law/DE/1"),
        event(returns.ReturnReceived, 3),
        event(returns.ReturnInspected, 4, grade="a", is_accepted=True),
        event(returns.RefundOrdered, 5, refund_id=make.order_id("refund"), amount=EUR),
        event(
            returns.RefundIssued,
            6,
            refund_id=make.order_id("refund"),
            amount=EUR,
            external_refund_id="r",
        ),
        make.case_event(
            returns.ReturnDeclined, case="case-2", why="window_over", policy="law/DE/1"
        ),
    ]


PARCEL_NOTICES = {
    "shipping_notice",
    "customs_held",
    "shipment_stalled",
    "delivery_failed",
    "shipment_lost",
    "delivered",
}
CASE_NOTICES = {
    "return_requested",
    "return_authorised",
    "return_received",
    "return_inspected",
    "return_declined",
    "refund_ordered",
    "refund_issued",
}


@pytest.mark.parametrize("order_comes", ["first", "last"])
@pytest.mark.parametrize(
    ("facts", "notices"), [(about_parcels, PARCEL_NOTICES), (about_cases, CASE_NOTICES)]
)
async def test_facts_and_their_order_may_come_either_way_round(
    hear: Hear, make: Any, find: Find, facts: Any, notices: set[str], order_comes: str
) -> None:
    if order_comes == "first":
        await hear(make.placed())

    for fact in facts(make):
        await hear(fact)

    if order_comes == "last":
        assert {row["state"] for row in await find()} == {"pending"}
        await hear(make.placed())
    rows = await find()
    assert {row["template"] for row in rows} == notices | {"order_confirmation"}
    assert {row["state"] for row in rows} == {"queued"}


async def test_an_order_that_comes_without_being_placed_completes_its_notices_too(
    hear: Hear, make: Any, find: Find
) -> None:
    await hear(make.parcel_event(ShipmentDelivered))

    await hear(make.order_event(OrderPaid, version=2))

    assert [(row["template"], row["state"]) for row in await find()] == [("delivered", "queued")]


async def test_a_fact_heard_again_tells_once_whatever_id_it_has(
    hear: Hear, make: Any, find: Find
) -> None:
    placed, facts = make.placed(), [*about_parcels(make), *about_cases(make)]
    event_id = uuid4()

    await hear(placed, *facts)
    await hear(placed, *facts)
    for _ in range(2):
        await hear(placed, event_id=event_id)

    rows = await find()
    assert len(rows) == len({row["notification_id"] for row in rows}) == 1 + len(facts)


async def test_one_fact_heard_by_many_at_once_tells_once(
    db: Database, make: Any, find: Find
) -> None:
    buses = [
        Bus(service="notify", db=db, kafka=KafkaSettings(), hears=app.hears(Settings()))
        for _ in range(5)
    ]
    facts = [make.placed(), *about_parcels(make), *about_cases(make)]
    offsets = itertools.count()
    orders = [facts, facts[::-1], facts[3:] + facts[:3], facts[7:] + facts[:7], facts[::2] + facts]

    async with asyncio.TaskGroup() as group:
        for bus, facts_in_order in zip(buses, orders, strict=True):
            for fact in facts_in_order:
                record = testing.record(fact, offset=next(offsets))
                group.create_task(bus.answer([record]))

    rows = await find()
    assert len(rows) == len(facts)
    assert {row["state"] for row in rows} == {"queued"}


async def test_a_whole_poll_is_answered_in_one_go_with_orders_and_parcels_mixed(
    hear: Hear, make: Any, find: Find
) -> None:
    names = [f"order-{number}" for number in range(50)]
    parcels = [
        make.parcel_event(ShipmentRegistered, name, parcel=name, is_watched=True) for name in names
    ]

    await hear(*parcels[:25], *(make.placed(name) for name in names), *parcels[25:])

    rows = await find()
    assert len(rows) == 100
    assert {row["state"] for row in rows} == {"queued"}


async def test_an_older_order_event_changes_nothing_and_a_newer_one_does(
    hear: Hear, make: Any, db: Database
) -> None:
    await hear(make.order_event(OrderPaid, version=3, mail="new@buyer.example"))
    await hear(make.placed(version=1, mail="old@buyer.example"))

    (row,) = await testing.rows(db, "SELECT version, recipient ->> 'mail' AS mail FROM orders")
    assert row == {"version": 3, "mail": "new@buyer.example"}


async def test_an_older_order_event_still_tells_what_it_says(
    hear: Hear, make: Any, find: Find
) -> None:
    await hear(make.order_event(OrderPaid, version=3))
    await hear(make.placed(version=1))

    assert [row["template"] for row in await find()] == ["order_confirmation"]


async def test_two_refunds_by_the_shop_are_two_notices(hear: Hear, make: Any, find: Find) -> None:
    def refunded(external_id: str, version: int) -> Any:
        return make.order_event(
            OrderRefunded,
            version=version,
            external_refund_id=external_id,
            amount=EUR,
            shop_amount=EUR,
        )

    await hear(refunded("r1", 2))
    await hear(refunded("r2", 3))
    await hear(refunded("r2", 3))

    assert [row["detail"] for row in await find()] == ["r1", "r2"]


async def test_stores_do_not_mix(hear: Hear, make: Any, find: Find) -> None:
    await hear(make.placed())
    await hear(make.parcel_event(ShipmentDelivered, store_id="borealis"))

    rows = await find()
    assert {(row["store_id"], row["state"]) for row in rows} == {
        ("aurora", "queued"),
        ("borealis", "pending"),
    }


async def test_old_news_is_kept_as_suppressed_and_said_once(
    hear: Hear, make: Any, find: Find, db: Database
) -> None:
    last_week = make.now - timedelta(days=7)
    old = make.placed(occurred_at=last_week)

    await hear(old)
    await hear(old)

    (row,) = await find()
    assert (row["state"], row["why"]) == ("suppressed", "late")
    said = await testing.said(db, NotificationSuppressed)
    assert [(message.why, message.template) for message in said] == [  # type: ignore[attr-defined]
        ("late", "order_confirmation")
    ]


async def test_old_facts_about_money_are_told_all_the_same(
    hear: Hear, make: Any, find: Find
) -> None:
    last_week = make.now - timedelta(days=7)
    await hear(make.order_event(OrderPaid))

    await hear(make.order_event(OrderCancelled, version=2, occurred_at=last_week))

    assert [row["state"] for row in await find()] == ["queued"]


async def test_a_newcomer_does_not_tell_what_was_said_before_it_came(
    hear: Hear, make: Any, find: Find, db: Database
) -> None:
    await testing.rows(
        db, "UPDATE installations SET installed_at = now() + interval '25 hours' RETURNING id"
    )

    await hear(make.placed(), *about_cases(make))

    assert {(row["state"], row["why"]) for row in await find()} == {("suppressed", "late")}


async def test_a_dead_letter_replayed_late_still_tells(
    hear: Hear, db: Database, make: Any, find: Find, settings: Settings
) -> None:
    # A bug of ours: the table of orders is away while the message is heard.
    bus = Bus(service="notify", db=db, kafka=KafkaSettings(), hears=app.hears(settings))
    await testing.rows(db, "ALTER TABLE orders RENAME TO elsewhere")
    await bus.answer([testing.record(make.placed(), offset=1)])
    assert await find() == []

    await testing.rows(db, "ALTER TABLE elsewhere RENAME TO orders")
    await hear(make.order_event(OrderPaid, version=2))
    (letter,) = await testing.rows(db, "SELECT id FROM dead_letters")
    await bus.replay(letter["id"])

    assert [(row["template"], row["state"]) for row in await find()] == [
        ("order_confirmation", "queued")
    ]


async def test_an_alarm_replayed_after_the_parcel_moved_on_is_settled(
    hear: Hear, make: Any, db: Database
) -> None:
    await hear(make.placed())
    await hear(make.parcel_event(ShipmentRecovered, version=5, milestone=Milestone.IN_TRANSIT))

    await hear(make.parcel_event(CustomsHeld, version=2, exception_kind=ExceptionKind.CUSTOMS_HOLD))

    (row,) = await testing.rows(
        db,
        "SELECT settled_version > subject_version AS settled FROM notifications"
        " JOIN parcels USING (store_id, shipment_id)",
    )
    assert row["settled"]


async def test_a_text_that_the_database_cannot_hold_is_made_to_fit(
    hear: Hear, make: Any, find: Find
) -> None:
    await hear(make.reply(text="a\x00b \\u0000 c"), make.placed(buyer="Ana\x00 Ruiz"))

    texts = [row["text"] for row in await find("template = 'reply'")]
    assert texts == ["ab \\u0000 c"]


async def test_the_same_reply_commanded_twice_is_one_row(hear: Hear, make: Any, find: Find) -> None:
    reply = make.reply()

    await hear(reply)
    await hear(reply)

    (row,) = await find()
    assert (row["channel"], row["lane"]) == ("mail", f"conversation:{reply.conversation_id}")
