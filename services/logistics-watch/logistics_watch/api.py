"""The front door for carriers' webhooks, and shipments for those who may see them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, HTTPException, Query, Request, Response

from logistics_watch.carriers.aftership.webhook import is_authentic
from logistics_watch.domain.parcel import BEFORE_SHIPPING
from logistics_watch.domain.shipment import Shipment
from logistics_watch.handlers import webhooks
from logistics_watch.store import scans, shipments
from logistics_watch.store.numbers import NumberKey
from shared import clock
from shared.callers import Callers
from shared.db import Database
from shared.http import Caller, Ready, shell
from shared.stores import AfterShipAccount, Stores
from shared.webhooks import Delivery, Scheme, receive

PUBLIC = frozenset({"/hooks/aftership/{account_id}"})


def app(db: Database, stores: Stores, callers: Callers, ready: Ready) -> FastAPI:
    """The HTTP application."""
    api = shell("logistics-watch", public=PUBLIC, callers=callers, ready=ready)

    @api.post("/hooks/aftership/{account_id}")
    async def aftership(account_id: str, request: Request) -> Response:
        """A webhook of AfterShip: 200 once it is kept."""
        account = stores.account("aftership", account_id)

        async def keep(delivery: Delivery, _: Any) -> None:
            assert isinstance(account, AfterShipAccount)  # noqa: S101 - `receive` answered 404 else
            async with db.transaction() as tx:
                await webhooks.take_aftership(tx, delivery, account, clock.now())

        found = account if isinstance(account, AfterShipAccount) else None
        return await receive(request, account=found, scheme=Scheme(is_authentic), keep=keep)

    @api.get("/shipments/{shipment_id}")
    async def shipment(shipment_id: UUID, actor: Caller) -> dict[str, Any]:
        """One shipment with its scans, oldest first."""
        async with db.transaction() as tx:
            found = await shipments.by_id(tx, actor.stores, shipment_id)
            if found is None:
                raise HTTPException(404)
            key = NumberKey(found.store_id, found.carrier, found.number)
            since = found.shipped_at - BEFORE_SHIPPING
            history = await scans.history(tx, key, since)
        return {**shown(found), "scans": history}

    @api.get("/shipments")
    async def of_order(actor: Caller, order_id: Annotated[UUID, Query()]) -> list[dict[str, Any]]:
        """The shipments of an order, oldest first; none for an order of another store."""
        async with db.transaction() as tx:
            found = await shipments.of_order(tx, actor.stores, order_id)
        return [shown(each) for each in found]

    return api


def shown(shipment: Shipment) -> dict[str, Any]:
    """A shipment as callers read it."""
    parcel = shipment.parcel
    return {
        "shipment_id": shipment.shipment_id,
        "store_id": shipment.store_id,
        "order_id": shipment.order_id,
        "case_id": shipment.case_id,
        "purpose": shipment.purpose,
        "carrier": shipment.carrier,
        "number": shipment.number,
        "tracking_url": shipment.tracking_url,
        "buyer_country": shipment.buyer_country,
        "shipped_at": shipment.shipped_at,
        "is_watched": shipment.is_watched,
        "unwatched_because": shipment.unwatched_because,
        "is_cancelled": shipment.is_cancelled,
        "milestone": parcel.milestone,
        "exception_kind": parcel.exception_kind,
        "heard_at": parcel.heard_at,
        "delivered_at": parcel.delivered_at,
        "alarms": sorted(parcel.alarms),
        "due_at": shipment.due_at,
        "version": shipment.version,
    }
