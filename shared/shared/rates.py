"""What may happen so often a second, in this process: windows without threads (decision 0012)."""

import time
from collections import deque

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_MOST_IDLE = 10_000


class Windows(MemoryStorage):
    """When what happened, by a clock that nobody sets back.

    The library's own memory, which sets a timer's thread going, is not used: but for one such
    timer as this is made, which ends at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[str, deque[float]] = {}

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now = time.monotonic()
        if key not in self._windows and len(self._windows) >= _MOST_IDLE:
            for old in [one for one, times in self._windows.items() if now - times[-1] >= expiry]:
                del self._windows[old]
        window = self._windows.setdefault(key, deque())
        while window and now - window[0] >= expiry:
            window.popleft()
        has_room = len(window) + amount <= limit
        window.extend([now] * amount if has_room else ())
        return has_room

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        return self._windows[key][0], len(self._windows[key])


_limiter = MovingWindowRateLimiter(Windows())


def wait(per_second: int, *key: str) -> float:
    """Count one more for a key: 0 when it may go on, else seconds until there is room again."""
    if _limiter.hit(item := RateLimitItemPerSecond(per_second), *key):
        return 0.0
    return max(_limiter.get_window_stats(item, *key).reset_time - time.monotonic(), 0.001)
