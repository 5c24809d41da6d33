"""Which day is the last, and when it is over: laws count days in the buyer's own calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.domain.deadlines import Period, days_off, end_of, last_day

BERLIN = ZoneInfo("Europe/Berlin")
FORTNIGHT = Period(days=14, ends_on_working_day=True)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


@pytest.mark.parametrize(
    ("received", "region", "last"),
    [
        pytest.param(date(2026, 3, 2), None, date(2026, 3, 16), id="a plain Monday"),
        pytest.param(date(2026, 3, 7), None, date(2026, 3, 23), id="a Saturday"),
        pytest.param(date(2026, 3, 8), None, date(2026, 3, 23), id="a Sunday"),
        pytest.param(date(2026, 3, 20), None, date(2026, 4, 7), id="Good Friday to Easter Monday"),
        pytest.param(date(2026, 12, 11), None, date(2026, 12, 28), id="Christmas and a weekend"),
        pytest.param(date(2026, 12, 18), None, date(2027, 1, 4), id="New Year and a weekend"),
        pytest.param(date(2025, 12, 23), "BY", date(2026, 1, 7), id="Epiphany in Bavaria"),
        pytest.param(date(2025, 12, 23), "DE-NW", date(2026, 1, 6), id="no Epiphany in the Rhine"),
        pytest.param(date(2025, 12, 23), None, date(2026, 1, 7), id="a holiday somewhere counts"),
        pytest.param(date(2025, 12, 23), "Bayern?", date(2026, 1, 7), id="a region nobody knows"),
    ],
)
def test_a_last_day_that_is_a_holiday_or_weekend_moves_to_the_next_working_day(
    received: date, region: str | None, last: date
) -> None:
    assert last_day(received, FORTNIGHT, days_off("DE", region)) == last


def test_the_day_of_receipt_counts_where_the_law_says_so() -> None:
    eight = Period(days=8, counts_first_day=True)

    assert last_day(date(2026, 5, 1), eight, days_off("JP")) == date(2026, 5, 8)


@pytest.mark.parametrize(
    ("start", "last"),
    [(date(2024, 2, 29), date(2026, 2, 28)), (date(2024, 1, 31), date(2026, 1, 31))],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(start: date, last: date) -> None:
    assert last_day(start, Period(months=24), days_off("DE")) == last


def test_the_file_may_add_and_remove_holidays() -> None:
    extra, gone = date(2026, 3, 16), date(2026, 4, 3)
    is_day_off = days_off("DE", also=[extra], never=[gone])

    assert is_day_off(extra)
    assert not is_day_off(gone)


@pytest.mark.parametrize(
    ("day", "zone", "over"),
    [
        (date(2026, 3, 28), "Europe/Berlin", "2026-03-28T23:00:00+00:00"),
        (date(2026, 3, 29), "Europe/Berlin", "2026-03-29T22:00:00+00:00"),
        (date(2026, 10, 25), "Europe/Berlin", "2026-10-25T23:00:00+00:00"),
        (date(2026, 3, 8), "America/New_York", "2026-03-09T04:00:00+00:00"),
        (date(2026, 3, 8), "Asia/Tokyo", "2026-03-08T15:00:00+00:00"),
        # Chile skips midnight: 2026-09-06 begins at 01:00, four hours behind UTC before.
        (date(2026, 9, 5), "America/Santiago", "2026-09-06T04:00:00+00:00"),
    ],
)
def test_a_day_is_over_at_its_own_midnight_whatever_the_clocks_do(
    day: date, zone: str, over: str
) -> None:
    assert end_of(day, ZoneInfo(zone)).isoformat() == over


@given(day=days, zone=zones)
def test_the_first_instant_past_a_day_belongs_to_the_next(day: date, zone: ZoneInfo) -> None:
    end = end_of(day, zone)

    assert end.tzinfo is UTC
    assert end.astimezone(zone).date() > day
    assert (end - timedelta(microseconds=1)).astimezone(zone).date() <= day


@given(
    start=days,
    later=st.integers(0, 40),
    length=st.integers(1, 60),
    months=st.integers(0, 24),
    country=st.sampled_from(["DE", "US", "JP", "XX"]),
)
def test_a_period_never_ends_early_never_on_a_day_off_and_never_before_an_earlier_one(
    start: date, later: int, length: int, months: int, country: str
) -> None:
    is_day_off = days_off(country)
    period = Period(days=length, months=months, ends_on_working_day=True)

    last = last_day(start, period, is_day_off)

    assert last >= start + timedelta(days=length)
    assert not is_day_off(last)
    assert last <= last_day(start + timedelta(days=later), period, is_day_off) or months


def test_a_period_lasts_at_least_a_day() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        Period()


def test_an_instant_late_in_the_evening_is_another_day_elsewhere() -> None:
    instant = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)

    assert instant.astimezone(BERLIN).date() == date(2026, 3, 2)
    assert instant.astimezone(ZoneInfo("America/New_York")).date() == date(2026, 3, 1)
