"""What waits can be asked why, and telling costs by the kinds of work, not by how much waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from typer.testing import CliRunner

from routing import api, cli
from routing.domain.decide import decide, decide_batch
from routing.domain.record import again, record
from routing.domain.score import Weights
from routing.domain.shifts import Shift
from routing.domain.steps import look
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from routing.domain.waits import AGAIN, Reason, Wait, story
from routing.workers import upkeep
from routing.workers.waits import Waits
from shared import testing
from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind, AgentId
from shared.contracts.routing import Explanation, Step, WaitExplained
from shared.db import Database
from tests.routing.pools import Scene, dispatcher, lease, states, told
from tests.routing.test_decide import TUESDAY_NOON, waiting
from tests.routing.test_fairness import WEIGHTS, agents, queues

THAI = "ของฉันอยู่ที่ไหน ยังไม่ได้รับพัสดุเลย"
MANY = """
    INSERT INTO conversations
    SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),
        'thread_id', gen_random_uuid(), 'contact_id', gen_random_uuid()))).*
    FROM conversations AS c, generate_series(2, :each)
    """
LANE = list[dict[str, Any]]


@asynccontextmanager
async def calling(scene: Scene, role: Role = Role.LEAD, *stores: str) -> AsyncIterator[Any]:
    token, sha256 = new_token()
    callers = Callers([(sha256, Actor(ActorKind.AGENT, "lea", role, frozenset(stores or ["*"])))])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app(scene.routing, scene.rules, callers)),
        base_url="http://routing",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


async def why(scene: Scene, conversation_id: object) -> LANE:
    async with calling(scene) as client:
        found: LANE = (await client.get(f"/conversations/{conversation_id}")).json()["waits"]
    return found


async def ids(routing: Database) -> list[UUID]:
    found = await testing.rows(routing, "SELECT id FROM conversations ORDER BY answer_by, id")
    return [row["id"] for row in found]


def never() -> Shift:
    """A shift of three days from now."""
    return Shift(frozenset({(datetime.now(UTC).weekday() + 3) % 7}), 0, 60)


async def test_a_conversation_that_waits_tells_the_step_and_why_nobody_can_have_it(
    scene: Scene,
) -> None:
    # Given somebody for each reason, and a store whose agents must sit in Spain
    make, nobody = scene.agent, (never(),)
    only_mail = make("mia", {"th": 5})
    only_mail = replace(
        only_mail, room=replace(only_mail.room, families=dict.fromkeys(only_mail.room.costs, 0))
    )
    await scene.install(
        make("abroad", {"th": 5}, country="TH"),
        make("asleep", {"th": 5}, time_zone="UTC", shifts=nobody),
        make("eva"),
        make("full", {"th": 5}, room=100),
        only_mail,
    )
    strict = replace(await dispatcher(scene.routing), legal=frozenset({"ES"}))
    epoch = await lease(scene.routing)
    await scene.hear(scene.message(THAI))
    assert await strict.drain(epoch) == 1

    # When one more comes
    await scene.hear(scene.message(THAI))
    assert await strict.drain(epoch) == 0

    # Then it is told over HTTP, and of the one that was given it is not
    [given_id, waits_id] = await ids(scene.routing)
    assert await why(scene, given_id) == []
    [found] = await why(scene, waits_id)
    assert found["explanation"]["step"] == "language"
    assert found["explanation"]["rejected"] == {
        "legal": ["abroad"],
        "not on shift": ["asleep"],
        "language": ["eva"],
        "no room": ["full"],
        "channel": ["mia"],
    }
    assert found["since"] <= found["as_of"]
    # And said, with what it holds for
    [event] = await told(scene.routing, WaitExplained)
    assert (event.kind, event.version, event.language) == ("0|th||", 1, "th")
    assert (event.found_with, event.key) == (waits_id, "aurora:messaging")
    assert msgspec.convert(found["explanation"], Explanation) == event.explanation
    assert [each.step for each in event.beside] == [Step(each["step"]) for each in found["beside"]]


async def test_every_step_that_was_looked_at_in_vain_is_told(scene: Scene) -> None:
    await scene.install(
        scene.agent("ana", {"th": 5}, room=100),
        scene.agent("en", {"en": 5}, room=100),
        scene.agent("lea", {"de": 5}, is_lead=True, time_zone="UTC", shifts=(never(),)),
    )
    late = datetime.now(UTC) - timedelta(minutes=14)
    await scene.hear(*(scene.message(THAI, at=late) for _ in range(3)))

    await scene.dispatch()

    [event] = await told(scene.routing, WaitExplained)
    assert event.explanation.step is Step.LANGUAGE
    found = {each.step: each.rejected for each in event.beside}
    assert found[Step.ENGLISH_TRANSLATED]["no room"] == ("en",)
    assert found[Step.LEAD] == {"not a lead": ("ana", "en"), "not on shift": ("lea",)}


async def test_many_rounds_tell_once_and_another_reason_is_told_again(scene: Scene) -> None:
    await scene.install(scene.agent("ana", {"th": 5}, time_zone="UTC", shifts=(never(),)))
    await scene.hear(*(scene.message(THAI) for _ in range(4)))
    epoch, one = await lease(scene.routing), await dispatcher(scene.routing)
    [first, *_, last] = await ids(scene.routing)

    async def kept() -> tuple[int, int, int]:
        counts = await testing.rows(
            scene.routing,
            "SELECT (SELECT count(*) FROM waits) AS waits, (SELECT count(*) FROM decisions) AS log",
        )
        said = await told(scene.routing, WaitExplained)
        return counts[0]["waits"], counts[0]["log"], len(said)

    for _ in range(30):
        assert await one.drain(epoch) == 0
    assert await kept() == (1, 1, 1)
    # A process that begins anew does not know what was told; nothing is told twice.
    assert await scene.dispatch() == 0
    assert (await kept())[::2] == (1, 1)

    # When Ana comes, has all she can and goes for a break that no event tells of
    await scene.install(scene.agent("ana", {"th": 5}, room=200))
    assert await scene.dispatch() == 2
    assert (await kept())[::2] == (2, 2)
    [event] = (await told(scene.routing, WaitExplained))[1:]
    assert (event.version, event.explanation.rejected) == (2, {"no room": ("ana",)})

    # Then the one that waits on has both in its story, and who was given to somebody has none
    reasons = [each["why"]["language"] for each in await why(scene, last)]
    assert reasons == [{"not on shift": 1}, {"no room": 1}]
    assert await why(scene, first) == []


async def test_five_thousand_that_wait_are_told_of_by_their_kinds(scene: Scene) -> None:
    # Given three languages, 1,667 of each, and nobody on shift
    await scene.install(
        *(scene.agent(f"a{n:03}", time_zone="UTC", shifts=(never(),)) for n in range(200))
    )
    texts = ("¿Dónde está mi pedido?", THAI, "早く返金してください、まだ届きません")
    await scene.hear(*(scene.message(text) for text in texts))
    await testing.rows(scene.routing, MANY + " RETURNING 1", each=1667)
    assert await states(scene.routing) == {"queued": 5001}
    one, epoch = await dispatcher(scene.routing), await lease(scene.routing)

    # When it is looked at again and again
    for _ in range(5):
        assert await one.drain(epoch) == 0

    # Then there is a row for each language, whose record holds but one conversation
    found = await testing.rows(scene.routing, "SELECT signature FROM waits ORDER BY 1")
    assert [row["signature"] for row in found] == ["es||", "ja||", "th||"]
    log = await testing.rows(scene.routing, "SELECT cast(record AS text) AS record FROM decisions")
    assert sum(len(msgspec.json.decode(row["record"])["waiting"]) for row in log) == 3
    assert len(await told(scene.routing, WaitExplained)) == 3
    # And each of the 5,001 can be asked
    for each in (await ids(scene.routing))[::997]:
        [reason] = await why(scene, each)
        [_, language] = [reason["explanation"], *reason["beside"]][:2]
        assert [len(who) for who in language["rejected"].values()] == [200]
    async with calling(scene) as client:
        shown = (await client.get("/waits")).json()
    assert {(each["kind"], each["waiting"]) for each in shown} == {
        ("es||", 1667),
        ("ja||", 1667),
        ("th||", 1667),
    }
    assert [each["why"]["language"] for each in shown if each["kind"] == "es||"] == [
        {"not on shift": 200}
    ]


async def test_what_waits_is_shown_to_leads_of_its_store_alone(scene: Scene) -> None:
    await scene.hear(scene.message(THAI))
    await scene.dispatch()

    async with calling(scene, Role.LEAD, "borealis") as other:
        assert (await other.get("/waits")).json() == []
    async with calling(scene, Role.AGENT, "aurora") as agent:
        assert (await agent.get("/waits")).status_code == 403
    async with calling(scene, Role.LEAD, "aurora") as lead:
        [found] = (await lead.get("/waits")).json()
    # Nobody works for this store at all.
    assert (found["step"], found["why"]["language"], found["waiting"]) == ("lead", {}, 1)


async def test_why_something_waits_is_replayed_and_a_forged_reason_is_told(
    scene: Scene, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given one batch that gives something and finds that the rest waits, and one that gives nothing
    await scene.install(scene.agent("eva", room=100), scene.agent("ken", {"ja": 5}, room=100))
    await scene.hear(*(scene.message() for _ in range(3)))
    assert await scene.dispatch() == 1
    await scene.hear(scene.message(THAI), scene.message(THAI))
    assert await scene.dispatch() == 0
    [*_, thai] = await ids(scene.routing)
    monkeypatch.setenv("DATABASE_URL", database_url)
    log = tmp_path / "log"

    async def replay(*options: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, cli.main, ["replay", *options])

    # When the log is decided again
    done = await replay("--save", str(log))

    # Then all comes out the same
    assert done.exit_code == 0, done.output
    assert "3 reasons to wait found again\n1 decisions in 2 batches" in done.output
    assert "0 differences\n" in done.output
    # And of a conversation that only others stand for in the log, why it waits is told whole
    alone = await replay("--conversation", str(thai), "--explain")
    [line] = [msgspec.json.decode(each) for each in alone.stdout.splitlines()]
    [shown] = await why(scene, thai)
    assert line["agent_id"] is None
    assert line["explanation"] == shown["explanation"]
    assert line["beside"] == shown["beside"]

    # And from a file in which somebody changed a reason, it is told
    lines = [msgspec.json.decode(each) for each in log.read_bytes().splitlines()]
    lines[0]["record"]["waits"][0]["digest"] = "0" * 32
    log.write_bytes(b"\n".join(msgspec.json.encode(each) for each in lines))
    forged = await replay(str(log))
    assert forged.exit_code == 1
    assert "why '0|es||' waits" in forged.output

    # And it is forgotten with the decisions
    await upkeep.forget(scene.routing, timedelta(days=1))
    assert await testing.rows(scene.routing, "SELECT 1 FROM waits") != []
    await upkeep.forget(scene.routing, -timedelta(days=1))
    assert await testing.rows(scene.routing, "SELECT 1 FROM waits") == []


async def test_a_signature_longer_than_an_index_takes_stops_nothing(scene: Scene) -> None:
    await scene.hear(scene.message(THAI))
    many = {f"agent-with-a-long-name-{n:04}": "2030-01-01T00:00:00Z" for n in range(300)}
    long = "th||" + "".join(f"|{who}@1893456000.0" for who in sorted(many))
    await testing.rows(
        scene.routing,
        "UPDATE conversations SET declined = cast(:many AS jsonb), signature = :long RETURNING 1",
        many=msgspec.json.encode(many).decode(),
        long=long,
    )

    assert await scene.dispatch() == 0

    [found] = await testing.rows(scene.routing, "SELECT signature FROM waits")
    assert found["signature"] == long
    [waits_id] = await ids(scene.routing)
    assert len(await why(scene, waits_id)) == 1


@given(team=agents(), queue=queues(), weights=WEIGHTS)
def test_all_that_share_a_look_wait_for_the_same_reasons_and_each_agent_has_one(
    team: list[Agent], queue: list[Waiting], weights: Weights
) -> None:
    batch = decide_batch(queue, team, TUESDAY_NOON, weights)
    waits = {key: Wait(key, *found) for key, found in batch.stuck.items()}

    for each in waits.values():
        told = [who for whom in each.decision.explanation.rejected.values() for who in whom]
        assert sorted(told) == sorted(agent.agent_id for agent in team)
        assert each.decision.explanation.candidates == ()
        for step in each.decision.beside:
            assert sorted(who for whom in step.rejected.values() for who in whom) == sorted(told)
    # What is logged of them is decided again to the same reasons.
    logged = [each.waited for each in waits.values()]
    was = record(queue, team, TUESDAY_NOON, weights, batch.taken, waits, waits=logged)
    is_now = again(was, [agent.with_load(0, {}) for agent in team]).stuck
    assert [Wait(key, *is_now[key]).waited for key in waits] == logged
    if batch.taken:
        return
    # Where nobody gets anything, each is found alone as it is among others; but one that has
    # waited for too long speaks for those of its kind that have not: it may have whom they may not.
    for one in queue:
        key = look(one, TUESDAY_NOON, weights.timers_of(one.family))
        if (one.first_from <= TUESDAY_NOON) == (waits[key].waiting.first_from <= TUESDAY_NOON):
            alone = Wait(key, one, decide(one, team, TUESDAY_NOON, weights))
            assert alone.waited == waits[key].waited


def stuck(*languages: str, room: int = 0, at: datetime = TUESDAY_NOON) -> dict[str, Any]:
    return dict(decide_batch([waiting(each) for each in languages], [], at, Weights()).stuck)


def test_reasons_are_worked_out_once_then_every_so_often_and_few_in_a_second() -> None:
    one, now = Waits(), TUESDAY_NOON
    tags = [f"{a}{b}" for a in "abcdefghij" for b in "klmno"]
    assert len(stuck(*tags)) == 50

    # All are told in three seconds, none twice
    seen: list[str] = []
    for n in range(30):
        due = one.due(stuck(*tags), now + n * timedelta(seconds=0.1))
        one.committed(due, now + n * timedelta(seconds=0.1))
        seen += [each.look for each in due]
    assert len(seen) == len(set(seen)) == 50
    assert one.due(stuck(*tags), now + timedelta(seconds=5)) == []

    # And what is met for the first time is not kept waiting by what is to be confirmed
    later = now + AGAIN + timedelta(seconds=3)
    due = one.due({**stuck(*tags), **stuck("th", "ja", "zh")}, later)
    assert {each.waiting.language for each in due} >= {"th", "ja", "zh"}
    assert len(due) == 13
    assert {each.waiting.language for each in one.new(due)} == {"th", "ja", "zh"}


def reason(since: int, as_of: int, why: str, *, used: tuple[float, float | None]) -> Reason:
    """Minutes after noon."""
    return Reason(
        since=TUESDAY_NOON + timedelta(minutes=since),
        as_of=TUESDAY_NOON + timedelta(minutes=as_of),
        used_from=used[0],
        used_until=used[1],
        digest=why,
        explanation=Explanation(step=Step.LANGUAGE, rejected={why: (AgentId("ana"),)}),
        beside=(),
    )


@pytest.mark.parametrize(
    ("queued", "now", "spells"),
    [
        (0, 1, [(0, "off shift")]),
        (2, 3, [(2, "off shift")]),  # since it waits, not since the reason holds
        (0, 4, [(0, "off shift"), (4, "no room")]),
        (0, 7, [(0, "off shift"), (4, "no room")]),  # half the promise: the same reason goes on
        (0, 9, [(0, "off shift"), (4, "no room"), (8, "skills")]),
        (3, 9, [(3, "off shift"), (4, "no room"), (8, "skills")]),
        (60, 61, []),  # what was so for another, an hour ago
    ],
)
def test_a_story_has_the_reasons_of_its_own_time_alone(
    queued: int, now: int, spells: list[tuple[int, str]]
) -> None:
    reasons = [
        reason(-60, 4, "off shift", used=(0.0, 0.5)),
        reason(4, 9, "no room", used=(0.0, 0.5)),
        reason(2, 8, "no room", used=(0.5, None)),
        reason(8, 12, "skills", used=(0.5, None)),
    ]
    at = TUESDAY_NOON + timedelta(minutes=queued)

    found = story(
        reasons,
        queued_at=at,
        asked_at=TUESDAY_NOON,
        answer_by=TUESDAY_NOON + timedelta(minutes=10),
        now=TUESDAY_NOON + timedelta(minutes=now),
    )

    told = [((each.since - TUESDAY_NOON) // timedelta(minutes=1), each.reason) for each in found]
    assert [(minute, one.digest) for minute, one in told] == spells
