"""Shifts, breaks and opening hours beside a wall clock that is looked at minute by minute.

What is held to is said without any arithmetic on zones: something on the wall begins at the first
instant at which the clock shows that time, or a later one. Only a break then lasts real minutes.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.clocks import Clock
from routing.domain.free_days import FreeDays
from routing.domain.shifts import Calendar, Difference, Kind, Shift

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 3), date(2037, 12, 27)
COUNTRIES = ("AE", "BR", "CA", "DE", "ES", "IL", "JP", "MA", "NZ", "SA", "US")


@cache
def jumps(zone: str) -> tuple[date, ...]:
    """The days on which the clocks of a zone are set, but for those set twice within a day."""
    noons = [
        datetime.combine(FIRST + n * DAY, time(12), UTC).astimezone(ZoneInfo(zone))
        for n in range((LAST - FIRST).days)
    ]
    return tuple(b.date() for a, b in pairwise(noons) if a.utcoffset() != b.utcoffset())


class Wall:
    """What the clocks of a zone show, from four days before a day to four days after it."""

    def __init__(self, zone: str, day: date) -> None:
        begin = datetime.combine(day - 4 * DAY, time(), UTC)
        self.instants = [begin + n * MINUTE for n in range(9 * 24 * 60)]
        shown = (each.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for each in self.instants)
        # Set back, they show again what they showed already.
        self._furthest = list(accumulate(shown, max))

    def first(self, day: date, minutes: int) -> datetime:
        """The first instant at which they show this time of a day, or a later one."""
        wanted = datetime.combine(day, time()) + minutes * MINUTE
        return self.instants[bisect_left(self._furthest, wanted)]

    def spans(self, day: date, begin: int, end: int) -> tuple[datetime, datetime]:
        """From one time to another; not after it, it is the next day's."""
        return self.first(day, begin), self.first(day, end if end > begin else end + 24 * 60)


@st.composite
def places(draw: st.DrawFn) -> tuple[str, date]:
    """Any zone, and mostly a day on which its clocks are set, or one beside it."""
    zone = draw(st.sampled_from(sorted(available_timezones())))
    beside: int | None = draw(st.sampled_from((-1, 0, 1, None)))
    if jumps(zone) and beside is not None:
        day: date = draw(st.sampled_from(jumps(zone)))
        return zone, day + beside * DAY
    return zone, draw(st.dates(FIRST, LAST))


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    """Of any length, mostly over midnight, with up to two breaks."""
    begin, length = draw(st.integers(0, 1439)), draw(st.integers(30, 1440))
    breaks = []
    for _ in range(draw(st.integers(0, 2))):
        since = draw(st.integers(0, length - 10))
        until = draw(st.integers(since + 1, length))
        breaks.append(((begin + since) % 1440, (begin + until - 1) % 1440 + 1))
    days = draw(st.frozensets(st.integers(0, 6), min_size=3))
    return Shift(days, begin, (begin + length - 1) % 1440 + 1, tuple(breaks))


def is_within(spans: Sequence[tuple[datetime, datetime]], at: datetime) -> bool:
    return any(begin <= at < end for begin, end in spans)


@settings(max_examples=60)
@given(place=places(), week=st.lists(shifts(), min_size=1, max_size=2), free=st.booleans())
def test_who_is_on_shift_or_on_a_break_is_so_by_the_clock_on_the_wall(
    place: tuple[str, date], week: list[Shift], *, free: bool
) -> None:
    zone, day = place
    off = [Difference(Kind.OFF, day)] if free else []
    calendar, wall = Calendar(week, zone, off), Wall(zone, day)
    days = [day + n * DAY for n in range(-3, 3) if not (free and n == 0)]
    worked, breaks = [], []
    for each in days:
        for shift in (shift for shift in week if each.weekday() in shift.days):
            worked.append(wall.spans(each, shift.begin, shift.end))
            for since, until in shift.breaks:
                # On the wall, a break before its shift's beginning is the next day's.
                begins = since if since >= shift.begin else since + 1440
                length = (until - since - 1) % 1440 + 1
                pause = wall.first(each, begins)
                ends = pause + length * MINUTE
                breaks.append((max(pause, worked[-1][0]), min(ends, worked[-1][1])))

    middle = len(wall.instants) // 2
    for at in wall.instants[middle - 1440 : middle + 1440 : 13]:
        is_there = is_within(worked, at)
        assert (calendar.shift_at(at) is not None) is is_there, at
        is_working = is_there and not is_within(breaks, at)
        assert (calendar.on_shift_until(at) is not None) is is_working, at


