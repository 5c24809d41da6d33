"""What was told to whom, for people and services: no address, no text."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, HTTPException, Query

from notify.store import listing
from shared.callers import Callers
from shared.db import Database
from shared.http import Caller, Ready, shell


def app(db: Database, callers: Callers, ready: Ready) -> FastAPI:
    """The HTTP application."""
    api = shell("notify", callers=callers, ready=ready)

    @api.get("/notifications/{notification_id}")
    async def notification(notification_id: UUID, actor: Caller) -> dict[str, Any]:
        """One notification: what it is, how far it came, and why not further."""
        async with db.transaction() as tx:
            found = await listing.one(tx, notification_id, sorted(actor.stores))
        if found is None:
            raise HTTPException(404)
        return found

    @api.get("/notifications")
    async def of_order(actor: Caller, order_id: Annotated[UUID, Query()]) -> list[dict[str, Any]]:
        """What an order's buyer was told, oldest first; nothing for an order of another store."""
        async with db.transaction() as tx:
            return await listing.of_order(tx, order_id, sorted(actor.stores))

    return api
