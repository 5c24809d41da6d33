"""When agents work, in every zone and on the nights when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.shifts import Calendar, Shift, instant

ZONES = sorted(available_timezones())
EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))

MOMENTS = st.integers(946_684_800, 2_145_916_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("shift", "zone", "now", "until"),
    [
        # Sunday 03:00 UTC: noon in Tokyo, Saturday evening in Los Angeles.
        (Shift(EVERY_DAY, 540, 1080), "Asia/Tokyo", "2026-03-01T03:00", "2026-03-01T09:00"),
        (Shift(WEEKDAYS, 540, 1080), "Asia/Tokyo", "2026-03-01T03:00", None),
        (
            Shift(frozenset({5}), 960, 1440),
            "America/Los_Angeles",
            "2026-03-01T03:00",
            "2026-03-01T08:00",
        ),
        # Tuesday noon UTC.
        (Shift(WEEKDAYS, 540, 1080), "Europe/Madrid", "2026-03-03T12:00", "2026-03-03T17:00"),
        (Shift(WEEKDAYS, 540, 720), "Europe/Madrid", "2026-03-03T12:00", None),
        # Saturday's night shift is still Sunday morning's.
        (Shift(frozenset({5}), 1320, 360), "Europe/Madrid", "2026-03-01T03:00", "2026-03-01T05:00"),
        (Shift(frozenset({6}), 1320, 360), "Europe/Madrid", "2026-03-01T03:00", None),
        # Spring forward: the night is an hour short, 02:30 does not exist.
        (Shift(frozenset({5}), 1320, 360), "Europe/Berlin", "2026-03-29T03:59", "2026-03-29T04:00"),
        (Shift(frozenset({6}), 150, 480), "Europe/Berlin", "2026-03-29T00:59", None),
        (Shift(frozenset({6}), 150, 480), "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T06:00"),
        # Fall back: the night is an hour long, 02:30 comes twice and the first counts.
        (Shift(frozenset({5}), 1320, 360), "Europe/Berlin", "2026-10-25T04:59", "2026-10-25T05:00"),
        (Shift(frozenset({6}), 150, 480), "Europe/Berlin", "2026-10-25T00:29", None),
        (Shift(frozenset({6}), 150, 480), "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T07:00"),
        (Shift(frozenset({6}), 0, 150), "Europe/Berlin", "2026-10-25T00:30", None),
        # Round the clock.
        (Shift(frozenset({1}), 0, 1440), "UTC", "2026-03-03T23:59", "2026-03-04T00:00"),
        (Shift(frozenset({1}), 540, 540), "UTC", "2026-03-04T08:59", "2026-03-04T09:00"),
    ],
)
def test_the_wall_clock_of_the_zone_tells_who_works(
    shift: Shift, zone: str, now: str, until: str | None
) -> None:
    found = Calendar([shift], zone).on_shift_until(utc(now))

    assert found == (utc(until) if until else None)


def test_shifts_that_meet_are_one_piece_of_work() -> None:
    calendar = Calendar([Shift(EVERY_DAY, 480, 960), Shift(EVERY_DAY, 960, 1200)], "UTC")

    assert calendar.on_shift_until(utc("2026-03-03T09:00")) == utc("2026-03-03T20:00")


def test_a_date_that_a_zone_left_out_has_no_length() -> None:
    apia = Calendar([Shift(frozenset({4}), 0, 1440)], "Pacific/Apia")

    # Thursday 29 December 2011 was followed by Saturday 31.
    assert apia.on_shift_until(utc("2011-12-30T09:59")) is None
    assert apia.on_shift_until(utc("2011-12-30T10:00")) is None


@given(zone=st.sampled_from(ZONES), now=MOMENTS)
def test_three_shifts_round_the_clock_leave_no_gap_and_do_not_overlap(
    zone: str, now: datetime
) -> None:
    thirds = [Shift(EVERY_DAY, 0, 480), Shift(EVERY_DAY, 480, 960), Shift(EVERY_DAY, 960, 1440)]

    working = [Calendar([shift], zone).on_shift_until(now) is not None for shift in thirds]

    assert sum(working) == 1


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2000, 1, 1), date(2037, 12, 31)),
    earlier=st.integers(0, 1440),
    later=st.integers(0, 1440),
)
def test_wall_times_never_run_backwards(zone: str, day: date, earlier: int, later: int) -> None:
    first, second = sorted((earlier, later))

    assert instant(day, first, ZoneInfo(zone)) <= instant(day, second, ZoneInfo(zone))


@given(
    zone=st.sampled_from(ZONES),
    now=MOMENTS,
    begin=st.integers(0, 1439),
    end=st.integers(0, 1440),
    weekday=st.integers(0, 6),
)
def test_who_is_on_shift_stays_so_until_the_end_and_not_a_second_longer(
    zone: str, now: datetime, begin: int, end: int, weekday: int
) -> None:
    calendar = Calendar([Shift(frozenset({weekday}), begin, end)], zone)

    until = calendar.on_shift_until(now)

    if until is not None:
        assert now < until
        assert calendar.on_shift_until(until - timedelta(seconds=1)) == until
        assert calendar.on_shift_until(until) is None