@settings(max_examples=60)
@given(
    place=places(),
    openings=st.lists(shifts(), min_size=1, max_size=2),
    country=st.sampled_from(COUNTRIES),
    span=st.integers(1, 1200),
    begin=st.integers(0, 1439),
)
def test_business_time_runs_while_it_is_open_by_the_wall_and_stands_still_otherwise(
    place: tuple[str, date], openings: list[Shift], country: str, span: int, begin: int
) -> None:
    zone, day = place
    holidays, wall = FreeDays(country), Wall(zone, day)
    clock = Clock(openings, zone, holidays)
    opened = [
        wall.spans(each, opening.begin, opening.end)
        for each in (day + n * DAY for n in range(-3, 3))
        for opening in openings
        if each.weekday() in opening.days and each not in holidays
    ]
    # Two days, the day of the jump in their middle
    instants = wall.instants[3 * 1440 + begin : 5 * 1440 + begin]
    is_open = [is_within(opened, at) for at in instants]

    assert [clock.is_open(at) for at in instants[::17]] == is_open[::17]
    assert clock.elapsed(instants[0], instants[-1] + MINUTE) == sum(is_open) * MINUTE
    # A promise made at any minute is due when that many open ones have passed, and paused between
    passed = [n for n, each in enumerate(is_open) if each]
    if len(passed) >= span:
        due = clock.add(span * MINUTE, instants[0])
        assert due == instants[passed[span - 1]] + MINUTE
        assert clock.add(span * MINUTE, instants[passed[0]]) == due


def test_clocks_are_set_where_and_when_they_are() -> None:
    """The days that are tried are those: of Lord Howe's half hour, and of Morocco's Ramadan."""
    assert date(2026, 4, 5) in jumps("Australia/Lord_Howe")
    assert {date(2026, 3, 29), date(2026, 10, 25)} <= set(jumps("Europe/Madrid"))
    assert jumps("Asia/Tokyo") == ()
    assert len([each for each in jumps("Africa/Casablanca") if each.year == 2026]) == 2
    samoa = Wall("Pacific/Apia", date(2011, 12, 30))
    assert samoa.first(date(2011, 12, 30), 600) == samoa.first(date(2011, 12, 31), 0)


BREAKS = ((120, 180), (150, 210), (120, 150), (0, 30), (1425, 15), (60, 65), (230, 360))


@pytest.mark.parametrize(
    "zone",
    # That one only ever left out a date, with its night
    sorted(zone for zone in available_timezones() - {"Pacific/Fakaofo"} if jumps(zone)),
)
def test_a_break_keeps_its_length_on_every_night_on_which_the_clocks_are_set(zone: str) -> None:
    """It ends with its shift at the latest, in which it began; no other break is shorter."""
    every = [Shift(frozenset(range(7)), 22 * 60, 6 * 60, (one,)) for one in BREAKS]
    for day in jumps(zone)[-4:]:
        for n in (-2, -1, 0):
            for night in every:
                [worked] = Calendar([night], zone).on(day + n * DAY)
                since, until = night.breaks[0]
                agreed = (until - since - 1) % 1440 + 1
                [(begins, ends)] = worked.breaks
                assert worked.begin <= begins < ends <= worked.end
                assert ends - begins == min(agreed * MINUTE, worked.end - begins), (day, night)


def test_a_break_begins_by_the_wall_and_lasts_as_agreed_when_the_clocks_are_set() -> None:
    """Skipped, it begins with the hour after; where its hour comes twice, it is in the first."""

    def on(day: date, since: int, until: int) -> list[str]:
        night = Shift(frozenset(range(7)), 22 * 60, 6 * 60, ((since, until),))
        [worked] = Calendar([night], "Europe/Berlin").on(day)
        return [f"{at:%H:%M}" for each in worked.breaks for at in each]

    spring, autumn = date(2026, 3, 28), date(2026, 10, 24)
    assert on(spring, 120, 180) == ["01:00", "02:00"]
    assert on(spring, 120, 150) == ["01:00", "01:30"]
    assert on(spring, 90, 150) == ["00:30", "01:30"]
    assert on(autumn, 120, 180) == ["00:00", "01:00"]
    assert on(autumn, 150, 210) == ["00:30", "01:30"]


@pytest.mark.parametrize(
    "zone", ["Africa/Cairo", "Asia/Beirut", "America/Havana", "America/Santiago"]
)
def test_where_midnight_is_skipped_a_night_shift_goes_on_and_its_break_is_whole(zone: str) -> None:
    """There the clocks jump at midnight: a break from 00:00 to 00:30 begins with the hour after."""
    night = Shift(frozenset(range(7)), 22 * 60, 6 * 60, ((0, 30),))
    skipped = [each for each in jumps(zone) if each.year >= 2023]
    calendar = Calendar([night], zone)
    nights = [each for day in skipped for n in (-2, -1, 0) for each in calendar.on(day + n * DAY)]

    hour, half = timedelta(hours=1), timedelta(minutes=30)
    assert {7 * hour, 8 * hour} <= {each.end - each.begin for each in nights}
    assert {each.end - each.begin for each in nights} <= {7 * hour, 8 * hour, 9 * hour}
    assert [sum_of(each.breaks) for each in nights] == [half] * len(nights)


def sum_of(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    return sum((end - begin for begin, end in spans), timedelta(0))
