"""What is promised to who waits: a table, the first row that fits counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
    """What a promise hangs on; `language` is a BCP 47 tag, or None when none is known."""

    store_id: str
    channel: str
    family: Family
    language: str | None = None
    priority: Priority = Priority.NORMAL


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
    `late_cap` times its promise goes before all, see `turn`.
    """

    by_family: Mapping[Family, Promise]
    late_cap: float = 4.0
    terms: Sequence[Term] = field(default=())

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


def answer_by(promise: Promise, asked_at: datetime) -> datetime:
    """Until when what was asked at `asked_at` is to be answered."""
    return asked_at + promise.within


def first_from(promise: Promise, asked_at: datetime, late_cap: float) -> datetime:
    """From when on it goes before everything that waits less long."""
    due = answer_by(promise, asked_at)
    return due + (late_cap - 1) * promise.within


def _begins(tag: str | None, with_: str) -> bool:
    return tag is not None and (tag == with_ or tag.startswith(f"{with_}-"))
