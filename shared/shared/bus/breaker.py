"""Stops a service whose handlers fail on many different things: that is a bad release, not a
stranger's odd message. What is refused or cannot be read does not count, bugs do, by key."""

from collections import deque

_LAST = 1000
_KEYS = 10
_SHARE = 0.1


class Broken(Exception):
    """Too many bugs; the batch is not committed, so that nothing of it is lost."""


class Breaker:
    """Remembers how the last messages went.

    >>> breaker = Breaker()
    >>> for n in range(200):
    ...     breaker.note(f"key {n}", is_bug=n < 9)
    >>> breaker.check()
    >>> breaker.note("a tenth key", is_bug=True); breaker.check()
    >>> for n in range(200):
    ...     breaker.note(f"one of many {n}", is_bug=True)
    >>> breaker.check()
    Traceback (most recent call last):
    ...
    shared.bus.breaker.Broken: bugs on 210 keys within the last 401 messages
    """

    def __init__(self) -> None:
        self._last: deque[str | None] = deque(maxlen=_LAST)

    def note(self, key: str, *, is_bug: bool) -> None:
        """Remember one message."""
        self._last.append(key if is_bug else None)

    def note_good(self, count: int) -> None:
        """Remember many that went well."""
        self._last.extend([None] * min(count, _LAST))

    def check(self) -> None:
        """Raise `Broken` when bugs hit at least 10 keys and more than 10 % of the last 1,000."""
        bugs = [key for key in self._last if key is not None]
        keys = len(set(bugs))
        if keys >= _KEYS and len(bugs) > _SHARE * len(self._last):
            raise Broken(f"bugs on {keys} keys within the last {len(self._last)} messages")
