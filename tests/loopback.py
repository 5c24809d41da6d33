"""An ASGI application on loopback within a test, gone as soon as the test is through with it."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn


class Server(uvicorn.Server):
    """uvicorn that ends at once: by itself it looks every 0.1 s, and then waits 0.1 s more.

    Requests at hand have `patience` seconds to finish.
    """

    def __init__(self, app: Any, *, patience: float = 1.0) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, lifespan="off"))
        self._patience = patience
        self._over = asyncio.Event()

    def end(self) -> None:
        """Have it end; whoever awaits `serve` is told when it has."""
        self._over.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the test run's."""
        yield

    async def main_loop(self) -> None:
        """Serve until `end`."""
        await self.on_tick(0)
        await self._over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new, see out who is there."""
        for server in self.servers:
            server.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        until = time.monotonic() + self._patience
        while (state.connections or state.tasks) and time.monotonic() < until:
            await asyncio.sleep(0.002)
        for task in state.tasks:
            task.cancel()
        await asyncio.sleep(0)


@asynccontextmanager
async def serving(app: Any, port: int = 0) -> AsyncIterator[str]:
    """Serve it; gives `http://127.0.0.1:…`, which answers from then on."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        server = Server(app)
        its = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.end()
            await its
