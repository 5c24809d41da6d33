"""The team file: what is read, and what is told of a bad one."""

import asyncio
import getpass
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

import routing as routing_package
from routing import cli
from routing.clients import read_team, team_yaml
from routing.handlers import team as handlers
from routing.handlers.rules import Rules
from routing.store import agents
from shared import clock, testing
from shared.callers import Callers
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family
from shared.db import Database
from shared.yaml_files import BadFile

STORES = [StoreId("aurora"), StoreId("borealis")]

TEAM = """\
costs: {chat: 1, messaging: 1, mail: 0.5}
region_leads: {AE: [noor], europe: [noor]}
agents:
  - id: noor
    name: Noor
    role: lead
    stores: [aurora, borealis]
    languages: {ar: 5, en: 4, zh-TW: 3, nb: 3}
    skills: [returns]
    country: AE
    time_zone: Asia/Dubai
    capacity: {total: 2.5, chat: 2, mail: 1.5}
    shifts:
      - {days: [sun, mon], from: "22:00", to: "06:00"}
      - {days: [tue], from: "00:00", to: "24:00"}
"""


def team(tmp_path: Path, text: str = TEAM) -> Path:
    path = tmp_path / "team.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_agent_is_read_with_all_he_has(tmp_path: Path) -> None:
    found = read_team(team(tmp_path), STORES)

    [noor] = found.agents
    assert found.names == {"noor": "Noor"}
    assert found.region_leads == {"AE": ("noor",), "europe": ("noor",)}
    assert noor.is_lead
    assert noor.languages == {"ar": 5, "en": 4, "zh-Hant": 3, "no": 3}
    assert noor.room.total == 250
    assert noor.room.families == {Family.MAIL: 150, Family.MESSAGING: 0, Family.CHAT: 200}
    assert noor.room.costs == {Family.MAIL: 50, Family.MESSAGING: 100, Family.CHAT: 100}
    assert not noor.takes(Family.MESSAGING)
    assert [(sorted(s.days), s.begin, s.end) for s in noor.calendar.shifts] == [
        ([0, 6], 1320, 360),
        ([1], 0, 1440),
    ]


async def test_the_database_keeps_an_agent_as_he_was_read(
    tmp_path: Path, routing: Database
) -> None:
    found = read_team(team(tmp_path), STORES)

    async with routing.transaction() as tx:
        await agents.put(tx, found.agents, found.names, clock.now())
        [row] = await agents.rows_of_team(tx, clock.now(), timedelta(minutes=1))
        assert await agents.stores_of(tx, AgentId("noor")) == STORES

    kept, [given] = agents.agent(row), found.agents
    assert (kept.calendar.shifts, kept.calendar.zone) == (
        given.calendar.shifts,
        given.calendar.zone,
    )
    assert (kept.room, kept.languages, kept.stores) == (given.room, given.languages, given.stores)


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("AE: [noor]", "UAE: [noor]", 2, "give a country code"),
        ("europe: [noor]", "atlantis: [noor]", 2, "asia and pacific, europe"),
        ("AE: [noor]", "AE: [nora]", 2, "nora is no lead of this team"),
        ("role: lead", "role: agent", 2, "noor is no lead of this team"),
        ("Asia/Dubai", "UTC+4", 11, "no IANA time zone"),
        ("ar: 5", "ar: 6", 8, "less than or equal to 5"),
        ("ar: 5", "klingonish: 5", 8, "language tag"),
        ("country: AE", "country: UAE", 10, "country code"),
        ("[aurora, borealis]", "[aurora, nowhere]", 7, "there is no store nowhere"),
        ("role: lead", "role: boss", 6, "'agent' or 'lead'"),
        ("total: 2.5", "total: many", 12, "decimal"),
        ("total: 2.5", "totals: 2.5", 12, "not a known key"),
        ('"22:00"', '"25:00"', 14, "24:00 at most"),
        ('"22:00"', '"9:00"', 14, "HH:MM"),
        ("[sun, mon]", "[sunday]", 14, "'sun'"),
        ('from: "00:00"', 'from: "24:00"', 15, "begins before 24:00"),
        ("    name: Noor\n", "", 4, "name is missing"),
        ('[tue], from: "00:00"', '[mon], from: "22:00"', 13, "two shifts of mon begin at 22:00"),
    ],
)
def test_a_bad_file_is_refused_with_line_and_reason(
    tmp_path: Path, old: str, new: str, line: int, why: str
) -> None:
    assert old in TEAM

    with pytest.raises(BadFile) as raised:
        read_team(team(tmp_path, TEAM.replace(old, new)), STORES)

    assert f"team.yaml:{line}:" in str(raised.value)
    assert why in str(raised.value)


def test_the_example_of_the_readme_is_read(tmp_path: Path) -> None:
    readme = Path(routing_package.__file__).parent.parent / "README.md"
    [example] = [
        block
        for block in readme.read_text(encoding="utf-8").split("```yaml\n")[1:]
        if "agents:" in block
    ]

    [maria] = read_team(team(tmp_path, example.partition("```")[0]), STORES).agents

    assert maria.calendar.shifts[0].breaks
    assert [each.kind for each in maria.calendar.differences] == ["off", "extra"]
    assert date(2026, 12, 24) in (maria.calendar.free_days or ())
    assert maria.has(["shoes>=4", "intent:refund"])


