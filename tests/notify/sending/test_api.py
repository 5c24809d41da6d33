"""Who may see what was told to whom."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from notify import api
from shared.callers import Actor, Callers, Role
from shared.contracts.base import ActorKind

CALLERS = {
    "aurora": frozenset({"aurora"}),
    "borealis": frozenset({"borealis"}),
    "everywhere": frozenset({"*"}),
}


@pytest.fixture
async def client(office: Any) -> AsyncIterator[httpx.AsyncClient]:
    callers = Callers(
        [
            (
                hashlib.sha256(name.encode()).hexdigest(),
                Actor(ActorKind.AGENT, name, Role.AGENT, stores),
            )
            for name, stores in CALLERS.items()
        ]
    )

    async def ready() -> dict[str, Any]:
        return {}

    transport = httpx.ASGITransport(app=api.app(office.db, callers, ready))
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
        yield client


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


async def test_an_order_shows_what_its_buyer_was_told_without_address_or_text(
    office: Any, make: Any, client: httpx.AsyncClient
) -> None:
    await office.start()
    await office.hear(make.placed())
    row = await office.ended("order_confirmation", "sent")

    answer = await client.get(
        "/notifications", params={"order_id": str(make.order_id())}, headers=bearer("aurora")
    )

    assert answer.status_code == 200
    (shown,) = answer.json()
    assert shown["notification_id"] == str(row["notification_id"])
    assert (shown["template"], shown["state"], shown["language"]) == (
        "order_confirmation",
        "sent",
        "es",
    )
    assert "buyer.example" not in answer.text
    assert "Ana" not in answer.text


@pytest.mark.parametrize(
    ("name", "status", "count"),
    [("aurora", 200, 1), ("everywhere", 200, 1), ("borealis", 404, 0)],
)
async def test_only_who_has_the_store_sees_it(
    office: Any, make: Any, client: httpx.AsyncClient, name: str, status: int, count: int
) -> None:
    await office.hear(make.placed())
    (row,) = await office.find()

    one = await client.get(f"/notifications/{row['notification_id']}", headers=bearer(name))
    of_order = await client.get(
        "/notifications", params={"order_id": str(make.order_id())}, headers=bearer(name)
    )

    assert one.status_code == status
    assert len(of_order.json()) == count


@pytest.mark.parametrize("headers", [{}, bearer("nobody"), {"Authorization": "Basic YTpi"}])
async def test_nobody_sees_anything_without_a_token(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for path in ("/notifications", f"/notifications/{uuid4()}"):
        assert (await client.get(path, headers=headers)).status_code == 401


async def test_what_is_not_there_or_no_id_is_told_apart(client: httpx.AsyncClient) -> None:
    there = await client.get(f"/notifications/{uuid4()}", headers=bearer("everywhere"))
    odd = await client.get("/notifications/12", headers=bearer("everywhere"))

    assert (there.status_code, odd.status_code) == (404, 422)
