"""A shop that keeps one refund per key, whatever else goes wrong with it."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from shared.stores import Stores
from tests.loopback import Server

TOKEN = "shpat-of-the-test"

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
            self._server = Server(self.application(), patience=0)
            self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
            try:
                yield
            finally:
                await self.close()

    async def close(self) -> None:
        """Be away."""
        self._server.end()
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
  aurora:
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
