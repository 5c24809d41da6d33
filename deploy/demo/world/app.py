"""Put the world together: one HTTP application and one SMTP server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from deploy.demo.world.aftership import AfterShip
from deploy.demo.world.faults import Faults, FaultyServers
from deploy.demo.world.mails import Mailboxes, smtp_server
from deploy.demo.world.page import page
from deploy.demo.world.shapes import Sent, Try
from deploy.demo.world.shopify import Shopify
from deploy.demo.world.webhooks import Webhooks
from deploy.demo.world.whatsapp import WhatsApp
from shared.stores import Account, AfterShipAccount, ShopifyAccount, Stores, WhatsAppAccount

A = TypeVar("A", bound=Account)


class Again(BaseModel):
    """Which webhooks of before are sent once more: all of them, or those of one sender."""

    sender: str | None = None


def application(stores: Stores, *, intake: str, logistics: str, smtp_port: int) -> FastAPI:
    """The world for these stores; `intake` and `logistics` are the URLs the vendors tell.

    The SMTP server lives as long as the application.
    """
    webhooks, faults = Webhooks(), Faults()
    mailboxes = Mailboxes(faults)
    whatsapp = WhatsApp(_accounts(stores, WhatsAppAccount), intake, webhooks)
    aftership = AfterShip(_accounts(stores, AfterShipAccount), logistics, webhooks)
    shopify = Shopify(_accounts(stores, ShopifyAccount), intake, webhooks)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        smtp = await smtp_server(mailboxes, smtp_port)
        yield
        smtp.close()
        await webhooks.close()

    app = FastAPI(title="The world outside Meridian", lifespan=lifespan)
    for part in (whatsapp, aftership, shopify, mailboxes, faults):
        app.include_router(part.routes())
    app.add_middleware(FaultyServers, faults=faults)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def show() -> str:
        trackings = list(aftership.trackings.values())
        return page(mailboxes.mails, whatsapp.phones, trackings, shopify.repayments)

    @app.get("/livez", include_in_schema=False)
    async def live() -> str:
        return "ok"

    @app.get("/world/webhooks", tags=["world"])
    async def sent() -> list[Sent]:
        return webhooks.sent

    @app.post("/world/webhooks/again", tags=["world"])
    async def again(which: Again) -> list[Try]:
        chosen = [each for each in webhooks.sent if which.sender in (None, each.sender)]
        return await webhooks.send_again(chosen)

    return app


def _accounts(stores: Stores, kind: type[A]) -> dict[str, A]:
    return {
        account.account_id: account
        for store in stores.stores.values()
        for account in store.accounts
        if isinstance(account, kind)
    }
