"""The shell: who gets in, what every error looks like, what is measured."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Body, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from hypothesis import event, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from structlog.testing import capture_logs

from shared import db
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind
from shared.errors import Refused, Unavailable
from shared.http import Caller, IdempotencyKey, require, shell
from shared.http.routes import Routes

TOKEN, _SHA256 = new_token()
AGENT = Actor(ActorKind.AGENT, "amina", Role.AGENT, frozenset({"aurora"}))
CALLERS = Callers([(_SHA256, AGENT)])
LIMIT = 1000

Client = httpx.AsyncClient


class Line(BaseModel):
    sku: str
    quantity: int


def unreachable() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def app() -> FastAPI:
    app = shell("test", public={"/open/{name}"}, callers=CALLERS, max_body=LIMIT)
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
    transport = httpx.ASGITransport(app)
    async with Client(transport=transport, base_url="http://meridian.test") as client:
        yield client


@pytest.fixture
def known(client: Client) -> Client:
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    return client


def counted(**labels: str) -> float:
    name = "meridian_http_request_duration_seconds_count"
    return REGISTRY.get_sample_value(name, labels) or 0.0


# Who gets in


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
@pytest.mark.parametrize(
    "path",
    [
        "/me",
        "/me/",
        "/leads",
        "/orders",
        f"/orders/{UUID(int=1)}/lines",
        "/open/a/b",
        "/open",
        "/files/a.txt",
        "/files",
        "/openapi.json",
        "/docs",
        "/nothing",
        "/",
        "//livez",
        "/livez/",
        "/METRICS",
        "/open/../me",
    ],
)
async def test_a_stranger_reads_401_wherever_he_knocks(
    client: Client, method: str, path: str
) -> None:
    answer = await client.request(method, httpx.URL("http://meridian.test", raw_path=path.encode()))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_private_route_within_a_public_template_stays_private(client: Client) -> None:
    assert (await client.get("/open/mine")).status_code == 401
    assert (await client.post("/open/mine")).status_code == 200  # the public route's own method


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {_SHA256}"],
)
async def test_only_the_token_itself_opens(client: Client, authorization: str) -> None:
    answer = await client.get("/me", headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert TOKEN not in answer.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_a_caller_gets_in_and_the_handler_knows_him(client: Client, scheme: str) -> None:
    answer = await client.get("/me", headers={"Authorization": f"{scheme} {TOKEN}"})

    assert answer.status_code == 200
    assert answer.json() == {"id": "amina"}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/open/anything"])
async def test_public_routes_need_no_token(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_a_public_route_does_not_look_at_authorization(client: Client) -> None:
    """Vendors put signatures there."""
    answer = await client.get("/open/shop", headers={"Authorization": "9f86d081884c"})

    assert answer.status_code == 200


async def test_a_caller_is_told_what_does_not_exist(known: Client) -> None:
    assert (await known.get("/nothing")).status_code == 404
    assert (await known.get("/me/")).status_code == 404
    wrong_method = await known.delete("/me")
    assert wrong_method.status_code == 405
    assert wrong_method.headers["allow"] == "GET"


async def test_without_callers_only_public_routes_answer() -> None:
    app = shell("test", callers=Callers())

    @app.get("/me")
    async def me() -> None: ...

    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/me", headers={"Authorization": "Bearer "})).status_code == 401
        assert (await client.get("/livez")).status_code == 200


async def test_a_handler_on_a_public_route_has_no_caller() -> None:
    app = shell("test", public={"/me"}, callers=CALLERS)

    @app.get("/me")
    async def me(caller: Caller) -> None: ...

    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/me")).status_code == 401


async def test_a_route_added_while_serving_stays_closed(app: FastAPI, client: Client) -> None:
    assert (await client.get("/livez")).status_code == 200

    @app.get("/late")
    async def late() -> None: ...

    assert (await client.get("/late")).status_code == 401


async def test_another_role_is_403(known: Client) -> None:
    assert (await known.post("/leads")).status_code == 403


async def test_every_route_is_closed_but_for_those_in_the_list(app: FastAPI) -> None:
    public = {"/open/{name}", "/livez", "/readyz", "/metrics"}
    routes = Routes(app).every()

    opened = {(method, template) for method, template in routes if template in public}
    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        for method, template in set(routes) - opened:
            path = template.replace("{order_id}", str(UUID(int=1)))
            for headers in ({}, {"Authorization": f"Bearer {new_token()[0]}"}):
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code == 401, (method, template)

    assert ("GET", "/orders/{order_id}/lines") in routes
    assert len(set(routes) - opened) == 10


segments = st.lists(
    st.sampled_from(["a", "b", "{x}", "{n:int}", "{u:uuid}", "{p:path}"]), max_size=3, unique=True
)
methods = st.sets(st.sampled_from(["GET", "POST"]), min_size=1)
tables = st.lists(st.tuples(segments, methods, st.integers(0, 2)), min_size=3, max_size=9)
paths = st.lists(st.sampled_from(["a", "b", "7", "", str(UUID(int=3)), "a%2Fb"]), max_size=4)


def telling(template: str) -> Callable[[], Awaitable[str]]:
    async def answer() -> str:
        return template

    return answer


@settings(max_examples=300, deadline=None)
@given(table=tables, path=paths, method=st.sampled_from(["GET", "POST"]))
def test_the_guard_judges_the_very_route_that_answers(
    table: list[tuple[list[str], set[str], int]], path: list[str], method: str
) -> None:
    """Were another template judged than the router picks, a private route could be public."""
    app = FastAPI(redirect_slashes=False)
    routers = [app.router, APIRouter(prefix="/a"), APIRouter(prefix="/{q}")]
    for parts, allowed, where in table:
        template = "/" + "/".join(parts)
        whole = ("", "/a", "/a/{q}")[where] + template
        routers[where].add_api_route(template, telling(whole), methods=sorted(allowed))
    routers[1].include_router(routers[2])
    app.include_router(routers[1])
    seen: list[str | None] = []
    routes = Routes(app)

    async def spied(scope, receive, send):  # type: ignore[no-untyped-def]
        seen.append(routes.template(dict(scope)))
        await app(scope, receive, send)

    async def ask() -> httpx.Response:
        async with Client(transport=httpx.ASGITransport(spied), base_url="http://t") as client:
            url = httpx.URL("http://t", raw_path=("/" + "/".join(path)).encode())
            return await client.request(method, url)

    response = asyncio.run(ask())

    event(str(response.status_code))
    if response.status_code == 404:
        assert seen == [None]
    elif response.status_code == 200:
        assert seen == [response.json()]
    else:
        assert response.status_code == 405
        assert seen != [None]


# What errors look like


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


async def test_a_database_that_is_away_is_503() -> None:
    app = shell("test", callers=CALLERS)
    who = db.login("test", f"postgresql://nobody@127.0.0.1:{unreachable()}/nothing")

    async with db.opened(who) as database:

        @app.get("/orders")
        async def orders() -> None:
            async with database.transaction():
                pass

        async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            answer = await client.get("/orders", headers={"Authorization": f"Bearer {TOKEN}"})

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
    assert "test_http.py" in line["frames"]
    assert "amina" not in str(line) + answer.text + str(answer.headers)


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


# Limits


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


# What is measured and said


async def test_requests_are_counted_by_template(known: Client) -> None:
    labels = {"method": "GET", "route": "/orders/{order_id}/lines", "status": "200"}
    before = counted(**labels)

    await known.get(f"/orders/{UUID(int=1)}/lines")
    await known.get(f"/orders/{UUID(int=2)}/lines")

    assert counted(**labels) - before == 2


async def test_what_strangers_make_up_makes_no_series(client: Client) -> None:
    labels = {"method": "other", "route": "unmatched", "status": "401"}
    before = counted(**labels)

    for number in range(5):
        await client.request(f"BREW{number}", f"/pot/{number}")

    assert counted(**labels) - before == 5
    assert "/pot/" not in (await client.get("/metrics")).text
    assert "BREW" not in (await client.get("/metrics")).text


async def test_every_answer_keeps_browsers_and_caches_careful(client: Client) -> None:
    for path in ("/livez", "/me", "/metrics"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


async def test_metrics_are_prometheus_text(client: Client) -> None:
    answer = await client.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "meridian_http_request_duration_seconds_bucket" in answer.text


@pytest.mark.parametrize(
    ("facts", "status"),
    [({"outbox_oldest_seconds": 0.1}, 200), ({"ready": False, "why": "no topics"}, 503)],
)
async def test_the_readiness_page_shows_the_facts(facts: dict[str, object], status: int) -> None:
    async def ready() -> dict[str, object]:
        return facts

    app = shell("test", callers=Callers(), ready=ready)
    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        answer = await client.get("/readyz")

    assert answer.status_code == status
    assert facts.items() <= answer.json().items()


async def test_a_service_without_its_database_is_alive_but_not_ready() -> None:
    async def ready() -> dict[str, object]:
        raise Unavailable("database")

    app = shell("test", callers=Callers(), ready=ready)
    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503


async def test_the_api_describes_itself_to_callers(known: Client) -> None:
    schema = (await known.get("/openapi.json")).json()

    assert "/orders" in schema["paths"]
    assert "/livez" not in schema["paths"]


async def test_half_an_answer_is_not_made_whole(app: FastAPI, known: Client) -> None:
    @app.get("/half")
    async def half() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"half"
            raise KeyError("the rest")

        return StreamingResponse(parts())

    with pytest.raises(KeyError):
        await known.get("/half")
