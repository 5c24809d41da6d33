"""How workers run: again and again, sooner when woken or when something is known to be due."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from shared import clock
from shared.db import is_unavailable
from shared.wakes import Wake

log = structlog.get_logger()

SWEEP = 1.0
"""Seconds between two looks, woken or not: waking is a courtesy."""
_BREATH = 0.05
"""Least pause: a due row that somebody else holds must not make us spin."""


async def repeated(
    work: Callable[[], Awaitable[datetime | None]], stop: asyncio.Event, wake: Wake
) -> None:
    """Do `work` until `stop`. It returns when something is due next, or None.

    A database that is away is waited for; anything else ends the process.
    """
    while not stop.is_set():
        pause = SWEEP
        try:
            next_due = await work()
        except Exception as why:
            if not is_unavailable(why):
                raise
            log.warning("worker waits", error=type(why).__name__)
        else:
            if next_due is not None:
                until_due = (next_due - clock.now()).total_seconds()
                pause = min(max(until_due, _BREATH), SWEEP)
        await wake.wait(pause)
