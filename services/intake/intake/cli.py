"""The command line of intake."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import structlog
import typer
from rich.console import Console

import shared.cli
from intake import app
from intake.channels.mail import Mailboxes, OurOwn
from intake.domain.items import Odd, Reading
from intake.handlers import mails, recordings
from intake.handlers.doors import Around
from intake.handlers.readings import line
from intake.settings import Settings
from intake.workers.replay import Done, Replay, Wanted
from shared import clock, service

main = shared.cli.cli("intake", Settings, app.run, app.buses)

read = typer.Typer(
    no_args_is_help=True,
    help="Show what inputs would be made of: one JSON line each, nothing is kept or sent.",
)
main.add_typer(read, name="read")


@read.callback()
def _read() -> None:
    # What is logged must not stand among the lines; which stderr, each line decides for itself.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


@read.command("mail")
def read_mail(
    paths: Annotated[list[Path], typer.Argument(help="Raw mails, or folders of them.")],
) -> None:
    """Show what raw mails would be made of. Needs no database, no Kafka and no stores' file."""
    for path in _files(paths):
        octets = _octets(path)
        if octets is None:
            reading = Reading(odd=(Odd("no file that can be read"),))
        else:
            reading = mails.alone(octets, clock.now())
        _show(line(str(path), "mail", reading))


@read.command("requests")
def read_requests(
    path: Annotated[
        Path, typer.Argument(help="Recorded requests, a JSON object a line; - is standard input.")
    ],
) -> None:
    """Show what recorded requests would be made of. Needs no database, no Kafka, no stores' file.

    \b
    Each line is an object with
      channel or vendor     whose request it is
      method                POST where it is not told
      body or body_b64      as it came, or in base64
      url, headers, content_type
                            where they are known
      secret                as the account's settings would hold it: one value, a list of two,
                            or an object by the names of the account's fields; with it the
                            signature is checked (not its age), without it it is not
    """
    try:
        opened = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    except OSError as why:
        typer.echo(f"{path} cannot be read: {why.strerror}", err=True)
        raise typer.Exit(2) from None
    with opened:
        for number, octets in enumerate(opened, start=1):
            if octets.strip():
                _show(recordings.line(f"{path}:{number}", octets, clock.now()))


@main.command()
def replay(
    since: Annotated[
        datetime | None, typer.Option(help="From when on they came, UTC; all where not given.")
    ] = None,
    outcome: Annotated[
        list[str], typer.Option(help="Deliveries that were odd, partly, failed, known, understood.")
    ] = ["odd", "partly", "failed"],  # noqa: B006 - typer's way to give a default
    channel: Annotated[str, typer.Option(help="Of one channel alone.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Only tell what would be understood.")] = False,
) -> None:
    """Read deliveries again that were not understood, after a reader was mended.

    What was said before is not said again. Interrupted, begin anew.
    """
    settings = shared.cli.read(Settings)
    begin = since or datetime(1970, 1, 1, tzinfo=UTC)
    wanted = Wanted(begin.replace(tzinfo=UTC), clock.now(), tuple(outcome), channel)
    shared.cli.start(_replay(settings, wanted, dry_run))


async def _replay(settings: Settings, wanted: Wanted, dry_run: bool) -> None:
    done, console = Done(), Console(stderr=True)
    async with service.opened_quietly("intake", settings) as runtime:
        own = OurOwn(Mailboxes.of(runtime.stores), runtime.stores.tokens())
        work = Replay(runtime.db, Around(runtime.stores, own), settings.seal(), settings.public_url)
        with console.status("") as line_of_progress:
            running = asyncio.create_task(work.run(wanted, done, is_trial=dry_run))
            while not (await asyncio.wait({running}, timeout=0.5))[0]:
                line_of_progress.update(f"{done.read} deliveries read, {done.said} messages said")
            running.result()
    typer.echo(
        f"{done.read} deliveries read, {done.understood} understood,"
        f" {done.said} messages said{' (a trial: nothing was kept)' if dry_run else ''}"
    )
    if done.locked:
        typer.echo(f"{done.locked} are locked with a key that is not given", err=True)
    if done.failed:
        typer.echo(f"{done.failed} could not be kept, which is a bug: the log tells", err=True)
    if done.locked or done.failed:
        raise typer.Exit(1)


def _files(paths: list[Path]) -> Iterator[Path]:
    """The files, and all in the folders, in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from (one for one in sorted(path.rglob("*")) if not one.is_dir())
        else:
            yield path


def _octets(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _show(shown: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(shown) + b"\n")
    sys.stdout.buffer.flush()
