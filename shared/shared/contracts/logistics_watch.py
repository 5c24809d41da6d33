"""What logistics-watch says: every scan, and what a parcel's scans or silence mean."""

from typing import ClassVar

from shared.contracts.base import (
    AccountId,
    CaseId,
    Country,
    Event,
    Moment,
    OpenEnum,
    OrderId,
    ShipmentId,
)


class Milestone(OpenEnum):
    """Where a parcel is, in words all carriers share."""

    UNKNOWN = "unknown"
    LABEL_CREATED = "label_created"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    ATTEMPT_FAILED = "attempt_failed"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    EXCEPTION = "exception"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ExceptionKind(OpenEnum):
    """What went wrong, where the carrier tells."""

    DELAY = "delay"
    DELAY_WEATHER = "delay_weather"
    DELAY_EXTERNAL = "delay_external"
    CUSTOMS_HOLD = "customs_hold"
    CUSTOMS_DOCUMENTS = "customs_documents"
    CUSTOMS_DUTY_DUE = "customs_duty_due"
    ADDRESS = "address"
    RECIPIENT_UNAVAILABLE = "recipient_unavailable"
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"
    DAMAGED = "damaged"
    LOST = "lost"
    SEIZED_OR_DESTROYED = "seized_or_destroyed"
    SECURITY = "security"
    CARRIER_REJECTED = "carrier_rejected"
    OTHER = "other"
    UNKNOWN = "unknown"


class Purpose(OpenEnum):
    """Which way a parcel travels."""

    OUTBOUND = "outbound"
    RETURN = "return"
    UNKNOWN = "unknown"


class ScanRecorded(Event, frozen=True, kw_only=True):
    """A carrier or aggregator told of one scan; heard only by logistics-watch itself.

    `carrier` is our slug; `code` and `description` are the vendor's own words. A scan has no
    version: `version` is 0. `occurred_at` is the carrier's time of the scan.
    """

    TOPIC: ClassVar[str] = "logistics-watch.scans.v1"
    KEY: ClassVar[tuple[str, ...]] = ("carrier", "number")

    carrier: str
    number: str
    milestone: Milestone
    account_id: AccountId
    exception_kind: ExceptionKind | None = None
    code: str | None = None
    description: str | None = None
    location: str | None = None
    country: Country | None = None


class _ShipmentEvent(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "logistics-watch.shipments.v1"
    KEY: ClassVar[tuple[str, ...]] = ("shipment_id",)

    shipment_id: ShipmentId
    purpose: Purpose
    carrier: str
    number: str
    order_id: OrderId | None = None
    case_id: CaseId | None = None
    buyer_country: Country | None = None
    tracking_url: str | None = None


class ShipmentRegistered(_ShipmentEvent, frozen=True, kw_only=True):
    """The parcel is watched, or `is_watched` is false and `why` tells the aggregator's reason.

    `tracking_url` opens in the buyer's own country and language where the carrier offers that.
    """

    is_watched: bool
    why: str | None = None
    line_ids: tuple[str, ...] = ()


class ShipmentMoved(_ShipmentEvent, frozen=True, kw_only=True):
    """A scan brought it to another milestone."""

    milestone: Milestone
    exception_kind: ExceptionKind | None = None
    location: str | None = None


class ShipmentStalled(_ShipmentEvent, frozen=True, kw_only=True):
    """No scan since `silent_since`, longer than its milestone may last."""

    milestone: Milestone
    silent_since: Moment
    due_at: Moment


class CustomsHeld(_ShipmentEvent, frozen=True, kw_only=True):
    """Customs keep it; `exception_kind` tells what for, where known."""

    exception_kind: ExceptionKind


class DeliveryFailed(_ShipmentEvent, frozen=True, kw_only=True):
    """The carrier could not hand it over."""

    exception_kind: ExceptionKind | None = None


class ShipmentLost(_ShipmentEvent, frozen=True, kw_only=True):
    """The carrier calls it lost, damaged beyond delivery, seized or destroyed."""

    exception_kind: ExceptionKind | None = None


class ShipmentDelivered(_ShipmentEvent, frozen=True, kw_only=True):
    """It arrived at `occurred_at`, the carrier's time."""


class ShipmentReturning(_ShipmentEvent, frozen=True, kw_only=True):
    """It is on its way back to the sender."""


class ShipmentRecovered(_ShipmentEvent, frozen=True, kw_only=True):
    """A parcel that had an alarm moves again."""

    milestone: Milestone
