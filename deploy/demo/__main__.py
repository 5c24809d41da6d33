"""The whole system on this machine, and a short story through its front doors.

Starts the broker, the database, the world outside and all services, plays, prints what happens as
it happens, and stays until Ctrl-C, which stops everything.
"""

import argparse
import asyncio
import fcntl
import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from deploy.local.cache import cache_folder
from deploy.local.cluster import cluster
from deploy.local.errors import CannotStart
from deploy.local.terminal import run_until_stopped

_BEGUN = time.monotonic()


class Demo:
    """One run of the demo."""

    def __init__(self, *, is_once: bool) -> None:
        self.code = 0
        self._is_once = is_once
        self._console = Console(highlight=False)

    async def run(self) -> None:
        """Start everything, play, stay."""
        folder = cache_folder(self._tell) / "demo"
        with _only_demo(folder):
            self._tell("Starting Kafka and PostgreSQL …")
            # The rest of the code takes as long to load as the servers to start: side by side.
            loading = asyncio.ensure_future(
                asyncio.to_thread(importlib.import_module, "deploy.demo.play")
            )
            async with cluster(tell=self._tell) as servers:
                self._tell(f"Both run after {self._elapsed()}; starting the services …")
                play = await loading
                self.code = await play.play(
                    servers, folder, self._console, elapsed=self._elapsed, is_once=self._is_once
                )

    def _tell(self, text: str) -> None:
        self._console.print(Text(text))

    def _elapsed(self) -> str:
        return f"{time.monotonic() - _BEGUN:.1f} s"


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
