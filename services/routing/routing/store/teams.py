"""The team as a whole: its revision, what it costs and when it is free, and who changed what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import text

from routing.domain.free_days import FreeDays
from routing.domain.team import Team
from shared.contracts.base import AgentId, By
from shared.contracts.routing import Family
from shared.db import Transaction

_LOCK = text("SELECT revision FROM team FOR UPDATE")
_READ = text(
    "SELECT revision, costs, free_days, default_holidays, region_leads, file_sha256 FROM team"
)
_RAISE = text("UPDATE team SET revision = revision + 1, changed_at = :now RETURNING revision")
_SETTLE = text(
    """
    UPDATE team SET costs = cast(:costs AS jsonb), free_days = cast(:free_days AS jsonb),
        region_leads = cast(:region_leads AS jsonb), default_holidays = :default_holidays,
        file_sha256 = coalesce(:file_sha256, file_sha256)
    """
)
_NOTE = text(
    """
    INSERT INTO team_changes (revision, at, what, agent_id, by_kind, by_id, details)
    VALUES (:revision, :at, :what, :agent_id, :by_kind, :by_id, cast(:details AS jsonb))
    """
)
_CHANGES = text(
    """
    SELECT revision, at, what, agent_id, by_kind, by_id, details FROM team_changes
    ORDER BY id DESC LIMIT :limit
    """
)


@dataclass(frozen=True)
class Settled:
    """What belongs to no single agent. `costs` are hundredths of a unit."""

    revision: int
    costs: Mapping[Family, int]
    free_days: Mapping[str, FreeDays]
    region_leads: Mapping[str, tuple[AgentId, ...]]
    default_holidays: str | None
    file_sha256: str | None


async def lock(tx: Transaction) -> int:
    """Lock the team against other changes; returns its revision."""
    return int(await tx.scalar(_LOCK))


async def settled(tx: Transaction) -> Settled:
    """What belongs to the team as a whole."""
    row = (await tx.execute(_READ)).one()
    return Settled(
        revision=row.revision,
        costs={Family(family): cost for family, cost in row.costs.items()},
        free_days={of: _free_days(of, found) for of, found in row.free_days.items()},
        region_leads={
            region: tuple(AgentId(each) for each in leads)
            for region, leads in row.region_leads.items()
        },
        default_holidays=row.default_holidays,
        file_sha256=row.file_sha256,
    )


async def settle(tx: Transaction, team: Team, file_sha256: str | None = None) -> None:
    """Put down what belongs to no single agent, and which file it is from, if it is from one."""
    written = {
        of: {"worked": sorted(each.worked), "closed": sorted(each.closed)}
        for of, each in team.free_days.items()
    }
    await tx.execute(
        _SETTLE,
        {
            "costs": _json({family.value: cost for family, cost in team.costs.items()}),
            "free_days": _json(written),
            "region_leads": _json(team.region_leads),
            "default_holidays": team.default_holidays,
            "file_sha256": file_sha256,
        },
    )


async def note(
    tx: Transaction,
    what: str,
    *,
    by: By,
    now: datetime,
    agent_id: AgentId | None = None,
    details: Mapping[str, Any] | None = None,
) -> int:
    """Raise the team's revision and write down who changed what; returns the new revision."""
    revision = int(await tx.scalar(_RAISE, {"now": now}))
    await tx.execute(
        _NOTE,
        {
            "revision": revision,
            "at": now,
            "what": what,
            "agent_id": agent_id,
            "by_kind": by.kind.value,
            "by_id": by.id,
            "details": _json(details or {}),
        },
    )
    return revision


async def changes(tx: Transaction, limit: int) -> Sequence[Mapping[str, Any]]:
    """The last changes of the team, newest first."""
    found = await tx.execute(_CHANGES, {"limit": limit})
    return [dict(row) for row in found.mappings()]


def _free_days(of: str, found: Mapping[str, Sequence[str]]) -> FreeDays:
    worked, closed = (
        frozenset(date.fromisoformat(day) for day in found[name]) for name in ("worked", "closed")
    )
    return FreeDays(of, worked, closed)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
