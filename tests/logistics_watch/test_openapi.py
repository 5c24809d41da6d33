"""Logistics-watch's own OpenAPI document, walked through by strangers' inputs on a real socket."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from logistics_watch import api
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.domain.shipment import shipment_id
from logistics_watch.handlers import orders
from logistics_watch.settings import Settings
from shared.contracts.intake import OrderShipped
from shared.db import Database
from shared.stores import Stores
from tests.openapi import CALLERS, served, walk


async def test_whatever_comes_is_answered_as_the_document_says_and_never_with_a_failure(
    watch: Database, stores: Stores, shipped: Callable[..., OrderShipped]
) -> None:
    order = shipped()
    async with watch.transaction() as tx:
        await orders.on_order_shipped(
            order, tx, stalls=Settings().stalls(), sites=TrackingSites.load()
        )
    watched = shipment_id(order.store_id, order.order_id, "dhl", "1234567890")
    known = {
        "shipment_id": [str(watched), str(uuid4())],
        "order_id": [str(order.order_id), str(uuid4())],
    }

    async def ready() -> dict[str, Any]:
        return {}

    async with served(api.app(watch, stores, CALLERS, ready)) as url:
        answers, _ = await walk(url, known=known)

    assert {200, 404, 422} <= {status for _, status in answers}
