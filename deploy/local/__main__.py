"""Kafka and PostgreSQL on this machine: `up`, `status`, `down`."""

import asyncio
import signal
import sys
from collections.abc import Callable

import typer

from deploy.local.cache import tell
from deploy.local.cluster import KAFKA, POSTGRES, cluster, kept_folder
from deploy.local.errors import CannotStart
from deploy.local.server_folder import ServerFolder
from deploy.local.terminal import run_until_stopped

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
_SERVERS = {"Kafka": (KAFKA, signal.SIGTERM), "PostgreSQL": (POSTGRES, signal.SIGINT)}


@app.command()
def up() -> None:
    """Start both in the kept cluster and say where they are, until Ctrl-C.

    What KAFKA_BOOTSTRAP or DATABASE_URL names is used instead.
    """
    sys.exit(run_until_stopped(_up))


async def _up() -> None:
    async with cluster() as found:
        print(f"export KAFKA_BOOTSTRAP={found.bootstrap}")
        print(f"export DATABASE_URL={found.database_url}", flush=True)
        tell("Both run until Ctrl-C.")
        await asyncio.Event().wait()


@app.command()
def status() -> None:
    """Say what of the kept cluster runs, where, and who runs it."""
    _say_sentence(_status)


def _status() -> None:
    for what, folder in _folders().items():
        trace, holder = folder.trace(), folder.holder()
        if not trace:
            print(f"{what} does not run; its data is in {folder.path}.")
        elif holder:
            print(f"{what} listens on port {trace.port} (process {trace.pid}), run by {holder}.")
        else:
            print(f"{what} was left by a run that died: port {trace.port}, process {trace.pid}.")


@app.command()
def down() -> None:
    """Stop what a run that died has left; a run that lives is stopped with Ctrl-C."""
    _say_sentence(lambda: asyncio.run(_down()))


async def _down() -> None:
    for what, folder in _folders().items():
        folder.claim()
        await folder.stop_leftover(_SERVERS[what][1])
        folder.release()


def _folders() -> dict[str, ServerFolder]:
    kept = kept_folder()
    return {what: ServerFolder(kept / name, what, tell) for what, (name, _) in _SERVERS.items()}


def _say_sentence(run: Callable[[], None]) -> None:
    try:
        run()
    except CannotStart as error:
        tell(str(error))
        sys.exit(1)


if __name__ == "__main__":
    app(prog_name="python -m deploy.local")
