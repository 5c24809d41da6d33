"""Routing's commands: what every service has, and tokens for its agents."""

import getpass
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from routing import app
from routing.clients import read_team, team_yaml
from routing.domain import replaying
from routing.domain.replaying import Replayed
from routing.domain.team import Team
from routing.handlers import reading, team
from routing.handlers.rules import Rules
from routing.settings import Settings
from routing.store import decisions, drift
from shared import cli, clock, service
from shared.callers import new_token
from shared.contracts.base import ActorKind, By, ConversationId
from shared.errors import Refused
from shared.stores import Stores
from shared.yaml_files import BadFile

_UNDERSTAND = """Show what routing reads in messages: a line of JSON for each line, in order.

It needs neither database nor Kafka. A line that begins with { and is a JSON object may have text,
subject, channel, locale, country, region, city and post_code (of the order's address), phone, mail
(address or domain), market, store, at (ISO 8601), unanswered, total and currency (of the order, in
minor units), languages (earlier messages by language), brands (a list of names that are no words;
a store's own are known). Any other line is a text, in which \\n is a line break.

\b
Channels, however they are spelt, and what else they may be called:
  mail        email, e-mail, imap, smtp, pop3, or a mail service
  chat        live_chat, livechat, webchat, web, website, widget
  messengers  whatsapp, messenger (facebook), instagram, telegram, line,
              viber, wechat, kakaotalk, zalo, x (twitter), tiktok, vk, sms,
              generic; a provider or marketplace; what else a promise names
Any other name is read as a messenger, and the line's notes say so.

\b
Each line that is printed has:
  line        its number, from 1
  language    null when the message has no words, else
      tag, iso, script    BCP 47, its primary tag, ISO 15924; tag and iso are
                          null when a few words tell too little (a mere name)
                          and nothing else is known
      confidence          a probability, 0 without a tag
      alternatives        the runners-up, best first; without a tag the guess
                          comes first
      source              script, text, prior (what is known of him) or none
  answer_in   the language to answer in, by what is known of him too
  region      country and source: order, phone, locale, mail, market
  time_zone   IANA name, and its own source; where a country has several: that
              of the order's region, post code or city (order), then of the
              phone's area code (phone), else the one where most people live
              (the region's source)
  intent      name, confidence, matched (the words that told it);
              names: pre_sale order_status customs damaged not_received
              return refund repair complaint other
  urgency     priority from 1 to 4, level (urgent, high, normal, low)
              and the reasons for it; crisis: a lead has to see it at once
  answer_by   until when an answer is promised: promise_seconds of time
              or, in_business_hours, of the opening hours of a store that
              is known (STORES_FILE, ROUTING_HOURS_FILE)
  notes       what was not understood: a channel of an unknown name

Exit code 0, or 2 for a file that cannot be read. A field of another type is taken as not known.
"""

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


@main.command(help=_UNDERSTAND)
def understand(
    file: Annotated[
        str, typer.Argument(help="One message a line, as text or as JSON; - is standard input.")
    ],
    channel: Annotated[
        str, typer.Option(help="The channel of lines that name none: chat, mail, whatsapp …")
    ] = "mail",
) -> None:
    """Print what routing reads in messages."""
    rules = _rules()
    try:
        with ExitStack() as stack:
            octets = sys.stdin.buffer if file == "-" else stack.enter_context(open(file, "rb"))
            for number, line in enumerate(octets, start=1):
                text = line.decode("utf-8-sig", errors="replace")
                sys.stdout.write(reading.printed(text, number, channel, rules, clock.now()) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has enough, as `head` does; the interpreter is not to write there again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as why:
        typer.echo(f"{file} cannot be read: {why.strerror}", err=True)
        raise typer.Exit(2) from None


def _rules() -> Rules:
    settings = cli.read(Settings)
    try:
        stores = Stores.load(settings.stores_file) if settings.stores_file else Stores({})
        return app.rules(settings, stores)
    except BadFile as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(2) from None


teams = typer.Typer(no_args_is_help=True, help="The team as one YAML file.")
main.add_typer(teams, name="team")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"uid {os.getuid()}"


@teams.command("import")
def import_(
    file: Path,
    by: Annotated[
        str,
        typer.Option(
            default_factory=_user, help="Who changes it, for the record.", show_default="OS user"
        ),
    ],
) -> None:
    """Make the file the team; who is not in it is retired and his work waits again."""
    settings = cli.read(Settings)
    try:
        found = read_team(file, Stores.load(settings.stores_file).stores)
    except BadFile as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(2) from None
    cli.start(_import(settings, found, By(kind=ActorKind.AGENT, id=by)))


async def _import(settings: Settings, found: Team, by: By) -> None:
    async with service.opened_quietly(app.NAME, settings) as runtime:
        rules = app.rules(settings, runtime.stores)
        revision = await team.install(runtime.db, found, now=clock.now(), rules=rules, by=by)
    typer.echo(f"revision {revision}")


@teams.command("export")
def export() -> None:
    """Print the team as it stands, exceptions and all."""
    cli.start(_export(cli.read(Settings)))


async def _export(settings: Settings) -> None:
    async with (
        service.opened_quietly(app.NAME, settings) as runtime,
        runtime.db.transaction() as tx,
    ):
        found, _ = await team.current(tx, app.rules(settings, runtime.stores), clock.now())
    typer.echo(team_yaml(found), nl=False)


@main.command()
def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Set what differs to what is held, and write it down.")
    ] = False,
) -> None:
    """Compare every agent's load with what he holds; exit code 1 when they differ."""
    cli.start(_check(cli.read(Settings), repair=repair))


