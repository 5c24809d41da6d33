"""How dear it is to give a conversation to an agent who may have it: least is best.

Terms are whole points, so that sums are exact and the same in whatever order they are made. What a
term hangs on tells how often it has to be worked out: on what an agent holds, on the languages he
speaks, on where he sits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from routing.domain.areas import area
from routing.domain.languages import spoken_level
from routing.domain.steps import MAIL, Timers, Tongues
from routing.domain.team import Agent
from shared.contracts.routing import Family

POINTS = 10_000
"""Points in 1 of a weight."""
Terms = dict[str, int]
"""Points by the name of their reason; those of nought are left out."""
Told = Mapping[str, float]
"""The same as an explanation tells it."""


@dataclass(frozen=True)
class Weights:
    """What each reason counts. Levels below `min_level` do not count as speaking a language.

    `other_country` is the share of `region` that another country of the same part of the world
    counts. A fallback leaves `kept_free` units free in each of the agent's languages, times
    `steps.calm` and the square root of how many are there who answer in it, but no more than
    `kept_share` of their room; 1 is no such limit, as logs from before it say nothing of it. Less
    than `last_call` before his shift ends an agent begins nothing that can wait for one who stays.
    """

    scarcity: float = 1.0
    region: float = 1.0
    other_country: float = 0.25
    time_zone: float = 0.5
    shift_end: float = 3.0
    occupancy: float = 1.0
    fluency: float = 0.2
    closeness: float = 1.0
    lead: float = 2.0
    known: float = 1.0
    shift_end_near: timedelta = timedelta(minutes=30)
    last_call: timedelta = timedelta(minutes=5)
    kept_free: float = 2.5
    kept_share: float = 1.0
    min_level: int = 3
    timers: Timers = field(default_factory=Timers)
    mail_timers: Timers = MAIL

    def timers_of(self, family: Family) -> Timers:
        """When more agents are looked at for a conversation of a family."""
        return self.mail_timers if family is Family.MAIL else self.timers


@dataclass(frozen=True)
class Tongue:
    """The language an agent answers in, of those that would do, and which others he speaks."""

    language: str | None
    level: int
    closeness: float
    others: tuple[str, ...]


def tongue(spoken: Mapping[str, int], wanted: Tongues, min_level: int) -> Tongue | None:
    """How one who speaks `spoken` answers: the closest first, then the best; None if he cannot.

    >>> tongue({"no": 4, "sv": 5, "en": 3}, (("no", 0.75), ("sv", 0.6)), 3)
    Tongue(language='no', level=4, closeness=0.75, others=('en', 'sv'))
    """
    able = [
        (closeness, level, tag)
        for tag, closeness in wanted
        if (level := spoken_level(spoken, tag)) >= min_level
    ]
    if not able:
        return None
    closeness, level, tag = max(able)
    return Tongue(tag, level, closeness, _others(spoken, tag, min_level))


def best_tongue(spoken: Mapping[str, int], min_level: int) -> Tongue | None:
    """How one answers through a translation: in what he speaks best, the first tag of equals.

    >>> best_tongue({"it": 4, "de": 5, "ar": 5}, 3)
    Tongue(language='ar', level=5, closeness=1.0, others=('de', 'it'))
    """
    best = min(((-level, tag) for tag, level in spoken.items()), default=None)
    if best is None or -best[0] < min_level:
        return None
    return Tongue(best[1], -best[0], 1.0, _others(spoken, best[1], min_level))


def any_tongue(spoken: Mapping[str, int], wanted: Tongues, min_level: int) -> Tongue:
    """How a lead answers, who need not speak the language."""
    tag = wanted[0][0] if wanted else None
    level = spoken_level(spoken, tag) if tag is not None else 5
    return Tongue(tag, level, 1.0, _others(spoken, tag, min_level))


def _others(spoken: Mapping[str, int], tag: str | None, min_level: int) -> tuple[str, ...]:
    return tuple(
        sorted(
            other
            for other, level in spoken.items()
            if level >= min_level and (tag is None or not spoken_level({other: level}, tag))
        )
    )


def worth(supply: int, weights: Weights) -> int:
    """What a language is worth to others of which `supply` agents at hand can answer in it."""
    return round(POINTS * weights.scarcity / max(1, supply))


def desk_terms(agent: Agent, until: datetime, now: datetime, weights: Weights) -> Terms:
    """By what he holds, and by his shift, which ends at `until`. Occupancy keeps work even."""
    found = {
        "occupancy": round(POINTS * weights.occupancy * agent.load / agent.room.total),
        "shift_end": _shift_end(until, now, weights),
        "lead": round(POINTS * weights.lead) if agent.is_lead else 0,
    }
    return {name: points for name, points in found.items() if points}


def desk_points(agent: Agent, until: datetime, now: datetime, weights: Weights) -> int:
    """The sum of `desk_terms`."""
    points = round(POINTS * weights.occupancy * agent.load / agent.room.total)
    if until - now < weights.shift_end_near:
        points += _shift_end(until, now, weights)
    return points + round(POINTS * weights.lead) if agent.is_lead else points


def _shift_end(until: datetime, now: datetime, weights: Weights) -> int:
    left = until - now
    if left >= weights.shift_end_near:
        return 0
    return round(POINTS * weights.shift_end * (1.0 - left / weights.shift_end_near))


def tongue_terms(of: Tongue, worths: Mapping[str, int], weights: Weights) -> Terms:
    """By the languages he speaks: `scarcity` is what his others are worth to others."""
    found = {
        "scarcity": sum(worths.get(tag, 0) for tag in of.others),
        "fluency": _fluency(of, weights),
        "closeness": _closeness(of, weights),
    }
    return {name: points for name, points in found.items() if points}


def fixed_points(of: Tongue, weights: Weights) -> int:
    """The sum of `tongue_terms` but for the scarcity."""
    return _fluency(of, weights) + _closeness(of, weights)


def _fluency(of: Tongue, weights: Weights) -> int:
    return round(POINTS * weights.fluency * (5 - of.level))


def _closeness(of: Tongue, weights: Weights) -> int:
    return round(POINTS * weights.closeness * (1.0 - of.closeness))


def place_terms(
    place: tuple[str, str], region: str | None, zone: str | None, hour: datetime, weights: Weights
) -> Terms:
    """By where he sits: `place` is his country and time zone, `region` the customer's country.

    Clocks are compared as they stand at `hour`.
    """
    country, agents_zone = place
    found = {"region": 0, "time_zone": 0}
    if region is not None and region != country:
        apart = weights.other_country if area(region) == area(country) else 1.0
        found["region"] = round(POINTS * weights.region * apart)
    if zone is not None:
        hours = hours_apart(zone, agents_zone, hour)
        found["time_zone"] = round(POINTS * weights.time_zone * hours / 12.0)
    return {name: points for name, points in found.items() if points}


def known_points(weights: Weights) -> int:
    """What it counts that he had this customer before: less than nothing."""
    return -round(POINTS * weights.known)


def told(points: Mapping[str, int]) -> dict[str, float]:
    """Points as they are told."""
    return {name: each / POINTS for name, each in points.items()}


@lru_cache(maxsize=65_536)
def hours_apart(one: str, other: str, at: datetime) -> float:
    """How far apart two wall clocks are at an instant, round the date line: 0 to 12 hours.

    A zone that is not known is taken for UTC.
    """
    apart = abs(_offset(one, at) - _offset(other, at)) % 24.0
    return min(apart, 24.0 - apart)


def _offset(zone: str, at: datetime) -> float:
    try:
        offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return 0.0
    return offset.total_seconds() / 3600 if offset else 0.0
