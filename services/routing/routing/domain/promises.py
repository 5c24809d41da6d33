"""What is promised to who waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.routing import Family


@dataclass(frozen=True)
class Promises:
    """Within which time an answer is promised, by family; after `late_cap` times it, see `turn`."""

    by_family: Mapping[Family, timedelta]
    late_cap: float = 4.0

    def answer_by(self, family: Family, asked_at: datetime) -> datetime:
        """Until when what was asked at `asked_at` is to be answered."""
        return asked_at + self.by_family[family]

    def first_from(self, family: Family, asked_at: datetime) -> datetime:
        """From when on it goes before everything that waits less long."""
        return asked_at + self.by_family[family] * self.late_cap
