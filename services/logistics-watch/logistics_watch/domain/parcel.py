"""What scans make of a parcel: where it is, and what has to be said about it.

Scans come late, twice and out of order; they are ordered by the carrier's time. Where a parcel is
follows from the *set* of its scans, so that every order of arrival ends in the same place:

    returned       once any scan says so, or when it is delivered after it began to return
    returning      once any scan says so; what else is scanned on the way back changes nothing
    delivered      once any scan says so; corrections short of a return change nothing
    else           the newest scan that is understood
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.logistics_watch import ExceptionKind, Milestone

RANK = {
    milestone: rank
    for rank, milestone in enumerate(
        (
            Milestone.UNKNOWN,
            Milestone.EXPIRED,
            Milestone.LABEL_CREATED,
            Milestone.ACCEPTED,
            Milestone.IN_TRANSIT,
            Milestone.CUSTOMS,
            Milestone.OUT_FOR_DELIVERY,
            Milestone.AVAILABLE_FOR_PICKUP,
            Milestone.ATTEMPT_FAILED,
            Milestone.EXCEPTION,
            Milestone.CANCELLED,
            Milestone.RETURNING,
            Milestone.DELIVERED,
            Milestone.RETURNED,
        )
    )
}
"""Which of two scans of one moment is the later one."""

CUSTOMS_KINDS = frozenset(
    {
        ExceptionKind.CUSTOMS_HOLD,
        ExceptionKind.CUSTOMS_DOCUMENTS,
        ExceptionKind.CUSTOMS_DUTY_DUE,
    }
)
_LOST_KINDS = frozenset(
    {ExceptionKind.LOST, ExceptionKind.DAMAGED, ExceptionKind.SEIZED_OR_DESTROYED}
)
_FAILED_KINDS = frozenset(
    {
        ExceptionKind.ADDRESS,
        ExceptionKind.RECIPIENT_UNAVAILABLE,
        ExceptionKind.REFUSED,
        ExceptionKind.UNCLAIMED,
        ExceptionKind.CARRIER_REJECTED,
    }
)
_PROGRESS = frozenset(
    {
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
        Milestone.CUSTOMS,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.AVAILABLE_FOR_PICKUP,
    }
)

BEFORE_SHIPPING = timedelta(days=30)
AFTER_SHIPPING = timedelta(days=180)
AFTER_END = timedelta(days=30)
"""Carriers use numbers again: a scan belongs to a parcel when it lies near the time it travelled.
Labels are printed up to a month ahead; returns and proofs come within a month after the end."""


class Alarm(StrEnum):
    """What a customer and an agent should hear of; each once until the parcel moves again."""

    CUSTOMS = "customs"
    FAILED = "failed"
    LOST = "lost"
    STALLED = "stalled"


class Fact(StrEnum):
    """What one scan gives reason to say."""

    MOVED = "moved"
    RECOVERED = "recovered"
    CUSTOMS_HELD = "customs_held"
    DELIVERY_FAILED = "delivery_failed"
    LOST = "lost"
    RETURNING = "returning"
    DELIVERED = "delivered"


_SAID_OF = {
    Alarm.CUSTOMS: Fact.CUSTOMS_HELD,
    Alarm.FAILED: Fact.DELIVERY_FAILED,
    Alarm.LOST: Fact.LOST,
}


@dataclass(frozen=True)
class Scan:
    """One scan; `at` is the carrier's time, aware."""

    at: datetime
    milestone: Milestone
    exception_kind: ExceptionKind | None = None
    location: str | None = None


@dataclass(frozen=True)
class Parcel:
    """What is known of a parcel's way. All times are the carrier's."""

    milestone: Milestone = Milestone.LABEL_CREATED
    exception_kind: ExceptionKind | None = None
    newest_at: datetime | None = None
    """Time of the scan that gave the milestone, while neither delivered nor returning."""
    heard_at: datetime | None = None
    """Time of the newest scan of any kind: the silence begins there."""
    delivered_at: datetime | None = None
    """Latest delivery scan."""
    returning_at: datetime | None = None
    """Earliest scan that says it goes back."""
    alarms: frozenset[Alarm] = frozenset()

    @property
    def is_over(self) -> bool:
        """Nothing more is expected to happen to it."""
        return self.milestone in (Milestone.DELIVERED, Milestone.RETURNED, Milestone.CANCELLED)

    @property
    def ended_at(self) -> datetime | None:
        """When that came about; None while it is under way."""
        return (self.delivered_at or self.heard_at) if self.is_over else None


def belongs(at: datetime, *, shipped_at: datetime, ended_at: datetime | None) -> bool:
    """Tell whether a scan is of the parcel shipped then, not of another with the same number."""
    end = shipped_at + AFTER_SHIPPING
    if ended_at is not None:
        end = min(end, ended_at + AFTER_END)
    return shipped_at - BEFORE_SHIPPING <= at <= end


