"""How long a parcel may be silent, and when that time is up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from logistics_watch.domain.parcel import CUSTOMS_KINDS, Alarm, Parcel
from shared.contracts.logistics_watch import Milestone


@dataclass(frozen=True)
class Stalls:
    """Longest ordinary silence at each milestone."""

    label_created: timedelta
    accepted: timedelta
    in_transit: timedelta
    customs: timedelta
    out_for_delivery: timedelta
    available_for_pickup: timedelta
    attempt_failed: timedelta
    exception: timedelta
    returning: timedelta

    def of(self, parcel: Parcel) -> timedelta | None:
        """How long this parcel may be silent; None for as long as it likes."""
        if parcel.is_over or parcel.alarms & {Alarm.STALLED, Alarm.LOST}:
            return None
        if parcel.milestone is Milestone.EXCEPTION and parcel.exception_kind in CUSTOMS_KINDS:
            return self.customs
        found: timedelta | None = getattr(self, parcel.milestone.value, None)
        return found


def due(parcel: Parcel, stalls: Stalls, *, since: datetime, now: datetime) -> datetime | None:
    """When the silence becomes too long; None when no time is set for it.

    Counted from the last scan, or from `since` (when watching began) without one. A carrier's time
    that lies in the future counts as `now`.
    """
    span = stalls.of(parcel)
    if span is None:
        return None
    return min(parcel.heard_at or since, now) + span
