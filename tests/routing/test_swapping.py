"""Shifts that change hands: between any two zones, on every night of the year."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from routing.domain.shifts import Calendar, Shift
from routing.domain.swapping import Given, Side, swapped
from shared.errors import Refused

ZONES = st.sampled_from(sorted(available_timezones()))
DAYS = st.dates(date(2000, 1, 1), date(2037, 12, 31))
EVERY_DAY = frozenset(range(7))
WEEKS = st.lists(
    st.builds(
        Shift,
        st.frozensets(st.integers(0, 6), min_size=1),
        st.integers(0, 23).map(lambda hour: hour * 60),
        st.integers(1, 24).map(lambda hour: hour * 60),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda shift: shift.begin,
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def after(
    giver: Calendar, taker: Calendar, given: Given, in_return: Given | None = None
) -> tuple[Calendar, Calendar]:
    """Both as they are once they swapped."""
    sides = swapped(giver, taker, given, in_return)
    found = []
    for side, of in ((Side.GIVER, giver), (Side.TAKER, taker)):
        differences = [each for who, each in sides if who is side]
        found.append(Calendar(of.shifts, of.zone.key, differences))
    return found[0], found[1]


def work(*calendars: Calendar, around: datetime) -> list[tuple[datetime, datetime]]:
    """All that is worked near an instant, piece by piece."""
    week = timedelta(days=6)
    return sorted(
        (each.begin, each.end)
        for calendar in calendars
        for each in calendar.during(around - week, around + week)
    )


@given(giver=WEEKS, taker=WEEKS, here=ZONES, there=ZONES, day=DAYS, data=st.data())
def test_a_swap_moves_work_and_neither_adds_nor_loses_an_instant(
    giver: list[Shift], taker: list[Shift], here: str, there: str, day: date, data: st.DataObject
) -> None:
    own, other = Calendar(giver, here), Calendar(taker, there)
    mine = [each for each in giver if day.weekday() in each.days]
    assume(mine and own.on(day))
    wish = Given(day, data.draw(st.sampled_from(mine)).begin)
    back = None
    days = [day + timedelta(days=n) for n in (-1, 0, 1)]
    theirs = [Given(n, each.begin) for n in days for each in taker if n.weekday() in each.days]
    is_for_another: bool = data.draw(st.booleans())
    if theirs and is_for_another:
        back = data.draw(st.sampled_from(theirs))
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    try:
        own_after, other_after = after(own, other, wish, back)
    except Refused:
        return

    assert work(own_after, other_after, around=noon) == work(own, other, around=noon)
    # What each has of the other's lies beside all else that he does
    for calendar in (own_after, other_after):
        for taken in calendar.during(noon - timedelta(days=4), noon + timedelta(days=4)):
            if taken.kind is not None:
                at_once = calendar.during(taken.begin, taken.end)
                assert at_once == [taken], "he is in two places at once"


@pytest.mark.parametrize(
    ("zone", "begin", "day", "then"),
    [
        # A night of Pago Pago's, two dates before Kiritimati's at the same instant
        ("Pacific/Pago_Pago", 22 * 60, date(2026, 5, 9), "2026-05-10T09:00"),
        ("Pacific/Kiritimati", 9 * 60, date(2026, 5, 11), "2026-05-10T19:00"),
        ("Europe/Berlin", 22 * 60, date(2026, 5, 10), "2026-05-10T20:00"),
    ],
)
def test_who_works_at_the_same_instant_on_any_date_of_his_cannot_take_it(
    zone: str, begin: int, day: date, then: str
) -> None:
    # Twelve hours from 10 May 10:00 UTC on: the 11th in Kiritimati, fourteen hours ahead
    long = Shift(EVERY_DAY, 0, 12 * 60)
    giver = Calendar([long], "Pacific/Kiritimati")
    [given_] = giver.on(date(2026, 5, 11))
    assert (given_.begin, given_.end) == (utc("2026-05-10T10:00"), utc("2026-05-10T22:00"))
    busy = Calendar([Shift(frozenset({day.weekday()}), begin, (begin + 180) % 1440)], zone)
    assert any(each.begin == utc(then) for each in busy.on(day))

    with pytest.raises(Refused, match="works then himself"):
        swapped(giver, busy, Given(date(2026, 5, 11), 0))


def test_an_early_and_a_late_that_overlap_are_swapped_for_each_other_alone() -> None:
    early = Calendar([Shift(EVERY_DAY, 8 * 60, 16 * 60)], "Europe/Madrid")
    late = Calendar([Shift(EVERY_DAY, 9 * 60, 17 * 60)], "America/New_York")
    monday = Given(date(2026, 5, 11), 8 * 60)

    with pytest.raises(Refused, match="who takes it works then himself"):
        swapped(early, late, monday)
    with pytest.raises(Refused, match="no shift of his week"):
        swapped(early, late, monday, Given(date(2026, 5, 11), 10 * 60))
    mine, theirs = after(early, late, monday, Given(date(2026, 5, 11), 9 * 60))

    # Eight in Madrid is two at night in New York, and nine there is three in the afternoon
    assert mine.on_shift_until(utc("2026-05-11T07:00")) is None
    assert theirs.on_shift_until(utc("2026-05-11T07:00")) == utc("2026-05-11T14:00")
    assert mine.on_shift_until(utc("2026-05-11T14:00")) == utc("2026-05-11T21:00")
    assert theirs.on_shift_until(utc("2026-05-11T14:00")) is None
    # A day later, which nobody swapped, what both work overlaps: not in return for a shift of then
    with pytest.raises(Refused, match="himself"):
        swapped(early, late, monday, Given(date(2026, 5, 12), 9 * 60))


def test_of_two_shifts_that_begin_alike_the_one_of_that_day_is_given() -> None:
    short, long = Shift(frozenset({4}), 540, 840), Shift(frozenset({0, 1, 2, 3}), 540, 1020)
    giver = Calendar([long, short], "Europe/Madrid")
    friday = date(2026, 5, 15)

    _, taker = after(giver, Calendar([], "Asia/Tokyo"), Given(friday, 540))

    [taken] = taker.on(friday)
    assert (taken.begin, taken.end) == (utc("2026-05-15T07:00"), utc("2026-05-15T12:00"))
