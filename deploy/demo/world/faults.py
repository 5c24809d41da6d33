"""Servers that misbehave on request: slow, broken, or silent after having done the work."""

import asyncio

from fastapi import APIRouter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.demo.world.shapes import Fault, Kind


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, server: str) -> Fault | None:
        """Return the fault that the request at hand meets, and count it."""
        for fault in self.waiting:
            if fault.server == server:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault.model_copy()
        return None

    def routes(self) -> APIRouter:
        """Routes by which a test asks for faults."""
        router = APIRouter(prefix="/world/faults", tags=["world"])

        @router.post("", status_code=204)
        async def add(fault: Fault) -> None:
            self.waiting.append(fault)

        @router.get("")
        async def show() -> list[Fault]:
            return self.waiting

        @router.delete("", status_code=204)
        async def clear() -> None:
            self.waiting.clear()

        return router


class FaultyServers:
    """ASGI middleware: the first part of the path names the server that may fail."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or fail to."""
        server = scope["path"].split("/")[1] if scope["type"] == "http" else "world"
        fault = None if server == "world" else self._faults.take(server)
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind is Kind.ERROR:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"out of order"})
        else:
            answer: list[Message] = []

            async def hold(message: Message) -> None:
                answer.append(message)

            await self._app(scope, receive, hold)
            if fault.kind is Kind.DROP:
                await _break_off(send)
                return
            await asyncio.sleep(fault.seconds)
            for message in answer:
                await send(message)


async def _break_off(send: Send) -> None:
    # Promising more than is sent makes the server close the connection in the middle of the answer.
    headers = [(b"content-length", b"1000"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
