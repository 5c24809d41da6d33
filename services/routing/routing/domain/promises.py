"""What is promised to who waits: a table, the first row that fits counts."""

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


_SHORTER: Mapping[tuple[Family, Priority], Promise] = {
    # A day of business hours is no answer to who is in danger or goes to court tonight.
    (Family.MAIL, Priority.URGENT): Promise(timedelta(hours=2)),
    (Family.MAIL, Priority.HIGH): Promise(timedelta(hours=8), in_business_hours=True),
    (Family.MESSAGING, Priority.URGENT): Promise(timedelta(minutes=5)),
    (Family.MESSAGING, Priority.HIGH): Promise(timedelta(minutes=10)),
}


@dataclass(frozen=True)
class Promises:
    """The table of an installation.

    `terms` are its own rows, in the order in which they are asked; `by_family` is for what none of
    them fits, where what is urgent or high gets the shorter of that and our own. Whatever waits
    `late_cap` times its promise goes before all, see `turn`. `hours` are the clocks of promises
    in business hours. It is warned of when only `soon_share` of the promise is left.
    """

    by_family: Mapping[Family, Promise]
    late_cap: float = 4.0
    terms: Sequence[Term] = field(default=())
    hours: Hours = field(default_factory=Hours)
    soon_share: float = 0.2

    def of(self, asked: Asked) -> Promise:
        """What is promised to this.

        >>> promises = Promises({Family.CHAT: Promise(timedelta(seconds=30))})
        >>> promises.of(Asked("aurora", "chat", Family.CHAT)).within.seconds
        30
        """
        for term in self.terms:
            if term.fits(asked):
                return term.promise
        usual = self.by_family[asked.family]
        shorter = _SHORTER.get((asked.family, asked.priority), usual)
        return shorter if shorter.within < usual.within else usual

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


def _later(clock: Clock, business: timedelta, at: datetime) -> datetime:
    try:
        return clock.add(business, at)
    except NeverOpen:
        return at + business


def _begins(tag: str | None, with_: str) -> bool:
    return tag is not None and (tag == with_ or tag.startswith(f"{with_}-"))
