"""When an agent works: weekly shifts on the wall clock of a named time zone.

A wall time that the clocks skip is the instant at which they jump; one that comes twice is its
first occurrence (RFC 5545 §3.3.5). So wall times never run backwards, and shifts that meet on the
wall meet in the world, on every night of the year.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shift:
    """Work that begins on each of `days` (0 is Monday).

    `begin` and `end` are minutes from midnight on the wall. An `end` not after `begin` is on the
    next day; 24 h is the longest shift.
    """

    days: frozenset[int]
    begin: int
    end: int

    def span(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Begin and end, in UTC, of the shift that begins on `day`."""
        ends_on = day if self.end > self.begin else day + _DAY
        return instant(day, self.begin, zone), instant(ends_on, self.end, zone)


def instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, of a wall time given in minutes from a day's midnight.

    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> instant(date(2026, 3, 29), 2 * 60 + 30, berlin).isoformat()  # skipped: 02:00 is 03:00
    '2026-03-29T01:00:00+00:00'
    >>> instant(date(2026, 10, 25), 2 * 60 + 30, berlin).isoformat()  # comes twice
    '2026-10-25T00:30:00+00:00'
    """
    wall = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minutes)
    found = wall.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return found
    return _jump(found, zone)


def _jump(after: datetime, zone: tzinfo) -> datetime:
    """The instant at which the clocks jumped over a wall time that UTC puts at `after`."""
    offset = after.astimezone(zone).utcoffset()
    before = after - timedelta(hours=26)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


class Calendar:
    """The shifts of one agent."""

    def __init__(self, shifts: Sequence[Shift], time_zone: str) -> None:
        """`time_zone` is an IANA name. Raises `ZoneInfoNotFoundError` for another."""
        self.shifts = tuple(shifts)
        self.zone = ZoneInfo(time_zone)
        self._days: dict[date, tuple[tuple[datetime, datetime], ...]] = {}
        self._last: tuple[datetime, datetime | None] | None = None

    def on_shift_until(self, now: datetime) -> datetime | None:
        """When the work that goes on at `now` (aware) ends, in UTC; None when he is off.

        Shifts that meet or overlap are one piece of work, looked at for two days ahead.

        >>> nights = Calendar([Shift(frozenset({5}), 22 * 60, 6 * 60)], "Asia/Tokyo")
        >>> nights.on_shift_until(datetime(2026, 1, 3, 20, tzinfo=UTC)).isoformat()  # Sunday 05:00
        '2026-01-03T21:00:00+00:00'
        """
        # A batch asks for one moment again and again.
        if self._last is not None and self._last[0] is now:
            return self._last[1]
        until: datetime | None = None
        for begin, end in self._around(now.astimezone(UTC).date()):
            if begin <= (until or now) < end:
                until = end
        self._last = (now, until)
        return until

    def _around(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Begin and end of every shift that may touch a day of UTC, sorted."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) > 8:
                self._days.clear()
            found = self._days[day] = tuple(sorted(self._spans(day)))
        return found

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        # No zone is a whole day away from UTC, an overnight shift begins a day earlier, and in
        # 2011 Samoa left out a date.
        for distance in range(-3, 4):
            begins_on = day + distance * _DAY
            for shift in self.shifts:
                if begins_on.weekday() in shift.days:
                    begin, end = shift.span(begins_on, self.zone)
                    if begin < end:
                        yield begin, end
