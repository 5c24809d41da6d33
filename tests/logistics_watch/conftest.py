"""Two stores, AfterShip's API as a real server on loopback, and messages to hear."""

import asyncio
import json
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from deploy.local.ports import free_port
from deploy.local.processes import Process
from logistics_watch.settings import Settings
from shared import testing
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
from shared.stores import AfterShipAccount, Stores

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


class AfterShipWorld:
    """AfterShip's Tracking API as far as it is used: it knows what was registered.

    `answers` are given first, in order: a status with body and headers, or "hang".
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.known: dict[tuple[str, str | None], str] = {}
        self.answers: deque[tuple[int, Any, dict[str, str]] | str] = deque()
        self.released = asyncio.Event()
        self.detects = "dhl-germany"
        self.tells_slug_of_known = True
        self.base_url = ""
        self.app = FastAPI()
        self.app.add_api_route("/t/trackings", self.create, methods=["POST"])
        self.app.add_api_route("/t/trackings", self.find, methods=["GET"])

    async def create(self, request: Request) -> Response:
        body = await request.json()
        self.calls.append({"key": request.headers.get("as-api-key"), **body})
        if self.answers:
            answer = self.answers.popleft()
            if answer == "hang":
                await self.released.wait()
                return Response(status_code=500)
            assert not isinstance(answer, str)
            status, content, headers = answer
            text = content if isinstance(content, str) else json.dumps(content)
            return Response(text, status, headers, "application/json")
        number, slug = body["tracking_number"], body.get("slug") or self.detects
        if (number, slug) in self.known:
            data = {"tracking_number": number}
            if self.tells_slug_of_known:
                data["slug"] = slug
            return self.refusal(4003, "Tracking already exists.", data)
        self.known[number, slug] = uuid4().hex
        data = {"id": self.known[number, slug], "tracking_number": number, "slug": slug}
        return Response(
            json.dumps({"meta": {"code": 201}, "data": data}), 201, media_type="application/json"
        )

    async def find(self, request: Request) -> Response:
        wanted = request.query_params["tracking_numbers"]
        found = [
            {"tracking_number": number, "slug": slug}
            for number, slug in self.known
            if number == wanted
        ]
        body = {"meta": {"code": 200}, "data": {"trackings": found}}
        return Response(json.dumps(body), media_type="application/json")

    @staticmethod
    def refusal(code: int, message: str, data: dict[str, Any] | None = None) -> Response:
        meta = {"code": code, "message": message, "type": "BadRequest"}
        body = json.dumps({"meta": meta, "data": data or {}})
        return Response(body, 400, media_type="application/json")


@pytest.fixture
async def world() -> AsyncIterator[AfterShipWorld]:
    """AfterShip's API on a free loopback port."""
    world = AfterShipWorld()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(world.app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    )
    world.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/t"
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield world
    finally:
        world.released.set()
        server.should_exit = True
        await serving
        listener.close()


@pytest.fixture
def stores_path(tmp_path: Path) -> Path:
    """The stores file, for accounts that nobody calls."""
    path = tmp_path / "stores.yaml"
    path.write_text(STORES_YAML.replace("{base_url}", "http://127.0.0.1:9/t"), "utf-8")
    return path


@pytest.fixture
def stores(stores_path: Path) -> Stores:
    """Two stores."""
    return Stores.load(stores_path, environ=ENVIRON)


@pytest.fixture
def stores_of_world(world: AfterShipWorld, tmp_path: Path) -> Stores:
    """Two stores whose accounts lead to the stand-in."""
    path = tmp_path / "world.yaml"
    path.write_text(STORES_YAML.replace("{base_url}", world.base_url), "utf-8")
    return Stores.load(path, environ=ENVIRON)


@pytest.fixture
def account(stores_of_world: Stores) -> AfterShipAccount:
    """Aurora's account at the stand-in."""
    found = stores_of_world.account("aftership", "aurora")
    assert isinstance(found, AfterShipAccount)
    return found


@pytest.fixture
async def watch(database: Callable[[str], Awaitable[Database]]) -> Database:
    """The service's database, empty but for its tables."""
    return await database("logistics-watch")


@pytest.fixture
def settings() -> Settings:
    """Settings as shipped, but impatient."""
    return Settings(
        aggregator_timeout=timedelta(seconds=0.5), registration_longest_pause=timedelta(seconds=2)
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
        sends = []
        for message in messages:
            record = testing.record(message, offset=0)
            sends.append(await self.send(record.topic, record.key, record.value, record.headers))
        await asyncio.gather(*sends)

    async def send(self, topic: str, key: Any, value: Any, headers: Any) -> Any:
        return await self._producer.send(
            self._kafka.topic_prefix + topic, value=value, key=key, headers=list(headers)
        )


@pytest.fixture
def speaker() -> type[Speaker]:
    """`async with speaker(kafka).open() as it: await it.say(messages)`."""
    return Speaker
