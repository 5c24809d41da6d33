"""Shipments for callers: with a token, and only of their stores."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from logistics_watch import api
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.domain.shipment import shipment_id
from logistics_watch.handlers import orders
from logistics_watch.settings import Settings
from shared import testing
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind
from shared.contracts.intake import OrderShipped
from shared.db import Database
from shared.stores import Stores


@pytest.fixture
def tokens() -> dict[str, tuple[str, str]]:
    return {name: new_token() for name in ("aurora", "borealis", "*")}


@pytest.fixture
async def client(
    watch: Database, stores: Stores, tokens: dict[str, tuple[str, str]]
) -> AsyncIterator[httpx.AsyncClient]:
    callers = Callers(
        [
            (sha, Actor(ActorKind.AGENT, name, Role.AGENT, frozenset({name})))
            for name, (_, sha) in tokens.items()
        ]
    )

    async def ready() -> dict[str, Any]:
        return {}

    transport = httpx.ASGITransport(api.app(watch, stores, callers, ready))
    async with httpx.AsyncClient(transport=transport, base_url="http://watch") as client:
        yield client


@pytest.fixture
async def order(watch: Database, shipped: Callable[..., OrderShipped]) -> OrderShipped:
    order = shipped()
    async with watch.transaction() as tx:
        await orders.on_order_shipped(
            order, tx, stalls=Settings().stalls(), sites=TrackingSites.load()
        )
    await testing.rows(watch, _SCAN)
    return order


_SCAN = """
    INSERT INTO scans
        (store_id, carrier, number, occurred_at, code, account_id, milestone, description)
    VALUES ('aurora', 'dhl', '1234567890', now(), 'InTransit_001', 'aurora', 'in_transit', 'Hi')
"""


@pytest.mark.parametrize(
    ("caller", "status"), [("aurora", 200), ("*", 200), ("borealis", 404), (None, 401)]
)
async def test_a_shipment_is_shown_to_those_of_its_store(
    client: httpx.AsyncClient,
    order: OrderShipped,
    tokens: dict[str, tuple[str, str]],
    caller: str | None,
    status: int,
) -> None:
    wanted = shipment_id(order.store_id, order.order_id, "dhl", "1234567890")
    headers = {"authorization": f"Bearer {tokens[caller][0]}"} if caller else {}

    answer = await client.get(f"/shipments/{wanted}", headers=headers)

    assert answer.status_code == status
    if status == 200:
        found = answer.json()
        assert found["order_id"] == str(order.order_id)
        assert found["milestone"] == "label_created"
        assert [scan["description"] for scan in found["scans"]] == ["Hi"]


@pytest.mark.parametrize(("caller", "count"), [("aurora", 1), ("borealis", 0)])
async def test_an_orders_shipments_are_those_of_the_callers_stores(
    client: httpx.AsyncClient,
    order: OrderShipped,
    tokens: dict[str, tuple[str, str]],
    caller: str,
    count: int,
) -> None:
    headers = {"authorization": f"Bearer {tokens[caller][0]}"}

    answer = await client.get(
        "/shipments", params={"order_id": str(order.order_id)}, headers=headers
    )

    assert answer.status_code == 200
    assert len(answer.json()) == count


async def test_what_does_not_exist_or_is_no_id_is_told_so(
    client: httpx.AsyncClient, tokens: dict[str, tuple[str, str]]
) -> None:
    headers = {"authorization": f"Bearer {tokens['*'][0]}"}

    missing = await client.get(f"/shipments/{uuid4()}", headers=headers)
    odd = await client.get("/shipments/x", headers=headers)
    unasked = await client.get("/shipments", headers=headers)

    assert [answer.status_code for answer in (missing, odd, unasked)] == [404, 422, 422]
