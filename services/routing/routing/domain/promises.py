"""What is promised to who waits: a table, and by its rows each priority has its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from routing.domain.clocks import Clock, Hours, NeverOpen
from shared.contracts.routing import Family, Priority


@dataclass(frozen=True)
class Promise:
    """Within which time an answer is promised.

    `in_business_hours`: the time counts only while the store is open.
    """

    within: timedelta
    in_business_hours: bool = False


@dataclass(frozen=True)
class Asked:
    """What a promise hangs on.

    `language` is a BCP 47 tag and `region` a country of ISO 3166-1, or None when not known.
    """

    store_id: str
    channel: str
    family: Family
    language: str | None = None
    priority: Priority = Priority.NORMAL
    region: str | None = None


@dataclass(frozen=True)
class Due:
    """The instants of one promise: warned of, kept by, and from when on it goes before all."""

    soon: datetime
    by: datetime
    first_from: datetime


@dataclass(frozen=True)
class Term:
    """One row of the table: a promise to all that has what the row names.

    `language` also fits what begins with it: `pt` fits `pt-BR`, `zh` either script.
    """

    promise: Promise
    store_id: str | None = None
    channel: str | None = None
    family: Family | None = None
    language: str | None = None
    priority: Priority | None = None

    def fits(self, asked: Asked) -> bool:
        """Whether this row promises something to what was asked."""
        return (
            self.store_id in (None, asked.store_id)
            and self.channel in (None, asked.channel)
            and self.family in (None, asked.family)
            and self.priority in (None, asked.priority)
            and (self.language is None or _begins(asked.language, self.language))
        )


_SHARES: Mapping[Priority, float] = {Priority.URGENT: 1 / 3, Priority.HIGH: 2 / 3, Priority.LOW: 2}
"""What each priority is promised, as a share of the usual."""
_AT_MOST: Mapping[tuple[Family, Priority], timedelta] = {
    (Family.MAIL, Priority.URGENT): timedelta(hours=2),
    (Family.MAIL, Priority.HIGH): timedelta(hours=8),
    (Family.MESSAGING, Priority.URGENT): timedelta(minutes=5),
    (Family.MESSAGING, Priority.HIGH): timedelta(minutes=10),
    (Family.CHAT, Priority.URGENT): timedelta(seconds=10),
    (Family.CHAT, Priority.HIGH): timedelta(seconds=20),
}
"""What presses is promised no more than this, however much the usual is."""


@dataclass(frozen=True)
class Promises:
    """The table of an installation.

    `terms` are its own rows, in the order in which they are asked: first those that name the
    priority, which are taken as they stand. One that names none, or `by_family` where none fits,
    is the usual promise, and each priority has its own by it: high two thirds, urgent a third,
    never more than `_AT_MOST` (whoever writes that a day is promised does not mean who is in
    danger); low twice as much, so that thanks and what a lead puts last leave room for the rest.
    Urgent is promised in plain time, whatever the usual runs on: a night is no answer to it.

    Whatever waits `late_cap` times its promise goes before all, see `turn`. `hours` are the clocks
    of promises in business hours. It is warned of when only `soon_share` of the promise is left.
    """

    by_family: Mapping[Family, Promise]
    late_cap: float = 4.0
    terms: Sequence[Term] = field(default=())
    hours: Hours = field(default_factory=Hours)
    soon_share: float = 0.2

    def of(self, asked: Asked) -> Promise:
        """What is promised to this.

        >>> promises = Promises({Family.CHAT: Promise(timedelta(seconds=30))})
        >>> asked = [Asked("aurora", "chat", Family.CHAT, None, each) for each in Priority]
        >>> [(each.priority.value, promises.of(each).within.seconds) for each in asked[:4]]
        [('urgent', 10), ('high', 20), ('normal', 30), ('low', 60)]
        """
        fitting = [term for term in self.terms if term.fits(asked)]
        named = next((term.promise for term in fitting if term.priority is not None), None)
        if named is not None:
            return named
        usual = fitting[0].promise if fitting else self.by_family[asked.family]
        return _of_priority(usual, asked.family, asked.priority)

    def due(self, asked: Asked, at: datetime) -> Due:
        """When what was asked at `at` is to be answered.

        A promise in business hours runs on the clock of the store and region; on plain time where
        there is no such clock, or it stands still for more than a year.
        """
        promise = self.of(asked)
        soon = promise.within * (1 - self.soon_share)
        longest = promise.within * self.late_cap
        clock = self.clock(asked) if promise.in_business_hours else None
        if clock is not None:
            return Due(*(_later(clock, span, at) for span in (soon, promise.within, longest)))
        return Due(at + soon, at + promise.within, at + longest)

    def passed(self, asked: Asked, span: timedelta, at: datetime) -> datetime:
        """When so much of the time that the promise runs on has passed since `at` (aware)."""
        clock = self.clock(asked) if self.of(asked).in_business_hours else None
        return at + span if clock is None else _later(clock, span, at)

    def clock(self, asked: Asked) -> Clock | None:
        """The opening hours that business hours are counted on; None: plain time."""
        return self.hours.clock(asked.store_id, asked.region, asked.family)


def _of_priority(usual: Promise, family: Family, priority: Priority) -> Promise:
    within = usual.within * _SHARES.get(priority, 1)
    within = min(within, _AT_MOST.get((family, priority), within))
    return Promise(within, usual.in_business_hours and priority is not Priority.URGENT)


def _later(clock: Clock, business: timedelta, at: datetime) -> datetime:
    try:
        return clock.add(business, at)
    except NeverOpen:
        return at + business


def _begins(tag: str | None, with_: str) -> bool:
    return tag is not None and (tag == with_ or tag.startswith(f"{with_}-"))
