"""Orders to give back, and people who work a return."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from returns import api
from returns.app import read_policies
from returns.domain.policy import Policies
from returns.handlers import hearing, payments
from returns.settings import Settings
from shared import clock, testing
from shared.bus.answering import Answering
from shared.callers import Actor, Callers, Role
from shared.contracts.base import ActorKind, Address, ContactId, Message, Money, RefundId
from shared.contracts.intake import (
    Buyer,
    Fulfilment,
    Order,
    OrderCancelled,
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
    Payment,
)
from shared.contracts.logistics_watch import Purpose, ShipmentDelivered
from shared.db import Database

STORE = "aurora"
NAMESPACE = UUID("00000000-0000-4000-8000-000000000000")
PLACED = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Story:
    """One order and its parcel, as other services tell of them; events by the name of a class."""

    number: str = "#1001"
    store_id: str = STORE
    country: str | None = "DE"
    external_id: str = "5001"
    quantity: int = 2
    price: int = 12_000
    delivery: int = 500
    currency: str = "EUR"
    is_custom_made: bool = False
    is_paid: bool = True
    version: int = 1

    @property
    def order_id(self) -> UUID:
        return uuid5(NAMESPACE, f"{self.store_id}/{self.number}")

    @property
    def total(self) -> int:
        return self.quantity * self.price + self.delivery

    def order(self, **facts: Any) -> Order:
        """The whole order; the buyer's money and the shop's are the same."""
        total = Money(amount=self.total, currency=self.currency)
        price = Money(amount=self.price, currency=self.currency)
        return Order(
            **{
                "order_id": self.order_id,
                "account_id": "aurora.example",
                "channel": "shopify",
                "external_id": self.external_id,
                "number": self.number,
                "placed_at": PLACED,
                "buyer": Buyer(
                    contact_id=ContactId(uuid5(NAMESPACE, "buyer")), name="Erika Muster"
                ),
                "language": "de",
                "ship_to": Address(country=self.country) if self.country else None,
                "lines": (
                    OrderLine(
                        line_id="ring",
                        title="Ring",
                        quantity=self.quantity,
                        price=price,
                        shop_price=price,
                        is_custom_made=self.is_custom_made,
                    ),
                ),
                "total": total,
                "shop_total": total,
                "payments": (Payment(payment_id="1", amount=total, shop_amount=total),)
                if self.is_paid
                else (),
                "fulfilments": (Fulfilment(fulfilment_id="1", number="A1", line_ids=("ring",)),),
                **facts,
            }
        )

    def _facts(self, version: int) -> dict[str, Any]:
        return {
            "occurred_at": PLACED,
            "store_id": self.store_id,
            "order_id": self.order_id,
            "version": version,
        }

    def placed(self, version: int = 1, **facts: Any) -> OrderPlaced:
        return OrderPlaced(order=self.order(**facts), **self._facts(version))

    def paid(self, version: int = 2, **facts: Any) -> OrderPaid:
        return OrderPaid(order=self.order(**facts), **self._facts(version))

    def shipped(self, version: int = 3, **facts: Any) -> OrderShipped:
        return OrderShipped(
            order=self.order(**facts),
            fulfilment_id="1",
            carrier="DHL",
            number="A1",
            **self._facts(version),
        )

    def cancelled(self, version: int = 4) -> OrderCancelled:
        return OrderCancelled(order=self.order(is_cancelled=True), **self._facts(version))

    def refunded(
        self,
        amount: int,
        *,
        refund_id: UUID | None = None,
        external_id: str = "900",
        version: int = 9,
        **facts: Any,
    ) -> OrderRefunded:
        money = Money(amount=amount, currency=self.currency)
        return OrderRefunded(
            order=self.order(**facts),
            external_refund_id=external_id,
            amount=money,
            shop_amount=money,
            refund_id=RefundId(refund_id) if refund_id else None,
            **self._facts(version),
        )

    def delivered(self, at: datetime, *, version: int = 5, **facts: Any) -> ShipmentDelivered:
        return ShipmentDelivered(
            **{
                "occurred_at": at,
                "store_id": self.store_id,
                "version": version,
                "shipment_id": uuid5(NAMESPACE, f"{self.order_id}/A1"),
                "purpose": Purpose.OUTBOUND,
                "carrier": "dhl",
                "number": "A1",
                "order_id": self.order_id,
                **facts,
            }
        )


@pytest.fixture
def story() -> type[Story]:
    """Orders to tell of."""
    return Story


@pytest.fixture
async def db(database: Callable[[str], Awaitable[Database]]) -> Database:
    """The database of returns."""
    return await database("returns")


Hear: TypeAlias = Callable[..., Awaitable[None]]


@pytest.fixture
def hear(db: Database) -> Hear:
    """`await hear(message, …)`: as one poll of the bus brings them, in this order."""
    answering = Answering(
        db=db,
        consumer="returns",
        hears={
            OrderPlaced: hearing.on_orders,
            OrderPaid: hearing.on_orders,
            OrderShipped: hearing.on_orders,
            OrderCancelled: hearing.on_orders,
            OrderRefunded: payments.on_order_refunded,
            ShipmentDelivered: hearing.on_shipments_delivered,
        },
    )
    offset = iter(range(1_000_000))

    async def hear_(*messages: Message) -> None:
        await answering.answer([testing.record(one, offset=next(offset)) for one in messages])
        letters = await testing.rows(db, "SELECT kind, why FROM dead_letters")
        assert letters == []

    return hear_


@pytest.fixture
async def delivered(hear: Hear) -> Story:
    """An order whose goods arrived three days ago."""
    order, now = Story(), clock.now()
    await hear(
        order.paid(placed_at=now - timedelta(days=9)), order.delivered(now - timedelta(days=3))
    )
    return order


@pytest.fixture
def policies() -> Policies:
    """The policy file as it ships."""
    return read_policies(Settings())


def _callers() -> Callers:
    people: dict[str, tuple[Role, frozenset[str]]] = {
        **{role.value: (role, frozenset({STORE})) for role in Role},
        "finance-2": (Role.FINANCE, frozenset({STORE})),
        "elsewhere": (Role.ADMIN, frozenset({"borealis"})),
        "everywhere": (Role.ADMIN, frozenset({"*"})),
    }
    return Callers(
        [
            (hashlib.sha256(name.encode()).hexdigest(), Actor(ActorKind.AGENT, name, role, stores))
            for name, (role, stores) in people.items()
        ]
    )


Caller: TypeAlias = Callable[[str | None], httpx.AsyncClient]


@dataclass(frozen=True)
class People:
    """Callers: `async with people("warehouse") as warehouse: …`; None is one without a token."""

    caller: Caller

    def __call__(self, name: str | None) -> httpx.AsyncClient:
        return self.caller(name)

    async def open(self, order: Story, **body: Any) -> dict[str, Any]:
        """An agent opens a case about an order: everything that is left, unless told otherwise."""
        named = {"store_id": order.store_id, "order_id": str(order.order_id), **body}
        async with self("agent") as agent:
            key = {"Idempotency-Key": str(uuid4())}
            answer = await agent.post("/cases", json=named, headers=key)
        assert answer.status_code == 201, answer.text
        case: dict[str, Any] = answer.json()
        return case

    async def act(self, who: str | None, case: Any, step: str, **body: Any) -> httpx.Response:
        """Somebody takes a step, without a key."""
        async with self(who) as caller:
            return await caller.post(f"/cases/{case['case_id']}/{step}", json=body or None)

    async def inspected(self, order: Story, **body: Any) -> dict[str, Any]:
        """A case whose goods came back and were accepted."""
        case = await self.open(order, **body)
        received = await self.act("warehouse", case, "receive")
        accepted = await self.act("appraiser", case, "inspect", grade="A", is_accepted=True)
        assert (received.status_code, accepted.status_code) == (200, 200)
        return case


@pytest.fixture
def people_at() -> Callable[[str], People]:
    """Callers of a service at a URL."""

    def people_at_(url: str) -> People:
        def caller(name: str | None) -> httpx.AsyncClient:
            token = {"Authorization": f"Bearer {name}"}
            return httpx.AsyncClient(base_url=url, headers=token, trust_env=False, timeout=10)

        return People(caller)

    return people_at_


@pytest.fixture
def people(db: Database, policies: Policies) -> People:
    """Callers by role, one who serves another store, one who serves all."""
    transport = httpx.ASGITransport(api.app(db, policies, _callers()))

    def caller(name: str | None) -> httpx.AsyncClient:
        token = {"Authorization": f"Bearer {name}"} if name else {}
        return httpx.AsyncClient(transport=transport, base_url="http://returns", headers=token)

    return People(caller)
