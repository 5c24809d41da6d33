"""The simulated world: who writes when, in which language and how patiently, and who is at work.

Ten languages, customers in twelve time zones with a day curve of their own, 200 agents at six sites
in three shifts. Figures are those of the routing study. Everything is drawn once for a seed, so
that every policy meets the same customers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator

from shared.contracts.routing import Family

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
"""A Monday; no clock changes in the weeks after."""
HOUR, DAY = 3600.0, 86_400.0
NOMINAL = 540.0
"""Conversations an hour that the team is staffed for: the longest idle answers 90 % in time."""

SHARES = {
    "en": 0.34,
    "es": 0.15,
    "de": 0.10,
    "fr": 0.10,
    "ja": 0.08,
    "pt": 0.07,
    "ko": 0.05,
    "it": 0.04,
    "ar": 0.04,
    "pl": 0.03,
}
HOMES: dict[str, tuple[tuple[str, str, float], ...]] = {
    "en": (
        ("US", "America/New_York", 0.35),
        ("US", "America/Los_Angeles", 0.25),
        ("GB", "Europe/London", 0.25),
        ("AU", "Australia/Sydney", 0.15),
    ),
    "es": (
        ("ES", "Europe/Madrid", 0.4),
        ("MX", "America/Mexico_City", 0.4),
        ("AR", "America/Argentina/Buenos_Aires", 0.2),
    ),
    "de": (("DE", "Europe/Berlin", 1.0),),
    "fr": (("FR", "Europe/Paris", 0.85), ("CA", "America/Toronto", 0.15)),
    "ja": (("JP", "Asia/Tokyo", 1.0),),
    "pt": (("BR", "America/Sao_Paulo", 0.8), ("PT", "Europe/Lisbon", 0.2)),
    "ko": (("KR", "Asia/Seoul", 1.0),),
    "it": (("IT", "Europe/Rome", 1.0),),
    "ar": (("SA", "Asia/Riyadh", 0.5), ("AE", "Asia/Dubai", 0.3), ("EG", "Africa/Cairo", 0.2)),
    "pl": (("PL", "Europe/Warsaw", 1.0),),
}
REGIONS = {
    "US": "AMER",
    "CA": "AMER",
    "MX": "LATAM",
    "AR": "LATAM",
    "BR": "LATAM",
    "GB": "EMEA",
    "ES": "EMEA",
    "DE": "EMEA",
    "FR": "EMEA",
    "PT": "EMEA",
    "IT": "EMEA",
    "PL": "EMEA",
    "SA": "MEA",
    "AE": "MEA",
    "EG": "MEA",
    "JP": "APAC",
    "KR": "APAC",
    "AU": "APAC",
}
# By hour of the customer's own day: a floor at night, a peak in the evening.
# fmt: off
_CURVE = np.array([
    0.5, 0.3, 0.25, 0.25, 0.25, 0.25, 0.3, 0.5, 0.8, 1.0, 1.1, 1.1,
    1.1, 1.1, 1.1, 1.1, 1.1, 1.2, 1.4, 1.6, 1.7, 1.6, 1.2, 0.8,
])
# fmt: on
CURVE = _CURVE / _CURVE.mean()
_DAY_CV = 0.2
_PRIORITIES = (0.10, 0.65, 0.25)


@dataclass(frozen=True)
class Line:
    """One channel and how it is worked: `slots` conversations at once by an agent who has no other.

    `promises` are seconds by priority, `handling` the mean and the sigma of a log-normal time in
    seconds, `patience` the mean in seconds after which a customer leaves; None, nobody leaves.
    """

    family: Family
    share: float
    slots: int
    promises: tuple[float, float, float]
    handling: tuple[float, float]
    patience: float | None


CHAT = Line(Family.CHAT, 0.72, 3, (60.0, 180.0, 600.0), (600.0, 0.9), 900.0)
CALLS = Line(Family.MESSAGING, 0.28, 1, (30.0, 60.0, 180.0), (360.0, 0.8), 300.0)
"""One at a time and at once, as the study's telephone calls."""
STUDIED = 500.0
"""Conversations an hour of chat and calls where the longest idle answers 90 % in time."""
MAIL = Line(Family.MAIL, 0.28, 1, (900.0, 3600.0, 14_400.0), (360.0, 0.8), None)


@dataclass(frozen=True)
class Scenario:
    """A load and what is particular about it."""

    name: str
    lines: tuple[Line, ...]
    rate: float = NOMINAL
    flash: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """A customer who writes at `at` (seconds from `BEGIN`); the rest in seconds too."""

    at: float
    language: str
    country: str
    zone: str
    promise: float
    handling: float
    patience: float


def offset(zone: str) -> int:
    """Whole hours ahead of UTC in these weeks."""
    ahead = BEGIN.astimezone(ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    return round(ahead / timedelta(hours=1))


def rates(language: str, line: Line, rate: float) -> list[tuple[str, str, np.ndarray]]:
    """Mean conversations an hour, by hour of UTC's day, of each home of a language."""
    return [
        (country, zone, rate * line.share * SHARES[language] * part * np.roll(CURVE, -offset(zone)))
        for country, zone, part in HOMES[language]
    ]


def arrivals(
    rng: Generator, scenario: Scenario, line: Line, days: int
) -> dict[str, list[Conversation]]:
    """All who write on one channel, by language, in order."""
    return {
        language: sorted(_of_language(rng, scenario, line, language, days), key=lambda c: c.at)
        for language in SHARES
    }


def _of_language(
    rng: Generator, scenario: Scenario, line: Line, language: str, days: int
) -> Iterator[Conversation]:
    hours = days * 24
    factor = np.repeat(rng.gamma(1 / _DAY_CV**2, _DAY_CV**2, days), 24)
    sales = rng.random(days) < 0.25
    starts = rng.integers(8, 20, days)
    for country, zone, mean in rates(language, line, scenario.rate):
        expected = np.tile(mean, days) * factor
        if scenario.flash:
            for day in map(int, np.flatnonzero(sales)):
                first = day * 24 + int(starts[day]) - offset(zone)
                for hour in (first, first + 1):
                    if 0 <= hour < hours:
                        expected[hour] *= 2.2
        counts = rng.poisson(expected)
        at = (np.repeat(np.arange(hours), counts) + rng.random(counts.sum())) * HOUR
        promised = rng.choice(line.promises, counts.sum(), p=_PRIORITIES)
        handling = _log_normal(rng, line.handling, int(counts.sum()))
        patience = rng.exponential(line.patience or np.inf, counts.sum())
        for row in zip(at, promised, handling, patience, strict=True):
            moment, promise, handled, patient = map(float, row)
            yield Conversation(moment, language, country, zone, promise, handled, patient)


def _log_normal(rng: Generator, of: tuple[float, float], count: int) -> np.ndarray:
    mean, sigma = of
    return rng.lognormal(np.log(mean) - sigma**2 / 2, sigma, count)


def generator(seed: int, *what: str) -> Generator:
    """Numbers of one purpose, whatever else was drawn."""
    return np.random.default_rng([seed, *(crc32(each.encode()) for each in what)])


def flattened(by_language: dict[str, Sequence[Conversation]]) -> list[Conversation]:
    """All of them in order."""
    return sorted((c for each in by_language.values() for c in each), key=lambda c: c.at)
