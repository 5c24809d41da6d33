"""The shell behind the real server: sockets, streams and WebSockets."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from prometheus_client import REGISTRY
from starlette.types import Message
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from shared import service
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind
from shared.errors import Unavailable
from shared.http import Caller, shell

TOKEN, _SHA256 = new_token()
AGENT = Actor(ActorKind.AGENT, "amina", Role.AGENT, frozenset({"aurora"}))
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LIMIT = 100_000


@pytest.fixture
def app() -> FastAPI:
    app = shell(
        "wire",
        public={"/open", "/chat/{account_id}", "/broken", "/away"},
        callers=Callers([(_SHA256, AGENT)]),
        max_body=LIMIT,
    )

    @app.post("/open")
    async def open_(request: Request) -> int:
        return len(await request.body())

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"half"
            raise KeyError("the rest")

        return StreamingResponse(parts())

    @app.websocket("/chat/{account_id}")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        while True:
            await socket.send_text(await socket.receive_text())

    @app.websocket("/desk")
    async def desk(socket: WebSocket, caller: Caller) -> None:
        await socket.accept()
        await socket.send_text(caller.id)

    @app.websocket("/broken")
    async def broken(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()
        raise KeyError("amina@aurora.test")

    @app.websocket("/away")
    async def away(socket: WebSocket, after: bool = False) -> None:
        if after:
            await socket.accept()
        raise Unavailable("database")

    return app


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """Host and port of the real server with the application."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = asyncio.Event()
    serving = asyncio.create_task(service.serve(app, "127.0.0.1", port, stop))
    async with asyncio.timeout(10):
        while not await is_listening(port):
            assert not serving.done()
    yield f"127.0.0.1:{port}"
    stop.set()
    await serving


async def is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        await asyncio.sleep(0)
        return False
    writer.close()
    await writer.wait_closed()
    return True


@pytest.fixture
async def client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=10) as client:
        yield client


def opened(route: str, status: str) -> float:
    name = "meridian_http_request_duration_seconds_count"
    labels = {"method": "websocket", "route": route, "status": status}
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_nothing_tells_what_serves(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/nothing", "/open"):
        headers = (await client.get(path)).headers
        assert "server" not in headers
        assert not any("uvicorn" in value.lower() for value in headers.values())


async def test_a_body_that_streams_over_the_limit_is_cut_off(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 10_000

    answer = await client.post("/open", content=chunks())

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.post("/open", content=b"x" * LIMIT)).json() == LIMIT


async def test_a_declared_length_over_the_limit_is_refused_before_it_comes(address: str) -> None:
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))

    writer.write(b"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
    async with asyncio.timeout(5):
        status = await reader.readline()

    assert b" 413 " in status
    writer.close()
    await writer.wait_closed()


async def test_an_answer_that_breaks_midway_is_cut(client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/half", headers=BEARER)


async def test_a_host_header_made_up_does_no_harm(client: httpx.AsyncClient) -> None:
    for host in ("[", "a b", "evil.test:99999999", ""):
        answer = await client.post("/open", headers={"Host": host}, content=b"x")
        assert answer.status_code in (200, 400)


async def test_a_public_socket_needs_no_token(address: str) -> None:
    before = opened("/chat/{account_id}", "101")

    async with connect(f"ws://{address}/chat/web") as chat:
        await chat.send("مرحبا")
        assert await chat.recv() == "مرحبا"

    assert opened("/chat/{account_id}", "101") - before == 1


async def test_any_other_socket_needs_one(address: str) -> None:
    for path in ("/desk", "/nothing", "/me"):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://{address}{path}"):
                pass
        assert refused.value.response.status_code == 401
        assert b"about:blank" in refused.value.response.body

    async with connect(f"ws://{address}/desk", additional_headers=BEARER) as desk:
        assert await desk.recv() == "amina"


async def test_a_caller_is_told_that_a_socket_does_not_exist(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://{address}/nothing", additional_headers=BEARER):
            pass

    assert refused.value.response.status_code in (403, 404)


async def test_a_socket_whose_handler_breaks_is_closed_as_a_bug(address: str) -> None:
    with capture_logs() as logs:
        async with connect(f"ws://{address}/broken") as broken:
            await broken.send("hello")
            with pytest.raises(ConnectionClosedError) as closed:
                await broken.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    bug = next(line for line in logs if line["event"] == "request failed")
    assert "amina" not in str(bug)


async def test_a_socket_whose_database_is_away_may_try_later(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://{address}/away"):
            pass
    assert refused.value.response.status_code == 503

    async with connect(f"ws://{address}/away?after=1") as away:
        with pytest.raises(ConnectionClosedError) as closed:
            await away.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


async def test_a_client_who_leaves_midway_is_no_error(app: FastAPI) -> None:
    events: list[Message] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return events.pop(0)

    async def send(message: Message) -> None:
        pytest.fail(f"answered {message}")

    with capture_logs() as logs:
        await app(
            {
                "type": "http",
                "method": "POST",
                "path": "/open",
                "headers": [],
                "query_string": b"",
                "extensions": {},
            },
            receive,
            send,
        )

    assert logs == []


async def test_a_customer_who_closes_is_no_error(app: FastAPI) -> None:
    events: list[Message] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.disconnect", "code": 1006},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return events.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs() as logs:
        await app(
            {"type": "websocket", "path": "/chat/web", "headers": [], "query_string": b""},
            receive,
            send,
        )

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
    assert logs == []
