"""A figure, its floor and its goal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` and `floor` in `unit`, measured in the same run."""

    what: str
    value: float
    unit: str
    goal: str
    floor: float | None = None
    floor_is: str = ""

    def cells(self) -> tuple[str, str, str, str, str]:
        """One row of the table."""
        floor = f"{self.floor:,.1f} {self.floor_is}" if self.floor is not None else "–"
        ratio = f"{self.value / self.floor:.2f}" if self.floor else "–"
        return (self.what, f"{self.value:,.1f} {self.unit}", floor, ratio, self.goal)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
