"""Days of raw requests: made ahead, filled from the default one, dropped whole."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from prometheus_client import REGISTRY

from intake.domain.items import Arrival, LeftMail, Raw, Reading
from intake.domain.orders import FulfilmentNews, OrderNews
from intake.handlers.keeping import Keeper, keep
from intake.store import errands, mail_errands, partitions, raw
from intake.store.raw import DeliveryKey, Kept
from intake.workers.housekeeping import Housekeeper
from shared import testing
from shared.contracts.base import AccountId, Channel, OrderId, StoreId
from shared.contracts.intake import Fulfilment
from shared.db import Database
from shared.tokens import Tokens

Open = Callable[[str], Awaitable[Database]]
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def came(at: datetime) -> Raw:
    return Raw(
        raw_id=uuid4(),
        received_at=at,
        store_id=StoreId("aurora"),
        channel="shopify",
        account_id="a",
        method="POST",
        url="/",
        headers={"a": "b"},
        body=b"\x00raw",
    )


async def days(database: Database) -> set[date]:
    async with database.transaction() as tx:
        return await partitions.days(tx)


async def test_partitions_are_made_a_week_ahead_and_dropped_when_old(database: Open) -> None:
    db = await database("intake")
    keeper = Housekeeper(db, raw_days=3)

    await keeper.tidy(NOW)
    assert await days(db) == {NOW.date() + timedelta(days=n) for n in range(8)}

    async with db.transaction() as tx:
        await raw.keep(tx, [Kept(came(NOW + timedelta(days=n)), "known", "") for n in range(5)])
    await keeper.tidy(NOW + timedelta(days=5))
    assert min(await days(db)) == NOW.date() + timedelta(days=2)
    left = await testing.rows(db, "SELECT received_at FROM raw_requests ORDER BY received_at")
    assert [row["received_at"] - NOW for row in left] == [timedelta(days=n) for n in (2, 3, 4)]


async def test_what_came_before_its_partition_is_moved_into_it(database: Open) -> None:
    db = await database("intake")
    kept = [came(NOW), came(NOW + timedelta(days=1)), came(NOW - timedelta(days=90))]
    async with db.transaction() as tx:
        await raw.keep(tx, [Kept(one, "odd", "why") for one in kept])

    await Housekeeper(db, raw_days=30).tidy(NOW)

    rows = await testing.rows(
        db,
        "SELECT cast(cast(tableoid AS regclass) AS text) AS place, raw_id, body FROM raw_requests",
    )
    places = {row["raw_id"]: row["place"].rpartition(".")[2] for row in rows}
    assert places == {
        kept[0].raw_id: "raw_requests_20260504",
        kept[1].raw_id: "raw_requests_20260505",
    }
    assert {row["body"] for row in rows} == {b"\x00raw"}


async def test_two_processes_may_tidy_at_once_while_others_write(
    database_url: str, database: Open
) -> None:
    async with testing.opened_database(database_url, "intake") as other:
        db = await database("intake")

        async def write() -> None:
            keeper = Keeper(db, Tokens([b"k" * 32]))
            for n in range(20):
                at = NOW + timedelta(days=n % 9)
                await keeper.keep(Arrival(channel="shopify", raw=came(at), reading=Reading()))

        await asyncio.gather(
            Housekeeper(db, raw_days=30).tidy(NOW),
            Housekeeper(other, raw_days=30).tidy(NOW),
            write(),
        )

        kept = await testing.rows(db, "SELECT outcome FROM raw_requests")
        assert [row["outcome"] for row in kept] == ["known"] * 20
        assert len(await days(db)) == 8


async def test_parts_that_wait_too_long_for_their_order_are_counted(database: Open) -> None:
    db = await database("intake")
    told = FulfilmentNews(fulfilment=Fulfilment(fulfilment_id="1", number="PK1"), updated_at=NOW)
    news = OrderNews(
        store_id=StoreId("aurora"),
        order_id=OrderId(uuid4()),
        channel=Channel("shopify"),
        account_id=AccountId("a"),
        external_id="5001",
        fulfilments=(told,),
    )
    arrival = Arrival(channel="shopify", raw=came(NOW), reading=Reading(items=(news,)))
    async with db.transaction() as tx:
        await keep(tx, [arrival], lambda *_: "")
    await testing.rows(db, "UPDATE orders SET first_heard_at = :at", at=NOW - timedelta(hours=25))

    await Housekeeper(db, raw_days=30).tidy(NOW)

    assert REGISTRY.get_sample_value("meridian_intake_pending_orders") == 1
    assert await testing.said(db) == []


async def test_delivery_ids_are_forgotten_after_a_month(database: Open) -> None:
    db = await database("intake")
    key = DeliveryKey("aurora", "shopify", "a", "d-1")

    async def is_first(at: datetime) -> bool:
        async with db.transaction() as tx:
            return key in await raw.first_time(tx, [key, key], at)

    assert await is_first(NOW)
    assert not await is_first(NOW)
    await Housekeeper(db, raw_days=30).tidy(NOW + timedelta(days=29))
    assert not await is_first(NOW)
    await Housekeeper(db, raw_days=30).tidy(NOW + timedelta(days=31))
    assert await is_first(NOW)


async def test_what_was_given_up_is_forgotten_after_a_month_and_what_is_due_never(
    database: Open,
) -> None:
    db = await database("intake")
    store, channel, account = StoreId("aurora"), Channel("resend"), AccountId("a")
    patience, later = timedelta(minutes=5), NOW + timedelta(days=1)

    async def left() -> list[str]:
        names = "SELECT external_id AS name FROM order_errands"
        found = await testing.rows(db, f"{names} UNION SELECT reference[1] FROM mail_errands")
        return sorted(row["name"] for row in found)

    async with db.transaction() as tx:
        orders = [
            OrderNews(
                store_id=store, order_id=OrderId(uuid4()), channel=channel, account_id=account,
                external_id=name,
            )
            for name in ("order", "waiting order")
        ]  # fmt: skip
        mails = [
            LeftMail(
                store_id=store, channel=channel, account_id=account, reference=(name,),
                sender=None, recipients=(), stand_in=b"",
            )
            for name in ("mail", "waiting mail")
        ]  # fmt: skip
        await errands.add(tx, orders, NOW)
        await mail_errands.add(tx, mails, NOW)
        for order in await errands.claim(tx, NOW, limit=9, patience=patience):
            if order.external_id == "order":
                await errands.give_up(tx, order, later, "gone")
        for mail in await mail_errands.claim(tx, NOW, limit=9, patience=patience):
            if mail.reference == ("mail",):
                await mail_errands.later(tx, mail, None, "gone")

    await Housekeeper(db, raw_days=30).tidy(later + timedelta(days=28))
    assert await left() == ["mail", "order", "waiting mail", "waiting order"]
    await Housekeeper(db, raw_days=30).tidy(later + timedelta(days=31))
    assert await left() == ["waiting mail", "waiting order"]


async def test_the_first_mail_of_each_account_is_fetched_before_the_second_of_any(
    database: Open,
) -> None:
    db = await database("intake")

    async with db.transaction() as tx:
        for n, name in enumerate("aaaab"):
            one = LeftMail(
                store_id=StoreId("aurora"), channel=Channel("resend"), account_id=AccountId(name),
                reference=(str(n),), sender="", recipients=("x@aurora.example",), stand_in=b"x",
            )  # fmt: skip
            await mail_errands.add(tx, [one, one], NOW + timedelta(seconds=n))
        at = NOW + timedelta(minutes=1)
        taken = await mail_errands.claim(tx, at, limit=2, patience=timedelta(minutes=5))
        rest = await mail_errands.claim(tx, at, limit=9, patience=timedelta(minutes=5))

    assert sorted(one.reference for one in taken) == [("0",), ("4",)]
    assert sorted(one.reference for one in rest) == [("1",), ("2",), ("3",)]
    assert {(one.sender, one.recipients, one.stand_in) for one in taken} == {
        ("", ("x@aurora.example",), b"x")
    }
