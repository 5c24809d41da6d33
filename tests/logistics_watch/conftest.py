"""Two stores, messages to hear, and the service as processes."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from aiokafka.errors import KafkaError

from deploy.local.ports import free_port
from deploy.local.processes import Process
from logistics_watch.settings import Settings
from shared import testing
from shared.bus import Record
from shared.bus import kafka as clients
from shared.contracts.base import (
    AccountId,
    Address,
    Channel,
    ContactId,
    Message,
    Money,
    OrderId,
    StoreId,
)
from shared.contracts.intake import (
    Buyer,
    Fulfilment,
    Order,
    OrderCancelled,
    OrderLine,
    OrderShipped,
)
from shared.contracts.logistics_watch import ExceptionKind, Milestone, ScanRecorded
from shared.db import Database
from shared.settings import KafkaSettings
from shared.stores import Stores

STORES_YAML = """
stores:
  aurora:
    name: Aurora
    languages: [es, en]
    countries: [ES, DE]
    market: ES
    currency: EUR
    time_zone: Europe/Madrid
    accounts:
      - channel: aftership
        account_id: aurora
        webhook_secret: ["env:AURORA_HOOK", "env:AURORA_HOOK_OLD"]
        api_key: env:AURORA_KEY
        base_url: "{base_url}"
  borealis:
    name: Borealis
    languages: [ja]
    countries: [JP]
    market: JP
    currency: JPY
    time_zone: Asia/Tokyo
    accounts:
      - channel: aftership
        account_id: borealis
        webhook_secret: env:BOREALIS_HOOK
        api_key: env:BOREALIS_KEY
        base_url: "{base_url}"
      - channel: aftership
        account_id: borealis-off
        webhook_secret: env:NOT_SET
        api_key: env:NOT_SET_EITHER
"""
ENVIRON = {
    "AURORA_HOOK": "new-secret",
    "AURORA_HOOK_OLD": "old-secret",
    "AURORA_KEY": "aurora-key",
    "BOREALIS_HOOK": "borealis-secret",
    "BOREALIS_KEY": "borealis-key",
}


@pytest.fixture
def make_stores(tmp_path: Path) -> Callable[[str], Stores]:
    """Load two stores whose AfterShip accounts lead to a base URL."""

    def make(base_url: str) -> Stores:
        path = tmp_path / "stores.yaml"
        path.write_text(STORES_YAML.replace("{base_url}", base_url), "utf-8")
        return Stores.load(path, environ=ENVIRON)

    return make


@pytest.fixture
def stores(make_stores: Callable[[str], Stores]) -> Stores:
    """Two stores, for accounts that nobody calls."""
    return make_stores("http://127.0.0.1:9/t")


@pytest.fixture
async def watch(database: Callable[[str], Awaitable[Database]]) -> Database:
    """The service's database, empty but for its tables."""
    return await database("logistics-watch")


@pytest.fixture
def settings() -> Settings:
    """Settings as shipped, but impatient."""
    return Settings(
        aggregator_timeout=timedelta(seconds=2), registration_longest_pause=timedelta(seconds=2)
    )


