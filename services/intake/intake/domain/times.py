"""When something happened, as far as its teller can be believed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

BELIEVABLE = timedelta(days=7)
"""Senders give up after four or five days (RFC 5321 §4.5.4.1); WhatsApp retries for seven."""


_GAP = re.compile(r"(?<!\s)\s+(?=[+-]\d\d:?\d\d\Z)")
_MOST_SECONDS = 10**11
_CENTURY = datetime(2000, 1, 1, tzinfo=UTC)
_IS_RECORDED = ContextVar("is_recorded", default=False)


@contextmanager
def recorded() -> Iterator[None]:
    """Believe times of this century within it: nobody knows when what is read then came."""
    token = _IS_RECORDED.set(True)
    try:
        yield
    finally:
        _IS_RECORDED.reset(token)


def happened_at(told: datetime | None, received_at: datetime) -> datetime:
    """The world's time of a fact: as told, but never after its receipt nor long before it."""
    if told is None or told > received_at:
        return received_at
    earliest = _CENTURY if _IS_RECORDED.get() else received_at - BELIEVABLE
    return told if told >= earliest else received_at


def not_later(told: datetime | None, received_at: datetime) -> datetime:
    """As told, however old, but never after the receipt."""
    return min(told or received_at, received_at)


def from_iso(text: object) -> datetime | None:
    """An instant from ISO 8601 text with an offset, in UTC; None when it is not one.

    >>> from_iso("2026-03-01T10:00:00+01:00")
    datetime.datetime(2026, 3, 1, 9, 0, tzinfo=datetime.timezone.utc)
    >>> from_iso("2026-03-01 10:00:00 +0100") == from_iso("2026-03-01T09:00:00Z")
    True
    """
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(_GAP.sub("", text))
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def from_seconds(value: object) -> datetime | None:
    """An instant from seconds since 1970, as a number or its text; None when it is not one."""
    try:
        return datetime.fromtimestamp(float(value), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def from_milliseconds(value: object) -> datetime | None:
    """An instant from milliseconds since 1970, as a number or its text; None when it is not one.

    What would be of 1973 or before is taken for seconds: vendors' own examples mix them up.

    >>> from_milliseconds("1777888800500")
    datetime.datetime(2026, 5, 4, 10, 0, 0, 500000, tzinfo=datetime.timezone.utc)
    >>> from_milliseconds(1777888800)
    datetime.datetime(2026, 5, 4, 10, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        told = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return from_seconds(told if abs(told) < _MOST_SECONDS else told / 1000)
