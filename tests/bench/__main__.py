"""Figures with the floor of the same run beside each: `make bench`, `python -m tests.bench bus`.

Everything on one machine, fsync on. Figures are ratios: machines are noisy.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from shared import service
from tests.bench.bench_bus import bench_bus
from tests.bench.bench_chain import bench_chain
from tests.bench.bench_claims import bench_claims
from tests.bench.bench_decide import bench_decide
from tests.bench.bench_intake import bench_intake
from tests.bench.bench_language import bench_language
from tests.bench.bench_mail import bench_mail
from tests.bench.bench_relay import bench_relay
from tests.bench.figures import Figure
from tests.bench.places import Place, opened

BENCHES = {
    "bus": bench_bus,
    "relay": bench_relay,
    "claims": bench_claims,
    "intake": bench_intake,
    "mail": bench_mail,
    "chain": bench_chain,
}
"""What needs a broker and a database."""
ALONE = {"language": bench_language, "decide": bench_decide}
"""What needs neither."""


async def run(names: list[str], console: Console) -> list[Figure]:
    """Run these benches one after another, with a broker and a database where one needs them."""
    service.collect_seldom()  # as every process of ours does
    found: list[Figure] = []
    for name in (name for name in names if name in ALONE):
        with console.status(f"{name} …"):
            found += ALONE[name]()
    names = [name for name in names if name in BENCHES]
    if not names:
        return found
    with tempfile.TemporaryDirectory(prefix="meridian-bench-") as folder:
        async with opened(Path(folder)) as place:
            for name in names:
                with console.status(f"{name} …"):
                    found += await _one(name, place)
    return found


async def _one(name: str, place: Place) -> list[Figure]:
    return await BENCHES[name](place)


def wanted(arguments: list[str]) -> list[str]:
    """The benches named, all when none is; SystemExit 2 names those there are.

    Not by argparse's `choices`: up to Python 3.11 it takes the empty list for a wrong choice.
    """
    known = [*ALONE, *BENCHES]
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(known)}; default: all")
    names: list[str] = parser.parse_args(arguments).names
    for name in names:
        if name not in known:
            parser.error(f"no bench is called {name!r}: there are {', '.join(known)}")
    return names or known


def main() -> None:
    """Print the table."""
    names = wanted(sys.argv[1:])
    console = Console()
    figures = uvloop.run(run(names, console))
    table = Table("what", "figure", "floor of this run", "ratio", "goal")
    for figure in figures:
        table.add_row(*figure.cells())
    console.print(table)


if __name__ == "__main__":
    main()
