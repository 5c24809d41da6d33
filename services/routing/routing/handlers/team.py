"""The team changes: as a whole, one agent, or one day of his. Nobody keeps work who is gone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import structlog

from routing.domain.free_days import FreeDays
from routing.domain.saying import ROUTING
from routing.domain.shifts import Difference
from routing.domain.swapping import Given, Side, swapped
from routing.domain.team import FAMILIES, UNIT, Agent, Team
from routing.handlers.releasing import release_work
from routing.handlers.rules import TEAM, Rules
from routing.store import agents, differences, teams
from shared import db
from shared.contracts.base import AgentId, By
from shared.contracts.routing import Family
from shared.db import Database, Transaction
from shared.errors import Refused

log = structlog.get_logger()

RETIRED = "agent retired"
_NAMESPACE = UUID("5b0e6a3c-6f0a-5c0e-9d2e-0b6a3d4f7c11")


@dataclass(frozen=True)
class Change:
    """Who changes something of the team, when (aware), and what makes it happen once."""

    by: By
    now: datetime
    cause: UUID | None = None


async def install(
    database: Database,
    team: Team,
    *,
    now: datetime,
    rules: Rules,
    by: By = ROUTING,
    file_sha256: str | None = None,
) -> int:
    """Make these the team; what others still have waits for an agent again. Returns its revision.

    A file that was the last one installed changes nothing. In several transactions, each of which
    may be done again: an agent's row is never held while a conversation is waited for.
    """
    async with database.transaction() as tx:
        revision = await teams.lock(tx)
        known = (await teams.settled(tx)).file_sha256
        if file_sha256 is None or file_sha256 != known:
            revision = await replace_team(tx, team, Change(by, now), file_sha256)
    await release_retired(database, now=now, rules=rules)
    return revision


async def replace_team(
    tx: Transaction, team: Team, change: Change, file_sha256: str | None = None
) -> int:
    """Write the whole team down, in a transaction that has locked it; returns its revision."""
    before = await agents.names(tx)
    await teams.settle(tx, team, file_sha256)
    await agents.put(tx, team.agents, team.names, change.now)
    await _put_differences(tx, [each for each in team.agents if each.agent_id in team.settled])
    gone = await agents.retire(tx, sorted(set(before) - set(team.names)), change.now)
    if gone:
        log.info("agents retired", agent_ids=gone)
    db.wake(tx, TEAM)
    return await teams.note(
        tx,
        "team replaced",
        by=change.by,
        now=change.now,
        details={"agents": len(team.agents), "retired": gone, "file_sha256": file_sha256},
    )


async def put_agent(
    tx: Transaction, agent: Agent, name: str, change: Change, *, is_settled: bool
) -> int:
    """Write one agent down, new or changed; returns the team's revision.

    `is_settled`: his differences are all given, others stay.
    """
    await agents.put(tx, [agent], {agent.agent_id: name}, change.now)
    if is_settled:
        await _put_differences(tx, [agent])
    return await _note(tx, "agent put", agent.agent_id, change)


async def in_team(
    tx: Transaction,
    make: Callable[[Mapping[Family, int], Mapping[str, FreeDays], str | None], Agent],
    rules: Rules,
    now: datetime,
) -> Agent:
    """An agent made with what the whole team shares: its costs and its free days.

    That is what differs from public holidays, and whose are kept by who has none of his own.
    """
    found, _ = await current(tx, rules, now)
    return make(found.costs, found.free_days, found.default_holidays)


async def retire(tx: Transaction, agent_id: AgentId, change: Change) -> None:
    """Let an agent take nothing any more; commit, then `release_retired` gives his work back."""
    if await agents.retire(tx, [agent_id], change.now):
        await _note(tx, RETIRED, agent_id, change)


async def release_retired(database: Database, *, now: datetime, rules: Rules) -> None:
    """Give back what those still have who are retired."""
    async with database.transaction() as tx:
        holding = await agents.retired_with_work(tx)
    for agent_id in holding:
        async with database.transaction() as tx:
            await release_work(tx, agent_id, RETIRED, now, rules=rules)


async def differ(
    tx: Transaction, agent_id: AgentId, difference: Difference, change: Change
) -> UUID:
    """Let a day of an agent's be different; the same cause again changes nothing more."""
    kept = differences.kept(_id(change), agent_id, difference)
    await differences.add(tx, [kept])
    await _note(tx, "day changed", agent_id, change, id=kept.id, **_told(difference))
    return kept.id


