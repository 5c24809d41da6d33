"""Decisions are written with all that they stood on, and come out the same again."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from routing import cli
from routing.domain import replaying
from routing.domain.decide import decide_all, decide_batch
from routing.domain.record import read_record, read_team, record, written, written_record
from routing.domain.replaying import Replayed
from routing.domain.score import Weights
from routing.domain.shifts import Calendar, Difference, Kind, Shift
from routing.domain.steps import NEVER, Timers
from routing.domain.team import Agent
from routing.domain.waits import Wait, Waited
from routing.store import decisions, leases
from routing.store.agents import loads
from routing.workers import upkeep
from routing.workers.dispatcher import Dispatcher
from routing.workers.roster import Roster
from shared import clock, testing
from shared.contracts.base import StoreId
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import Family, Step
from shared.db import Database
from tests.routing.test_decide import TUESDAY_NOON, waiting

AURORA = StoreId("aurora")
MakeAgent = Callable[..., Agent]


def test_a_team_and_a_batch_are_read_as_they_were_written(agent: MakeAgent) -> None:
    odd = Calendar(
        [Shift(frozenset({1, 3}), 1320, 360, ((60, 90),))],
        "Asia/Tokyo",
        [Difference(Kind.OFF, TUESDAY_NOON.date())],
    )
    team = [agent("eva"), replace(agent("ken", {"ja": 5, "en": 3}), calendar=odd)]
    asked = [waiting("es", region="MX"), waiting("ja"), waiting("th")]
    taken, stuck = decide_all(asked, team, TUESDAY_NOON, Weights())
    batch = record(asked, team, TUESDAY_NOON, Weights(), taken, stuck)

    again = read_record(written_record(batch))
    people = read_team(b"[" + b",".join(written(each) for each in team) + b"]")

    assert again == batch
    assert [written(each) for each in people] == [written(each) for each in team]
    for hour in range(24 * 8):
        now = TUESDAY_NOON + timedelta(hours=hour)
        assert [a.absence(now) for a in people] == [a.absence(now) for a in team]


def test_steps_that_are_never_taken_are_not_when_decided_again(agent: MakeAgent) -> None:
    team, now = [agent("eva", {"en": 5})], TUESDAY_NOON + timedelta(minutes=20)
    without = Weights(timers=Timers(english=NEVER, nearest=NEVER, lead=NEVER))
    taken, stuck = decide_all([waiting("th")], team, now, without)
    batch = written_record(record([waiting("th")], team, now, without, taken, stuck))

    assert read_record(batch).weights == without
    # A log from before the step of any language says nothing of it.
    older = json.loads(batch)
    for name in ("timers", "mail_timers"):
        del older["weights"][name]["any_translated"]
    # Nor does one from before there was a limit by room.
    del older["weights"]["kept_share"]
    assert read_record(json.dumps(older)).weights == without


def test_a_log_from_when_more_steps_were_told_as_skipped_is_decided_again_alike(
    agent: MakeAgent,
) -> None:
    full = agent("eva", {"en": 5}, room=100).holding_more(Family.MESSAGING)
    team = [agent("fred", {"fr": 5}, room=100), full]
    asked = [waiting("th"), waiting("da", is_crisis=True)]
    weights = Weights(timers=Timers(any_translated=0.5))
    batch = decide_batch(asked, team, TUESDAY_NOON, weights)
    waits = [Wait(each, *batch.stuck[each]).waited for each in sorted(batch.stuck)]
    # What was logged of these before: with a second language that neither of them has.
    of_old = [
        Waited("0|da|||!", Step.ENGLISH_TRANSLATED, "fd1a855a1332bcbdbf0b8c5789f45a9b"),
        Waited("0|th||", Step.ENGLISH_TRANSLATED, "321ada24c1be0189c312c3cee307e658"),
    ]
    people = b"[" + b",".join(written(each) for each in team) + b"]"

    def differences(told: list[Waited]) -> list[str]:
        found = Replayed()
        log = record(asked, team, TUESDAY_NOON, weights, batch.taken, batch.stuck, waits=told)
        found.batch(written_record(log), people)
        return found.differences

    assert {each.digest for each in of_old}.isdisjoint(each.digest for each in waits)
    assert differences(waits) == differences(of_old) == []
    assert len(differences([replace(each, digest="0" * 32) for each in of_old])) == 2


def _json(lines: str) -> list[Any]:
    return [json.loads(line) for line in lines.splitlines()]


async def test_what_was_decided_is_decided_again_alike_and_a_forged_log_is_told(
    routing: Database,
    hear: Callable[..., Awaitable[None]],
    message: Callable[..., MessageReceived],
    install: Callable[..., Awaitable[None]],
    agent: MakeAgent,
    tmp_path: Path,
) -> None:
    # Given ten batches among agents who fill up, one of whom cannot take all
    connection = await routing.direct()
    epoch = await leases.take(connection, AURORA, Family.MESSAGING, holder="t", now=clock.now())
    await connection.close()
    assert epoch is not None
    await install(agent("eva", room=500), agent("ida", {"es": 4, "en": 5}), agent("ken", {"ja": 5}))
    await hear(*(message() for _ in range(9)), message("早く返金してください"))
    roster = Roster()
    async with routing.transaction() as tx:
        await roster.refresh(tx)
    assert (
        await Dispatcher(routing, AURORA, Family.MESSAGING, roster, Weights(), 3).drain(epoch) == 9
    )

    # When the log is read back
    found = Replayed()
    lines = []
    async with routing.transaction() as tx:
        async for logged in decisions.read(tx, datetime.min.replace(tzinfo=UTC), None):
            found.batch(logged.record, logged.team)
            lines.append(replaying.line(logged.record, logged.team))
        held = await loads(tx, [row.agent_id for row in roster.of(AURORA)])

    # Then every decision comes out as it was, with one team for all batches
    assert (found.decisions, found.differences) == (9, [])
    assert len(lines) > 2
    teams: Any = await testing.rows(routing, "SELECT digest FROM decision_teams")
    assert len(teams) == 1
    assert sum(load for load, _ in held.values()) == 900

    # And from a file, without a database
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(lines))
    same = CliRunner().invoke(cli.main, ["replay", str(path)])
    assert same.exit_code == 0
    assert f"9 decisions in {len(lines)} batches decided again, 0 differences" in same.output

    # And each of its decisions is told as it was when it was made
    told = CliRunner().invoke(cli.main, ["replay", str(path), "--explain"])
    offers = await testing.rows(routing, "SELECT conversation_id, explanation FROM offers")
    given = [line for line in _json(told.stdout) if line["agent_id"] is not None]
    assert {line["conversation_id"]: line["explanation"] for line in given} == {
        str(row["conversation_id"]): row["explanation"] for row in offers
    }

    # And until somebody changes it
    forged = json.loads(lines[0])
    forged["record"]["given"][0]["agent_id"] = "mallory"
    path.write_text(json.dumps(forged))
    other = CliRunner().invoke(cli.main, ["replay", str(path)])
    assert other.exit_code == 1
    assert "mallory" in other.output

    # And it is forgotten in time
    await upkeep.forget(routing, timedelta(days=1))
    assert await testing.rows(routing, "SELECT id FROM decisions") != []
    await upkeep.forget(routing, clock.now() - clock.now() - timedelta(days=1))
    assert await testing.rows(routing, "SELECT id FROM decisions") == []
    assert await testing.rows(routing, "SELECT digest FROM decision_teams") == []
