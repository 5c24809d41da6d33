"""What all who work off due rows have in common: round by round, each row to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import structlog

from shared.db import is_unavailable
from shared.wakes import Wake

log = structlog.get_logger()

Claim = Callable[[], Awaitable[Sequence[Coroutine[Any, Any, None]]]]
"""Takes some of what is due, and returns what is to be done about each."""


async def rounds(name: str, claim: Claim, wake: Wake, stop: asyncio.Event, sweep: float) -> None:
    """Do what is due until `stop`; looking again when woken, and after `sweep` seconds.

    While the database is away it is tried again; `name` is whose round waits, in the log.
    """
    stopping = asyncio.create_task(stop.wait())
    stopping.add_done_callback(lambda _: wake.set())
    try:
        while not stop.is_set():
            if not await _round(name, claim):
                await wake.wait(sweep)
    finally:
        stopping.cancel()


async def _round(name: str, claim: Claim) -> int:
    try:
        due = await claim()
        # Each to its end: none may run on while the next are claimed.
        for outcome in await asyncio.gather(*due, return_exceptions=True):
            if outcome is not None:
                raise outcome
    except Exception as why:
        if not is_unavailable(why):
            raise
        log.warning("a round waits", name=name, error=type(why).__name__)
        await asyncio.sleep(1.0)
        return 0
    return len(due)
