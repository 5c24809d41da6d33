"""Shifts that two agents swap, each on the wall on which it was planned."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from routing.domain.shifts import Calendar, Difference, Kind, Occurrence, Shift, instant
from shared.errors import Refused


@dataclass(frozen=True)
class Given:
    """The shift of somebody's week that begins on `day`, `begin` minutes from its midnight.

    Both are on his own wall.
    """

    day: date
    begin: int


class Side(StrEnum):
    """Whose day differs."""

    GIVER = "giver"
    TAKER = "taker"


def swapped(
    giver: Calendar, taker: Calendar, given: Given, in_return: Given | None = None
) -> list[tuple[Side, Difference]]:
    """What differs when one works another's shift, at the same instants; and one of his in return.

    Raises `Refused` when either has no such shift, or works then himself: of two that overlap both
    are given at once.
    """
    shift, work = _of_week(giver, given)
    back = _of_week(taker, in_return) if in_return is not None else None
    if _is_at_work(taker, work, but=back[1] if back else None):
        raise Refused("who takes it works then himself")
    if back is not None and _is_at_work(giver, back[1], but=work):
        raise Refused("who gives it works himself when he would in return")
    found = [
        (Side.GIVER, Difference(Kind.GIVEN, given.day, shift)),
        (Side.TAKER, Difference(Kind.TAKEN, given.day, shift, giver.zone.key)),
    ]
    if back is not None and in_return is not None:
        found += [
            (Side.TAKER, Difference(Kind.GIVEN, in_return.day, back[0])),
            (Side.GIVER, Difference(Kind.TAKEN, in_return.day, back[0], taker.zone.key)),
        ]
    return found


def _of_week(calendar: Calendar, given: Given) -> tuple[Shift, Occurrence]:
    begins_at = instant(given.day, given.begin, calendar.zone)
    of_week = (
        each
        for each in calendar.shifts
        if each.begin == given.begin and given.day.weekday() in each.days
    )
    shift = next(of_week, None)
    worked = (
        each for each in calendar.on(given.day) if each.kind is None and each.begin == begins_at
    )
    found = next(worked, None)
    if shift is None or found is None:
        raise Refused("he has no shift of his week that begins so on that day")
    return shift, found


def _is_at_work(calendar: Calendar, then: Occurrence, *, but: Occurrence | None) -> bool:
    return any(each != but for each in calendar.during(then.begin, then.end))
