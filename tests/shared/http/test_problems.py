"""What every error looks like, and that it tells nobody what it should not."""

import socket
from collections.abc import AsyncIterator, Callable
from typing import Annotated

import httpx
import pytest
from fastapi import Body, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text as sql
from starlette.exceptions import HTTPException
from structlog.testing import capture_logs

from shared import db
from shared.callers import Callers
from shared.db import Database
from shared.errors import Refused, Unavailable
from shared.http import shell

Client = httpx.AsyncClient


def unreachable() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def failing(make: Callable[[], Exception]) -> Client:
    app = shell("test", public={"/fails"}, callers=Callers())

    @app.get("/fails")
    async def fails() -> None:
        raise make()

    return Client(transport=httpx.ASGITransport(app), base_url="http://meridian.test")


@pytest.mark.parametrize(
    ("make", "status", "body"),
    [
        (lambda: HTTPException(409, "taken"), 409, {"title": "Conflict", "detail": "taken"}),
        (lambda: HTTPException(404), 404, {"title": "Not Found"}),
        (lambda: HTTPException(499), 499, {"title": "Error"}),
        (
            lambda: HTTPException(409, {"agent_id": "amina", "status": 1}),  # type: ignore[arg-type]
            409,
            {"title": "Conflict", "agent_id": "amina"},
        ),
        (
            lambda: Refused("no such order"),
            422,
            {"title": "Unprocessable Entity", "detail": "no such order"},
        ),
        (
            lambda: Unavailable("database"),
            503,
            {"title": "Service Unavailable", "detail": "not possible for now"},
        ),
        (lambda: KeyError("amina@aurora.test"), 500, {"title": "Internal Server Error"}),
    ],
)
async def test_every_error_has_one_shape(
    make: Callable[[], Exception], status: int, body: dict[str, str]
) -> None:
    async with failing(make) as client:
        answer = await client.get("/fails")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told.pop("title") in (body["title"], "Unprocessable Content")
    assert told == {
        "type": "about:blank",
        "status": status,
        **{name: value for name, value in body.items() if name != "title"},
    }
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_headers_of_an_error_are_kept() -> None:
    async with failing(lambda: HTTPException(429, headers={"Retry-After": "7"})) as client:
        assert (await client.get("/fails")).headers["retry-after"] == "7"


async def test_a_database_that_is_away_is_503(token: str, callers: Callers) -> None:
    app = shell("test", callers=callers)
    who = db.login("test", f"postgresql://nobody@127.0.0.1:{unreachable()}/nothing")

    async with db.opened(who) as database:

        @app.get("/orders")
        async def orders() -> None:
            async with database.transaction():
                pass

        async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            answer = await client.get("/orders", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_a_bug_tells_the_log_where_and_nobody_what() -> None:
    with capture_logs() as logs:
        async with failing(lambda: KeyError("amina@aurora.test")) as client:
            answer = await client.get("/fails")

    (line,) = logs
    assert line["event"] == "request failed"
    assert line["error"] == "KeyError"
    assert line["path"] == "/fails"
    assert "test_problems.py" in line["frames"]
    assert "amina" not in str(line) + answer.text + str(answer.headers)


async def test_half_an_answer_is_not_made_whole(app: FastAPI, known: Client) -> None:
    @app.get("/half")
    async def half() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"half"
            raise KeyError("the rest")

        return StreamingResponse(parts())

    with pytest.raises(KeyError):
        await known.get("/half")


async def test_what_does_not_fit_is_told_without_repeating_it(known: Client) -> None:
    sent = [{"sku": "A-1", "quantity": "amina@aurora.test"}, {"quantity": 1}]

    answer = await known.post("/orders", json=sent)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    wrong = answer.json()["errors"]
    assert [(each["in"], each["pointer"]) for each in wrong] == [
        ("body", "/0/quantity"),
        ("body", "/1/sku"),
    ]
    assert "amina" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"null", b"[" * 900, b'{"a": NaN'])
async def test_a_body_that_is_no_json_is_a_problem_too(known: Client, body: bytes) -> None:
    answer = await known.post("/orders", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_path_that_does_not_fit_is_a_problem_too(known: Client) -> None:
    answer = await known.get("/orders/7/lines")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/order_id"


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (None, 422),
        ("short", 422),
        ("x" * 201, 422),
        ("with space", 422),
        ("12345678", 200),
        ("x" * 200, 200),
    ],
)
async def test_an_idempotency_key_has_bounds(known: Client, key: str | None, status: int) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}

    assert (await known.post("/agents", headers=headers)).status_code == status


async def test_a_character_that_cannot_be_kept_is_the_callers_mistake(counting: Database) -> None:
    app = shell("test", public={"/keep"}, callers=Callers())

    @app.post("/keep")
    async def keep(text: Annotated[str, Body(embed=True)]) -> None:
        async with counting.transaction() as tx:
            await tx.execute(sql("INSERT INTO counts (key, heard) VALUES (:k, 1)"), {"k": text})

    async with Client(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/keep", json={"text": "a\x00b"})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
