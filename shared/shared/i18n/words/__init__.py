"""Word lists as plain text: words apart by blanks, lines beginning with # are remarks."""

from importlib.resources import files


def lists(name: str) -> dict[str, tuple[str, ...]]:
    """The words of the lines of `<name>.txt`, by the word that a line begins with."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines(name):
        key, *more = line.split()
        found[key] = (*found.get(key, ()), *more)
    return found


def words(name: str) -> frozenset[str]:
    """The words of `<name>.txt` beside this file.

    >>> "iphone" in words("neutral")
    True
    """
    return frozenset(word for line in _lines(name) for word in line.split())


def _lines(name: str) -> list[str]:
    lines = (files(__name__) / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
