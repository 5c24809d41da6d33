"""AfterShip's words for where a parcel is, in ours.

Tags and subtags: https://www.aftership.com/docs/tracking/2026-07/enum/delivery-sub-statuses. A
subtag that is not listed takes the meaning of its tag where that is plain; an unlisted one of
`InTransit` stays unknown, since parcels that only seem to move alarm nobody.
"""

from typing import NamedTuple

from shared.contracts.logistics_watch import ExceptionKind, Milestone


class Status(NamedTuple):
    """What a code means. `is_listed` is false for codes that our map lacks."""

    milestone: Milestone
    exception_kind: ExceptionKind | None = None
    is_listed: bool = True


def _exception(kind: ExceptionKind) -> Status:
    return Status(Milestone.EXCEPTION, kind)


_SUBTAGS = {
    "InfoReceived_001": Status(Milestone.LABEL_CREATED),
    "InTransit_001": Status(Milestone.IN_TRANSIT),
    "InTransit_002": Status(Milestone.ACCEPTED),
    "InTransit_003": Status(Milestone.IN_TRANSIT),
    "InTransit_004": Status(Milestone.IN_TRANSIT),
    "InTransit_005": Status(Milestone.CUSTOMS),
    "InTransit_006": Status(Milestone.CUSTOMS),
    "InTransit_007": Status(Milestone.IN_TRANSIT),
    "InTransit_008": Status(Milestone.IN_TRANSIT),
    "InTransit_009": Status(Milestone.IN_TRANSIT),
    "OutForDelivery_001": Status(Milestone.OUT_FOR_DELIVERY),
    "OutForDelivery_003": Status(Milestone.OUT_FOR_DELIVERY),
    "OutForDelivery_004": Status(Milestone.OUT_FOR_DELIVERY),
    "AvailableForPickup_001": Status(Milestone.AVAILABLE_FOR_PICKUP),
    "AttemptFail_001": Status(Milestone.ATTEMPT_FAILED),
    "AttemptFail_002": Status(Milestone.ATTEMPT_FAILED, ExceptionKind.RECIPIENT_UNAVAILABLE),
    "AttemptFail_003": Status(Milestone.ATTEMPT_FAILED, ExceptionKind.RECIPIENT_UNAVAILABLE),
    "Delivered_001": Status(Milestone.DELIVERED),
    "Delivered_002": Status(Milestone.DELIVERED),
    "Delivered_003": Status(Milestone.DELIVERED),
    "Delivered_004": Status(Milestone.DELIVERED),
    "Delivered_005": Status(Milestone.DELIVERED),
    "Exception_001": _exception(ExceptionKind.OTHER),
    "Exception_002": _exception(ExceptionKind.ADDRESS),
    "Exception_003": _exception(ExceptionKind.REFUSED),
    "Exception_004": _exception(ExceptionKind.CUSTOMS_HOLD),
    "Exception_005": _exception(ExceptionKind.DELAY_EXTERNAL),
    "Exception_006": _exception(ExceptionKind.CUSTOMS_DUTY_DUE),
    "Exception_007": _exception(ExceptionKind.ADDRESS),
    "Exception_008": _exception(ExceptionKind.UNCLAIMED),
    "Exception_009": _exception(ExceptionKind.CARRIER_REJECTED),
    "Exception_010": Status(Milestone.RETURNING),
    "Exception_011": Status(Milestone.RETURNED),
    "Exception_012": _exception(ExceptionKind.DAMAGED),
    "Exception_013": _exception(ExceptionKind.LOST),
    "Exception_016": _exception(ExceptionKind.DELAY),
    "Exception_017": _exception(ExceptionKind.DELAY_WEATHER),
    "Exception_018": _exception(ExceptionKind.CUSTOMS_DOCUMENTS),
    "Exception_019": _exception(ExceptionKind.DELAY),
    "Exception_020": Status(Milestone.CANCELLED),
    "Exception_021": _exception(ExceptionKind.SEIZED_OR_DESTROYED),
    "Expired_001": Status(Milestone.EXPIRED),
} | {f"Pending_{number:03}": Status(Milestone.UNKNOWN) for number in range(1, 7)}

_TAGS = {
    "InfoReceived": Milestone.LABEL_CREATED,
    "OutForDelivery": Milestone.OUT_FOR_DELIVERY,
    "AvailableForPickup": Milestone.AVAILABLE_FOR_PICKUP,
    "AttemptFail": Milestone.ATTEMPT_FAILED,
    "Delivered": Milestone.DELIVERED,
    "Exception": Milestone.EXCEPTION,
    "Expired": Milestone.EXPIRED,
}


def status_of(tag: str | None, subtag: str | None) -> Status:
    """What tag and subtag of a checkpoint mean."""
    if subtag and (listed := _SUBTAGS.get(subtag)):
        return listed
    milestone = _TAGS.get(tag or "", Milestone.UNKNOWN)
    kind = ExceptionKind.UNKNOWN if milestone is Milestone.EXCEPTION else None
    return Status(milestone, kind, is_listed=False)
