"""Read `requirements.lock`: which lines are one package's, and what a package needs.

uv writes a block a package: the pinned version, its hashes, and as comments who wants it.
"""

import re
from collections.abc import Iterable


def blocks(lock: str) -> dict[str, str]:
    """Return the lines of each package, by name."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in lock.splitlines():
        start = re.match(r"([A-Za-z0-9._-]+)==", line)
        if start:
            lines = found.setdefault(start[1], [])
        lines.append(line)
    return {name: "\n".join(block) + "\n" for name, block in found.items()}


def needed_by(names: Iterable[str], lock: str) -> str:
    """Return the lines of the packages `names` and of everything that they need."""
    by_name = blocks(lock)
    wanted: set[str] = set()
    new = set(names)
    while new:
        wanted |= new
        new = {name for name, block in by_name.items() if _wanted_by(block) & wanted} - wanted
    return "".join(by_name[name] for name in sorted(wanted))


def _wanted_by(block: str) -> set[str]:
    comments = [line for line in block.splitlines() if line.lstrip().startswith("#")]
    return {name for line in comments for name in re.findall(r"[A-Za-z0-9._-]+", line)} - {"via"}
