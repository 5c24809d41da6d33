"""Routing's commands: what every service has, and tokens for its agents."""

from pathlib import Path
from typing import Annotated

import typer

from routing import app
from routing.clients import read_team
from routing.settings import Settings
from shared import cli
from shared.callers import new_token
from shared.stores import Stores
from shared.yaml_files import BadFile

main = cli.cli(app.NAME, Settings, app.run, app.buses)


@main.command()
def token(
    id: Annotated[
        str, typer.Argument(help="The caller's id; an agent's is that of the team file.")
    ],
) -> None:
    """Make a token for a caller: it is printed once, its hash goes into callers.yaml."""
    settings = cli.read(Settings)
    role, stores = _known(id, settings.team_file, settings.stores_file)
    made, sha256 = new_token()
    typer.echo(f"token of {id}, shown only now: {made}", err=True)
    typer.echo(
        f"  - id: {id}\n"
        f"    kind: agent\n"
        f"    role: {role}\n"
        f"    stores: [{', '.join(stores)}]\n"
        f"    token_sha256: {sha256}"
    )


def _known(id: str, team_file: Path | None, stores_file: Path | None) -> tuple[str, list[str]]:
    """Role and stores by the team file; for who is not in it, an agent of the stores there are."""
    try:
        stores = list(Stores.load(stores_file).stores)
        team = read_team(team_file, stores).agents if team_file else []
    except BadFile as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(2) from None
    for agent in team:
        if agent.agent_id == id:
            return ("lead" if agent.is_lead else "agent"), sorted(agent.stores)
    return "agent", [str(store) for store in stores] or ["*"]
