"""The events of a notification, all with the same subject."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct

from notify.domain.kinds import KINDS, REPLY
from shared.contracts.base import (
    About,
    AccountId,
    CaseId,
    Channel,
    ContactId,
    ConversationId,
    Language,
    NotificationId,
    OrderId,
    ReplyId,
    ShipmentId,
    StoreId,
)
from shared.contracts.notify import (
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)

E = TypeVar(
    "E", NotificationSent, NotificationDelivered, NotificationFailed, NotificationSuppressed
)


class Subject(Struct, frozen=True, kw_only=True):
    """What every event tells of its notification. `version` is that of the newest event said."""

    notification_id: NotificationId
    store_id: StoreId
    template: str
    channel: Channel
    version: int
    correlation_id: UUID
    account_id: AccountId | None = None
    language: Language | None = None
    about: About | None = None
    conversation_id: ConversationId | None = None
    reply_id: ReplyId | None = None
    contact_id: ContactId | None = None
    order_id: OrderId | None = None
    shipment_id: ShipmentId | None = None
    case_id: CaseId | None = None


def event(kind: type[E], subject: Subject, *, version: int, at: datetime, **more: Any) -> E:
    """One event of a notification."""
    return kind(
        occurred_at=at,
        store_id=subject.store_id,
        version=version,
        notification_id=subject.notification_id,
        template=subject.template,
        channel=subject.channel,
        account_id=subject.account_id,
        language=subject.language,
        about=about(subject),
        conversation_id=subject.conversation_id,
        reply_id=subject.reply_id,
        contact_id=subject.contact_id,
        order_id=subject.order_id,
        case_id=subject.case_id,
        **more,
    )


def about(subject: Subject) -> About | None:
    """What the notification is about: its parcel, case or order; a reply brings its own."""
    if subject.template == REPLY:
        return subject.about
    if KINDS[subject.template].about == "case":
        return About(kind="case", id=str(subject.case_id))
    if subject.shipment_id is not None:
        return About(kind="shipment", id=str(subject.shipment_id))
    return About(kind="order", id=str(subject.order_id))
