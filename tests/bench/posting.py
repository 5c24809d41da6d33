"""Requests over kept connections: a client library would cost more than the door it knocks at."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


def request(path: str, body: bytes, secret: str | None = None) -> bytes:
    """A POST, signed as Meta's platforms do where there is a secret."""
    sign = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() if secret else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={sign}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Door:
    """One address, and as many connections to it as requests are under way."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, one: bytes) -> None:
        """Return when it is answered 200. Raises `RuntimeError` with the head otherwise."""
        # The server closes what was idle for some seconds.
        self._idle = [(reader, writer) for reader, writer in self._idle if not reader.at_eof()]
        reader, writer = (
            self._idle.pop()
            if self._idle
            else await asyncio.open_connection("127.0.0.1", self._port)
        )
        writer.write(one)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        self._idle.append((reader, writer))

    def close(self) -> None:
        """End the connections."""
        for _, writer in self._idle:
            writer.close()


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[Door]:
    """A door on loopback."""
    door = Door(port)
    try:
        yield door
    finally:
        door.close()
