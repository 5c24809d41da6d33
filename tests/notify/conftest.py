"""notify's database, messages to hear, and how to hear them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import text

from notify import app
from notify.domain.facts import Facts, Recipient
from notify.domain.sending import Due
from notify.settings import Settings
from shared import testing
from shared.bus import Bus
from shared.contracts.base import (
    AccountId,
    Address,
    Channel,
    ContactId,
    Message,
    Money,
    OrderId,
    ReplyRoute,
    StoreId,
    ThreadId,
)
from shared.contracts.intake import Buyer, Order, OrderLine, OrderPlaced
from shared.contracts.logistics_watch import Purpose
from shared.contracts.returns import CaseLine
from shared.contracts.routing import SendReply
from shared.db import Database
from shared.settings import KafkaSettings

TABLES = (
    "inbox",
    "outbox",
    "dead_letters",
    "orders",
    "parcels",
    "notifications",
    "receipts",
    "suppressions",
)


@pytest.fixture
def settings() -> Settings:
    """Settings as shipped."""
    return Settings()


@pytest.fixture(scope="module")
def notify_url(servers: Any, template: str) -> Iterator[str]:
    """A database for the tests of one module, which leave it empty."""
    fresh = testing.fresh_database(servers.database_url, template)
    with asyncio.Runner() as runner:
        yield runner.run(fresh.__aenter__())
        runner.run(fresh.__aexit__(None, None, None))


@pytest.fixture
async def db(notify_url: str) -> AsyncIterator[Database]:
    """notify's database, empty but for its tables."""
    async with testing.opened_database(notify_url, "notify") as db:
        yield db
        async with db.transaction() as tx:
            for table in TABLES:
                await tx.execute(text(f"DELETE FROM {table}"))
            await tx.execute(text("UPDATE installations SET installed_at = now()"))


Hear = Callable[..., Awaitable[None]]


@pytest.fixture
def hear(db: Database, settings: Settings) -> Hear:
    """Hear messages as from Kafka, in one batch; `event_id` repeats one."""
    bus = Bus(service="notify", db=db, kafka=KafkaSettings(), hears=app.hears(settings))
    offsets = itertools.count()

    async def hear(*messages: Message, **ids: Any) -> None:
        await bus.answer([testing.record(each, offset=next(offsets), **ids) for each in messages])

    return hear


Find = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def find(db: Database) -> Find:
    """The notifications as they lie in the table, oldest fact first."""

    async def find(where: str = "true", **values: Any) -> list[dict[str, Any]]:
        return await testing.rows(
            db, f"SELECT * FROM notifications WHERE {where} ORDER BY occurred_at, seq", **values
        )

    return find


