"""Which route template a request will reach, known before anything of the request is read."""

import re
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette._utils import get_route_path
from starlette.routing import Mount, WebSocketRoute, compile_path
from starlette.types import Scope


class _Route(NamedTuple):
    template: str
    path: re.Pattern[str]
    methods: frozenset[str] | None


class Routes:
    """The application's routes, in the order in which its router tries them."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._tables: dict[str, list[_Route]] | None = None

    def template(self, scope: Scope) -> str | None:
        """The template of the route that will answer, `None` when none will.

        As in the router, a route that only lacks the method counts when no other fits: it
        answers 405. Routes added after the first request are not seen, so they stay closed.
        """
        if self._tables is None:
            self._tables = self._read()
        path, partial = get_route_path(scope), None
        for route in self._tables[scope["type"]]:
            if route.path.match(path):
                if route.methods is None or scope["method"] in route.methods:
                    return route.template
                partial = partial or route.template
        return partial

    def every(self) -> list[tuple[str, str]]:
        """All routes as (method, template), `websocket` for sockets: what a test walks through."""
        http, sockets = self._read().values()
        found = [(method, each.template) for each in http for method in each.methods or {"GET"}]
        return sorted(found) + [("websocket", each.template) for each in sockets]

    def _read(self) -> dict[str, list[_Route]]:
        tables: dict[str, list[_Route]] = {"http": [], "websocket": []}
        for context in iter_route_contexts(self._app.routes):
            if context.path is None:
                continue
            original = context.original_route
            is_mount = isinstance(original, Mount)
            tail = "/{path:path}" if is_mount else ""
            methods = frozenset(context.methods) if context.methods else None
            route = _Route(context.path, compile_path(context.path + tail)[0], methods)
            if is_mount or not isinstance(original, WebSocketRoute):
                tables["http"].append(route)
            if is_mount or isinstance(original, WebSocketRoute):
                tables["websocket"].append(route)
        return tables
