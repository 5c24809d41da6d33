"""Days on which nobody works or nothing opens: public holidays, but for what a team decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import holidays

COUNTRY = "country"
"""A team's default: everybody keeps the holidays of the country where he sits."""
_FROM, _TO = 1990, 2100


@dataclass(frozen=True)
class FreeDays:
    """The free days of a country or of one of its subdivisions.

    `of` is an ISO 3166-1 or 3166-2 code, e.g. `ES`, `ES-MD`, or empty for no holidays: they are
    those of the library `holidays` (its category `public`). `worked` are holidays that are like
    other days all the same, `closed` days that are free beside them.
    """

    of: str = ""
    worked: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        """Whether nobody works who keeps these days.

        >>> spain = FreeDays("ES", worked=frozenset({date(2026, 1, 6)}))
        >>> date(2026, 12, 25) in spain, date(2026, 1, 6) in spain
        (True, False)
        """
        if not isinstance(day, date):
            return False
        return day in self.closed or (day not in self.worked and _is_holiday(self.of, day))


def are_known(of: str) -> bool:
    """Whether there are holidays for a country or subdivision.

    >>> are_known("DE-BY"), are_known("DE-XX")
    (True, False)
    """
    country, _, subdivision = of.partition("-")
    known = _countries().get(country)
    return known is not None and (not subdivision or subdivision in known)


def kept(own: str | None, default: str | None, country: str) -> str | None:
    """Whose holidays an agent keeps, None for nobody's.

    His `own` count, and an empty one is none at all; who has none set keeps the team's `default`:
    those of one country or subdivision for all, or, if it is `COUNTRY`, those of the agent's own,
    as far as they are known.

    >>> kept(None, None, "ES"), kept(None, COUNTRY, "ES"), kept(None, "DE-BY", "ES")
    (None, 'ES', 'DE-BY')
    >>> kept("ES-MD", COUNTRY, "ES"), kept("", COUNTRY, "ES"), kept(None, COUNTRY, "ZZ")
    ('ES-MD', None, None)
    """
    if own is not None:
        return own or None
    if default != COUNTRY:
        return default
    return country if are_known(country) else None


@cache
def _countries() -> Mapping[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=65_536)
def _is_holiday(of: str, day: date) -> bool:
    return of != "" and _FROM <= day.year <= _TO and day in _calendar(of)


@cache
def _calendar(of: str) -> holidays.HolidayBase:
    country, _, subdivision = of.partition("-")
    return holidays.country_holidays(country, subdiv=subdivision or None)
