"""What an order is worth, and what that makes of whatever is asked of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from routing import app
from routing.domain.understanding import Known, Reading, read
from routing.domain.urgency import Around
from routing.handlers.rules import Rules
from routing.settings import Settings
from shared import clock, testing
from shared.contracts.base import (
    About,
    AccountId,
    Address,
    Channel,
    ContactId,
    Money,
    OrderId,
    ShipmentId,
    StoreId,
)
from shared.contracts.intake import Buyer, MessageReceived, Order, OrderPlaced
from shared.contracts.logistics_watch import CustomsHeld, ExceptionKind, Purpose
from shared.contracts.routing import ConversationOpened, ConversationQueued, Family, Priority
from shared.db import Database
from shared.stores import BadFile, Stores
from tests.routing.pools import told

AURORA, BOREALIS = StoreId("aurora"), StoreId("borealis")
HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


def reading(text: str, total: int | None, currency: str = "EUR") -> Reading:
    return read(text, None, Known(), Around(Family.MAIL, total=total, currency=currency))


@pytest.mark.parametrize(
    ("text", "usual", "dear", "dearest"),
    [
        ("where is my order", NORMAL, HIGH, HIGH),
        ("I want to return the shoes", NORMAL, HIGH, HIGH),
        ("it arrived broken", NORMAL, HIGH, HIGH),
        ("I want my money back", NORMAL, HIGH, HIGH),
        ("do you have it in blue?", NORMAL, NORMAL, HIGH),
        ("thank you so much", NORMAL, NORMAL, HIGH),
        ("👍", LOW, LOW, LOW),
    ],
)
def test_what_is_asked_of_a_dear_order_is_high_and_of_the_dearest_whatever_is_written(
    text: str, usual: Priority, dear: Priority, dearest: Priority
) -> None:
    found = [reading(text, total) for total in (None, 499_99, 500_00, 2_499_99, 2_500_00)]

    priorities = [each.urgency.priority for each in found]
    assert priorities == [usual, usual, dear, dear, dearest]
    assert [("order value" in each.urgency.reasons) for each in found[:2]] == [False, False]


@pytest.mark.parametrize("text", ["4711-22", "?", "؟"])
def test_a_number_and_a_question_mark_ask_for_something(text: str) -> None:
    assert reading(text, None).urgency.priority is NORMAL


def test_a_picture_asks_for_something_without_words() -> None:
    for has_files, expected in ((True, NORMAL), (False, LOW)):
        around = Around(Family.MESSAGING, has_files=has_files)
        assert read("", None, Known(), around).urgency.priority is expected


def test_a_store_may_say_what_is_dear_in_it(stores: Stores) -> None:
    rules = app.rules(Settings(high_values={"aurora": 90_00, "USD": 0}), stores)

    assert rules.high_values_of(AURORA)["EUR"] == 90_00
    assert rules.high_values_of(BOREALIS)["EUR"] == 500_00
    for store in (AURORA, BOREALIS, StoreId("nowhere")):
        values = rules.high_values_of(store)
        around = Around(Family.MAIL, total=10**9, currency="USD")
        assert read("where is it", None, Known(), around, values).urgency.priority is NORMAL


def test_what_is_neither_a_store_nor_a_currency_is_refused(stores: Stores) -> None:
    with pytest.raises(BadFile, match="ROUTING_HIGH_VALUES: auroa is neither"):
        app.rules(Settings(high_values={"auroa": 90_00}), stores)


@pytest.fixture
def rules(rules: Rules) -> Rules:
    """An order of fifty euros is dear in aurora."""
    return replace(rules, high_values={"aurora": 50_00})


def order(contact_id: ContactId, total: int) -> OrderPlaced:
    worth, order_id, now = Money(amount=total, currency="EUR"), OrderId(uuid4()), clock.now()
    return OrderPlaced(
        occurred_at=now,
        store_id=AURORA,
        version=1,
        order_id=order_id,
        order=Order(
            order_id=order_id,
            account_id=AccountId("aurora.myshopify.com"),
            channel=Channel("shopify"),
            external_id="1",
            number="#1001",
            placed_at=now,
            buyer=Buyer(contact_id=contact_id, mail="eva@example.es"),
            language="es",
            ship_to=Address(country="ES"),
            lines=(),
            total=worth,
            shop_total=worth,
        ),
    )


def held(order_id: OrderId, shipment_id: UUID | None = None) -> CustomsHeld:
    return CustomsHeld(
        occurred_at=clock.now(),
        store_id=AURORA,
        version=3,
        shipment_id=ShipmentId(shipment_id or uuid4()),
        purpose=Purpose.OUTBOUND,
        carrier="correos",
        number="RX551200917DE",
        order_id=order_id,
        buyer_country="ES",
        exception_kind=ExceptionKind.CUSTOMS_HOLD,
    )


@pytest.mark.parametrize(("total", "priority"), [(49_99, "normal"), (50_00, "high")])
async def test_a_parcel_of_a_dear_order_that_is_held_and_who_writes_of_it_are_high(
    routing: Database,
    hear: Callable[..., Awaitable[None]],
    message: Callable[..., MessageReceived],
    total: int,
    priority: str,
) -> None:
    bought = order(ContactId(uuid4()), total)
    await hear(bought)

    await hear(held(bought.order_id))
    await hear(message("¿Dónde está mi pedido?", contact=bought.order.buyer.contact_id))

    opened = await told(routing, ConversationOpened)
    queued = await told(routing, ConversationQueued)
    assert [each.priority for each in opened] == [priority] * 2
    assert [each.priority for each in queued] == [priority] * 2


async def test_an_alarm_after_the_end_weighs_the_parcel_anew(
    routing: Database, hear: Callable[..., Awaitable[None]]
) -> None:
    bought, shipment_id = order(ContactId(uuid4()), 50_00), uuid4()
    await hear(bought, held(bought.order_id, shipment_id))
    await testing.rows(
        routing,
        "UPDATE conversations SET state = 'resolved', resolved_at = now(), asked_at = NULL, "
        "priority = 'low', urgency_reasons = '{set by hand}'",
    )

    await hear(held(bought.order_id, shipment_id))

    _, again = await told(routing, ConversationQueued)
    assert (again.priority, again.urgency_reasons) == ("high", ("order value",))


async def test_what_waits_about_a_dear_parcel_presses_no_less_once_its_buyer_writes(
    routing: Database,
    hear: Callable[..., Awaitable[None]],
    message: Callable[..., MessageReceived],
) -> None:
    bought, shipment_id = order(ContactId(uuid4()), 50_00), uuid4()
    await hear(bought, held(bought.order_id, shipment_id))

    thanks = message("gracias", about=About(kind="shipment", id=str(shipment_id)))
    await hear(thanks)

    [row] = await testing.rows(routing, "SELECT priority, unanswered_count FROM conversations")
    assert (row["priority"], row["unanswered_count"]) == ("high", 1)
