"""The team, presence and snoozes over HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import yaml

from routing import api
from routing.domain.shifts import Shift
from routing.handlers.rules import Rules
from routing.store import agents
from shared import clock, testing
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind, AgentId
from shared.contracts.routing import ConversationReleased
from shared.db import Database
from tests.routing.pools import Scene, assert_sound, states

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
    scene: Scene, client: Client
) -> None:
    await scene.install(
        scene.agent("eva"), scene.agent("iris", {"ja": 4}), scene.agent("lea", is_lead=True)
    )
    root = client("root")
    out = await root.get("/team", headers={"accept": "application/yaml"})
    document: dict[str, Any] = yaml.safe_load(out.text)
    assert document == (await root.get("/team")).json()
    document["agents"][0]["shifts"][0]["breaks"] = [{"from": "12:00", "to": "12:30"}]
    document["agents"][0]["exceptions"] = [{"kind": "off", "day": "2030-01-01"}]
    document["holidays"] = {"ES": {"worked": ["2030-01-06"], "closed": []}}
    document["region_leads"] = {"*": ["lea"], "JP": ["lea"]}
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
    # Who leads no more leads no region; the document that goes out comes in again.
    assert (await root.delete("/agents/lea")).status_code == 204
    without = await root.get("/team")
    assert without.json()["region_leads"] == {}
    etag = without.headers["etag"]
    back = await root.put("/team", content=without.text, headers={"if-match": etag})
    assert back.status_code == 200, back.text


async def test_an_agent_inherits_the_holidays_of_the_team_or_has_his_own_or_none(
    scene: Scene, client: Client
) -> None:
    await scene.install(scene.agent("eva"), scene.agent("iris"))
    root = client("root")
    document = (await root.get("/team")).json()
    assert document["default_holidays"] is None
    document["default_holidays"] = "country"
    stands = {"if-match": '"1"'}
    assert (await root.put("/team", json=document, headers=stands)).status_code == 200

    async def free(agent_id: str) -> str | None:
        async with scene.routing.transaction() as tx:
            found = await agents.some(tx, [AgentId(agent_id)], clock.now(), timedelta(minutes=1))
        of = found[AgentId(agent_id)].calendar.free_days
        return of.of if of else None

    assert (await free("eva"), await free("iris")) == ("ES", "ES")
    for holidays, kept in (("", None), ("DE-BY", "DE-BY"), (None, "ES")):
        shown = await root.get("/agents/eva")
        put = await root.put(
            "/agents/eva",
            json={**shown.json(), "holidays": holidays},
            headers={"if-match": shown.headers["etag"]},
        )
        assert put.status_code == 200, put.text
        assert (await free("eva"), await free("iris")) == (kept, "ES")
        # To change his week leaves whose holidays he keeps as they are.
        week = await root.get("/agents/eva/shifts")
        shifts = {"shifts": week.json()["shifts"]}
        stands = {"if-match": week.headers["etag"]}
        assert (await root.put("/agents/eva/shifts", json=shifts, headers=stands)).is_success
        assert (await root.get("/agents/eva")).json()["holidays"] == holidays
        assert await free("eva") == kept


async def test_an_agent_says_how_he_stands_and_leads_see_it(scene: Scene, client: Client) -> None:
    await scene.install(scene.agent("eva"))
    eva = client("eva")

    said = await eva.put("/me/presence", json={"state": "away"})
    beat = await eva.post("/me/heartbeat")

    assert (await eva.get("/me/presence")).json() == beat.json()
    assert (await client("lea").get("/me/presence")).status_code == 404
    assert said.json()["absent_because"] == beat.json()["absent_because"] == "away"
    assert beat.json()["beat_within"] == 20
    [seen] = (await client("lea").get("/presence")).json()
    assert (seen["agent_id"], seen["is_present"], seen["load"]) == ("eva", False, 0)
    assert (await eva.get("/presence")).status_code == 403
    assert (await client("lea").put("/me/presence", json={"state": "busy"})).status_code == 404
    assert (await eva.put("/me/presence", json={"state": "asleep"})).status_code == 422
    rows = await testing.rows(scene.routing, "SELECT said, version FROM agent_presence")
    assert [dict(row) for row in rows] == [{"said": "away", "version": 1}]


async def test_a_shift_is_swapped_once_and_who_is_retired_is_gone(
    scene: Scene, client: Client
) -> None:
    days = Shift(frozenset(range(7)), 540, 1020)
    nights = Shift(frozenset(range(7)), 1200, 1260)
    await scene.install(scene.agent("eva", shifts=(days,)), scene.agent("iris", shifts=(nights,)))
    lea = client("lea")
    body = {"giver": "eva", "taker": "iris", "day": "2030-03-04", "begins_at": "09:00"}
    key = {"idempotency-key": "a-key-of-the-test"}

    first = await lea.post("/swaps", json=body, headers=key)
    again = await lea.post("/swaps", json=body, headers=key)
    twice = await lea.post("/swaps", json=body, headers={"idempotency-key": "another-key"})
    other = await lea.post("/swaps", json={**body, "day": "2030-03-05"}, headers=key)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert other.status_code == 422  # the key was another swap's
    assert 400 <= twice.status_code < 500  # it is not eva's any more
    rows = await testing.rows(scene.routing, "SELECT agent_id, kind FROM differences ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [("eva", "given"), ("iris", "taken")]
    assert (await client("eva").delete("/agents/iris")).status_code == 403
    assert (await lea.delete("/agents/iris")).status_code == 204
    assert (await lea.delete("/agents/iris")).status_code == 404


async def test_a_team_that_goes_out_and_comes_in_again_keeps_what_was_swapped(
    scene: Scene, client: Client
) -> None:
    day = clock.now().date() + timedelta(days=7)
    shift = Shift(frozenset(range(7)), 540, 1020)
    night = Shift(frozenset(range(7)), 1200, 1260)
    await scene.install(scene.agent("eva", shifts=(shift,)), scene.agent("iris", shifts=(night,)))
    lea, root = client("lea"), client("root")
    body = {"giver": "eva", "taker": "iris", "day": f"{day}", "begins_at": "09:00"}
    key = {"idempotency-key": "a-key-of-the-test"}
    assert (await lea.post("/swaps", json=body, headers=key)).status_code == 201

    out = await root.get("/team")
    back = await root.put("/team", content=out.text, headers={"if-match": out.headers["etag"]})

    assert back.status_code == 200, back.text
    [given] = (await lea.get("/agents/eva/exceptions")).json()
    assert given["swapped_with"] == "iris"
    assert (await lea.delete(f"/agents/eva/exceptions/{given['id']}")).status_code == 204
    assert await testing.rows(scene.routing, "SELECT agent_id FROM differences") == []


async def test_two_shifts_that_overlap_are_swapped_and_each_agent_sees_his_own(
    scene: Scene, client: Client
) -> None:
    tomorrow = clock.now().date() + timedelta(days=1)
    early, late = Shift(frozenset(range(7)), 480, 960), Shift(frozenset(range(7)), 720, 1200)
    await scene.install(
        scene.agent("eva", time_zone="Asia/Tokyo", shifts=(early,)),
        scene.agent("lea", time_zone="Asia/Seoul", shifts=(late,), is_lead=True),
    )
    eva, lea = client("eva"), client("lea")
    body: dict[str, Any] = {"giver": "eva", "taker": "lea", "day": f"{tomorrow}"}
    body["begins_at"] = "08:00"
    keys = ({"idempotency-key": f"key-{n}-of-the-test"} for n in range(9))

    assert (await lea.post("/swaps", json=body, headers=next(keys))).status_code == 422
    body["in_return"] = {"day": f"{tomorrow}", "begins_at": "12:00"}
    done = await lea.post("/swaps", json=body, headers=next(keys))

    assert done.status_code == 201, done.text
    hers = (await eva.get("/me/shifts?days=3")).json()
    assert (hers["time_zone"], hers["shifts"][0]["from"]) == ("Asia/Tokyo", "08:00")
    assert [(each["kind"], each["swapped_with"]) for each in hers["exceptions"]] == [
        ("given", "lea"),
        ("taken", "lea"),
    ]
    [taken] = [each for each in hers["coming"] if each["kind"] == "taken"]
    assert taken == {
        "day": f"{tomorrow}",
        "begins_at": f"{tomorrow}T03:00:00Z",
        "ends_at": f"{tomorrow}T11:00:00Z",
        "breaks": [],
        "kind": "taken",
    }
    others = (await lea.get("/me/shifts")).json()
    assert len(others["coming"]) in (14, 15)
    assert [each["swapped_with"] for each in others["exceptions"]] == ["eva", "eva"]
    # Taken back by one side, it is for both
    path = f"/agents/eva/exceptions/{hers['exceptions'][0]['id']}"
    assert (await eva.delete(path)).status_code == 403
    assert (await lea.delete(path)).status_code == 204
    assert (await lea.get("/me/shifts")).json()["exceptions"] == []
    assert (await client("root").get("/me/shifts")).status_code == 404


async def test_one_agent_is_read_written_and_changed_by_the_day(
    scene: Scene, client: Client
) -> None:
    await scene.install(scene.agent("eva"), scene.agent("kai", stores=("borealis",)))
    lea, root = client("lea"), client("root")
    out = await lea.get("/agents/eva")
    eva, etag = out.json(), out.headers["etag"]
    eva["languages"] = {"es": 5, "fr": 4}
    path = "/agents/eva/exceptions"
    keyed = {"idempotency-key": "a-key-of-the-test"}
    off = {"kind": "off", "day": "2030-01-01"}

    # Written by who read the last revision, and by nobody else
    assert (await lea.put("/agents/eva", json=eva)).status_code == 428
    done = await lea.put("/agents/eva", json=eva, headers={"if-match": etag})
    late = await lea.put("/agents/eva", json=eva, headers={"if-match": etag})
    assert (done.status_code, late.status_code) == (200, 412)
    again = await lea.get("/agents/eva")
    assert (again.json(), again.headers["etag"]) == (eva, done.headers["etag"])

    # A day off, twice under one key, is one; taken back, it is gone
    first, second = [await lea.post(path, json=off, headers=keyed) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, second.json())
    extra = {"kind": "extra", "day": "2030-01-02", "from": "20:00", "to": "22:00"}
    assert (await lea.post(path, json=extra, headers=keyed)).status_code == 422
    more = await lea.post(path, json=extra, headers={"idempotency-key": "another-key"})
    found = (await lea.get(path)).json()
    assert [each["kind"] for each in found] == ["off", "extra"]
    assert [each["id"] for each in found] == [first.json()["id"], more.json()["id"]]
    assert (await lea.delete(f"{path}/{found[0]['id']}")).status_code == 204
    assert (await lea.delete(f"{path}/{found[0]['id']}")).status_code == 404

    # His week changes, his extra shift stays; so it does when all of him is written without
    week = {"shifts": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]}
    stands = {"if-match": (await lea.get("/agents/eva/shifts")).headers["etag"]}
    put = await lea.put("/agents/eva/shifts", json=week, headers=stands)
    assert (await lea.put("/agents/eva/shifts", json=week, headers=stands)).status_code == 412
    assert (await lea.get("/agents/eva/shifts")).json() == {"time_zone": "Europe/Madrid", **week}
    del eva["exceptions"]
    put = await lea.put("/agents/eva", json=eva, headers={"if-match": put.headers["etag"]})
    assert (await lea.get("/agents/eva")).json()["exceptions"] == [extra]

    # New and known ones, of stores that are the caller's alone
    stands = {"if-match": put.headers["etag"]}
    noor = {**eva, "id": "noor"}
    for who, given, told in (
        ("kai", {**eva, "id": "kai"}, 404),
        ("noor", {**noor, "stores": ["borealis"]}, 403),
        ("noor", {**noor, "stores": ["nowhere"]}, 422),
        ("noor", eva, 422),
        ("noor", noor, 200),
    ):
        answer = await lea.put(f"/agents/{who}", json=given, headers=stands)
        assert answer.status_code == told, answer.text
    assert (await lea.get("/agents/kai")).status_code == 404
    assert (await root.get("/agents/kai")).status_code == 200
    assert (await client("eva").get("/agents/eva")).status_code == 403
    [change, *_] = (await root.get("/team/changes")).json()
    assert (change["what"], change["agent_id"], change["by_id"]) == ("agent put", "noor", "lea")


async def test_a_conversation_is_snoozed_over_http_once(scene: Scene, client: Client) -> None:
    await scene.install(scene.agent("eva"))
    await scene.hear(scene.message())
    await scene.dispatch()
    [row] = await testing.rows(scene.routing, "SELECT id FROM conversations")
    path = f"/conversations/{row['id']}/snooze"
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    keyed = {"idempotency-key": "a-key-of-the-test"}

    first, again = [
        await client("eva").post(path, json={"until": until}, headers=keyed) for _ in range(2)
    ]

    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["snoozed_until"] == until
    assert await states(scene.routing) == {"parked": 1}
    [desk] = await testing.rows(scene.routing, "SELECT load FROM agent_loads")
    assert desk["load"] == 0
    for bad in ("2020-01-01T00:00:00Z", until[:19]):  # past; without an offset
        told = await client("eva").post(
            path, json={"until": bad}, headers={"idempotency-key": f"a-key-for-{bad}"}
        )
        assert told.status_code == 422
    await assert_sound(scene.routing)


@pytest.mark.parametrize("to", ["iris", None])
async def test_parked_work_is_handed_to_somebody_or_to_whoever_is_next(
    scene: Scene, client: Client, to: str | None
) -> None:
    await scene.install(scene.agent("eva"), scene.agent("iris", {"en": 5}))
    await scene.hear(scene.message())
    await scene.dispatch()
    [row] = await testing.rows(scene.routing, "SELECT id FROM conversations")
    path, eva = f"/conversations/{row['id']}", client("eva")
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    key = {"idempotency-key": "a-snooze-of-the-test"}
    assert (await eva.post(f"{path}/snooze", json={"until": until}, headers=key)).is_success

    body = {"note": "please see to it"} | ({"to": to} if to else {})
    key = {"idempotency-key": "a-transfer-of-the-test"}
    first, again = [await eva.post(f"{path}/transfer", json=body, headers=key) for _ in range(2)]

    assert (first.status_code, first.json()) == (200, again.json()), first.text
    [row] = await testing.rows(
        scene.routing, "SELECT state, agent_id, snoozed_until FROM conversations"
    )
    assert row == {"state": "assigned" if to else "queued", "agent_id": to, "snoozed_until": None}
    # Its units were free since it was parked: it is released once.
    assert len(await testing.said(scene.routing, ConversationReleased)) == 1
    await assert_sound(scene.routing)
