"""Word lists as plain text: words apart by blanks, lines beginning with # are remarks."""

from importlib.resources import files


def lists(name: str) -> dict[str, tuple[str, ...]]:
    """The words of each line of `<name>.txt`, by the word that the line begins with."""
    return {line.split()[0]: tuple(line.split()[1:]) for line in _lines(name)}


def words(name: str) -> frozenset[str]:
    """The words of `<name>.txt` beside this file.

    >>> "iphone" in words("neutral")
    True
    """
    return frozenset(word for line in _lines(name) for word in line.split())


def _lines(name: str) -> list[str]:
    lines = (files(__name__) / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
