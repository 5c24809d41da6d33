"""Business time: in every zone, on the nights when clocks change, over holidays."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.clients import read_hours
from routing.domain.clocks import Clock, Desk, Hours, NeverOpen
from routing.domain.free_days import FreeDays
from routing.domain.promises import Asked, Promise, Promises
from routing.domain.shifts import Shift
from shared.contracts.routing import Family
from shared.stores import Stores
from shared.yaml_files import BadFile

ZONES = sorted(available_timezones())
EVERY_DAY = frozenset(range(7))
OFFICE = Shift(frozenset(range(5)), 9 * 60, 17 * 60)
HOUR = timedelta(hours=1)

MOMENTS = st.integers(946_684_800, 2_145_916_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
QUARTERS = st.integers(0, 95).map(lambda quarter: quarter * 15)
OPENINGS = st.lists(
    st.builds(Shift, st.frozensets(st.integers(0, 6), min_size=1), QUARTERS, QUARTERS),
    min_size=1,
    max_size=3,
)
SPANS = st.timedeltas(timedelta(0), timedelta(days=4))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "hours", "until"),
    [
        # Within a day; over a night; over a weekend. Madrid is an hour ahead in winter.
        ("Europe/Madrid", "2026-03-03T09:00", 3, "2026-03-03T12:00"),
        ("Europe/Madrid", "2026-03-03T15:00", 3, "2026-03-04T10:00"),
        ("Europe/Madrid", "2026-02-27T15:00", 3, "2026-03-02T10:00"),
        # Over the weekend on which summer time begins, and the one on which it ends.
        ("Europe/Madrid", "2026-03-27T15:00", 3, "2026-03-30T09:00"),
        ("Europe/Madrid", "2026-10-23T14:00", 3, "2026-10-26T10:00"),
        # Asked while it is closed; ending exactly when it closes.
        ("Asia/Tokyo", "2026-03-07T03:00", 8, "2026-03-09T08:00"),
        ("America/New_York", "2026-03-06T21:30", 8, "2026-03-09T20:30"),
    ],
)
def test_the_clock_stands_still_while_the_desk_is_closed(
    zone: str, start: str, hours: int, until: str
) -> None:
    clock = Clock([OFFICE], zone)

    assert clock.add(hours * HOUR, utc(start)) == utc(until)
    assert clock.elapsed(utc(start), utc(until)) == hours * HOUR


def test_an_opening_over_the_night_lasts_as_long_as_it_lasts_in_the_world() -> None:
    nights = Clock([Shift(EVERY_DAY, 22 * 60, 6 * 60)], "Europe/Berlin")
    into_summer = nights.elapsed(utc("2026-03-28T12:00"), utc("2026-03-29T12:00"))
    into_winter = nights.elapsed(utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))
    # One that begins in the hour that is skipped, and one in the hour that comes twice.
    at_half_two = Clock([Shift(EVERY_DAY, 150, 210)], "Europe/Berlin")
    skipped = at_half_two.elapsed(utc("2026-03-28T12:00"), utc("2026-03-29T12:00"))
    twice = at_half_two.elapsed(utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))

    assert (into_summer, into_winter) == (7 * HOUR, 9 * HOUR)
    assert (skipped, twice) == (HOUR / 2, 2 * HOUR)


def test_holidays_count_as_closed_but_for_those_on_which_it_opens() -> None:
    madrid = FreeDays("ES-MD", closed=frozenset({date(2026, 5, 4)}))
    clock = Clock([OFFICE], "Europe/Madrid", madrid)
    thursday = utc("2026-04-30T14:00")  # an hour before it closes

    # Friday is May Day, Saturday Madrid's own day, Monday closed by the desk itself.
    assert clock.add(2 * HOUR, thursday) == utc("2026-05-05T08:00")
    opened = FreeDays("ES-MD", worked=frozenset({date(2026, 5, 1)}))
    assert Clock([OFFICE], "Europe/Madrid", opened).add(2 * HOUR, thursday) == utc(
        "2026-05-01T08:00"
    )
    assert date(2026, 5, 2) in madrid
    assert date(2026, 5, 2) not in FreeDays("ES-CT")
    assert date(2026, 12, 25) not in FreeDays()


def test_a_clock_that_never_runs_is_refused() -> None:
    with pytest.raises(NeverOpen):
        Clock([], "UTC")
    with pytest.raises(NeverOpen):
        Clock([Shift(frozenset(), 540, 600)], "UTC")
    closed = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(900))
    shut = Clock([OFFICE], "UTC", closed)
    with pytest.raises(NeverOpen):
        shut.add(HOUR, utc("2026-01-01T00:00"))
    assert shut.elapsed(utc("2026-01-01T00:00"), utc("2027-01-01T00:00")) == timedelta(0)


@given(st.sampled_from(ZONES), OPENINGS, MOMENTS, SPANS, SPANS)
def test_adding_and_elapsing_are_each_others_inverse_in_every_zone(
    zone: str, openings: list[Shift], start: datetime, first: timedelta, second: timedelta
) -> None:
    clock = Clock(openings, zone)

    middle = clock.add(first, start)
    end = clock.add(second, middle)

    assert clock.elapsed(start, middle) == first
    assert clock.elapsed(start, end) == first + second
    assert clock.add(first + second, start) == (end if second else middle)
    assert middle - start >= first
    assert clock.elapsed(end, start) == timedelta(0)


@given(st.sampled_from(ZONES), MOMENTS, SPANS)
def test_a_desk_that_never_closes_knows_plain_time_only(
    zone: str, start: datetime, span: timedelta
) -> None:
    clock = Clock([Shift(EVERY_DAY, 0, 24 * 60)], zone)

    assert clock.add(span, start) == start + span
    assert clock.elapsed(start, start + span) == span


@given(st.sampled_from(ZONES), MOMENTS, st.integers(24, 72), st.integers(4, 16))
def test_by_day_it_agrees_with_looking_at_the_wall_every_quarter_of_an_hour(
    zone: str, around: datetime, begins: int, lasts: int
) -> None:
    opening = Shift(frozenset({0, 2, 3, 6}), begins * 15, (begins + lasts) * 15)
    start = around.replace(minute=0, second=0)
    quarter = timedelta(minutes=15)
    clock = Clock([opening], zone)

    walls = [(start + n * quarter).astimezone(ZoneInfo(zone)) for n in range(4 * 24 * 4)]
    is_open = [
        wall.weekday() in opening.days
        and opening.begin <= wall.hour * 60 + wall.minute < opening.end
        for wall in walls
    ]

    assert [clock.is_open(wall) for wall in walls] == is_open
    assert clock.elapsed(start, start + len(walls) * quarter) == sum(is_open) * quarter


FILE = """
hours:
  - regions: [JP]
    time_zone: Asia/Tokyo
    open:
      - {days: [mon, tue, wed, thu, fri], from: "10:00", to: "19:00"}
    holidays: {country: JP, closed: ["2026-12-30"]}
  - stores: [borealis]
    families: [mail, messaging]
    time_zone: America/New_York
    open:
      - {days: [mon, tue, wed, thu, fri, sat], from: "08:00", to: "20:00"}
