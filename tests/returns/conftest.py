"""Orders to give back, people who work a return, and a shop that keeps one refund per key."""

import asyncio
import hashlib
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID, uuid5

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from returns import api
from returns.app import read_policies
from returns.domain.policy import Policies
from returns.handlers import hearing, payments
from returns.settings import Settings
from shared import testing
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
from shared.stores import Stores

STORE = "aurora"
NAMESPACE = UUID("00000000-0000-4000-8000-000000000000")
PLACED = datetime(2026, 3, 1, 9, tzinfo=UTC)
TOKEN = "shpat-of-the-test"


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

    def shipped(self, version: int = 3) -> OrderShipped:
        return OrderShipped(
            order=self.order(),
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


class People:
    """The API as each caller sees it: `await people("warehouse").post(…)`; none: a stranger."""

    def __init__(self, application: FastAPI) -> None:
        self._transport = httpx.ASGITransport(application)

    def __call__(self, name: str | None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {name}"} if name else {}
        return httpx.AsyncClient(
            transport=self._transport, base_url="http://returns", headers=headers
        )


@pytest.fixture
def people(db: Database, policies: Policies) -> People:
    """Callers by role, one who serves another store, one who serves all."""
    return People(api.app(db, policies, _callers()))


Fault: TypeAlias = Callable[["Shop", dict[str, Any]], Awaitable[Response]]


@dataclass
class Shop:
    """A shop's Admin API as far as refunds go: one refund per key, whatever else goes wrong.

    `faults` are taken one a `refundCreate`, oldest first; `is_forgetful` shows no refunds.
    """

    url: str = ""
    transactions: list[dict[str, Any]] = field(default_factory=list)
    is_forgetful: bool = False
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)

    def application(self) -> FastAPI:
        app = FastAPI()

        @app.post("/admin/api/2026-10/graphql.json")
        async def graphql(request: Request) -> Response:
            question = await request.json()
            if request.headers.get("x-shopify-access-token") != TOKEN:
                return JSONResponse({"errors": "[API] Invalid API key"}, 401)
            variables = question["variables"]
            if "refundCreate" not in question["query"]:
                return JSONResponse({"data": {"order": self._order(variables["id"])}})
            assert "@idempotent(key: $key)" in question["query"]
            self.asked.append((variables["key"], variables["input"]))
            if self.faults:
                return await self.faults.popleft()(self, variables)
            return JSONResponse(self.refund(variables))

        return app

    def refund(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Make the refund, or find it by its key."""
        made = self.refunds.setdefault(
            variables["key"],
            {
                "id": f"gid://shopify/Refund/{900 + len(self.refunds)}",
                "note": variables["input"]["note"],
                "transactions": {"nodes": [{"status": "SUCCESS"}]},
            },
        )
        return {"data": {"refundCreate": {"refund": made, "userErrors": []}}}

    def payment(
        self,
        number: str,
        amount: str,
        *,
        kind: str = "SALE",
        status: str = "SUCCESS",
        parent: str | None = None,
    ) -> dict[str, Any]:
        """A transaction of the order."""
        gid = "gid://shopify/OrderTransaction/"
        return {
            "id": gid + number,
            "kind": kind,
            "status": status,
            "gateway": "bogus",
            "amountSet": {"presentmentMoney": {"amount": amount, "currencyCode": "EUR"}},
            "parentTransaction": {"id": gid + parent} if parent else None,
        }

    def _order(self, gid: str) -> dict[str, Any] | None:
        if not gid.startswith("gid://shopify/Order/5"):
            return None
        shown = [] if self.is_forgetful else list(self.refunds.values())
        transactions = self.transactions or [self.payment("1", "245.00")]
        return {"id": gid, "transactions": transactions, "refunds": shown}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Answer on loopback until `close`, or the end."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/admin/api/2026-10"
            config = uvicorn.Config(self.application(), log_config=None, lifespan="off", ws="none")
            self._server = uvicorn.Server(config)
            self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
            try:
                yield
            finally:
                await self.close()

    async def close(self) -> None:
        """Be away."""
        self._server.should_exit = self._server.force_exit = True
        await self._serving


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A shop on loopback."""
    shop = Shop()
    async with shop.opened():
        yield shop


@pytest.fixture
def stores_file(shop: Shop, tmp_path: Path) -> Path:
    """A stores file whose Shopify account is the shop."""
    (tmp_path / "token").write_text(TOKEN)
    file = tmp_path / "stores.yaml"
    file.write_text(
        f"""
stores:
  {STORE}:
    name: Aurora
    languages: [de, en]
    countries: [DE, US, JP]
    market: DE
    currency: EUR
    time_zone: Europe/Berlin
    accounts:
      - channel: shopify
        account_id: aurora.example
        webhook_secret: file:token
        access_token: file:token
        base_url: {shop.url}
"""
    )
    return file


@pytest.fixture
def stores(stores_file: Path) -> Stores:
    """The stores of the file."""
    return Stores.load(stores_file)
