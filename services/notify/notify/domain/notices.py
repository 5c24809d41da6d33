"""Which notice an event causes, and by what key it is sent at most once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct

from notify.domain.facts import Facts
from notify.domain.kinds import KINDS
from shared.contracts import intake, logistics_watch, returns
from shared.contracts.base import (
    CaseId,
    ContactId,
    Event,
    Language,
    NotificationId,
    OrderId,
    ShipmentId,
    StoreId,
)

_NAMESPACE = UUID("6e6f7469-6679-8000-8000-000000000001")


class Notice(Struct, frozen=True, kw_only=True):
    """A notice to be sent once for (store, template, subject, detail).

    The subject is the order, parcel, case or refund; the detail tells apart what may be said of
    one subject more than once (which milestone it stalls at, what customs want).
    `subject_version` is the version of the event that caused it.
    """

    store_id: StoreId
    template: str
    subject_id: str
    occurred_at: datetime
    subject_version: int
    order_id: OrderId
    facts: Facts
    detail: str = ""
    shipment_id: ShipmentId | None = None
    case_id: CaseId | None = None
    contact_id: ContactId | None = None
    language: Language | None = None

    @property
    def notification_id(self) -> NotificationId:
        """The same for the same key, whoever computes it."""
        return notification_id(self.store_id, self.template, self.subject_id, self.detail)


def notification_id(
    store_id: StoreId, template: str, subject_id: str, detail: str = ""
) -> NotificationId:
    """Identity of a notification, derived from its business key."""
    key = "\x1f".join((store_id, template, subject_id, detail))
    return NotificationId(uuid5(_NAMESPACE, key))


def is_late(notice: Notice, said_at: datetime, *, since: datetime, late_after: timedelta) -> bool:
    """Tell whether a notice is not to be sent because its fact reached us too late.

    News is late when the world told it more than `late_after` after it happened (a shop that
    imports old orders, a carrier's week-old scans). Anything is late that was said before `since`:
    a new installation reads what others said days ago. How long our own side took (an outage, a
    dead letter replayed) makes nothing late here.
    """
    if said_at < since:
        return True
    return KINDS[notice.template].is_news and said_at - notice.occurred_at > late_after


def notice_of(event: Event) -> Notice | None:
    """The notice that an event causes, or none."""
    make = _MAKERS.get(type(event))
    return make(event) if make else None


def settles(event: Event) -> bool:
    """Tell whether an event makes earlier alarms about the same parcel pointless."""
    return isinstance(event, logistics_watch.ShipmentDelivered | logistics_watch.ShipmentRecovered)


def _of_order(event: Any, template: str, *, detail: str = "", facts: Facts | None = None) -> Notice:
    return Notice(
        store_id=event.store_id,
        template=template,
        subject_id=str(event.order_id),
        detail=detail,
        occurred_at=event.occurred_at,
        subject_version=event.version,
        order_id=event.order_id,
        contact_id=event.order.buyer.contact_id,
        facts=facts or Facts(at=event.occurred_at),
    )


def _order_refunded(event: intake.OrderRefunded) -> Notice | None:
    # A refund of ours is told when returns says RefundIssued.
    if event.refund_id is not None:
        return None
    facts = Facts(at=event.occurred_at, amount=event.amount)
    return _of_order(event, "order_refunded", detail=event.external_refund_id, facts=facts)


def _of_parcel(event: Any, template: str, *, detail: str = "", **more: Any) -> Notice | None:
    """Only parcels on their way to the buyer of a known order are told of."""
    if event.purpose is not logistics_watch.Purpose.OUTBOUND or event.order_id is None:
        return None
    return Notice(
        store_id=event.store_id,
        template=template,
        subject_id=str(event.shipment_id),
        detail=detail,
        occurred_at=event.occurred_at,
        subject_version=event.version,
        order_id=event.order_id,
        shipment_id=event.shipment_id,
        facts=Facts(
            at=event.occurred_at,
            carrier=event.carrier,
            number=event.number,
            tracking_url=event.tracking_url,
            **more,
        ),
    )


def _registered(event: logistics_watch.ShipmentRegistered) -> Notice | None:
    return _of_parcel(event, "shipping_notice", line_ids=event.line_ids)


def _customs_held(event: logistics_watch.CustomsHeld) -> Notice | None:
    kind = event.exception_kind.value
    return _of_parcel(event, "customs_held", detail=kind, exception_kind=kind)


def _stalled(event: logistics_watch.ShipmentStalled) -> Notice | None:
    return _of_parcel(
        event,
        "shipment_stalled",
        detail=event.milestone.value,
        silent_since=event.silent_since,
    )


def _delivery_failed(event: logistics_watch.DeliveryFailed) -> Notice | None:
    kind = event.exception_kind.value if event.exception_kind else ""
    return _of_parcel(event, "delivery_failed", detail=kind, exception_kind=kind or None)


def _lost(event: logistics_watch.ShipmentLost) -> Notice | None:
    kind = event.exception_kind.value if event.exception_kind else None
    return _of_parcel(event, "shipment_lost", exception_kind=kind)


def _of_case(event: Any, template: str, *, subject_id: str = "", **more: Any) -> Notice:
    return Notice(
        store_id=event.store_id,
        template=template,
        subject_id=subject_id or str(event.case_id),
        occurred_at=event.occurred_at,
        subject_version=event.version,
        order_id=event.order_id,
        case_id=event.case_id,
        contact_id=event.contact_id,
        language=event.language,
        facts=Facts(at=event.occurred_at, **more),
    )


def _requested(event: returns.ReturnRequested) -> Notice:
    return _of_case(event, "return_requested", goods=event.lines, needs_person=event.needs_person)


def _authorised(event: returns.ReturnAuthorised) -> Notice:
    return _of_case(
        event,
        "return_authorised",
        basis=event.basis.value,
        send_by=event.send_by,
        refund_due=event.refund_due,
        buyer_pays_return=event.buyer_pays_return,
    )


def _refund(event: returns.RefundOrdered | returns.RefundIssued, template: str) -> Notice:
    return _of_case(event, template, subject_id=str(event.refund_id), amount=event.amount)


_MAKERS: dict[type[Event], Callable[[Any], Notice | None]] = {
    intake.OrderPlaced: lambda event: _of_order(event, "order_confirmation"),
    intake.OrderCancelled: lambda event: _of_order(event, "order_cancelled"),
    intake.OrderRefunded: _order_refunded,
    logistics_watch.ShipmentRegistered: _registered,
    logistics_watch.CustomsHeld: _customs_held,
    logistics_watch.ShipmentStalled: _stalled,
    logistics_watch.DeliveryFailed: _delivery_failed,
    logistics_watch.ShipmentLost: _lost,
    logistics_watch.ShipmentDelivered: lambda event: _of_parcel(event, "delivered"),
    returns.ReturnRequested: _requested,
    returns.ReturnAuthorised: _authorised,
    returns.ReturnDeclined: lambda event: _of_case(event, "return_declined", why=event.why),
    returns.ReturnReceived: lambda event: _of_case(event, "return_received"),
    returns.ReturnInspected: lambda event: _of_case(
        event, "return_inspected", is_accepted=event.is_accepted
    ),
    returns.RefundOrdered: lambda event: _refund(event, "refund_ordered"),
    returns.RefundIssued: lambda event: _refund(event, "refund_issued"),
}
