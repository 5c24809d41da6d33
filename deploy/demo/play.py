"""All five stories in a row on a system of its own, told to a terminal."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from rich.console import Console

from deploy.demo import leftovers
from deploy.demo.show import Show
from deploy.demo.stories import alarms, messages, orders, replies, returns
from deploy.demo.stories.stage import DidNotHappen, Stage
from deploy.demo.system import STALL_CUSTOMS, System, running
from deploy.local.cluster import Cluster
from shared import clock
from shared.settings import KafkaSettings


async def play(
    servers: Cluster,
    folder: Path,
    console: Console,
    *,
    elapsed: Callable[[], str],
    is_once: bool,
) -> int:
    """Start the system, play, and stay unless `is_once`.

    Returns 0, or 1 when a step did not happen in its time.
    """
    show = Show(console)
    async with _system(folder, servers, show.sentence) as system:
        show.sentence(f"Everything is ready after {elapsed()}. All of it is real but the world.")
        system.stage.tell = show.tell
        code = 0
        try:
            await stories(system.stage)
        except (DidNotHappen, httpx.HTTPError) as why:
            show.sentence(f"\nThis did not happen. {why}", "bold red")
            code = 1
        else:
            show.sentence(f"\nAll of it happened, {elapsed()} after the command.")
        if not is_once:
            show.links(links(system))
            show.sentence("The system runs until Ctrl-C.")
            await asyncio.Event().wait()
    return code


async def stories(stage: Stage) -> None:
    """Play all of them. Raises DidNotHappen."""
    serial = int(clock.now().timestamp())
    talks = await messages.play(stage)
    sent = await orders.play(stage, orders.postal_number("CP", serial, "ES"))
    await alarms.play(stage, sent, silence=STALL_CUSTOMS)
    await returns.play(stage, str(serial))
    await replies.play(stage, talks)


@asynccontextmanager
async def _system(
    folder: Path, servers: Cluster, tell: Callable[[str], None]
) -> AsyncIterator[System]:
    """The system in a database and topics of its own; what earlier demos left is dropped."""
    names = leftovers.Names(folder)
    kafka = KafkaSettings(bootstrap=servers.bootstrap, topic_prefix=names.topics)
    url = await leftovers.new_database(servers.database_url, names)
    cleaning = asyncio.gather(
        leftovers.drop_databases(servers.database_url, names, tell),
        leftovers.drop_topics(kafka, names, tell),
    )
    async with running(folder / "run", kafka=kafka, database_url=url, tell=tell) as system:
        await cleaning
        yield system


def links(system: System) -> list[tuple[str, str]]:
    """What is worth opening, and where."""
    at, folder = system.stage.addresses, system.stage.installation.folder
    token = f'"Authorization: Bearer $(cat {folder / "tokens" / "ingrid"})"'
    waiting = f"{at.routing}/conversations?state=assigned"
    return [
        ("What arrived in the world", f"{at.world}/"),
        ("Make the world act", f"{at.world}/docs"),
        ("What a lead sees", f"curl -H {token} '{waiting}'"),
        ("Readiness, e.g. of routing", f"{at.routing}/readyz"),
        ("Metrics, e.g. of notify", f"{at.notify}/metrics"),
        ("Configuration of this run", str(folder)),
        ("Logs", str(system.stage.logs)),
    ]
