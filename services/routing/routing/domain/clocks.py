"""Business time: a clock that runs only while a desk is open.

Open are weekly openings on the wall clock of a named zone, but for holidays. What is open is
counted as it passes in the world: an opening across the night on which clocks go forward is an
hour shorter, one across the night on which they go back an hour longer.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from routing.domain.shifts import Shift
from shared.contracts.routing import Family

_DAY = timedelta(days=1)
_LONGEST_CLOSED = 400 * _DAY
"""A desk that is closed for longer never opens again, as far as a promise is concerned."""
_KEPT = 1000


class NeverOpen(ValueError):
    """A clock that does not run, or not for more than a year."""


class Clock:
    """The business time of one desk."""

    def __init__(
        self, openings: Sequence[Shift], time_zone: str, closed: Container[date] = ()
    ) -> None:
        """`time_zone` is an IANA name; an opening that begins on a day in `closed` is left out.

        Raises `NeverOpen` when no day of the week has an opening, and `ZoneInfoNotFoundError`.
        """
        self.openings = tuple(sorted(openings, key=lambda opening: opening.begin))
        self.zone = ZoneInfo(time_zone)
        self._closed = closed
        self._days: dict[date, tuple[tuple[datetime, datetime], ...]] = {}
        if not any(opening.days for opening in self.openings):
            raise NeverOpen("it is closed all week")

    def add(self, business: timedelta, start: datetime) -> datetime:
        """The first instant, in UTC, by which so much business time has passed since `start`.

        `start` is aware, `business` not negative. Raises `NeverOpen` when that lies beyond more
        than a year of closed days.

        >>> office = Clock([Shift(frozenset(range(5)), 9 * 60, 17 * 60)], "Europe/Madrid")
        >>> friday = datetime(2026, 3, 27, 15, tzinfo=UTC)  # 16:00, an hour before it closes
        >>> office.add(timedelta(hours=2), friday).isoformat()  # Monday 10:00, in summer time
        '2026-03-30T08:00:00+00:00'
        """
        left, at = business, start.astimezone(UTC)
        if left <= timedelta(0):
            return at
        for begin, end in self._open_from(at):
            if end - begin >= left:
                return begin + left
            left -= end - begin
        raise NeverOpen("it does not open for more than a year")

    def elapsed(self, start: datetime, until: datetime) -> timedelta:
        """How much business time passes from `start` to `until` (both aware); none backwards.

        >>> office = Clock([Shift(frozenset(range(7)), 0, 24 * 60)], "Europe/Madrid")
        >>> office.elapsed(  # a day of 23 hours
        ...     datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
        ... )
        datetime.timedelta(seconds=82800)
        """
        passed, end_at = timedelta(0), until.astimezone(UTC)
        try:
            for begin, end in self._open_from(start.astimezone(UTC)):
                if begin >= end_at:
                    break
                passed += min(end, end_at) - begin
        except NeverOpen:
            return passed
        return passed

    def is_open(self, at: datetime) -> bool:
        """Whether the clock runs at an aware instant."""
        moment = at.astimezone(UTC)
        return next(self._open_from(moment), (None,))[0] == moment

    def _open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The pieces of open time after `start`, in order, none twice.

        Ends after more than a year of closed days.
        """
        # An overnight opening begins the day before, and a zone may have left out a date.
        day, at = start.astimezone(self.zone).date() - 2 * _DAY, start
        while day.toordinal() < date.max.toordinal() - 3:
            for begin, end in self._spans(day):
                if end > at:
                    yield max(begin, at), end
                    at = end
            day += _DAY
            if day - at.date() > _LONGEST_CLOSED:
                return

    def _spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _KEPT:
                self._days.clear()
            is_closed = day in self._closed
            spans = (
                opening.span(day, self.zone)
                for opening in self.openings
                if not is_closed and day.weekday() in opening.days
            )
            found = self._days[day] = tuple(span for span in spans if span[0] < span[1])
        return found


@dataclass(frozen=True)
class Desk:
    """Opening hours for what fits: nothing named fits everything."""

    clock: Clock
    stores: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    families: frozenset[Family] = frozenset()

    def fits(self, store_id: str, region: str | None, family: Family) -> bool:
        """Whether these are the hours of a store, for a region (ISO 3166-1) and a family."""
        return (
            (not self.stores or store_id in self.stores)
            and (not self.regions or region in self.regions)
            and (not self.families or family in self.families)
        )


@dataclass(frozen=True)
class Hours:
    """All opening hours of an installation; of `desks` the first that fits counts.

    `usual` is by store, for what no desk fits.
    """

    desks: Sequence[Desk] = ()
    usual: Mapping[str, Clock] = field(default_factory=dict)

    def clock(self, store_id: str, region: str | None, family: Family) -> Clock | None:
        """The clock that business hours are counted on; None where there is only plain time."""
        for desk in self.desks:
            if desk.fits(store_id, region, family):
                return desk.clock
        return self.usual.get(store_id)
