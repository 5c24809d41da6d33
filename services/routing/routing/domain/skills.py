"""What a conversation may demand of an agent, written as text.

`returns` is a plain tag. `product:shoes`, `intent:refund` and `language:fr` are of the three kinds
that have levels from 1 to 5; `product:shoes>=3` demands one. A tag has no
level: who has it, has it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

LEVELS = range(1, 6)
_WRITTEN = re.compile(r"(?:(language|product|intent):)?([A-Za-z0-9_-]+)(?:>=([1-5]))?")


@dataclass(frozen=True)
class Demand:
    """One demand; without a kind the name is a tag, a product or an intent."""

    kind: str | None
    name: str
    level: int = 1


def is_demand(written: str) -> bool:
    """Whether a text fits one of the forms."""
    return _WRITTEN.fullmatch(written) is not None


@lru_cache(maxsize=4096)
def demand(written: str) -> Demand:
    """What a text demands; one that fits no form is a tag of just that name.

    >>> demand("product:shoes>=3")
    Demand(kind='product', name='shoes', level=3)
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return Demand(None, written)
    kind, name, level = found.groups()
    return Demand(kind, name, int(level or 1))
