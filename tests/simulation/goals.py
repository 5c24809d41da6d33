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
    NO_PLACE,
    NO_SHIFT_END,
    Summary,
)

Runs = Mapping[str, Sequence[Summary]]
"""Summaries by policy, one a seed, in the order of the seeds."""


class Goal(NamedTuple):
    """A figure (mean over the seeds, with its standard error), what it is to be, and whether."""

    what: str
    value: float
    error: float
    wanted: str
    is_met: bool


def paired(runs: Runs, one: str, other: str, of: Callable[[Summary], float]) -> tuple[float, float]:
    """Mean of the differences of two policies on the same customers, and its standard error."""
    found = [of(a) - of(b) for a, b in zip(runs[one], runs[other], strict=True)]
    return float(np.mean(found)), _error(found)


def _error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def met(of: Summary) -> float:
    """In time, per cent."""
    return of.met


def goals(usual: Runs, busy: Runs) -> list[Goal]:
    """All of them: `usual` is the load that the team is made for, `busy` 1.2 times that."""
    return [
        _least("in time over longest idle, 1.0 ×", *paired(usual, LANGUAGE, IDLE, met), 2.5),
        _least("in time over longest idle, 1.2 ×", *paired(busy, LANGUAGE, IDLE, met), 4.0),
        _least("gap to the bound closed, %", *_gap(usual), 50.0),
        _least("worst language", *paired(usual, LANGUAGE, IDLE, lambda s: s.worst), 6.0),
        _least("in time by fallback", *paired(usual, FULL, LANGUAGE, met), 3.5),
        _least("in time by fallback, chat", *paired(usual, FULL, LANGUAGE, _chat), 3.5),
        _most("answered by fallback, %", *_mean(usual, FULL, lambda s: s.fallback), 6.0),
        _most("answered by fallback, chat, %", *_mean(usual, FULL, _chat_by_fallback), 6.0),
        _least("same region, %", *_mean(usual, LANGUAGE, lambda s: s.same_region), 60.0),
        _most("price of the region", *paired(usual, NO_PLACE, LANGUAGE, met), 0.1),
        _least("less open at shift end, %", *_less_open(usual), 45.0),
        _most("price of the shift's end", *paired(usual, NO_SHIFT_END, LANGUAGE, met), 0.25),
        _most("p99 to longest idle's, ×", *_ratio(usual, FULL, lambda s: s.p99), 1.25),
        _most("the same, chat", *_ratio(usual, FULL, _chat_p99), 1.25),
        _most("the same without fallback", *_ratio(usual, LANGUAGE, lambda s: s.p99), 1.25),
        _most("the same without fallback, chat", *_ratio(usual, LANGUAGE, _chat_p99), 1.25),
    ]


def _least(what: str, value: float, error: float, wanted: float) -> Goal:
    return Goal(what, value, error, f"≥ {wanted:g}", value >= wanted)


def _most(what: str, value: float, error: float, wanted: float) -> Goal:
    return Goal(what, value, error, f"≤ {wanted:g}", value <= wanted)


def _mean(runs: Runs, name: str, of: Callable[[Summary], float]) -> tuple[float, float]:
    values = [of(each) for each in runs[name]]
    return float(np.mean(values)), _error(values)


def _gap(runs: Runs) -> tuple[float, float]:
    found = [
        100.0 * (ours.met - idle.met) / (bound.met - idle.met)
        for ours, idle, bound in zip(runs[LANGUAGE], runs[IDLE], runs[DEDICATED], strict=True)
    ]
    return float(np.mean(found)), _error(found)


def _less_open(runs: Runs) -> tuple[float, float]:
    found = [
        100.0 * (1.0 - ours.open_at_end / apart.open_at_end)
        for ours, apart in zip(runs[LANGUAGE], runs[NO_SHIFT_END], strict=True)
    ]
    return float(np.mean(found)), _error(found)


def _chat(of: Summary) -> float:
    return of.by_channel[Family.CHAT]


def _chat_by_fallback(of: Summary) -> float:
    return of.fallback_by_channel[Family.CHAT]


def _chat_p99(of: Summary) -> float:
    return of.p99_by_channel[Family.CHAT]


def _ratio(runs: Runs, one: str, of: Callable[[Summary], float]) -> tuple[float, float]:
    found = [of(a) / of(b) for a, b in zip(runs[one], runs[IDLE], strict=True)]
    return float(np.mean(found)), _error(found)
