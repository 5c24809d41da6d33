"""The team file: read with a line and a reason for each problem, and written again."""

import hashlib
from collections.abc import Collection
from pathlib import Path

import yaml

from routing.clients.team_document import MemberIn, TeamIn, written
from routing.domain.team import Team
from shared import yaml_files
from shared.contracts.base import StoreId
from shared.yaml_files import Document, Where


def read_team(path: Path, stores: Collection[StoreId]) -> Team:
    """Read the team file. Raises `BadFile` with a line and a reason for each problem."""
    return _read(yaml_files.read(path), stores)


def team_of(text: str, stores: Collection[StoreId]) -> Team:
    """Read a team from YAML, of which JSON is a part. Raises `BadFile` as `read_team`."""
    return _read(yaml_files.parse(text, Path("team")), stores)


def member_of(text: str, stores: Collection[StoreId]) -> MemberIn:
    """Read one agent from YAML or JSON. Raises `BadFile` as `read_team`."""
    document = yaml_files.parse(text, Path("agent"))
    found = document.read_as(MemberIn)
    if problems := [(("stores",), why) for why in _strangers(found, stores)]:
        raise document.bad(problems)
    return found


def digest(path: Path) -> str:
    """What tells one content of a file from another: its SHA-256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def team_yaml(team: Team) -> str:
    """The team as a file that `read_team` reads."""
    return yaml.safe_dump(written(team), sort_keys=False, allow_unicode=True, width=100)


def _read(document: Document, stores: Collection[StoreId]) -> Team:
    found = document.read_as(TeamIn)
    _refuse_odd(document, found, stores)
    return found.team()


def _refuse_odd(document: Document, found: TeamIn, stores: Collection[StoreId]) -> None:
    problems: list[tuple[Where, str]] = []
    known = set[str]()
    for index, member in enumerate(found.agents):
        if member.id in known:
            problems.append((("agents", index, "id"), f"agent {member.id} is given twice"))
        known.add(member.id)
        problems += [(("agents", index, "stores"), why) for why in _strangers(member, stores)]
    leads = {member.id for member in found.agents if member.role == "lead"}
    problems += [
        (("region_leads", region, index), f"{each} is no lead of this team")
        for region, named in found.region_leads.items()
        for index, each in enumerate(named)
        if each not in leads
    ]
    if problems:
        raise document.bad(problems)


def _strangers(member: MemberIn, stores: Collection[StoreId]) -> list[str]:
    return [f"there is no store {store}" for store in member.stores if store not in stores]
