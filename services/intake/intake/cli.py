"""The command line of intake."""

import asyncio
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import structlog
import typer
from rich.console import Console

import shared.cli
from intake import app
from intake.channels.mail import OurOwn
from intake.domain.items import Odd, Reading
from intake.handlers import inputs, mails, recordings
from intake.handlers.doors import Around
from intake.handlers.inputs import Input
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
    paths: Annotated[
        list[Path], typer.Argument(readable=False, help="Raw mails, or folders of them.")
    ],
) -> None:
    """Show what raw mails would be made of. Needs no database, no Kafka and no stores' file.

    What cannot be read is a line like any other; - is standard input.
    """
    _show(map(_of_mail, inputs.files(paths)))


def _of_mail(told: Input) -> dict[str, Any]:
    if told.wrong:
        return line(told.source, "mail", Reading(odd=(Odd(told.wrong),)))
    return line(told.source, "mail", mails.alone(told.octets, clock.now()), told.notes)


@read.command("requests")
def read_requests(
    path: Annotated[
        Path,
        typer.Argument(
            readable=False, help="Recorded requests, a JSON object a line; - is standard input."
        ),
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
    _show(map(_of_request, inputs.lines(path)))


def _of_request(told: Input) -> dict[str, Any]:
    if told.wrong:
        return line(told.source, "", Reading(odd=(Odd(told.wrong),)))
    return recordings.line(told.source, told.octets, clock.now())


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
        own = OurOwn.of(runtime.stores, runtime.stores.tokens())
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


def _show(lines: Iterable[dict[str, Any]]) -> None:
    """Print them one by one. Who stops reading, or stops us, has seen enough: that is no error."""
    try:
        for each in lines:
            sys.stdout.buffer.write(msgspec.json.encode(each) + b"\n")
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What is left in the buffer would be complained of at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
