"""The head of a request: how large it may be, and how long it may take.

uvicorn by itself waits for the end of a head for ever and takes it in whatever its size, from
anybody. The body has its limits in `guard`.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 30.0
"""Time a client has for a whole head, and for the first octet of a connection."""
HEAD_OCTETS = 64 * 1024
"""Octets of a head above which no more of it is read; the last piece that is read may exceed it."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n"


class Heads(HttpToolsProtocol):
    """One connection; it is closed where a head takes too long, or is too large (431)."""

    _waiting: asyncio.TimerHandle | None = None
    _octets = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and count what belongs to a head that is not complete."""
        super().data_received(data)
        if self._waiting is None or self.transport.is_closing():
            return
        self._octets += len(data)
        if self._octets > HEAD_OCTETS:
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """A head is complete."""
        self._wait_no_more()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._octets = 0
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