def test_an_agent_given_twice_is_refused(tmp_path: Path) -> None:
    twice = TEAM + TEAM.partition("agents:\n")[2]

    with pytest.raises(BadFile, match="agent noor is given twice"):
        read_team(team(tmp_path, twice), STORES)


async def test_the_team_is_exported_and_imported_by_command(
    tmp_path: Path, routing: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("STORES_FILE", str(stores_file(tmp_path)))

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(lambda: CliRunner().invoke(cli.main, ["team", *words]))

    file = team(tmp_path, TEAM + '    exceptions: [{kind: "off", day: "2030-01-01"}]\n')
    assert (await run("import", str(file), "--by", "Ada")).exit_code == 0
    exported = await run("export")
    out = tmp_path / "out.yaml"
    out.write_text(exported.stdout, encoding="utf-8")
    assert exported.stdout.startswith("version: 1"), exported.stdout
    assert "2030-01-01" in exported.stdout
    assert "region_leads:\n  AE:\n  - noor\n" in exported.stdout
    back = await run("import", str(out))
    assert back.exit_code == 0, back.stderr
    assert (await run("export")).stdout == exported.stdout
    changes = await testing.rows(routing, "SELECT by_id FROM team_changes ORDER BY id")
    assert [row["by_id"] for row in changes] == ["Ada", getpass.getuser()]

    bad = await run("import", str(team(tmp_path, TEAM.replace("Asia/Dubai", "UTC+4"))))

    assert bad.exit_code == 2
    assert len(bad.stderr.splitlines()) == 1
    assert "team.yaml:11:" in bad.stderr
    assert (await run("export")).stdout == exported.stdout


def stores_file(tmp_path: Path) -> Path:
    path = tmp_path / "stores.yaml"
    store = "name: S, languages: [en], countries: [AE], market: AE, currency: AED"
    path.write_text(
        "stores:\n" + "".join(f"  {name}: {{{store}, time_zone: Asia/Dubai}}\n" for name in STORES),
        encoding="utf-8",
    )
    return path


def test_a_token_is_printed_once_with_the_lines_for_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = stores_file(tmp_path)
    monkeypatch.setenv("TEAM_FILE", str(team(tmp_path)))
    monkeypatch.setenv("STORES_FILE", str(stores))

    made = CliRunner().invoke(cli.main, ["token", "noor"])

    assert made.exit_code == 0
    token = made.stderr.rpartition(" ")[2].strip()
    assert token not in made.stdout
    callers = tmp_path / "callers.yaml"
    callers.write_text("callers:\n" + made.stdout, encoding="utf-8")
    actor = Callers.load(callers).actor(token)
    assert actor is not None
    assert (actor.id, actor.role, actor.stores) == ("noor", "lead", frozenset(STORES))


@pytest.mark.parametrize(
    ("default", "own", "kept"),
    [
        (None, None, None),
        (None, "AE", "AE"),
        ("country", None, "AE"),
        ("country", "", None),
        ("country", "DE-BY", "DE-BY"),
        ("DE-BY", None, "DE-BY"),
        ("DE-BY", "", None),
    ],
)
async def test_who_has_no_holidays_of_his_own_keeps_those_of_the_team(
    tmp_path: Path,
    routing: Database,
    rules: Rules,
    default: str | None,
    own: str | None,
    kept: str | None,
) -> None:
    head = f"default_holidays: {default}\n" if default else ""
    tail = f'    holidays: "{own}"\n' if own is not None else ""
    free = 'holidays: {AE: {worked: [], closed: ["2026-06-30"]}}\n'
    read = read_team(team(tmp_path, head + free + TEAM + tail), STORES)
    await handlers.install(routing, read, now=clock.now(), rules=rules)

    async with routing.transaction() as tx:
        found, _ = await handlers.current(tx, rules, clock.now())

    for members in (read.agents, found.agents):
        [noor] = members
        free_days = noor.calendar.free_days
        assert (free_days.of if free_days else None) == kept
        # Two Tuesdays: one that the team closes in the Emirates, and Epiphany.
        assert (noor.calendar.on(date(2026, 6, 30)) == []) is (kept == "AE")
        assert (noor.calendar.on(date(2026, 1, 6)) == []) is (kept == "DE-BY")
    # What goes out comes in again and says the same.
    out = yaml.safe_load(team_yaml(found))
    assert (out["default_holidays"], out["agents"][0]["holidays"]) == (default, own)
    again = read_team(team(tmp_path, team_yaml(found)), STORES)
    assert team_yaml(again) == team_yaml(found)


def test_a_default_of_holidays_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    for odd in ("default_holidays: XX\n", "default_holidays: countries\n"):
        with pytest.raises(BadFile, match=r"team\.yaml:1: .*no holidays are known of"):
            read_team(team(tmp_path, odd + TEAM), STORES)