def advance(parcel: Parcel, scan: Scan) -> tuple[Parcel, Sequence[Fact]]:
    """Take one scan in; return the parcel after it and what to say, in this order."""
    is_news = parcel.heard_at is None or scan.at >= parcel.heard_at
    moved = _moved(parcel, scan)
    facts: list[Fact] = []
    if (moved.milestone, moved.exception_kind) != (parcel.milestone, parcel.exception_kind):
        facts.append(Fact.MOVED)
    alarms, said = _alarms(parcel, moved, scan) if is_news else (parcel.alarms, ())
    if moved.milestone is not parcel.milestone:
        if moved.milestone is Milestone.DELIVERED:
            alarms, said = _recovered(parcel.alarms)
            said = (*said, Fact.DELIVERED)
        elif moved.milestone is Milestone.RETURNING:
            said = (*said, Fact.RETURNING)
    # The aggregator says "expired" of a silence, so it does not break one.
    is_heard = is_news and scan.milestone is not Milestone.EXPIRED
    heard_at = scan.at if is_heard else parcel.heard_at
    after = Parcel(
        milestone=moved.milestone,
        exception_kind=moved.exception_kind,
        newest_at=moved.newest_at,
        heard_at=heard_at,
        delivered_at=moved.delivered_at,
        returning_at=moved.returning_at,
        alarms=alarms,
    )
    return after, (*facts, *said)


def _moved(parcel: Parcel, scan: Scan) -> Parcel:
    """Where the parcel is, given one scan more; see the module's table."""
    if parcel.milestone is Milestone.RETURNED:
        return parcel
    if scan.milestone in (Milestone.DELIVERED, Milestone.RETURNING, Milestone.RETURNED):
        return _ended(parcel, scan)
    if parcel.delivered_at or parcel.returning_at or scan.milestone is Milestone.UNKNOWN:
        return parcel
    if _is_older(parcel, scan):
        return parcel
    return replace(
        parcel,
        milestone=scan.milestone,
        exception_kind=scan.exception_kind,
        newest_at=scan.at,
    )


def _ended(parcel: Parcel, scan: Scan) -> Parcel:
    if scan.milestone is Milestone.RETURNED:
        return replace(parcel, milestone=Milestone.RETURNED, exception_kind=None)
    if scan.milestone is Milestone.DELIVERED:
        at = max(scan.at, parcel.delivered_at or scan.at)
        return _settled(replace(parcel, delivered_at=at))
    at = min(scan.at, parcel.returning_at or scan.at)
    return _settled(replace(parcel, returning_at=at))


def _settled(parcel: Parcel) -> Parcel:
    """The milestone of a parcel with a delivery, a return or both."""
    delivered, returning = parcel.delivered_at, parcel.returning_at
    milestone = Milestone.DELIVERED
    if returning is not None:
        is_back = delivered is not None and delivered > returning
        milestone = Milestone.RETURNED if is_back else Milestone.RETURNING
    return replace(parcel, milestone=milestone, exception_kind=None)


def _is_older(parcel: Parcel, scan: Scan) -> bool:
    if parcel.newest_at is None or scan.at > parcel.newest_at:
        return False
    return scan.at < parcel.newest_at or _rank(scan.milestone, scan.exception_kind) < _rank(
        parcel.milestone, parcel.exception_kind
    )


def _rank(milestone: Milestone, kind: ExceptionKind | None) -> tuple[int, str]:
    return RANK[milestone], kind or ""


def _alarms(parcel: Parcel, moved: Parcel, scan: Scan) -> tuple[frozenset[Alarm], tuple[Fact, ...]]:
    """The alarms after a scan that is news, and which of them are new."""
    if parcel.delivered_at or moved.milestone in (Milestone.DELIVERED, Milestone.RETURNED):
        return parcel.alarms, ()
    raised = alarm_of(scan.milestone, scan.exception_kind)
    if raised is not None:
        if parcel.returning_at and raised is not Alarm.LOST:
            return parcel.alarms, ()
        said = () if raised in parcel.alarms else (_SAID_OF[raised],)
        return parcel.alarms - {Alarm.STALLED} | {raised}, said
    if parcel.returning_at or scan.milestone not in _PROGRESS:
        return parcel.alarms, ()
    if scan.milestone is Milestone.CUSTOMS and Alarm.CUSTOMS in parcel.alarms:
        return parcel.alarms - {Alarm.STALLED}, ()
    return _recovered(parcel.alarms)


def _recovered(alarms: frozenset[Alarm]) -> tuple[frozenset[Alarm], tuple[Fact, ...]]:
    return frozenset(), (Fact.RECOVERED,) if alarms else ()


def alarm_of(milestone: Milestone, kind: ExceptionKind | None) -> Alarm | None:
    """The alarm that a scan raises, if any.

    >>> alarm_of(Milestone.EXCEPTION, ExceptionKind.DELAY_WEATHER) is None
    True
    """
    if milestone is Milestone.ATTEMPT_FAILED:
        return Alarm.FAILED
    if milestone is not Milestone.EXCEPTION or kind is None:
        return None
    for kinds, alarm in (
        (CUSTOMS_KINDS, Alarm.CUSTOMS),
        (_LOST_KINDS, Alarm.LOST),
        (_FAILED_KINDS, Alarm.FAILED),
    ):
        if kind in kinds:
            return alarm
    return None
