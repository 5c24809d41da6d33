"""What is connected to is the address that was looked at, whatever a name leads to later."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from intake.clients import reaching
from intake.clients.fetching import Fetcher, is_public
from intake.clients.reaching import addresses_of, public_only
from shared.errors import Refused, Unavailable
from tests.intake.doors.test_smtp_tls import certify
from tests.loopback import serving

PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Has every name lead to the next of these lists of addresses, the last for ever."""
    looked_up: list[str] = []

    def lead_to(*answers: list[str]) -> list[str]:
        waiting: Iterator[list[str]] = iter(answers)
        now = [answers[-1]]

        async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
            looked_up.append(host)
            now[0] = next(waiting, answers[-1])
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in now[0]]

        monkeypatch.setattr("anyio.getaddrinfo", getaddrinfo)
        return looked_up

    return lead_to


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1",
     "fd00::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"],
)  # fmt: skip
async def test_no_address_of_our_own_network_is_public(
    names: Callable[..., Any], address: str
) -> None:
    names([PUBLIC, address])

    with pytest.raises(Refused):
        await addresses_of("cdn.example", 443)


async def test_a_name_that_leads_elsewhere_when_it_is_connected_to_is_refused(
    names: Callable[..., list[str]],
) -> None:
    asked: list[str] = []
    app = FastAPI()

    @app.get("/{path:path}")
    async def anything(path: str) -> str:
        asked.append(path)
        return "secret"

    async def may_be_asked(url: str) -> bool:
        await is_public(url)
        return False

    async with serving(app) as base:
        port = base.rpartition(":")[2]
        looked_up = names([PUBLIC], ["127.0.0.1"])
        fetcher = Fetcher()
        with pytest.raises(Refused):
            await fetcher.get(f"https://cdn.example:{port}/a", may_be_asked, most=10)
        await fetcher.close()

    assert looked_up == ["cdn.example", "cdn.example"]
    assert asked == []


async def test_a_name_is_connected_to_where_it_leads_and_asked_by_its_name(
    names: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "_is_public", lambda _: True)  # there is no other network here
    app = FastAPI()

    @app.get("/")
    async def host(request: Request) -> str:
        return request.headers["host"]

    async with serving(app) as base, public_only(httpx.AsyncClient(timeout=2)) as http:
        port = base.rpartition(":")[2]
        looked_up = names(["127.0.0.2", "127.0.0.1"], [PUBLIC])
        answer = await http.get(f"http://cdn.example:{port}/")

    assert answer.json() == f"cdn.example:{port}"
    assert looked_up == ["cdn.example"]


async def test_its_certificate_must_be_for_the_name_that_was_asked_for(
    names: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reaching, "_is_public", lambda _: True)
    names(["127.0.0.1"])
    chain, key = certify(tmp_path, "cdn.example")
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(chain, key)
    wanted: list[str] = []
    shown.sni_callback = lambda _, name, __: wanted.append(name or "")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        await writer.drain()
        writer.close()

    trusting = ssl.create_default_context(cafile=str(chain))
    async with (
        await asyncio.start_server(answer, "127.0.0.1", 0, ssl=shown) as server,
        public_only(httpx.AsyncClient(timeout=5, verify=trusting)) as http,
    ):
        port = server.sockets[0].getsockname()[1]
        assert (await http.get(f"https://cdn.example:{port}/")).text == "hi"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await http.get(f"https://other.example:{port}/")

    assert wanted == ["cdn.example", "other.example"]


async def test_a_name_that_is_none_is_asked_again_later() -> None:
    with pytest.raises(Unavailable):
        await addresses_of(f"{'a' * 70}.example", 443)


async def test_a_resolver_that_is_away_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr("anyio.getaddrinfo", getaddrinfo)
    monkeypatch.setattr(reaching, "_PATIENCE", 0.01)

    with pytest.raises(Unavailable):
        await addresses_of("cdn.example", 443)
