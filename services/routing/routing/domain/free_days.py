"""Days on which a country does not work: its public holidays, but for what a team decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import holidays

_FROM, _TO = 1990, 2100


@dataclass(frozen=True)
class FreeDays:
    """The free days of a country or of one of its subdivisions.

    `of` is an ISO 3166-1 or 3166-2 code, e.g. `ES`, `ES-MD`. `worked` are holidays on which the
    team works all the same, `closed` days on which it does not beside them. The holidays are those
    of the library `holidays` (its category `public`).
    """

    of: str
    worked: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()

    def has(self, day: date) -> bool:
        """Whether nobody works who keeps these days.

        >>> spain = FreeDays("ES", worked=frozenset({date(2026, 1, 6)}))
        >>> spain.has(date(2026, 12, 25)), spain.has(date(2026, 1, 6))
        (True, False)
        """
        return day in self.closed or (day not in self.worked and _is_holiday(self.of, day))


def are_known(of: str) -> bool:
    """Whether there are holidays for a country or subdivision.

    >>> are_known("DE-BY"), are_known("DE-XX")
    (True, False)
    """
    country, _, subdivision = of.partition("-")
    known = _countries().get(country)
    return known is not None and (not subdivision or subdivision in known)


@cache
def _countries() -> Mapping[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=65_536)
def _is_holiday(of: str, day: date) -> bool:
    return _FROM <= day.year <= _TO and day in _calendar(of)


@cache
def _calendar(of: str) -> holidays.HolidayBase:
    country, _, subdivision = of.partition("-")
    return holidays.country_holidays(country, subdiv=subdivision or None)