"""


def test_the_first_desk_that_fits_counts_and_the_store_keeps_office_hours(
    tmp_path: Path, stores: Stores
) -> None:
    path = tmp_path / "hours.yaml"
    path.write_text(FILE, encoding="utf-8")
    hours = read_hours(path, stores.stores)
    mail = Promise(timedelta(hours=4), in_business_hours=True)
    promises = Promises({Family.MAIL: mail, Family.CHAT: Promise(HOUR)}, 2.0, hours=hours)
    friday = utc("2026-03-06T16:00")

    def due(store: str, region: str | None, family: Family = Family.MAIL) -> datetime:
        return promises.due(Asked(store, "mail", family, region=region), friday).by

    # Saturday morning in Tokyo; Friday 11:00 in New York; Friday 17:00 in Madrid.
    assert due("aurora", "JP") == utc("2026-03-09T05:00")
    assert due("borealis", "US") == utc("2026-03-06T20:00")
    assert due("aurora", None) == utc("2026-03-09T11:00")
    assert due("aurora", "JP", Family.CHAT) == friday + HOUR
    usual = promises.due(Asked("aurora", "mail", Family.MAIL), friday)
    assert usual.first_from == utc("2026-03-09T15:00")
    assert usual.soon == utc("2026-03-09T10:12")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{time_zone: UTC, open: [], holidays: {}}", "open"),
        (
            '{time_zone: UTC, open: [{days: [mon], from: "09:00", to: "17:00"}], '
            "holidays: {country: AQ, subdivision: X}}",
            "not known",
        ),
        (
            '{time_zone: UTC, open: [{days: [mon], from: "09:00", to: "17:00"}], '
            "holidays: {subdivision: MD}}",
            "its country",
        ),
        (
            '{time_zone: UTC, open: [{days: [mon], from: "09:00", to: "17:00", '
            'breaks: [{from: "12:00", to: "13:00"}]}]}',
            "openings have no breaks",
        ),
        (
            '{stores: [nowhere], time_zone: UTC, open: [{days: [mon], from: "09:00", to: "9:30"}]}',
            "HH:MM",
        ),
        (
            '{stores: [mars], time_zone: UTC, open: [{days: [sun], from: "09:00", to: "10:00"}]}',
            "there is no store mars",
        ),
    ],
)
def test_odd_hours_are_told_with_their_line(
    tmp_path: Path, stores: Stores, row: str, says: str
) -> None:
    path = tmp_path / "hours.yaml"
    path.write_text(f"hours:\n  - {row}\n", encoding="utf-8")

    with pytest.raises(BadFile, match=rf"hours.yaml:2: .*{says}"):
        read_hours(path, stores.stores)


def test_where_no_hours_are_known_a_promise_runs_in_plain_time() -> None:
    mail = Promises({Family.MAIL: Promise(4 * HOUR, in_business_hours=True)})
    shut = Clock([OFFICE], "UTC", frozenset(date(2026, 1, 1) + timedelta(n) for n in range(900)))
    start = utc("2026-01-03T00:00")

    assert mail.due(Asked("aurora", "mail", Family.MAIL), start).by == start + 4 * HOUR
    closed = Promises(mail.by_family, hours=Hours([Desk(shut)]))
    assert closed.due(Asked("aurora", "mail", Family.MAIL), start).by == start + 4 * HOUR
