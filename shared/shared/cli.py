"""The command line that every service has: run, migrate, settings, dead-letters."""

import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Annotated, Any

import structlog
import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from shared import migrations, service
from shared.bus import Bus, dead_letters
from shared.errors import Refused, Unavailable
from shared.service import Runtime, Stopped
from shared.settings import ServiceSettings

log = structlog.get_logger()


def cli(
    name: str,
    settings: type[ServiceSettings],
    run: Callable[[Any], Awaitable[None]],
    buses: Callable[[Runtime], Sequence[Bus]],
) -> typer.Typer:
    """The commands of one service. `buses` builds what it listens with, for replays."""
    app = typer.Typer(
        name=name,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog=_epilog(settings),
        help=f"Meridian's {name} service.",
    )

    @app.callback()
    def main() -> None:
        pass

    @app.command("run")
    def run_() -> None:
        """Run the service until SIGTERM or Ctrl-C."""
        start(run(read(settings)))

    @app.command()
    def migrate() -> None:
        """Bring the service's role, schema and tables up to date, then end."""
        who = service.login(name, read(settings))
        start(migrations.prepare(who, name.replace("-", "_")))

    letters = typer.Typer(no_args_is_help=True, help="Messages that were set aside.")
    app.add_typer(letters, name="dead-letters")

    @letters.command("list")
    def list_(limit: Annotated[int, typer.Option(help="How many, newest first.")] = 50) -> None:
        """List what was set aside, newest first."""
        start(_list(name, read(settings), limit))

    @letters.command("show")
    def show(letter_id: int) -> None:
        """Show one in full, body included: it may hold personal data."""
        start(_show(name, read(settings), letter_id))

    @letters.command("replay")
    def replay(letter_ids: list[int]) -> None:
        """Answer these again, by this service alone."""
        start(_replay(name, read(settings), buses, letter_ids))

    return app


def read(settings: type[ServiceSettings]) -> Any:
    """The settings from the environment; what is wrong is said in one line each, exit code 2."""
    try:
        return settings()
    except ValidationError as why:
        for error in why.errors():
            where = "_".join(str(part) for part in error["loc"])
            typer.echo(f"setting {where}: {error['msg']}", err=True)
        raise typer.Exit(2) from None


def start(work: Awaitable[None]) -> None:
    """Run a coroutine to its end on uvloop; a refusal is one line, exit code 1 or, for now, 75."""

    async def whole() -> None:
        await work

    coroutine: Coroutine[Any, Any, None] = whole()
    try:
        uvloop.run(coroutine)
    except Stopped:
        return
    except Refused as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(1) from None
    except Unavailable as why:
        typer.echo(f"cannot be done now: {why}", err=True)
        raise typer.Exit(75) from None
    except Exception as why:  # noqa: BLE001 - the last that sees it
        # Not the message: texts of exceptions quote values, and values are people's.
        log.critical("service failed", error=_names(why), frames=_frames(why))
        raise typer.Exit(70) from None


def _names(error: BaseException) -> list[str]:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return [type(error).__name__, *(name for each in inner for name in _names(each))]


def _frames(error: BaseException) -> list[str]:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    found = traceback.extract_tb(error.__traceback__)[-8:]
    return [
        *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found),
        *(line for each in inner for line in _frames(each)),
    ]


def _epilog(settings: type[ServiceSettings]) -> str:
    lines = ["\b", "Settings, from the environment:"]
    for variable, default, sentence in knobs(settings):
        lines.append(f"  {variable}  [{default}]")
        lines.append(f"      {' '.join(sentence.split())}")
    return "\n".join(lines)


def knobs(settings: type[ServiceSettings]) -> list[tuple[str, str, str]]:
    """Every setting: environment variable, default, its sentence."""
    found = []
    prefix = str(settings.model_config.get("env_prefix", ""))
    for field_name, info in settings.model_fields.items():
        if field_name == "kafka":
            kafka: Any = info.default_factory
            found += knobs(kafka)
            continue
        alias: Any = info.validation_alias
        variable = alias.choices[-1] if alias is not None else (prefix + field_name).upper()
        default = info.get_default(call_default_factory=True, validated_data={})
        found.append((str(variable), str(default), info.description or ""))
    return found


async def _list(name: str, settings: ServiceSettings, limit: int) -> None:
    async with service.opened_quietly(name, settings) as runtime, runtime.db.transaction() as tx:
        found = await dead_letters.newest(tx, limit)
    table = Table("id", "set aside", "kind", "type", "topic/partition/offset", "why", "replayed")
    for letter in found:
        record = letter.record
        table.add_row(
            str(letter.id),
            f"{letter.set_aside_at:%Y-%m-%d %H:%M:%S}",
            letter.kind,
            dict(record.headers).get("ce_type", b"?").decode(errors="replace"),
            f"{record.topic}/{record.partition}/{record.offset}",
            letter.why[:120],
            f"{letter.replayed_at:%Y-%m-%d %H:%M}" if letter.replayed_at else "",
        )
    Console().print(table if found else "no dead letters")


async def _show(name: str, settings: ServiceSettings, letter_id: int) -> None:
    async with service.opened_quietly(name, settings) as runtime, runtime.db.transaction() as tx:
        letter = await dead_letters.locked(tx, letter_id)
    if letter is None:
        raise Refused(f"no dead letter {letter_id}")
    console = Console()
    console.print(f"{letter.kind} at {letter.set_aside_at} by {letter.consumer}", markup=False)
    console.print(f"why: {letter.why}", markup=False)
    for header, value in letter.record.headers:
        console.print(f"{header}: {value.decode(errors='replace')}", markup=False)
    console.print((letter.record.value or b"").decode(errors="replace"), markup=False)


async def _replay(
    name: str,
    settings: ServiceSettings,
    buses: Callable[[Runtime], Sequence[Bus]],
    letter_ids: Sequence[int],
) -> None:
    async with service.opened_quietly(name, settings) as runtime:
        by_group = {bus.group: bus for bus in buses(runtime)}
        for letter_id in letter_ids:
            async with runtime.db.transaction() as tx:
                letter = await dead_letters.locked(tx, letter_id)
            if letter is None or letter.consumer not in by_group:
                raise Refused(f"no dead letter {letter_id} of a consumer of {name}")
            await by_group[letter.consumer].replay(letter_id)
            Console().print(f"replayed {letter_id}")
