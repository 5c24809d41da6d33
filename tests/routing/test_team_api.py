"""The team, presence and snoozes over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import yaml

from routing import api
from routing.domain.shifts import Shift
from routing.domain.team import Agent
from routing.handlers.rules import Rules
from shared import testing
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind
from shared.db import Database

WHO = {"eva": (Role.AGENT, ["aurora"]), "lea": (Role.LEAD, ["aurora"]), "root": (Role.ADMIN, ["*"])}
Client = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def client(routing: Database, rules: Rules) -> AsyncIterator[Client]:
    """`client("eva")` calls as eva."""
    tokens = {name: new_token() for name in WHO}
    callers = Callers(
        [
            (tokens[name][1], Actor(ActorKind.AGENT, name, role, frozenset(stores)))
            for name, (role, stores) in WHO.items()
        ]
    )
    transport = httpx.ASGITransport(api.app(routing, rules, callers))
    async with AsyncExitStack() as stack:
        made = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=transport,
                    base_url="http://routing",
                    headers={"authorization": f"Bearer {tokens[name][0]}"},
                )
            )
            for name in WHO
        }
        yield made.__getitem__


async def test_a_team_goes_out_as_one_document_and_comes_in_again(
    routing: Database,
    client: Client,
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> None:
    await install(agent("eva"), agent("iris", {"ja": 4}))
    root = client("root")
    out = await root.get("/team", headers={"accept": "application/yaml"})
    document: dict[str, Any] = yaml.safe_load(out.text)
    assert document == (await root.get("/team")).json()
    document["agents"][0]["shifts"][0]["breaks"] = [{"from": "12:00", "to": "12:30"}]
    document["agents"][0]["exceptions"] = [{"kind": "off", "day": "2030-01-01"}]
    document["holidays"] = {"ES": {"worked": ["2030-01-06"], "closed": []}}
    del document["agents"][1]
    body, etag = yaml.safe_dump(document), out.headers["etag"]

    assert (await root.put("/team", content=body)).status_code == 428
    done = await root.put("/team", content=body, headers={"if-match": etag})
    late = await root.put("/team", content=body, headers={"if-match": etag})

    assert (done.status_code, late.status_code) == (200, 412)
    again = await root.get("/team")
    assert again.json() == document
    assert again.headers["etag"] == done.headers["etag"] != etag
    [change, *_] = (await root.get("/team/changes")).json()
    assert (change["by_id"], change["details"]["retired"]) == ("root", ["iris"])
    # A lead of one store of several, or an agent, changes nothing.
    for name in ("eva", "lea"):
        assert (await client(name).put("/team", content=body)).status_code == 403
    bad = await root.put("/team", content="agents: [x", headers={"if-match": "1"})
    assert 400 <= bad.status_code < 500


async def test_an_agent_says_how_he_stands_and_leads_see_it(
    routing: Database,
    client: Client,
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> None:
    await install(agent("eva"))
    eva = client("eva")

    said = await eva.put("/me/presence", json={"state": "away"})
    beat = await eva.post("/me/heartbeat")

    assert said.json()["absent_because"] == beat.json()["absent_because"] == "away"
    assert beat.json()["beat_within"] == 20
    [seen] = (await client("lea").get("/presence")).json()
    assert (seen["agent_id"], seen["is_present"], seen["load"]) == ("eva", False, 0)
    assert (await eva.get("/presence")).status_code == 403
    assert (await client("lea").put("/me/presence", json={"state": "busy"})).status_code == 404
    assert (await eva.put("/me/presence", json={"state": "asleep"})).status_code == 422
    rows = await testing.rows(routing, "SELECT said, version FROM agent_presence")
    assert [dict(row) for row in rows] == [{"said": "away", "version": 1}]


async def test_a_shift_is_swapped_once_and_who_is_retired_is_gone(
    routing: Database,
    client: Client,
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> None:
    days = Shift(frozenset(range(7)), 540, 1020)
    nights = Shift(frozenset(range(7)), 1200, 1260)
    await install(agent("eva", shifts=(days,)), agent("iris", shifts=(nights,)))
    lea = client("lea")
    body = {"giver": "eva", "taker": "iris", "day": "2030-03-04", "begins_at": "09:00"}
    key = {"idempotency-key": "a-key-of-the-test"}

    first = await lea.post("/swaps", json=body, headers=key)
    twice = await lea.post("/swaps", json=body, headers={"idempotency-key": "another-key"})

    assert first.status_code == 201
    assert 400 <= twice.status_code < 500  # it is not eva's any more
    rows = await testing.rows(routing, "SELECT agent_id, kind FROM differences ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [("eva", "given"), ("iris", "taken")]
    assert (await client("eva").delete("/agents/iris")).status_code == 403
    assert (await lea.delete("/agents/iris")).status_code == 204
    assert (await lea.delete("/agents/iris")).status_code == 404
