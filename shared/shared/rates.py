"""How often something may happen in this process: a moving window of one second for each key.

Not by the library `limits`: its memory starts a thread every ten milliseconds and waits for it,
in the middle of the event loop (docs/decisions/0012).
"""

import time
from collections import deque

_WINDOW = 1.0
_MOST_IDLE = 10_000

_windows: dict[tuple[str, ...], deque[float]] = {}


def wait(per_second: int, *key: str) -> float:
    """Count one more for a key: 0 when it may go on, else seconds until there is room again."""
    now = time.monotonic()
    window = _windows.get(key)
    if window is None:
        if len(_windows) >= _MOST_IDLE:
            _forget(now)
        window = _windows[key] = deque()
    while window and now - window[0] >= _WINDOW:
        window.popleft()
    if len(window) >= per_second:
        return max(window[0] + _WINDOW - now, 0.001)
    window.append(now)
    return 0.0


def _forget(now: float) -> None:
    """Drop the keys of which nothing happened for a second."""
    for key in [key for key, times in _windows.items() if not times or now - times[-1] >= _WINDOW]:
        del _windows[key]
