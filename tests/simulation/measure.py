"""One seed of one scenario: every policy on the same customers, and what came of it."""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from routing.domain.score import Weights
from routing.domain.steps import MAIL, NEVER, Timers
from tests.simulation.engine import Outcome, Policy, run
from tests.simulation.policies import Bound, LongestIdle, Production, RoundRobin
from tests.simulation.staff import WEEK, Desk, planned, staff
from tests.simulation.world import (
    DAY,
    HOUR,
    REGIONS,
    Conversation,
    Line,
    Scenario,
    arrivals,
    flattened,
    generator,
)

OWN = Timers(NEVER, NEVER, NEVER, lead=NEVER)
SHIPPED = Weights(
    kept_share=1 / 3,
    timers=Timers(any_translated=0.5),
    mail_timers=replace(MAIL, any_translated=0.9),
)
"""As the service's settings are by default (a test holds them together)."""
ROTA, IDLE, LANGUAGE, FULL = "round robin", "longest idle", "ours, own language", "ours"
NO_ANY = "ours, English or near"
"""Without the step of any language, and with what it is best to leave free then."""
SPARING = "ours, English, 3.5 left"
"""The same with more left free: calls have less time, so that more of them would fall back."""
NO_PLACE, NO_SHIFT_END = "ours, place apart", "ours, shift end apart"
DEDICATED, POOL = "bound: dedicated", "bound: pool"
WEIGHTS: Mapping[str, Weights] = {
    FULL: SHIPPED,
    NO_ANY: Weights(kept_free=1.5),
    SPARING: Weights(kept_free=3.5),
    LANGUAGE: Weights(timers=OWN, mail_timers=OWN),
    NO_PLACE: Weights(timers=OWN, mail_timers=OWN, region=0.0, time_zone=0.0),
    NO_SHIFT_END: Weights(timers=OWN, mail_timers=OWN, shift_end=0.0, last_call=timedelta(0)),
}


@dataclass(frozen=True)
class Summary:
    """What came of a policy, first day left out. Shares are per cent, times seconds."""

    met: float
    by_language: Mapping[str, float]
    by_channel: Mapping[str, float]
    fallback_by_channel: Mapping[str, float]
    waits_by_channel: Mapping[str, Sequence[np.ndarray]]
    """Of those who came on each day."""
    p50: float
    p95: float
    p99: float
    left: float
    spread: float
    same_region: float
    open_at_end: float
    fallback: float
    count: int

    @property
    def worst(self) -> float:
        """The worst language's share in time."""
        return min(self.by_language.values())

    def waits(self, channel: str | None = None) -> list[np.ndarray]:
        """By day, how long was waited, on one channel or on all."""
        if channel is not None:
            return list(self.waits_by_channel[channel])
        return [np.concatenate(day) for day in zip(*self.waits_by_channel.values(), strict=True)]


@dataclass
class _Lived:
    line: Line
    conversations: Sequence[Conversation]
    desks: Sequence[Desk]
    outcome: Outcome


def policies(name: str, line: Line) -> Policy:
    """A policy by its name, fresh."""
    if name in WEIGHTS:
        return Production(WEIGHTS[name], line.family)
    return RoundRobin() if name == ROTA else LongestIdle()


def seed(scenario: Scenario, number: int, days: int, names: Sequence[str]) -> dict[str, Summary]:
    """What came of each policy and bound; the team and the customers hang on the seed alone."""
    desks = staff(generator(number, "team"), scenario.lines, days)
    found: dict[str, list[_Lived]] = {name: [] for name in names}
    for line in scenario.lines:
        writes = arrivals(generator(number, scenario.name, line.family), scenario, line, days)
        there = planned(desks, line)
        # What nobody is planned for is no question of routing.
        writes = {
            language: [c for c in each if there[language][int(c.at // HOUR) % WEEK]]
            for language, each in writes.items()
        }
        of_line = [desk for desk in desks if desk.line is line]
        everybody = flattened(dict(writes))
        for name in names:
            if name == DEDICATED:
                found[name] += [
                    _live(line, each, of_line, Bound(is_pool=False)) for each in writes.values()
                ]
            elif name == POOL:
                found[name].append(_live(line, everybody, of_line, Bound(is_pool=True)))
            else:
                found[name].append(_live(line, everybody, of_line, policies(name, line)))
    return {name: _summary(lived, days) for name, lived in found.items()}


def _live(
    line: Line, conversations: Sequence[Conversation], desks: Sequence[Desk], policy: Policy
) -> _Lived:
    outcome = run(desks, conversations, line.slots, policy, warm=DAY)
    return _Lived(line, conversations, desks, outcome)


def _summary(all_lived: Sequence[_Lived], days: int) -> Summary:
    waits: list[float] = []
    counts: dict[str, list[int]] = {}
    channels: dict[str, list[int]] = {}
    fallbacks: dict[str, float] = {}
    by_day: dict[str, list[list[float]]] = {}
    left = same = answered = fallback = 0
    for lived in all_lived:
        out, channel = lived.outcome, lived.line.family.value
        before = answered, fallback
        of_days = by_day.setdefault(channel, [[] for _ in range(days - 1)])
        for n, one in enumerate(lived.conversations):
            if one.at < DAY:
                continue
            is_met = out.answered[n] and out.waits[n] <= one.promise
            for key, of in ((one.language, counts), (channel, channels)):
                tally = of.setdefault(key, [0, 0])
                tally[0] += 1
                tally[1] += is_met
            waits.append(out.waits[n])
            of_days[int(one.at // DAY) - 1].append(out.waits[n])
            if out.answered[n]:
                answered += 1
                country = lived.desks[out.agents[n]].agent.country
                same += REGIONS[country] == REGIONS[one.country]
                fallback += out.fallback[n]
            else:
                left += 1
        there = max(1, answered - before[0])
        fallbacks[channel] = 100.0 * (fallback - before[1]) / there
    ends = [each for lived in all_lived for each in lived.outcome.open_at_end]
    p50, p95, p99 = np.percentile(waits, (50, 95, 99))
    return Summary(
        met=100.0 * sum(met for _, met in counts.values()) / len(waits),
        by_language={key: 100.0 * met / count for key, (count, met) in counts.items()},
        by_channel={key: 100.0 * met / count for key, (count, met) in channels.items()},
        fallback_by_channel=fallbacks,
        waits_by_channel={
            channel: [np.array(day, np.float32) for day in of] for channel, of in by_day.items()
        },
        p50=float(p50),
        p95=float(p95),
        p99=float(p99),
        left=100.0 * left / len(waits),
        spread=float(np.std([each for lived in all_lived for each in _occupancy(lived)])),
        same_region=100.0 * same / max(1, answered),
        open_at_end=sum(ends) / max(1, len(ends)),
        fallback=100.0 * fallback / max(1, answered),
        count=len(waits),
    )


def _occupancy(lived: _Lived) -> list[float]:
    """By agent, the share of his room that was in use on shift, in per cent."""
    found = []
    for desk, busy in zip(lived.desks, lived.outcome.busy_time, strict=True):
        there = sum(end - begin for begin, end in desk.spans if begin >= DAY)
        if there:
            found.append(100.0 * busy / (there * lived.line.slots))
    return found


Job = tuple[Scenario, tuple[str, ...], int, int]
"""A scenario, policies, a seed, days."""


def live(job: Job) -> tuple[Job, dict[str, Summary]]:
    """Some policies through one seed, in a process of its own."""
    scenario, names, number, days = job
    # What is made is mostly kept to the end: there is little garbage to look for.
    gc.set_threshold(100_000, 50, 100)
    return job, seed(scenario, number, days, names)
