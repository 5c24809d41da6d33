"""Calendar periods of laws: which day is the last, and the instant at which it is over.

Days are the buyer's own: every instant is first read in his time zone. Holidays come from the
`holidays` library; where only the country is known, a day that is a holiday in any of its regions
counts as one, since a period that ends too late wrongs nobody.
"""

import calendar
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from msgspec import Struct

SATURDAY = 5


class Period(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A span of calendar days or months.

    By default the day of the event is not counted (Reg. (EEC, Euratom) 1182/71 art. 3(1), BGB
    § 187(1)); `counts_first_day` counts it (Japan's ASCT art. 15-3). `ends_on_working_day` moves
    a last day that is a holiday, Sunday or Saturday to the next working day (Reg. 1182/71
    art. 3(4), BGB § 193).
    """

    days: int = 0
    months: int = 0
    counts_first_day: bool = False
    ends_on_working_day: bool = False

    def __post_init__(self) -> None:
        if self.days < 0 or self.months < 0 or self.days + self.months == 0:
            raise ValueError("a period lasts at least one day or month")

    def in_words(self) -> str:
        """What a person reads in a list.

        >>> Period(days=14, ends_on_working_day=True).in_words()
        '14 days, to a working day'
        """
        parts = [f"{self.months} months" if self.months else "", f"{self.days} days"]
        length = " ".join(part for part in parts if part and part != "0 days")
        return f"{length}, to a working day" if self.ends_on_working_day else length


IsDayOff = Callable[[date], bool]


def last_day(first: date, period: Period, is_day_off: IsDayOff) -> date:
    """The last day of a period that an event on the day `first` sets off.

    >>> fortnight = Period(days=14, ends_on_working_day=True)
    >>> last_day(date(2026, 3, 2), fortnight, lambda day: day.weekday() >= SATURDAY)
    datetime.date(2026, 3, 16)
    >>> last_day(date(2026, 3, 7), fortnight, lambda day: day.weekday() >= SATURDAY)
    datetime.date(2026, 3, 23)
    >>> last_day(date(2026, 3, 2), Period(days=8, counts_first_day=True), lambda day: False)
    datetime.date(2026, 3, 9)
    """
    day = _months_later(first, period.months) + timedelta(days=period.days)
    if period.counts_first_day:
        day -= timedelta(days=1)
    while period.ends_on_working_day and is_day_off(day):
        day += timedelta(days=1)
    return day


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day (Reg. 1182/71 art. 3(2)(c))."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, length))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which a day is over in a zone: the first that is past it.

    Where clocks skip midnight itself, that is the moment of the change.

    >>> end_of(date(2026, 3, 29), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T22:00:00+00:00'
    """
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def last_second(end: datetime) -> datetime:
    """The last second before an end: what a customer may be told as "until"."""
    return end - timedelta(seconds=1)


@cache
def _public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return frozenset()
    short = (region or "").upper().removeprefix(f"{country}-")
    regions = [short] if short in known[country] else [None, *known[country]]
    found: set[date] = set()
    for subdivision in regions:
        found |= holidays.country_holidays(country, subdiv=subdivision, years=year).keys()
    return frozenset(found)


def days_off(
    country: str,
    region: str | None = None,
    *,
    also: Collection[date] = (),
    never: Collection[date] = (),
) -> IsDayOff:
    """Tell of a day whether nothing can end on it: a weekend day or a public holiday.

    `region` is the second half of an ISO 3166-2 code, with or without the country. `also` and
    `never` correct the library, day by day.

    >>> is_day_off = days_off("DE", "BY")
    >>> is_day_off(date(2026, 1, 6)), is_day_off(date(2026, 10, 31)), is_day_off(date(2026, 3, 9))
    (True, True, False)
    >>> days_off("DE", "NW")(date(2026, 1, 6))
    False
    """

    def is_day_off(day: date) -> bool:
        if day.weekday() >= SATURDAY:
            return True
        if day in never:
            return False
        return day in also or day in _public_holidays(country, region, day.year)

    return is_day_off
