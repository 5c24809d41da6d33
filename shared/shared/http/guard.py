"""What stands before every route: the token, the body's limit, the clock of the metrics.

Plain ASGI, outermost but for the framework's own; nothing a route raises gets past it.
"""

import asyncio
import time
from collections.abc import Collection

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from shared import metrics
from shared.callers import Actor, Callers
from shared.http.problems import Problem, problem
from shared.http.routes import Routes

log = structlog.get_logger()

BODY_SECONDS = 30.0
"""Time a client has to send a whole body."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OURS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class TooLarge(HTTPException):
    """The body is larger than the limit; raised out of the reading of it."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"a body has at most {limit} octets")


_LIMIT = "max_body"


def allow_body(request: Request, octets: int) -> None:
    """Let this request's body have so many octets, whatever others may; before it is read."""
    request.scope["state"][_LIMIT] = octets


class Guard:
    """Lets a request through to a public route, or with the token of a caller."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Routes,
        public: Collection[str],
        callers: Callers,
        max_body: int,
    ) -> None:
        self._app = app
        self._routes = routes
        self._public = frozenset(public)
        self._callers = callers
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        template = self._routes.template(scope)
        kind = _Handshake if scope["type"] == "websocket" else _Exchange
        exchange = kind(scope, receive, send, template or "unmatched")
        exchange.max_body = self._max_body
        scope.setdefault("state", {})
        try:
            if template not in self._public:
                scope["state"]["actor"] = self._actor(scope)
            await self._app(scope, exchange.receive, exchange.send)
        except (ClientDisconnect, WebSocketDisconnect):
            pass  # nobody is there to be answered
        except Exception as error:  # noqa: BLE001 - the one place that answers for every route
            await exchange.fail(error)
        finally:
            exchange.observe()

    def _actor(self, scope: Scope) -> Actor:
        """The caller, or 401: on a path that does not exist too, strangers learn nothing."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        actor = self._callers.actor(token.strip()) if scheme.lower() == b"bearer" else None
        if actor is None:
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
        return actor


class _Exchange:
    """One HTTP request and its answer, as they pass by."""

    max_body = 0

    def __init__(self, scope: Scope, receive: Receive, send: Send, route: str) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._route = route
        self._begun = time.perf_counter()
        self._status: int | None = None
        self._received = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """Pass on what the client sends, while it keeps to the limits of size and time."""
        if self._is_complete:
            return await self._receive()
        self._refuse_declared()
        left = BODY_SECONDS - (time.perf_counter() - self._begun)
        try:
            async with asyncio.timeout(left):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "the body took too long") from None
        self._received += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._received > self._limit():
            raise TooLarge(self._limit())
        return message

    def _limit(self) -> int:
        """The route's own limit (see `allow_body`), else that of all."""
        own: int = self._scope["state"].get(_LIMIT, self.max_body)
        return own

    def _refuse_declared(self) -> None:
        declared = Headers(scope=self._scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self._limit():
            raise TooLarge(self._limit())

    async def send(self, message: Message) -> None:
        """Pass on what we answer, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = [*message.get("headers", ())]
            has = {name for name, _ in headers}
            headers.extend(ours for ours in _OURS if ours[0] not in has)
            message = {**message, "headers": headers}
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Answer for what was raised. Half an answer cannot be taken back: the server cuts it."""
        answer = problem(error, self._route)
        if self._status is not None:
            raise error
        await answer(self._scope, self._receive, self.send)

    def observe(self) -> None:
        """Count the request and its time, by template; `none` when nobody waited for an answer."""
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        _observe(method, self._route, self._status, self._begun)


class _Handshake(_Exchange):
    """One WebSocket: what counts for metrics is its opening."""

    _is_open = False

    async def receive(self) -> Message:
        """Pass on; the size of a frame is the server's to limit."""
        return await self._receive()

    async def send(self, message: Message) -> None:
        """Pass on, and keep what became of the handshake."""
        kind = message["type"]
        if self._status is None:
            statuses = {"websocket.accept": 101, "websocket.close": 403}
            self._status = message.get("status", statuses.get(kind))
            self._is_open = kind == "websocket.accept"
            _observe("websocket", self._route, self._status, self._begun)
        elif kind == "websocket.close":
            self._is_open = False
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Before it is open, answer as over HTTP; later, close with 1013 (try later) or 1011."""
        answer = problem(error, self._route)
        if self._is_open:
            code = 1013 if answer.status_code == 503 else 1011
            await self.send({"type": "websocket.close", "code": code})
        elif self._status is None:
            await self._deny(answer)

    async def _deny(self, answer: Problem) -> None:
        if "websocket.http.response" in self._scope.get("extensions", {}):
            await answer(self._scope, self._receive, self.send)
        else:
            await self.send({"type": "websocket.close", "code": 1008})

    def observe(self) -> None:
        """Nothing: it was counted when it opened."""


def _observe(method: str, route: str, status: int | None, begun: float) -> None:
    told = "none" if status is None else str(status)
    metrics.http_seconds.labels(method, route, told).observe(time.perf_counter() - begun)
