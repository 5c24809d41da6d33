"""Who gets into an application in the shell, and who does not."""

import hashlib
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from shared.callers import Callers, new_token
from shared.http import Caller, shell
from shared.http.routes import Routes

Client = httpx.AsyncClient


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
@pytest.mark.parametrize(
    "path",
    [
        "/me",
        "/me/",
        "/leads",
        "/orders",
        f"/orders/{UUID(int=1)}/lines",
        "/open/a/b",
        "/open",
        "/files/a.txt",
        "/files",
        "/openapi.json",
        "/docs",
        "/nothing",
        "/",
        "//livez",
        "/livez/",
        "/METRICS",
        "/open/../me",
    ],
)
async def test_a_stranger_reads_401_wherever_he_knocks(
    client: Client, method: str, path: str
) -> None:
    answer = await client.request(method, httpx.URL("http://meridian.test", raw_path=path.encode()))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_private_route_within_a_public_template_stays_private(client: Client) -> None:
    assert (await client.get("/open/mine")).status_code == 401
    assert (await client.post("/open/mine")).status_code == 200  # the public route's own method


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic {token}", "{token}", "Bearer {token}x", "Bearer {sha256}"],
)
async def test_only_the_token_itself_opens(client: Client, token: str, authorization: str) -> None:
    sha256 = hashlib.sha256(token.encode()).hexdigest()  # what is kept of it

    given = authorization.format(token=token, sha256=sha256)
    answer = await client.get("/me", headers={"Authorization": given})

    assert answer.status_code == 401
    assert token not in answer.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_a_caller_gets_in_and_the_handler_knows_him(
    client: Client, token: str, scheme: str
) -> None:
    answer = await client.get("/me", headers={"Authorization": f"{scheme} {token}"})

    assert answer.status_code == 200
    assert answer.json() == {"id": "amina"}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/open/anything"])
async def test_public_routes_need_no_token(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_a_public_route_does_not_look_at_authorization(client: Client) -> None:
    """Vendors put signatures there."""
    answer = await client.get("/open/shop", headers={"Authorization": "9f86d081884c"})

    assert answer.status_code == 200


async def test_a_caller_is_told_what_does_not_exist(known: Client) -> None:
    assert (await known.get("/nothing")).status_code == 404
    assert (await known.get("/me/")).status_code == 404
    wrong_method = await known.delete("/me")
    assert wrong_method.status_code == 405
    assert wrong_method.headers["allow"] == "GET"


async def test_without_callers_only_public_routes_answer() -> None:
    app = shell("test", callers=Callers())

    @app.get("/me")
    async def me() -> None: ...

    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/me", headers={"Authorization": "Bearer "})).status_code == 401
        assert (await client.get("/livez")).status_code == 200


async def test_a_handler_on_a_public_route_has_no_caller(callers: Callers) -> None:
    app = shell("test", public={"/me"}, callers=callers)

    @app.get("/me")
    async def me(caller: Caller) -> None: ...

    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/me")).status_code == 401


async def test_a_route_added_while_serving_stays_closed(app: FastAPI, client: Client) -> None:
    assert (await client.get("/livez")).status_code == 200

    @app.get("/late")
    async def late() -> None: ...

    assert (await client.get("/late")).status_code == 401


async def test_another_role_is_403(known: Client) -> None:
    assert (await known.post("/leads")).status_code == 403


async def test_every_route_is_closed_but_for_those_in_the_list(app: FastAPI) -> None:
    public = {"/open/{name}", "/livez", "/readyz", "/metrics"}
    routes = Routes(app).every()

    opened = {(method, template) for method, template in routes if template in public}
    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        for method, template in set(routes) - opened:
            path = template.replace("{order_id}", str(UUID(int=1)))
            for headers in ({}, {"Authorization": f"Bearer {new_token()[0]}"}):
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code == 401, (method, template)

    assert ("GET", "/orders/{order_id}/lines") in routes
    assert len(set(routes) - opened) == 10
