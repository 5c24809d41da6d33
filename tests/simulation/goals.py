"""What routing promises of its decisions, held against what came out: paired over the seeds."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from shared.contracts.routing import Family
from tests.simulation.measure import (
    DEDICATED,
    FULL,
    IDLE,
    LANGUAGE,
    NO_ANY,
    NO_PLACE,
    NO_SHIFT_END,
    SPARING,
    Summary,
)

Runs = Mapping[str, Sequence[Summary]]
"""Summaries by policy, one a seed, in the order of the seeds."""


class Figure(NamedTuple):
    """What came out, and between what and what it is with 95 % confidence."""

    value: float
    low: float
    high: float


class Goal(NamedTuple):
    """A figure and what it is to be: no less than `limit`, or no more if `is_most`."""

    what: str
    figure: Figure
    limit: float
    is_most: bool

    @property
    def wanted(self) -> str:
        """The limit in words."""
        return f"{'≤' if self.is_most else '≥'} {self.limit:g}"

    @property
    def verdict(self) -> str:
        """Whether it is met, and whether chance may have had a hand in that."""
        sign = -1.0 if self.is_most else 1.0
        value, *ends = (sign * (each - self.limit) for each in self.figure)
        if value < 0.0:
            return "missed"
        return "met" if min(ends) >= 0.0 else "met, not for sure"


def paired(runs: Runs, one: str, other: str, of: Callable[[Summary], float]) -> tuple[float, float]:
    """Mean of the differences of two policies on the same customers, and its standard error."""
    found = [of(a) - of(b) for a, b in zip(runs[one], runs[other], strict=True)]
    return float(np.mean(found)), _error(found)


def _error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


_STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)
"""Two-sided 95 % of Student's t, from one degree of freedom on."""


def _sure(values: Sequence[float]) -> Figure:
    """The mean over the seeds."""
    mean, freedom = float(np.mean(values)), len(values) - 1
    t = _STUDENT[freedom - 1] if 0 < freedom <= len(_STUDENT) else 1.96
    off = t * _error(values) if freedom else float("inf")
    return Figure(mean, mean - off, mean + off)


def met(of: Summary) -> float:
    """In time, per cent."""
    return of.met


def goals(usual: Runs, busy: Runs, studied: Runs) -> list[Goal]:
    """All of them: `usual` is the load that the team is made for, `busy` 1.2 times that.

    `studied` are chat and calls, with which the study measured what a fallback gains.
    """
    chat = Family.CHAT.value
    return [
        _least("in time over longest idle, 1.0 ×", _more(usual, LANGUAGE, IDLE, met), 2.5),
        _least("in time over longest idle, 1.2 ×", _more(busy, LANGUAGE, IDLE, met), 4.0),
        _least("gap to the bound closed, %", _gap(usual), 50.0),
        _least("worst language", _more(usual, LANGUAGE, IDLE, lambda s: s.worst), 6.0),
        _least("in time by fallback", _more(usual, FULL, LANGUAGE, met), 3.5),
        _least("in time by fallback, chat", _more(usual, FULL, LANGUAGE, _chat), 3.5),
        _least("in time by fallback, 1.2 ×", _more(busy, FULL, LANGUAGE, met), 0.0),
        _most("answered by fallback, %", _sure(_fallbacks(usual, FULL)), 6.0),
        _least("in time by English or near alone", _more(usual, NO_ANY, LANGUAGE, met), 3.5),
        _most("answered by that, %", _sure(_fallbacks(usual, NO_ANY)), 6.0),
        _least("the same, chat and calls", _more(studied, SPARING, LANGUAGE, met), 3.5),
        _most("answered by that, chat and calls, %", _sure(_fallbacks(studied, SPARING)), 6.0),
        _least("same region, %", _sure([s.same_region for s in usual[LANGUAGE]]), 60.0),
        _most("price of the region", _more(usual, NO_PLACE, LANGUAGE, met), 0.1),
        _least("less open at shift end, %", _less_open(usual), 45.0),
        _most("price of the shift's end", _more(usual, NO_SHIFT_END, LANGUAGE, met), 0.25),
        _most("p99 to longest idle's, ×", _p99(usual, FULL), 1.25),
        _most("the same, chat", _p99(usual, FULL, chat), 1.25),
        _most("the same without fallback", _p99(usual, LANGUAGE), 1.25),
        _most("the same without fallback, chat", _p99(usual, LANGUAGE, chat), 1.25),
    ]


def _least(what: str, figure: Figure, limit: float) -> Goal:
    return Goal(what, figure, limit, is_most=False)


def _most(what: str, figure: Figure, limit: float) -> Goal:
    return Goal(what, figure, limit, is_most=True)


def _more(runs: Runs, one: str, other: str, of: Callable[[Summary], float]) -> Figure:
    return _sure([of(a) - of(b) for a, b in zip(runs[one], runs[other], strict=True)])


def _fallbacks(runs: Runs, name: str) -> list[float]:
    return [each.fallback for each in runs[name]]


def _gap(runs: Runs) -> Figure:
    return _sure(
        [
            100.0 * (ours.met - idle.met) / (bound.met - idle.met)
            for ours, idle, bound in zip(runs[LANGUAGE], runs[IDLE], runs[DEDICATED], strict=True)
        ]
    )


def _less_open(runs: Runs) -> Figure:
    return _sure(
        [
            100.0 * (1.0 - ours.open_at_end / apart.open_at_end)
            for ours, apart in zip(runs[LANGUAGE], runs[NO_SHIFT_END], strict=True)
        ]
    )


def _chat(of: Summary) -> float:
    return of.by_channel[Family.CHAT]


_DRAWS = 400


def _p99(runs: Runs, name: str, channel: str | None = None) -> Figure:
    """The 99th percentile of all seeds' waits in one, as a multiple of the longest idle's.

    How sure it is comes of drawing seeds anew, and of each its days, the same for both policies:
    a team and a day are few, however many customers write.
    """
    ours = [each.waits(channel) for each in runs[name]]
    idle = [each.waits(channel) for each in runs[IDLE]]
    rng = np.random.default_rng(1)

    def ratio(days: Sequence[tuple[int, int]]) -> float:
        late = (
            float(np.percentile(np.concatenate([of[seed][day] for seed, day in days]), 99))
            for of in (ours, idle)
        )
        return next(late) / next(late)

    every = [(seed, day) for seed, of in enumerate(ours) for day in range(len(of))]
    drawn = [
        ratio(
            [
                (int(seed), int(day))
                for seed in rng.integers(len(ours), size=len(ours))
                for day in rng.integers(len(ours[seed]), size=len(ours[seed]))
            ]
        )
        for _ in range(_DRAWS)
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Figure(ratio(every), float(low), float(high))
