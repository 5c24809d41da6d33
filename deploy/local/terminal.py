"""Run something at a terminal until it ends or somebody stops it."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from deploy.local.cache import tell
from deploy.local.errors import CannotStart


def run_until_stopped(main: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run `main` to its end, or until SIGINT or SIGTERM cancels it; return the exit code.

    Whatever `main` opened with `async with` is closed in reverse order; a second signal does not
    cut that short. To have been stopped is no error; CannotStart is one, told as a sentence.
    """
    try:
        asyncio.run(_cancelled_by_signals(main))
    except CannotStart as error:
        tell(str(error))
        return 1
    return 0


async def _cancelled_by_signals(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    task = asyncio.ensure_future(main())
    asked = False

    def stop() -> None:
        nonlocal asked
        tell("Still stopping." if asked else "Stopping.")
        if not asked:
            task.cancel()
        asked = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise
