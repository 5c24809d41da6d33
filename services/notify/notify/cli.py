"""The command line of notify: what every service has, and addresses that mail came back from."""

from typing import Annotated

import typer
from rich.console import Console

from notify import app
from notify.settings import Settings
from notify.store import outcomes
from shared import cli, service
from shared.errors import Refused

main = cli.cli("notify", Settings, app.run, app.buses)


@main.command()
def allow(
    store_id: Annotated[str, typer.Argument(help="The store.")],
    address: Annotated[str, typer.Argument(help="The mail address, repaired meanwhile.")],
) -> None:
    """Write notices to an address again that mail once came back from."""
    cli.start(_allow(cli.read(Settings), store_id, address))


async def _allow(settings: Settings, store_id: str, address: str) -> None:
    async with (
        service.opened_quietly("notify", settings) as runtime,
        runtime.db.transaction() as tx,
    ):
        if not await outcomes.allow(tx, store_id, address):
            raise Refused("this address is not suppressed")
    Console().print("notices go to this address again")