async def swap(
    tx: Transaction,
    giver: Agent,
    taker: Agent,
    given: Given,
    change: Change,
    *,
    in_return: Given | None = None,
) -> UUID:
    """Let `taker` work a shift of `giver`'s week, and `giver` one of his in return, or none.

    Raises `Refused` as `swapped` does.
    """
    if giver.agent_id == taker.agent_id:
        raise Refused("nobody swaps with himself")
    swap_id = _id(change)
    who = {Side.GIVER: giver.agent_id, Side.TAKER: taker.agent_id}
    sides = swapped(giver.calendar, taker.calendar, given, in_return)
    await differences.add(
        tx,
        [
            differences.kept(uuid5(swap_id, f"{side}/{each.kind}"), who[side], each, swap_id)
            for side, each in sides
        ],
    )
    for side, each in sides:
        await _note(tx, "shift swapped", who[side], change, swap_id=swap_id, **_told(each))
    return swap_id


async def restore(tx: Transaction, agent_id: AgentId, id: UUID, change: Change) -> bool:
    """Take a difference back, with the other side of a swap; False when there is none."""
    of = await differences.drop(tx, agent_id, id)
    for each in of:
        await _note(tx, "day restored", each, change, id=id)
    return bool(of)


async def current(tx: Transaction, rules: Rules, now: datetime) -> tuple[Team, int]:
    """The team as it stands, and its revision. Who leads no more leads no region either."""
    settled = await teams.settled(tx)
    names = await agents.names(tx)
    members = await agents.some(tx, names, now, rules.heartbeat)
    leads = {each for each, of in members.items() if of.is_lead}
    by_region = {
        region: tuple(each for each in named if each in leads)
        for region, named in settled.region_leads.items()
    }
    team = Team(
        tuple(members[each] for each in sorted(members)),
        {each: name for each, (name, _) in names.items()},
        settled.costs or _costs(members.values()),
        settled.free_days,
        region_leads={region: named for region, named in by_region.items() if named},
        default_holidays=settled.default_holidays,
    )
    return team, settled.revision


def _id(change: Change) -> UUID:
    return change.cause or uuid4()


def _costs(members: Iterable[Agent]) -> Mapping[Family, int]:
    return next((each.room.costs for each in members), dict.fromkeys(FAMILIES, UNIT))


async def _put_differences(tx: Transaction, of: Iterable[Agent]) -> None:
    members = list(of)
    before = await differences.clear(tx, [each.agent_id for each in members])
    # A document says nothing of swaps: a day that stays as it was is still a side of its own.
    swaps = {(each.agent_id, *_hours(each.difference)): each.swap_id for each in before}
    await differences.add(
        tx,
        [
            differences.kept(
                uuid5(_NAMESPACE, f"{each.agent_id}/{n}/{one}"),
                each.agent_id,
                one,
                swaps.get((each.agent_id, *_hours(one))),
            )
            for each in members
            for n, one in enumerate(each.calendar.differences)
        ],
    )


async def _note(
    tx: Transaction, what: str, agent_id: AgentId, change: Change, **details: Any
) -> int:
    db.wake(tx, TEAM)
    return await teams.note(
        tx, what, by=change.by, now=change.now, agent_id=agent_id, details=details
    )


def _hours(of: Difference) -> tuple[object, ...]:
    """What a document tells of a difference: of its shift not the other days of the week."""
    hours = (of.shift.begin, of.shift.end, of.shift.breaks) if of.shift else ()
    return of.kind, of.day, of.zone, *hours


def _told(of: Difference) -> dict[str, Any]:
    return {"kind": of.kind, "day": of.day}
