"""Word lists as plain text: words apart by blanks, lines beginning with # are remarks."""

from importlib.resources import files


def words(name: str) -> frozenset[str]:
    """The words of `<name>.txt` beside this file.

    >>> "iphone" in words("neutral")
    True
    """
    lines = (files(__name__) / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
