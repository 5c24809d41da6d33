"""Two hundred agents, put where the nominal load needs them most: one after the other, greedily."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from routing.domain.shifts import Calendar, Shift
from routing.domain.team import FAMILIES, Agent, Room
from shared.contracts.base import AgentId, StoreId
from tests.simulation.world import BEGIN, HOMES, NOMINAL, REGIONS, SHARES, Line, offset, rates

AGENTS = 200
STORE = StoreId("world")
WEEK = 168


class Site(NamedTuple):
    """Where agents sit, and the languages that are hired there."""

    country: str
    zone: str
    languages: tuple[str, ...]


SITES = (
    Site("US", "America/Los_Angeles", ("en", "es", "ja", "ko")),
    Site("US", "America/New_York", ("en", "es", "de", "fr", "pt", "it", "pl")),
    Site("BR", "America/Sao_Paulo", ("pt", "es", "en")),
    Site("DE", "Europe/Berlin", ("en", "es", "de", "fr", "pt", "it", "ar", "pl")),
    Site("AE", "Asia/Dubai", ("ar", "en", "fr")),
    Site("JP", "Asia/Tokyo", ("ja", "ko", "en")),
)


class Place(NamedTuple):
    """A job: channel by its number, language, site, begin of the shift, first day off."""

    line: int
    language: str
    site: Site
    start: int
    off: int


_STARTS, _LENGTH = (9, 16, 0), 9
_LATE_AT_MOST = 0.4
_BUFFER = 0.5
_HOME = 0.2
"""By how much more one is hired in a region that writes his language."""
_SPEAK = (0.45, 0.40, 0.15)
"""Shares of agents of one, two and three languages."""
_SECOND_IS_ENGLISH = 0.7


@dataclass(frozen=True)
class Desk:
    """An agent and the channel he works."""

    agent: Agent
    line: Line
    spans: tuple[tuple[float, float], ...]
    """His shifts, in seconds from `BEGIN`."""

    @property
    def languages(self) -> frozenset[str]:
        """What he speaks."""
        return frozenset(self.agent.languages)


def staff(rng: Generator, lines: tuple[Line, ...], days: int) -> list[Desk]:
    """The team of a seed."""
    places = [
        Place(line, language, site, start, off)
        for line, language, site, start, off in product(
            range(len(lines)), SHARES, SITES, _STARTS, range(7)
        )
        if language in site.languages
    ]
    covers = np.zeros((len(places), WEEK))
    for row, place in enumerate(places):
        covers[row, _hours(place)] = 1.0
    liked = np.array([1.0 + _HOME * (place.site in _homes(place.language)) for place in places])
    short = {
        (n, language): _needed(line, language)
        for n, line in enumerate(lines)
        for language in SHARES
    }
    rows = {key: [i for i, p in enumerate(places) if (p.line, p.language) == key] for key in short}
    chosen, late = [], 0
    for _ in range(AGENTS):
        gains = np.zeros(len(places))
        for key, of in rows.items():
            gains[of] = covers[of] @ np.clip(short[key], 0.0, 1.0)
        gains *= liked
        if late >= _LATE_AT_MOST * AGENTS:
            gains[[i for i, p in enumerate(places) if p.start != _STARTS[0]]] = -1.0
        best = int(np.argmax(gains))
        key = places[best].line, places[best].language
        short[key] = short[key] - covers[best]
        late += places[best].start != _STARTS[0]
        chosen.append(places[best])
    return [_desk(rng, n, lines[place.line], place, days) for n, place in enumerate(chosen)]


def _homes(language: str) -> list[Site]:
    """The sites in a region that writes this language."""
    regions = {REGIONS[country] for country, _, _ in HOMES[language]}
    return [site for site in SITES if REGIONS[site.country] in regions]


def _needed(line: Line, language: str) -> np.ndarray:
    """Agents that a language needs at each hour of the week, with a square-root buffer."""
    mean = np.sum([each for _, _, each in rates(language, line, NOMINAL)], axis=0)
    if line.patience is None:
        # What can wait for hours is staffed for the day's mean.
        mean = np.full(24, mean.mean())
    load = np.tile(mean, 7) * line.handling[0] / 3600.0
    needed: np.ndarray = (load + _BUFFER * np.sqrt(load)) / line.slots
    return needed


def _days_on(off: int) -> frozenset[int]:
    return frozenset(range(7)) - {off, (off + 1) % 7}


def _hours(place: Place) -> list[int]:
    """The hours of UTC's week that a job covers."""
    first = [day * 24 + place.start - offset(place.site.zone) for day in _days_on(place.off)]
    return [(hour + n) % WEEK for hour in first for n in range(_LENGTH)]


def _desk(rng: Generator, n: int, line: Line, place: Place, days: int) -> Desk:
    first, site, start = place.language, place.site, place.start
    spoken = [first]
    for _ in range(int(rng.choice(3, p=_SPEAK))):
        others = [each for each in SHARES if each not in spoken]
        is_english = "en" in others and rng.random() < _SECOND_IS_ENGLISH
        spoken.append("en" if is_english else str(rng.choice(others)))
    shift = Shift(_days_on(place.off), start * 60, (start + _LENGTH) % 24 * 60)
    unit = 100
    agent = Agent(
        agent_id=AgentId(f"agent-{n:03}"),
        is_lead=False,
        stores=frozenset({STORE}),
        languages={tag: 5 if tag == first else 4 for tag in spoken},
        skills=frozenset(),
        country=site.country,
        calendar=Calendar([shift], site.zone),
        room=Room(
            line.slots * unit,
            dict.fromkeys(FAMILIES, line.slots * unit),
            dict.fromkeys(FAMILIES, unit),
        ),
    )
    return Desk(agent, line, tuple(_spans(agent.calendar, days)))


def _spans(calendar: Calendar, days: int) -> list[tuple[float, float]]:
    """The production calendar's shifts from the beginning on, found by asking hour by hour."""
    found: list[tuple[float, float]] = []
    for hour in range(days * 24):
        now: datetime = BEGIN + timedelta(hours=hour)
        until = calendar.on_shift_until(now)
        if until is not None and (not found or found[-1][1] <= hour * 3600.0):
            found.append((hour * 3600.0, (until - BEGIN).total_seconds()))
    return found


def planned(desks: list[Desk], line: Line) -> dict[str, np.ndarray]:
    """By language, how many of a channel who speak it are on shift at each hour of the week."""
    found = {language: np.zeros(WEEK) for language in SHARES}
    for desk in desks:
        if desk.line is line:
            for begin, end in desk.spans:
                for hour in range(int(begin // 3600), int(end // 3600)):
                    if begin < WEEK * 3600.0:
                        for language in desk.languages:
                            found[language][hour % WEEK] += 1
    return found