class Maker:
    """Makes what notify hears, and what it knows of an order."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def order_id(self, name: str = "order-1") -> OrderId:
        return OrderId(uuid5(UUID(int=1), name))

    def lines(self, currency: str = "EUR") -> tuple[OrderLine, ...]:
        def line(line_id: str, title: str, quantity: int, amount: int) -> OrderLine:
            price = Money(amount=amount, currency=currency)
            return OrderLine(
                line_id=line_id, title=title, quantity=quantity, price=price, shop_price=price
            )

        return (line("11", "Ring «Luna»", 1, 129_50), line("12", "Chain <585> & clasp", 2, 459_00))

    def order(self, name: str = "order-1", **given: Any) -> Order:
        total = Money(amount=129_50 + 918_00 + 9_90, currency="EUR")
        country = given.get("country", "ES")
        return Order(
            order_id=self.order_id(name),
            account_id=AccountId("aurora.myshopify.com"),
            channel=Channel("shopify"),
            external_id="4711",
            number=given.get("order_number", "#1001"),
            placed_at=self.now,
            buyer=Buyer(
                contact_id=ContactId(UUID(int=7)),
                name=given.get("buyer", "Ana Ruiz"),
                mail=given.get("mail", "ana@buyer.example"),
            ),
            language=given.get("language", "es-ES"),
            ship_to=Address(country=country, name="Ana Ruiz") if country else None,
            lines=self.lines(),
            total=total,
            shop_total=total,
        )

    def placed(self, name: str = "order-1", **given: Any) -> OrderPlaced:
        placed: OrderPlaced = self.order_event(OrderPlaced, name, **given)
        return placed

    def order_event(self, kind: Any, name: str = "order-1", **given: Any) -> Any:
        keys = ("order_number", "buyer", "mail", "language", "country")
        about_order = {key: given.pop(key) for key in keys if key in given}
        order = self.order(name, **about_order)
        fields: dict[str, Any] = {
            "occurred_at": self.now,
            "store_id": StoreId("aurora"),
            "version": 1,
            "order_id": order.order_id,
            "order": order,
        }
        return kind(**fields | given)

    def parcel_event(self, kind: Any, name: str = "order-1", **given: Any) -> Any:
        parcel = given.pop("parcel", "parcel-1")
        fields: dict[str, Any] = {
            "occurred_at": self.now,
            "store_id": StoreId("aurora"),
            "version": 1,
            "shipment_id": uuid5(UUID(int=2), parcel),
            "purpose": Purpose.OUTBOUND,
            "carrier": "dhl",
            "number": "JJD0099 9001-77",
            "order_id": self.order_id(name),
            "buyer_country": "ES",
            "tracking_url": "https://track.example/es?n=JJD00999001&x=1",
        }
        return kind(**fields | given)

    def case_event(self, kind: Any, name: str = "order-1", **given: Any) -> Any:
        fields: dict[str, Any] = {
            "occurred_at": self.now,
            "store_id": StoreId("aurora"),
            "version": 1,
            "case_id": uuid5(UUID(int=3), given.pop("case", "case-1")),
            "order_id": self.order_id(name),
            "order_number": "#1001",
        }
        return kind(**fields | given)

    def reply(self, channel: str = "mail", **given: Any) -> SendReply:
        peers = {"mail": "ana@buyer.example", "whatsapp": "+34600111222"}
        accounts = {"mail": "aurora", "whatsapp": "105551234567", "chat": "aurora-web"}
        thread_id = ThreadId(uuid5(UUID(int=4), given.pop("thread", "thread-1")))
        route: dict[str, Any] = {
            "channel": Channel(channel),
            "account_id": AccountId(accounts.get(channel, channel)),
            "peer": peers.get(channel, str(thread_id)),
        }
        fields: dict[str, Any] = {
            "occurred_at": self.now,
            "store_id": StoreId("aurora"),
            "reply_id": uuid4(),
            "conversation_id": uuid5(UUID(int=5), given.pop("conversation", "conversation-1")),
            "text": "Claro que sí.",
            "route": ReplyRoute(**route | given.pop("route", {})),
            "thread_id": thread_id,
            "language": "es",
        }
        return SendReply(**fields | given)

    def due(self, template: str, **given: Any) -> Due:
        """A notice whose turn it is, without a database."""
        recipient: dict[str, Any] = {
            "version": 1,
            "number": "#1001",
            "placed_at": self.now,
            "language": "en",
            "country": "GB",
            "name": "Ana Ruiz",
            "mail": "ana@buyer.example",
            "lines": self.lines(),
            "total": Money(amount=129_50 + 918_00 + 9_90, currency="EUR"),
        }
        facts: dict[str, Any] = {
            "at": self.now,
            "carrier": "dhl",
            "number": "JJD0099 9001-77",
            "tracking_url": "https://track.example/es?n=JJD00999001&x=1",
            "silent_since": self.now - timedelta(days=3),
            "goods": (CaseLine(line_id="12", quantity=2),),
            "amount": Money(amount=1_234_50, currency="EUR"),
            "send_by": self.now + timedelta(days=14),
            "refund_due": self.now + timedelta(days=28),
        }
        fields: dict[str, Any] = {
            "notification_id": uuid4(),
            "store_id": StoreId("aurora"),
            "template": template,
            "channel": Channel("mail"),
            "version": 0,
            "correlation_id": uuid4(),
            "attempt": 1,
            "unknowns": 0,
            "occurred_at": self.now,
            "said_at": self.now,
            "created_at": self.now,
            "queued_at": self.now,
            "order_id": self.order_id(),
            "case_id": uuid5(UUID(int=3), "case-1"),
            "facts": Facts(**facts | given.pop("facts", {})),
            "recipient": Recipient(**recipient | given.pop("recipient", {})),
        }
        return Due(**fields | given)


@pytest.fixture
def make() -> Maker:
    """Makes messages."""
    return Maker()
