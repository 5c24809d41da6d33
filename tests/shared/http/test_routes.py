"""The guard and the router agree on which route a request is for, whatever the routes."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI
from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.http.routes import Routes

segments = st.lists(
    st.sampled_from(["a", "b", "{x}", "{n:int}", "{u:uuid}", "{p:path}"]), max_size=3, unique=True
)
methods = st.sets(st.sampled_from(["GET", "POST"]), min_size=1)
tables = st.lists(st.tuples(segments, methods, st.integers(0, 2)), min_size=3, max_size=9)
paths = st.lists(st.sampled_from(["a", "b", "7", "", str(UUID(int=3)), "a%2Fb"]), max_size=4)


def telling(template: str) -> Callable[[], Awaitable[str]]:
    async def answer() -> str:
        return template

    return answer


@settings(max_examples=300)
@given(table=tables, path=paths, method=st.sampled_from(["GET", "POST"]))
def test_the_guard_judges_the_very_route_that_answers(
    table: list[tuple[list[str], set[str], int]], path: list[str], method: str
) -> None:
    """Were another template judged than the router picks, a private route could be public."""
    app = FastAPI(redirect_slashes=False)
    routers = [app.router, APIRouter(prefix="/a"), APIRouter(prefix="/{q}")]
    for parts, allowed, where in table:
        template = "/" + "/".join(parts)
        whole = ("", "/a", "/a/{q}")[where] + template
        routers[where].add_api_route(template, telling(whole), methods=sorted(allowed))
    routers[1].include_router(routers[2])
    app.include_router(routers[1])
    seen: list[str | None] = []
    routes = Routes(app)

    async def spied(scope, receive, send):  # type: ignore[no-untyped-def]
        seen.append(routes.template(dict(scope)))
        await app(scope, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(spied)
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            url = httpx.URL("http://t", raw_path=("/" + "/".join(path)).encode())
            return await client.request(method, url)

    response = asyncio.run(ask())

    event(str(response.status_code))
    if response.status_code == 404:
        assert seen == [None]
    elif response.status_code == 200:
        assert seen == [response.json()]
    else:
        assert response.status_code == 405
        assert seen != [None]
