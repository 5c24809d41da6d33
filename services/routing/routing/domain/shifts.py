"""When an agent works: weekly shifts on the wall clock of a named time zone, and what differs.

A wall time that the clocks skip is the instant at which they jump; one that comes twice is its
first occurrence (RFC 5545 §3.3.5). So wall times never run backwards, and shifts that meet on the
wall meet in the world, on every night of the year. A break begins on the wall and then lasts as
long as was agreed, whatever the clocks do meanwhile: rest is due in real minutes.

A shift belongs to the day on which it begins: the night before a holiday is worked to its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from routing.domain.free_days import FreeDays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_MINUTES = 24 * 60
_NEAR = 3
"""Days before and after one of UTC whose shifts may touch it: no zone is a whole day away from
UTC, an overnight shift begins a day earlier, and in 2011 Samoa left out a date."""
_NEVER = datetime.max.replace(tzinfo=UTC)

Span = tuple[datetime, datetime]
"""Begin and end, in UTC."""


@dataclass(frozen=True)
class Shift:
    """Work that begins on each of `days` (0 is Monday), with its breaks.

    `begin` and `end` are minutes from midnight on the wall. An `end` not after `begin` is on the
    next day; 24 h is the longest shift. So it is with a break, and one that begins before the
    shift does is on the next day.
    """

    days: frozenset[int]
    begin: int
    end: int
    breaks: tuple[tuple[int, int], ...] = ()

    def span(self, day: date, zone: ZoneInfo) -> Span:
        """Begin and end, in UTC, of the shift that begins on `day`."""
        ends_on = day if self.end > self.begin else day + _DAY
        return instant(day, self.begin, zone), instant(ends_on, self.end, zone)

    def pauses(self, day: date, zone: ZoneInfo) -> list[Span]:
        """Begin and end, in UTC, of each break of the shift that begins on `day`.

        It may reach beyond the end of a shift that the clocks cut short.

        >>> night = Shift(frozenset({5}), 22 * 60, 6 * 60, ((2 * 60, 3 * 60),))
        >>> [(begins, ends)] = night.pauses(date(2026, 3, 28), ZoneInfo("Europe/Berlin"))
        >>> begins.isoformat(), ends - begins == timedelta(hours=1)  # skipped: 02:00 is 03:00
        ('2026-03-29T01:00:00+00:00', True)
        """
        found = []
        for begin, end in self.breaks:
            since = instant(day, self.begin + (begin - self.begin) % _MINUTES, zone)
            minutes = (end - begin - 1) % _MINUTES + 1
            found.append((since, since + timedelta(minutes=minutes)))
        return found


class Kind(StrEnum):
    """How a day differs from its week. `off`: none of the week's shifts that begin on it.

    `given`: the one that begins so is somebody else's; `taken` is that shift, on the wall of who
    gave it. `extra` is worked beside the week's, `taken` and `extra` on a holiday too.
    """

    OFF = "off"
    GIVEN = "given"
    EXTRA = "extra"
    TAKEN = "taken"


@dataclass(frozen=True)
class Difference:
    """One difference, on the day on which the shift begins. All but a day off have a shift.

    `zone` is the IANA name of the wall that a taken shift is on; None is the agent's own.
    """

    kind: Kind
    day: date
    shift: Shift | None = None
    zone: str | None = None


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


@dataclass(frozen=True)
class Occurrence:
    """A shift as it is worked on one day: `breaks` lie within begin and end, all in UTC."""

    day: date
    begin: datetime
    end: datetime
    breaks: tuple[Span, ...]
    kind: Kind | None = None


@dataclass(frozen=True)
class _Hours:
    """The work around one day of UTC: pieces with their breaks in, and without."""

    pieces: tuple[Span, ...]
    work: tuple[Span, ...]


class Calendar:
    """The shifts of one agent."""

    def __init__(
        self,
        shifts: Sequence[Shift],
        time_zone: str,
        differences: Sequence[Difference] = (),
        free_days: FreeDays | None = None,
    ) -> None:
        """`time_zone` is an IANA name. Raises `ZoneInfoNotFoundError` for another."""
        self.shifts = tuple(shifts)
        self.zone = ZoneInfo(time_zone)
        self.differences = tuple(differences)
        self.free_days = free_days
        self._days: dict[date, _Hours] = {}
        self._last: tuple[datetime, datetime, datetime | None] = _NEVER, _NEVER, None

    def on_shift_until(self, now: datetime) -> datetime | None:
        """When the work that goes on at `now` (aware) ends, in UTC; None when he is off.

        A break ends it. Shifts that meet or overlap are one piece of work, looked at for two days
        ahead.

        >>> nights = Calendar([Shift(frozenset({5}), 22 * 60, 6 * 60)], "Asia/Tokyo")
        >>> nights.on_shift_until(datetime(2026, 1, 3, 20, tzinfo=UTC)).isoformat()  # Sunday 05:00
        '2026-01-03T21:00:00+00:00'
        """
        # Whole teams are asked for every batch, and mostly nothing has changed since the last.
        since, before, until = self._last
        if since <= now < before:
            return until
        work = self._hours(now).work
        found = _around(work, now)
        midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        until = found[1] if found is not None else None
        changes = [found[1]] if found is not None else [each[0] for each in work if each[0] > now]
        self._last = now, min([midnight + _DAY, *changes]), until
        return until

    def steady_until(self, now: datetime) -> datetime:
        """When he comes or goes next, a break being both; the next midnight of UTC at the latest.

        `now` is aware. Nothing is different at a midnight: it is as far as was looked.
        """
        self.on_shift_until(now)
        return self._last[1]

    def shift_at(self, now: datetime) -> Span | None:
        """Begin and end of the piece of work that `now` (aware) falls into, breaks and all."""
        return _around(self._hours(now).pieces, now)

    def on(self, day: date) -> list[Occurrence]:
        """The shifts that begin on a day of his own calendar, as they are worked."""
        differences = [each for each in self.differences if each.day == day]
        given = {each.shift.begin for each in differences if each.kind is Kind.GIVEN and each.shift}
        weekly = () if self._is_free(day, differences) else self.shifts
        found = [
            _occurrence(day, shift, self.zone)
            for shift in weekly
            if day.weekday() in shift.days and shift.begin not in given
        ]
        for each in differences:
            if each.kind in (Kind.EXTRA, Kind.TAKEN) and each.shift is not None:
                zone = self.zone if each.zone is None else ZoneInfo(each.zone)
                found.append(_occurrence(day, each.shift, zone, each.kind))
        return sorted(
            (each for each in found if each.begin < each.end), key=lambda each: each.begin
        )

    def during(self, begin: datetime, end: datetime) -> list[Occurrence]:
        """What is worked at any instant from `begin` to before `end` (both aware), in order.

        >>> nights = Calendar([Shift(frozenset({5}), 22 * 60, 6 * 60)], "Asia/Tokyo")
        >>> sunday = datetime(2026, 1, 3, 20, tzinfo=UTC)
        >>> [each.day.isoformat() for each in nights.during(sunday, sunday + timedelta(days=1))]
        ['2026-01-03']
        """
        since, until = begin.astimezone(UTC).date(), end.astimezone(UTC).date()
        days = [since + n * _DAY for n in range(-_NEAR, (until - since).days + _NEAR + 1)]
        found = [
            each for day in days for each in self.on(day) if each.begin < end and begin < each.end
        ]
        return sorted(found, key=lambda each: each.begin)

    def _is_free(self, day: date, differences: Sequence[Difference]) -> bool:
        if any(each.kind is Kind.OFF for each in differences):
            return True
        return self.free_days is not None and day in self.free_days

    def _hours(self, now: datetime) -> _Hours:
        """The work that may touch a day of UTC, sorted."""
        day = now.astimezone(UTC).date()
        found = self._days.get(day)
        if found is None:
            if len(self._days) > 8:
                self._days.clear()
            found = self._days[day] = self._look(day)
        return found

    def _look(self, day: date) -> _Hours:
        near = [each for n in range(-_NEAR, _NEAR + 1) for each in self.on(day + n * _DAY)]
        pieces = _merged((each.begin, each.end) for each in near)
        breaks = _merged(span for each in near for span in each.breaks)
        return _Hours(tuple(pieces), tuple(_without(pieces, breaks)))


def _occurrence(day: date, shift: Shift, zone: ZoneInfo, kind: Kind | None = None) -> Occurrence:
    begin, end = shift.span(day, zone)
    breaks = [
        (max(begin, since), min(end, until))
        for since, until in shift.pauses(day, zone)
        if max(begin, since) < min(end, until)
    ]
    return Occurrence(day, begin, end, tuple(breaks), kind)


def _around(spans: Iterable[Span], now: datetime) -> Span | None:
    return next((span for span in spans if span[0] <= now < span[1]), None)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that meet or overlap as one, sorted."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _without(spans: Iterable[Span], breaks: Sequence[Span]) -> Iterator[Span]:
    """What of these is left when the breaks, sorted and apart, are taken out."""
    for begin, end in spans:
        at = begin
        for since, until in breaks:
            if until <= at or end <= since:
                continue
            if at < since:
                yield at, since
            at = until
        if at < end:
            yield at, end
