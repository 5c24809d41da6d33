"""Parcels with an alarm and cases that need a person, before and after their order is known."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared import testing
from shared.contracts.base import (
    About,
    AccountId,
    Address,
    CaseId,
    Channel,
    ContactId,
    Message,
    Money,
    OrderId,
    ShipmentId,
    StoreId,
)
from shared.contracts.intake import Buyer, MessageReceived, Order, OrderPlaced
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ExceptionKind,
    Milestone,
    Purpose,
    ShipmentLost,
    ShipmentRecovered,
    ShipmentStalled,
)
from shared.contracts.returns import ReturnRequested
from shared.contracts.routing import ConversationOpened, ConversationQueued, OpenedBy
from shared.db import Database

Hear = Callable[..., Awaitable[None]]

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
AURORA = StoreId("aurora")


def order(order_id: UUID, **told: Any) -> OrderPlaced:
    money = Money(amount=1000, currency="EUR")
    buyer = told.pop("buyer", None) or Buyer(
        contact_id=ContactId(uuid4()), mail="Aiko@Example.jp", phone="+81312345678"
    )
    return OrderPlaced(
        occurred_at=NOW,
        store_id=AURORA,
        version=told.pop("version", 1),
        order_id=OrderId(order_id),
        order=Order(
            order_id=OrderId(order_id),
            account_id=AccountId("aurora.myshopify.com"),
            channel=Channel("shopify"),
            external_id="820982911946154500",
            number="#1001",
            placed_at=NOW,
            buyer=buyer,
            language=told.pop("language", "ja-JP"),
            ship_to=told.pop("ship_to", Address(country="JP")),
            lines=(),
            total=money,
            shop_total=money,
        ),
    )


def parcel(kind: type[Any], order_id: UUID | None, shipment_id: UUID, **told: Any) -> Any:
    fields: dict[Any, dict[str, Any]] = {
        CustomsHeld: {"exception_kind": ExceptionKind.CUSTOMS_HOLD},
        ShipmentStalled: {"milestone": Milestone.CUSTOMS, "silent_since": NOW, "due_at": NOW},
        ShipmentRecovered: {"milestone": Milestone.IN_TRANSIT},
    }
    more = fields.get(kind, {})
    return kind(
        occurred_at=NOW,
        store_id=AURORA,
        version=told.pop("version", 3),
        shipment_id=ShipmentId(shipment_id),
        purpose=told.pop("purpose", Purpose.OUTBOUND),
        carrier="japan-post",
        number="RX551200917DE",
        order_id=OrderId(order_id) if order_id else None,
        buyer_country="JP",
        **more,
        **told,
    )


def case(order_id: UUID, case_id: UUID, **told: Any) -> ReturnRequested:
    return ReturnRequested(
        occurred_at=NOW,
        store_id=AURORA,
        version=1,
        case_id=CaseId(case_id),
        order_id=OrderId(order_id),
        reason="damaged",
        lines=(),
        needs_person=told.pop("needs_person", True),
        why="unknown country",
        **told,
    )


async def conversations(routing: Database) -> list[dict[str, Any]]:
    return await testing.rows(routing, "SELECT * FROM conversations ORDER BY opened_at, id")


@pytest.mark.parametrize("is_order_first", [True, False])
async def test_an_alarm_opens_a_conversation_in_the_buyers_language_in_either_order(
    routing: Database, hear: Hear, is_order_first: bool
) -> None:
    order_id, shipment_id = uuid4(), uuid4()
    facts: list[Message] = [order(order_id), parcel(CustomsHeld, order_id, shipment_id)]
    if not is_order_first:
        facts.reverse()

    for fact in facts:
        await hear(fact)

    [opened] = await testing.said(routing, ConversationOpened)
    assert isinstance(opened, ConversationOpened)
    assert opened.opened_by is OpenedBy.ALARM
    assert (opened.language, opened.region, opened.time_zone) == ("ja", "JP", "Asia/Tokyo")
    assert (opened.region_source, opened.skills, opened.family) == ("order", ("parcels",), "mail")
    assert opened.about == About(kind="shipment", id=str(shipment_id))
    assert opened.order_ids == (order_id,)
    [row] = await testing.rows(
        routing,
        "SELECT state, reply_route->>'peer' AS peer, reply_route->>'account_id' AS account, "
        "reply_route->>'subject' AS subject FROM conversations",
    )
    assert row == {
        "state": "queued",
        "peer": "aiko@example.jp",
        "account": "aurora",
        "subject": "#1001",
    }
    assert len(await testing.said(routing, ConversationQueued)) == 1


@pytest.mark.parametrize("is_order_first", [True, False])
async def test_alarm_and_order_in_one_batch_open_one_conversation(
    routing: Database, hear: Hear, is_order_first: bool
) -> None:
    order_id = uuid4()
    facts: list[Message] = [order(order_id), parcel(ShipmentStalled, order_id, uuid4())]
    if not is_order_first:
        facts.reverse()

    await hear(*facts)

    assert len(await testing.said(routing, ConversationOpened)) == 1


async def test_until_its_order_is_known_the_conversation_says_nothing(
    routing: Database, hear: Hear
) -> None:
    await hear(parcel(CustomsHeld, uuid4(), uuid4()))

    [row] = await conversations(routing)
    assert row["state"] == "pending"
    assert await testing.said(routing) == []


async def test_later_alarms_of_a_parcel_join_its_conversation(
    routing: Database, hear: Hear
) -> None:
    order_id, shipment_id = uuid4(), uuid4()
    await hear(order(order_id))

    await hear(parcel(CustomsHeld, order_id, shipment_id, version=3))
    await hear(parcel(ShipmentStalled, order_id, shipment_id, version=4))
    await hear(parcel(DeliveryFailed, order_id, shipment_id, version=5))
    await hear(parcel(ShipmentLost, order_id, shipment_id, version=6))
    await hear(parcel(ShipmentRecovered, order_id, shipment_id, version=7))

    assert len(await conversations(routing)) == 1
    assert len(await testing.said(routing)) == 2
    history = await testing.rows(routing, "SELECT what FROM history ORDER BY id")
    assert [row["what"] for row in history] == [
        "parcel held at customs",
        "parcel stalled",
        "parcel not delivered",
        "parcel lost",
        "parcel moves again",
    ]


async def test_an_alarm_after_the_end_takes_the_parcels_conversation_up_again(
    routing: Database, hear: Hear
) -> None:
    order_id, shipment_id = uuid4(), uuid4()
    await hear(order(order_id), parcel(CustomsHeld, order_id, shipment_id))
    await testing.rows(routing, "UPDATE conversations SET state = 'resolved', resolved_at = now()")

    await hear(parcel(ShipmentLost, order_id, shipment_id))

    [row] = await conversations(routing)
    assert (row["state"], row["reopened_count"], row["version"]) == ("queued", 1, 3)


async def test_alarms_of_parcels_that_come_back_open_nothing(routing: Database, hear: Hear) -> None:
    await hear(
        parcel(CustomsHeld, uuid4(), uuid4(), purpose=Purpose.RETURN),
        parcel(ShipmentLost, None, uuid4(), purpose=Purpose.UNKNOWN),
        parcel(ShipmentRecovered, uuid4(), uuid4()),
    )

    assert await conversations(routing) == []


async def test_a_parcel_without_an_order_waits_at_once_without_a_way_back(
    routing: Database, hear: Hear
) -> None:
    await hear(parcel(CustomsHeld, None, uuid4()))

    [row] = await conversations(routing)
    assert (row["state"], row["region"], row["reply_route"]) == ("queued", "JP", None)
    assert row["language"] == "es"  # the store's first


@pytest.mark.parametrize("is_order_first", [True, False])
async def test_a_case_that_needs_a_person_opens_a_conversation_in_either_order(
    routing: Database, hear: Hear, is_order_first: bool
) -> None:
    order_id, case_id = uuid4(), uuid4()
    facts: list[Message] = [order(order_id), case(order_id, case_id, country="JP", language="ja")]
    if not is_order_first:
        facts.reverse()

    for fact in facts:
        await hear(fact)
    await hear(case(order_id, case_id))

    [opened] = await testing.said(routing, ConversationOpened)
    assert isinstance(opened, ConversationOpened)
    assert opened.opened_by is OpenedBy.CASE
    assert (opened.about, opened.skills) == (About(kind="case", id=str(case_id)), ("returns",))
    assert len(await conversations(routing)) == 1


async def test_a_case_that_rules_decide_opens_nothing(routing: Database, hear: Hear) -> None:
    await hear(case(uuid4(), uuid4(), needs_person=False))

    assert await conversations(routing) == []


async def test_an_older_version_of_an_order_does_not_undo_a_newer_one(
    routing: Database, hear: Hear
) -> None:
    order_id = uuid4()

    await hear(order(order_id, version=5, language="de"))
    await hear(order(order_id, version=4, language="fr"))

    [row] = await testing.rows(routing, "SELECT version, language FROM order_facts")
    assert row == {"version": 5, "language": "de"}


@pytest.mark.parametrize("is_order_first", [True, False])
@pytest.mark.parametrize("address", [{"mail": "AIKO@example.jp"}, {"phone": "+81312345678"}])
async def test_a_customer_is_linked_to_his_orders_by_exact_mail_or_phone_in_either_order(
    routing: Database,
    hear: Hear,
    message: Callable[..., MessageReceived],
    is_order_first: bool,
    address: dict[str, str],
) -> None:
    order_id = uuid4()
    facts: list[Message] = [order(order_id), message("早く返金してください", **address)]
    if not is_order_first:
        facts.reverse()

    for fact in facts:
        await hear(fact)
    await hear(message("hola", mail="other@example.jp"))

    found = [row["order_ids"] for row in await conversations(routing)]
    assert found == [[order_id], []]


@pytest.mark.parametrize("by", ["alarm", "message"])
async def test_the_address_of_an_order_tells_the_zone_and_is_named_for_it(
    routing: Database, hear: Hear, message: Callable[..., MessageReceived], by: str
) -> None:
    order_id = uuid4()
    buyer = Buyer(contact_id=ContactId(uuid4()), phone="+12125550123")
    told = Address(country="US", city="Fremont", postal_code="94536")
    await hear(order(order_id, buyer=buyer, ship_to=told))

    await hear(
        parcel(CustomsHeld, order_id, uuid4())
        if by == "alarm"
        else message(contact=buyer.contact_id, phone=buyer.phone)
    )

    [opened] = await testing.said(routing, ConversationOpened)
    assert isinstance(opened, ConversationOpened)
    assert (opened.region, opened.region_source) == ("US", "order")
    assert (opened.time_zone, opened.zone_source) == ("America/Los_Angeles", "order")
    [kept] = await testing.rows(routing, "SELECT cast(to_jsonb(o) AS text) AS o FROM order_facts o")
    assert "94536" not in kept["o"]


async def test_a_customers_answer_joins_the_conversation_about_his_parcel(
    routing: Database, hear: Hear, message: Callable[..., MessageReceived]
) -> None:
    order_id, shipment_id = uuid4(), uuid4()
    await hear(order(order_id), parcel(CustomsHeld, order_id, shipment_id))

    answer = message("はい", channel="mail", about=About(kind="shipment", id=str(shipment_id)))
    await hear(answer)
    await hear(message("もしもし", thread=answer.thread_id, channel="mail"))

    [row] = await conversations(routing)
    assert (row["thread_id"], row["state"]) == (answer.thread_id, "queued")


async def test_a_customer_who_writes_first_opens_what_waited_for_the_order(
    routing: Database, hear: Hear, message: Callable[..., MessageReceived]
) -> None:
    order_id, shipment_id = uuid4(), uuid4()
    await hear(parcel(CustomsHeld, order_id, shipment_id))

    await hear(message("どこですか", about=About(kind="shipment", id=str(shipment_id))))
    await hear(order(order_id))

    [row] = await conversations(routing)
    assert (row["state"], row["version"], row["language"]) == ("queued", 2, "ja")
    assert len(await testing.said(routing)) == 2


async def test_an_alarm_leaves_the_thread_to_the_customers_newer_conversation(
    routing: Database, hear: Hear, message: Callable[..., MessageReceived]
) -> None:
    # Given a parcel's conversation that the customer answered, over for long, and his next one
    order_id, shipment_id = uuid4(), uuid4()
    about = About(kind="shipment", id=str(shipment_id))
    await hear(order(order_id), parcel(CustomsHeld, order_id, shipment_id))
    answer = message("はい", about=about)
    await hear(answer)
    await testing.rows(
        routing,
        "UPDATE conversations SET state = 'resolved', resolved_at = now() - interval '30 days'",
    )
    await hear(message("もしもし", thread=answer.thread_id))

    # When the parcel has another alarm
    await hear(parcel(ShipmentLost, order_id, shipment_id))

    # Then both wait, and the thread is the newer one's
    found = await testing.rows(
        routing, "SELECT state, thread_id FROM conversations ORDER BY shipment_id NULLS LAST"
    )
    assert found == [
        {"state": "queued", "thread_id": None},
        {"state": "queued", "thread_id": answer.thread_id},
    ]


async def test_several_orders_of_one_customer_are_all_linked(
    routing: Database, hear: Hear, message: Callable[..., MessageReceived]
) -> None:
    await hear(message("hola", mail="aiko@example.jp"))
    ids = [uuid4() for _ in range(3)]

    await hear(*(order(order_id) for order_id in ids))
    await hear(*(order(order_id, version=2) for order_id in ids))

    [row] = await conversations(routing)
    assert sorted(row["order_ids"]) == sorted(ids)
