"""Heads of requests on real sockets: what is endless in size or time is cut off."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from shared import service
from shared.callers import Callers
from shared.http import heads, shell
from shared.testing import eventually

BEGUN = b"GET /livez HTTP/1.1\r\nHost: a.example\r\n"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> AsyncIterator[int]:
    monkeypatch.setattr(heads, "HEAD_SECONDS", 0.3)
    app: FastAPI = shell("heads", public=(), callers=Callers())
    stop = asyncio.Event()
    serving = asyncio.create_task(service.serve(app, "127.0.0.1", unused_tcp_port, stop))

    async def is_open() -> bool:
        return (await said(unused_tcp_port, BEGUN + b"\r\n")).startswith(b"HTTP/1.1 200")

    await eventually(is_open)
    yield unused_tcp_port
    stop.set()
    await serving


async def said(port: int, *pieces: bytes) -> bytes:
    """What is answered until the server closes, or says nothing more for a second."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    try:
        async with asyncio.timeout(10):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read(100)
    except ConnectionError:
        return b"cut"
    finally:
        writer.close()


@pytest.mark.parametrize("begun", [b"", b"G", BEGUN, BEGUN + b"X-A: 1\r\n"])
async def test_a_head_that_does_not_end_is_not_waited_for(port: int, begun: bytes) -> None:
    assert await said(port, begun) == b""


@pytest.mark.parametrize(
    "piece", [b"a" * 8192, b"a: b\r\n" * 1000, b"X-" + b"a" * 8192 + b": b\r\n"]
)
async def test_a_head_that_is_too_large_is_not_taken_in(port: int, piece: bytes) -> None:
    answer = await said(port, BEGUN + b"X-A: ", *[piece] * 4096)

    assert answer == b"cut" or b" 431 " in answer or b" 400 " in answer


async def test_other_heads_may_be_large_and_come_one_after_the_other(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        for _ in range(3):
            answer = await client.get("/livez", headers={"x-a": "a" * 60_000})
            assert answer.status_code == 200
            await asyncio.sleep(0.4)  # longer than a head may take
    assert (await said(port, BEGUN, b"\r\n")).startswith(b"HTTP/1.1 200")
