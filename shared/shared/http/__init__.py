"""The HTTP shell of every service: probes, metrics, callers, errors in one shape.

Safe by default: every path and WebSocket needs a bearer token, but for the templates in the
written list of public routes. Public besides: `/livez`, `/readyz`, `/metrics`.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from shared.callers import Actor, Callers
from shared.http.guard import Guard, TooLarge
from shared.http.problems import RETRY_AFTER, Problem, answer
from shared.http.routes import Routes

__all__ = ["Caller", "IdempotencyKey", "Problem", "TooLarge", "actor", "require", "shell"]

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
MAX_BODY = 1024 * 1024
"""Octets of a request's body, unless a shell says otherwise."""

Ready = Callable[[], Awaitable[dict[str, Any]]]
"""Facts for `/readyz`; raises, or tells `"ready": False`, when the service can do no work."""


def shell(
    name: str,
    *,
    public: Collection[str] = (),
    callers: Callers,
    ready: Ready | None = None,
    max_body: int = MAX_BODY,
) -> FastAPI:
    """Make the application; the service adds its routes before the first request.

    `public` holds path templates as the routes write them, e.g. `/hooks/{channel}/{account_id}`.
    """
    app = FastAPI(
        title=f"Meridian {name}",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: answer, RequestValidationError: answer},
    )
    app.add_middleware(
        Guard,
        routes=Routes(app),
        public=PROBES.union(public),
        callers=callers,
        max_body=max_body,
    )
    _add_probes(app, ready)
    return app


def _add_probes(app: FastAPI, ready: Ready | None) -> None:
    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        """The process answers."""
        return JSONResponse({"status": "alive"})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        """The service can do its work; 503 with the same facts when it cannot."""
        facts = await ready() if ready is not None else {}
        if facts.get("ready", True):
            return JSONResponse({**facts, "status": "ready"})
        return Problem(503, extra=facts, headers={"Retry-After": str(RETRY_AFTER)})

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Prometheus's text format."""
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def actor(connection: HTTPConnection) -> Actor:
    """The caller of this request; 401 on a public route, where nobody is known."""
    found = getattr(connection.state, "actor", None)
    if not isinstance(found, Actor):
        raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
    return found


def require(actor: Actor, *roles: str) -> None:
    """Answer 403 unless the caller has one of these roles; no role implies another."""
    if actor.role not in roles:
        raise HTTPException(403, "this needs another role")


Caller = Annotated[Actor, Depends(actor)]

IdempotencyKey = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$"),
]
"""The client's own key for one act: sent again, the act is not done again."""
