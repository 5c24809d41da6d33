"""The virus scanner: clamd, by its INSTREAM command (clamd(8), "INSTREAM")."""

import asyncio
import struct

from shared.errors import Unavailable

_PIECE = 64 * 1024
_PATIENCE = 60.0


class Scanner:
    """A clamd that listens on TCP."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def is_clean(self, octets: bytes) -> bool:
        """Whether the scanner finds nothing. Raises `Unavailable`: unscanned is not clean."""
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await self._ask(octets)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as why:
            raise Unavailable("the virus scanner") from why
        if answer.endswith(b"OK"):
            return True
        if answer.endswith(b"FOUND"):
            return False
        raise Unavailable("the virus scanner gives no verdict")

    async def _ask(self, octets: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(b"zINSTREAM\0")
            for at in range(0, len(octets), _PIECE):
                piece = octets[at : at + _PIECE]
                writer.write(struct.pack(">I", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            return (await reader.readuntil(b"\0")).rstrip(b"\0").strip()
        finally:
            writer.close()
