"""Breaks, days that differ, free days: in every zone and on the nights when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.free_days import FreeDays, are_known
from routing.domain.shifts import Calendar, Difference, Kind, Shift, instant

EVERY_DAY = frozenset(range(7))
MOMENTS = st.integers(946_684_800, 2_145_916_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
ZONES = st.sampled_from(sorted(available_timezones()))
MINUTES = st.integers(0, 1439)


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    """A shift of any length on any days, with up to two breaks inside it."""
    begin, length = draw(MINUTES), draw(st.integers(1, 1440))
    breaks = []
    for _ in range(draw(st.integers(0, 2))):
        since = draw(st.integers(0, length - 1))
        until = draw(st.integers(since + 1, length))
        breaks.append(((begin + since) % 1440, (begin + until) % 1440))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Shift(days, begin, (begin + length - 1) % 1440 + 1, tuple(breaks))


CALENDARS = st.builds(Calendar, st.lists(shifts(), min_size=1, max_size=3), ZONES)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(calendar=CALENDARS, now=MOMENTS, later=st.integers(0, 48 * 60))
def test_who_is_on_shift_later_is_so_for_no_shorter(
    calendar: Calendar, now: datetime, later: int
) -> None:
    first = calendar.on_shift_until(now)
    second = calendar.on_shift_until(now + timedelta(minutes=later))

    if first is not None and second is not None:
        assert first <= second


@given(calendar=CALENDARS, now=MOMENTS)
def test_a_break_is_never_on_shift_and_always_within_one(calendar: Calendar, now: datetime) -> None:
    for occurrence in calendar.on(now.astimezone(calendar.zone).date()):
        for since, until in occurrence.breaks:
            assert occurrence.begin <= since < until <= occurrence.end
            middle = since + (until - since) / 2
            for moment in (since, middle, until - timedelta(microseconds=1)):
                assert calendar.on_shift_until(moment) is None
                assert calendar.shift_at(moment) is not None


@given(calendar=CALENDARS, now=MOMENTS)
def test_on_shift_ends_with_the_piece_of_work_or_at_a_break(
    calendar: Calendar, now: datetime
) -> None:
    until, piece = calendar.on_shift_until(now), calendar.shift_at(now)

    if until is None:
        return
    assert piece is not None
    assert piece[0] <= now < until <= piece[1]
    if until - now < timedelta(days=1):
        # The days that are looked at end somewhere; the next day's look goes further.
        assert calendar.on_shift_until(until - timedelta(microseconds=1)) == until
        assert calendar.on_shift_until(until) is None


@given(zone=ZONES, now=MOMENTS, cut=st.integers(1, 1439), begin=MINUTES)
def test_shifts_that_meet_on_the_wall_meet_in_the_world(
    zone: str, now: datetime, cut: int, begin: int
) -> None:
    """A day cut into two shifts anywhere has neither a gap nor an overlap, whatever the clocks."""
    middle = (begin + cut) % 1440
    halves = [Shift(EVERY_DAY, begin, middle), Shift(EVERY_DAY, middle, begin)]

    working = [Calendar([half], zone).on_shift_until(now) is not None for half in halves]

    assert sum(working) == 1


@given(zone=ZONES, day=st.dates(date(2000, 1, 1), date(2037, 12, 31)), shift=shifts())
def test_a_shift_that_is_swapped_is_worked_by_the_other_at_the_same_instants(
    zone: str, day: date, shift: Shift
) -> None:
    weekly = Shift(EVERY_DAY, shift.begin, shift.end, shift.breaks)
    own = Calendar([weekly], zone)
    giver = Calendar([weekly], zone, [Difference(Kind.GIVEN, day, weekly)])
    taker = Calendar([], "Asia/Kolkata", [Difference(Kind.TAKEN, day, weekly, zone)])

    assert giver.on(day) == []
    assert [(each.begin, each.end, each.breaks) for each in taker.on(day)] == [
        (each.begin, each.end, each.breaks) for each in own.on(day)
    ]


@pytest.mark.parametrize(
    ("now", "until", "is_in_break"),
    [
        ("2026-03-28T22:00", "2026-03-29T00:30", False),  # 23:00 in Berlin, a break from 01:30 on
        ("2026-03-29T00:45", None, True),
        ("2026-03-29T01:00", None, True),  # 03:00, for it lasts an hour
        ("2026-03-29T01:30", "2026-03-29T05:00", False),  # 03:30
        ("2026-10-24T23:45", None, True),  # 01:45
        ("2026-10-25T00:15", None, True),  # 02:15 for the first time
        ("2026-10-25T00:30", "2026-10-25T06:00", False),  # 02:30 for the first time
        ("2026-10-25T01:15", "2026-10-25T06:00", False),  # 02:15 for the second
    ],
)
def test_a_break_on_the_night_when_the_clocks_change(
    now: str, until: str | None, is_in_break: bool
) -> None:
    night = Shift(EVERY_DAY, 22 * 60, 7 * 60, ((90, 150),))
    calendar = Calendar([night], "Europe/Berlin")

    assert calendar.on_shift_until(utc(now)) == (utc(until) if until else None)
    assert (calendar.shift_at(utc(now)) is not None) or not is_in_break


def test_a_split_day_is_two_pieces_and_a_day_off_is_none() -> None:
    split = [Shift(EVERY_DAY, 540, 780), Shift(EVERY_DAY, 960, 1200)]
    off = [Difference(Kind.OFF, date(2026, 3, 4))]
    calendar = Calendar(split, "Europe/Madrid", off)

    assert calendar.on_shift_until(utc("2026-03-03T09:00")) == utc("2026-03-03T12:00")
    assert calendar.shift_at(utc("2026-03-03T13:00")) is None
    assert calendar.on_shift_until(utc("2026-03-03T16:00")) == utc("2026-03-03T19:00")
    assert calendar.on_shift_until(utc("2026-03-04T09:00")) is None


def test_a_holiday_is_free_but_for_what_the_team_decides_and_for_an_extra_shift() -> None:
    days = [Shift(EVERY_DAY, 540, 1020)]
    madrid = FreeDays("ES-MD", worked=frozenset({date(2026, 5, 2)}), closed=frozenset())
    extra = [Difference(Kind.EXTRA, date(2026, 12, 25), Shift(EVERY_DAY, 600, 660))]
    calendar = Calendar(days, "Europe/Madrid", extra, madrid)

    assert calendar.on(date(2026, 1, 1)) == []
    assert len(calendar.on(date(2026, 5, 2))) == 1  # the region's own day, worked all the same
    [christmas] = calendar.on(date(2026, 12, 25))
    assert (christmas.begin, christmas.kind) == (utc("2026-12-25T09:00"), Kind.EXTRA)
    assert len(calendar.on(date(2026, 12, 28))) == 1


def test_the_night_before_a_holiday_is_worked_to_its_end() -> None:
    nights = Calendar([Shift(EVERY_DAY, 1320, 360)], "Europe/Madrid", (), FreeDays("ES"))

    assert nights.on_shift_until(utc("2025-12-25T01:00")) == utc("2025-12-25T05:00")
    assert nights.on_shift_until(utc("2025-12-25T22:00")) is None


@pytest.mark.parametrize(
    ("of", "is_known"), [("ES", True), ("ES-MD", True), ("ES-XX", False), ("QQ", False)]
)
def test_only_countries_with_holidays_are_known(of: str, is_known: bool) -> None:
    assert are_known(of) is is_known


def test_a_wall_time_past_midnight_is_the_next_days() -> None:
    zone = ZoneInfo("Asia/Tokyo")

    assert instant(date(2026, 1, 1), 1500, zone) == instant(date(2026, 1, 2), 60, zone)
