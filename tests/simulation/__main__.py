"""`make simulate`: the production's decisions against common rules and bounds, in a seeded world.

Every policy meets the same customers with the same patience and the same handling times. Prints a
table for each scenario, and each goal with what came out.
"""

import argparse
import time
from collections.abc import Sequence
from multiprocessing import get_context

from rich.console import Console
from rich.table import Table

from tests.simulation.goals import Runs, goals, met, paired
from tests.simulation.measure import (
    DEDICATED,
    FULL,
    IDLE,
    LANGUAGE,
    NO_ANY,
    NO_PLACE,
    NO_SHIFT_END,
    POOL,
    ROTA,
    SPARING,
    WEIGHTS,
    Job,
    Summary,
    live,
)
from tests.simulation.world import CALLS, CHAT, MAIL, NOMINAL, STUDIED, Scenario

LINES = (CHAT, MAIL)
FEW = (ROTA, IDLE, FULL, DEDICATED, POOL)
SOME = (*FEW, LANGUAGE)
ALL = (*SOME, NO_ANY, NO_PLACE, NO_SHIFT_END)
AS_STUDIED = (IDLE, SPARING, LANGUAGE)
USUAL, BUSY, CALLED = "1.0 ×", "1.2 ×", "chat and calls, as studied"
SCENARIOS = (
    (Scenario(USUAL, LINES), ALL),
    (Scenario(BUSY, LINES, rate=1.2 * NOMINAL), SOME),
    (Scenario("flash sales", LINES, flash=True), FEW),
    (Scenario(CALLED, (CHAT, CALLS), rate=STUDIED), AS_STUDIED),
)


def simulated(seeds: int, days: int, processes: int, console: Console) -> dict[str, Runs]:
    """What came of everything, by scenario."""
    jobs: list[Job] = [
        (scenario, some, number, days)
        for number in range(1, seeds + 1)
        for scenario, names in SCENARIOS
        for some in _apart(names)
    ]
    # The long ones first, so that no process is left alone with one in the end.
    jobs.sort(key=_work, reverse=True)
    done: dict[tuple[str, str, int], Summary] = {}
    work, left, begun = sum(map(_work, jobs)), sum(map(_work, jobs)), time.perf_counter()
    with get_context("spawn").Pool(processes) as pool:
        for job, found in pool.imap_unordered(live, jobs):
            scenario, _, number, _ = job
            done |= {(scenario.name, name, number): summary for name, summary in found.items()}
            left -= _work(job)
            taken = time.perf_counter() - begun
            line = f"{100 * (1 - left / work):3.0f} %, {taken:.0f} s gone, about "
            line += f"{taken * left / (work - left):.0f} s to go ({scenario.name}, seed {number})"
            console.print(f"{line:<70}", end="\r", highlight=False, soft_wrap=True)
    return {
        scenario.name: {
            name: [done[scenario.name, name, number] for number in range(1, seeds + 1)]
            for name in names
        }
        for scenario, names in SCENARIOS
    }


def _apart(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Each policy by itself that takes long, and the others together."""
    long = [(name,) for name in names if name in WEIGHTS]
    return [*long, tuple(name for name in names if name not in WEIGHTS)]


def _work(job: Job) -> float:
    """How long a job takes, roughly, in units of its own."""
    scenario, names, _, _ = job
    return scenario.rate * (3.0 if scenario.rate > NOMINAL else 2.0 if names[0] in WEIGHTS else 1.0)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--days", type=int, default=6, help="the first is left out")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="two seeds of two days, for a look")
    told = parser.parse_args()
    seeds, days = (2, 2) if told.quick else (told.seeds, told.days)
    console, begun = Console(width=120), time.perf_counter()
    console.print(
        f"{seeds} seeds of {days} days, 200 agents at 6 sites, {NOMINAL:g} conversations an hour "
        "at 1.0 ×, 72 % chat (3 at once) and 28 % mail; the first day is left out"
    )
    found = simulated(seeds, days, told.processes, console)
    for scenario, runs in found.items():
        console.print(_table(scenario, runs))
    table = Table(
        "goal", "figure", "95 % sure", "wanted", "", title="own language only, but for the fallback"
    )
    for goal in goals(found[USUAL], found[BUSY], found[CALLED]):
        figure = f"{goal.figure.value:.2f}", f"{goal.figure.low:.2f} to {goal.figure.high:.2f}"
        table.add_row(goal.what, *figure, goal.wanted, goal.verdict)
    console.print(table)
    console.print(
        "± is the standard error over the seeds, a range 95 % sure: of differences on the same "
        "customers by Student's t, of p99 by drawing seeds and their days anew; "
        f"{time.perf_counter() - begun:.0f} s"
    )


def _table(scenario: str, runs: Runs) -> Table:
    table = Table(
        "policy",
        "in time %",
        "over longest idle",
        "worst language",
        "p50 / p95 / p99 s",
        "left %",
        "spread",
        "region %",
        "open at end",
        "fallback %",
        title=f"{scenario} ({sum(each.count for each in runs[IDLE]):,} conversations)",
    )
    for name, of in runs.items():
        more, error = paired(runs, name, IDLE, met)
        table.add_row(
            name,
            f"{_mean([s.met for s in of]):.2f}",
            f"{more:+.2f} ± {error:.2f}",
            f"{_mean([s.worst for s in of]):.1f}",
            " / ".join(
                f"{_mean(each):.0f}"
                for each in zip(*((s.p50, s.p95, s.p99) for s in of), strict=True)
            ),
            f"{_mean([s.left for s in of]):.1f}",
            f"{_mean([s.spread for s in of]):.1f}",
            f"{_mean([s.same_region for s in of]):.0f}",
            f"{_mean([s.open_at_end for s in of]):.2f}",
            f"{_mean([s.fallback for s in of]):.1f}",
        )
    return table


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