@pytest.fixture
def now() -> datetime:
    """This moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def order_id_of(name: str) -> OrderId:
    return OrderId(uuid5(UUID(int=0), name))


Shipped = Callable[..., OrderShipped]
Cancelled = Callable[..., OrderCancelled]
Scanned = Callable[..., ScanRecorded]


def _order(order_id: OrderId, fulfilment: Fulfilment | None, now: datetime, **given: Any) -> Order:
    price = Money(amount=1990, currency="EUR")
    return Order(
        order_id=order_id,
        account_id=AccountId("aurora.myshopify.com"),
        channel=Channel("shopify"),
        external_id="4711",
        number="#1001",
        placed_at=now - timedelta(days=2),
        buyer=Buyer(contact_id=ContactId(UUID(int=7)), name="Ana", mail="ana@example.org"),
        language=given.get("language", "es"),
        ship_to=Address(country=given.get("country", "ES"), name="Ana"),
        lines=(OrderLine(line_id="1", title="Ring", quantity=1, price=price, shop_price=price),),
        total=price,
        shop_total=price,
        fulfilments=(fulfilment,) if fulfilment else (),
    )


@pytest.fixture
def shipped(now: datetime) -> Shipped:
    """Make an OrderShipped; what matters may be given."""

    def make(order: str = "order-1", **given: Any) -> OrderShipped:
        order_id = order_id_of(order)
        shipped_at = given.get("shipped_at", now - timedelta(days=1))
        fulfilment = Fulfilment(
            fulfilment_id=given.get("fulfilment_id", "f-1"),
            carrier=given.get("carrier", "DHL Express"),
            number=given.get("number", "1234567890"),
            shipped_at=shipped_at,
            line_ids=given.get("line_ids", ("1",)),
        )
        return OrderShipped(
            occurred_at=now,
            store_id=StoreId(given.get("store_id", "aurora")),
            version=given.get("version", 2),
            order_id=order_id,
            order=_order(order_id, fulfilment, now, **given),
            fulfilment_id=fulfilment.fulfilment_id,
            carrier=fulfilment.carrier,
            number=fulfilment.number or "",
        )

    return make


@pytest.fixture
def order_cancelled(now: datetime) -> Cancelled:
    """Make an OrderCancelled."""

    def make(order: str = "order-1", version: int = 3) -> OrderCancelled:
        order_id = order_id_of(order)
        return OrderCancelled(
            occurred_at=now,
            store_id=StoreId("aurora"),
            version=version,
            order_id=order_id,
            order=_order(order_id, None, now),
        )

    return make


@pytest.fixture
def scanned(now: datetime) -> Scanned:
    """Make a ScanRecorded of so many hours ago."""

    def make(
        hours_ago: float,
        milestone: Milestone,
        kind: ExceptionKind | None = None,
        **given: Any,
    ) -> ScanRecorded:
        return ScanRecorded(
            occurred_at=now - timedelta(hours=hours_ago),
            store_id=StoreId(given.get("store_id", "aurora")),
            version=0,
            carrier=given.get("carrier", "dhl"),
            number=given.get("number", "1234567890"),
            milestone=milestone,
            exception_kind=kind,
            account_id=AccountId("aurora"),
            code=given.get("code", milestone.value),
            location="Madrid",
        )

    return make


def process(
    name: str, command: str, database_url: str, kafka: KafkaSettings, folder: Path, **env: str
) -> Process:
    port = free_port()
    variable = "STREAM_HTTP_PORT" if command == "stream" else "HTTP_PORT"
    return Process(
        name=name,
        command=[sys.executable, "-m", "logistics_watch", command],
        log=folder / f"{name}.log",
        env={
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
            "KAFKA_PARTITIONS": str(kafka.partitions),
            "KAFKA_INSTANCE_ID": name,
            f"LOGISTICS_WATCH_{variable}": str(port),
            **env,
        },
        ready=f"http://127.0.0.1:{port}/readyz",
    )


@pytest.fixture
def make_process() -> Callable[..., Process]:
    """Describe a process of the service; `ready` is the address of its readiness page."""
    return process


@pytest.fixture
def own_process(database_url: str, kafka: KafkaSettings, tmp_path: Path) -> Callable[..., Process]:
    """The same on this test's database and topics; its logs go to `tmp_path`."""

    def make(name: str, command: str, **env: str) -> Process:
        return process(name, command, database_url, kafka, tmp_path, **env)

    return make


class Speaker:
    """Says messages on Kafka as another process would, in order, each acknowledged."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Speaker"]:
        self._producer = clients.producer(self._kafka, "test")
        await self._producer.start()
        try:
            yield self
        finally:
            await clients.within(10, self._producer.stop())

    async def say(self, messages: Sequence[Message]) -> None:
        """Say messages of different keys; what the broker does not take is said again.

        Said again under the same id, as the relay does it, so that it counts once.
        """
        left = [testing.record(message, offset=0) for message in messages]
        while left:
            sends = [asyncio.ensure_future(self._acknowledged(record)) for record in left]
            await asyncio.wait(sends, timeout=30)
            left = [record for record, send in zip(left, sends, strict=True) if _failed(send)]

    async def _acknowledged(self, record: Record) -> None:
        await (await self.send(record.topic, record.key, record.value, record.headers))

    async def send(self, topic: str, key: Any, value: Any, headers: Any) -> Any:
        return await self._producer.send(
            self._kafka.topic_prefix + topic, value=value, key=key, headers=list(headers)
        )


def _failed(send: asyncio.Future[None]) -> bool:
    if not send.done():
        send.cancel()
        return True
    return isinstance(send.exception(), KafkaError)


@pytest.fixture
def speaker() -> type[Speaker]:
    """`async with speaker(kafka).open() as it: await it.say(messages)`."""
    return Speaker
