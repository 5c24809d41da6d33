"""How often something may happen in this process: a moving window of one second for each key."""

import time
from functools import cache

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


def wait(per_second: int, *key: str) -> float:
    """Count one more for a key: 0 when it may go on, else seconds until there is room again."""
    limit = _limit(per_second)
    if _limiter().hit(limit, *key):
        return 0.0
    opens = _limiter().get_window_stats(limit, *key).reset_time
    return max(opens - time.time(), 0.001)


@cache
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


@cache
def _limit(per_second: int) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(per_second)