async def _check(settings: Settings, *, repair: bool) -> None:
    async with (
        service.opened_quietly(app.NAME, settings) as runtime,
        runtime.db.transaction() as tx,
    ):
        found = await drift.look(tx)
        if repair:
            for agent_id in sorted({each.agent_id for each in found}):
                await drift.repair(tx, agent_id, clock.now())
    for each in found:
        typer.echo(f"{each.agent_id}: {each.family} counted {each.counted}, held {each.held}")
    if found and not repair:
        raise Refused("loads differ from what is held; --repair sets them right")
    typer.echo("repaired" if found else "every load is what is held")


@main.command()
def replay(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines of an earlier --save; no database is needed.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="From when on, in UTC.")] = None,
    conversation: Annotated[UUID | None, typer.Option(help="Its decisions alone.")] = None,
    save: Annotated[Path | None, typer.Option(help="Write the log there as well.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="A JSON line for each decision: all its reasons.")
    ] = False,
) -> None:
    """Decide again what is in the log, and tell what comes out differently: then exit code 1."""
    found = Replayed()

    def batch(record: str | bytes, team: str | bytes, like: str | None = None) -> None:
        for one, decision in found.batch(record, team):
            is_alike = decision.agent_id is None and one.signature == like
            if explain and (is_alike or conversation in (None, one.conversation_id)):
                typer.echo(replaying.explained(one, decision))

    if file is not None:
        with file.open("rb") as lines:
            for line in lines:
                batch(*replaying.parsed(line))
    else:
        begin = since.replace(tzinfo=UTC) if since is not None else datetime(1970, 1, 1, tzinfo=UTC)
        cli.start(_replay(cli.read(Settings), begin, conversation, save, batch))
    for difference in found.differences:
        typer.echo(difference, err=explain)
    typer.echo(found.summary(), err=explain)
    raise typer.Exit(1 if found.differences else 0)


async def _replay(
    settings: Settings,
    since: datetime,
    conversation: UUID | None,
    save: Path | None,
    batch: Callable[[str | bytes, str | bytes, str | None], None],
) -> None:
    of = ConversationId(conversation) if conversation is not None else None
    async with (
        service.opened_quietly(app.NAME, settings) as runtime,
        runtime.db.transaction() as tx,
    ):
        like = await decisions.signature(tx, of) if of is not None else None
        with save.open("wb") if save is not None else nullcontext() as lines:
            async for logged in decisions.read(tx, since, of):
                batch(logged.record, logged.team, like)
                if lines is not None:
                    lines.write(replaying.line(logged.record, logged.team))


def _known(id: str, team_file: Path | None, stores_file: Path | None) -> tuple[str, list[str]]:
    """Role and stores by the team file; for who is not in it, an agent of the stores there are."""
    try:
        stores = list(Stores.load(stores_file).stores)
        members = read_team(team_file, stores).agents if team_file else []
    except BadFile as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(2) from None
    for agent in members:
        if agent.agent_id == id:
            return ("lead" if agent.is_lead else "agent"), sorted(agent.stores)
    return "agent", [str(store) for store in stores] or ["*"]
