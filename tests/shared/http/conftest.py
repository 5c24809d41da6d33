"""An application in the shell with routes of every kind, a stranger and a known caller."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Body, FastAPI, Request, Response
from pydantic import BaseModel
from starlette.routing import Mount, Route

from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind
from shared.http import Caller, IdempotencyKey, require, shell

TOKEN, _SHA256 = new_token()
AGENT = Actor(ActorKind.AGENT, "amina", Role.AGENT, frozenset({"aurora"}))
LIMIT = 1000

Client = httpx.AsyncClient


class Line(BaseModel):
    sku: str
    quantity: int


@pytest.fixture
def token() -> str:
    """The agent's token."""
    return TOKEN


@pytest.fixture
def callers() -> Callers:
    """One agent is known."""
    return Callers([(_SHA256, AGENT)])


@pytest.fixture
def app(callers: Callers) -> FastAPI:
    """An application with a route of every kind: open, private, by role, nested, mounted."""
    app = shell("test", public={"/open/{name}"}, callers=callers, max_body=LIMIT)
    router = APIRouter(prefix="/orders")
    nested = APIRouter(prefix="/{order_id}")

    @app.get("/open/mine")
    async def mine() -> str:
        return "private"

    @app.get("/open/{name}")
    @app.post("/open/{name}")
    async def open_(name: str, request: Request) -> int:
        return len(await request.body())

    @app.get("/me")
    async def me(caller: Caller) -> dict[str, str]:
        return {"id": caller.id}

    @app.post("/leads")
    async def leads(caller: Caller) -> None:
        require(caller, "lead", "admin")

    @app.post("/agents")
    async def agents(caller: Caller, key: IdempotencyKey) -> str:
        require(caller, "agent")
        return key

    @router.post("")
    async def order(lines: Annotated[list[Line], Body()]) -> int:
        return len(lines)

    @nested.get("/lines")
    async def lines(order_id: UUID) -> str:
        return str(order_id)

    router.include_router(nested)
    app.include_router(router)
    app.routes.append(Mount("/files", routes=[Route("/{path:path}", lambda _: Response("a file"))]))
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[Client]:
    """A stranger at the application's door."""
    transport = httpx.ASGITransport(app)
    async with Client(transport=transport, base_url="http://meridian.test") as client:
        yield client


@pytest.fixture
def known(client: Client, token: str) -> Client:
    """The same client, with the agent's token."""
    client.headers["Authorization"] = f"Bearer {token}"
    return client
