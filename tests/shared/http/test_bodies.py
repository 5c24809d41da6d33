"""How much of a body is read, from whom and how long."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

LIMIT = 1000  # the application's max_body

Client = httpx.AsyncClient


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
async def test_a_body_has_a_limit(client: Client, size: int, status: int) -> None:
    answer = await client.post("/open/a", content=b"x" * size)

    assert answer.status_code == status


async def test_the_limit_holds_while_the_body_streams(client: Client) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * LIMIT:
            sent += 100
            yield b"x" * 100

    answer = await client.post("/open/a", content=endless())

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert sent <= LIMIT + 200


async def test_a_declared_length_that_lies_does_not_help(client: Client) -> None:
    answer = await client.post("/open/a", content=b"x" * 2 * LIMIT, headers={"Content-Length": "9"})

    assert answer.status_code == 413


async def test_the_limit_holds_where_the_framework_reads_the_body(known: Client) -> None:
    answer = await known.post("/orders", json=[{"sku": "x" * LIMIT, "quantity": 1}])

    assert answer.status_code == 413


async def test_a_stranger_cannot_make_us_read(client: Client) -> None:
    async def untouched() -> AsyncIterator[bytes]:
        pytest.fail("the body was read before the token")
        yield b""

    assert (await client.post("/orders", content=untouched())).status_code == 401


async def test_a_body_that_dribbles_is_given_up(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.http.guard.BODY_SECONDS", 0.05)

    async def dribble() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async with asyncio.timeout(5):
        answer = await client.post("/open/a", content=dribble())

    assert answer.status_code == 408
