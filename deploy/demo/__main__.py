"""The whole system on this machine, and a short story through its front doors.

Starts the broker, the database, the world outside and all services, plays, prints what happens as
it happens, and stays until Ctrl-C, which stops everything.
"""

import argparse
import asyncio
import fcntl
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
from rich.console import Console

from deploy.demo import leftovers, play
from deploy.demo.show import Show
from deploy.demo.stories.stage import DidNotHappen
from deploy.demo.system import System, running
from deploy.local.cache import cache_folder
from deploy.local.cluster import Cluster, cluster
from deploy.local.errors import CannotStart
from deploy.local.terminal import run_until_stopped
from shared.settings import KafkaSettings


class Demo:
    """One run of the demo."""

    def __init__(self, *, is_once: bool) -> None:
        self._is_once = is_once
        self._show = Show(Console(highlight=False))
        self._begun = time.monotonic()
        self.code = 0

    async def run(self) -> None:
        """Start everything, play, stay."""
        folder = cache_folder(self._tell) / "demo"
        with _only_demo(folder):
            self._tell("Starting Kafka and PostgreSQL …")
            async with cluster(tell=self._tell) as servers:
                self._tell(f"Both run after {self._elapsed()}; starting the services …")
                async with self._system(folder, servers) as system:
                    await self._play(system)

    async def _play(self, system: System) -> None:
        self._tell(f"Everything is ready after {self._elapsed()}. All of it is real but the world.")
        system.stage.tell = self._show.tell
        try:
            await play.everything(system.stage)
        except (DidNotHappen, httpx.HTTPError) as why:
            self._show.sentence(f"\nThis did not happen. {why}", "bold red")
            self.code = 1
        else:
            self._tell(f"\nThe stories took {self._elapsed()} from the command on.")
        if not self._is_once:
            self._show.links(play.links(system))
            self._tell("The system runs until Ctrl-C.")
            await asyncio.Event().wait()

    @asynccontextmanager
    async def _system(self, folder: Path, servers: Cluster) -> AsyncIterator[System]:
        names = leftovers.Names(folder)
        kafka = KafkaSettings(bootstrap=servers.bootstrap, topic_prefix=names.topics)
        url = await leftovers.new_database(servers.database_url, names)
        cleaning = asyncio.gather(
            leftovers.drop_databases(servers.database_url, names, self._tell),
            leftovers.drop_topics(kafka, names, self._tell),
        )
        run = folder / "run"
        async with running(run, kafka=kafka, database_url=url, tell=self._tell) as system:
            await cleaning
            yield system

    def _tell(self, text: str) -> None:
        self._show.sentence(text)

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._begun:.1f} s"


@contextmanager
def _only_demo(folder: Path) -> Iterator[None]:
    """Refuse to run beside another demo of the same cache: each drops what others left."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                "Another demo is running: stop it first, or set MERIDIAN_CACHE to another folder."
            ) from None
        yield


def main() -> int:
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="end after the stories: code 0, or 1 when a step did not happen in its time",
    )
    demo = Demo(is_once=parser.parse_args().once)
    return run_until_stopped(demo.run) or demo.code


if __name__ == "__main__":
    sys.exit(main())
