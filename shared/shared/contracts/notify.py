"""What notify says: what became of everything it was to tell a customer."""

from typing import ClassVar

from shared.contracts.base import (
    About,
    AccountId,
    CaseId,
    Channel,
    ContactId,
    ConversationId,
    Event,
    Language,
    NotificationId,
    OrderId,
    ReplyId,
)


class _NotificationEvent(Event, frozen=True, kw_only=True):
    """`template` is the kind of notice, or `reply` for an agent's own words."""

    TOPIC: ClassVar[str] = "notify.deliveries.v1"
    KEY: ClassVar[tuple[str, ...]] = ("notification_id",)

    notification_id: NotificationId
    template: str
    channel: Channel
    account_id: AccountId | None = None
    language: Language | None = None
    about: About | None = None
    conversation_id: ConversationId | None = None
    reply_id: ReplyId | None = None
    contact_id: ContactId | None = None
    order_id: OrderId | None = None
    case_id: CaseId | None = None


class NotificationSent(_NotificationEvent, frozen=True, kw_only=True):
    """The next server or vendor took it; `external_id` is its id or our Message-ID.

    `is_repeat` tells that an earlier attempt ended unknown, so that a second copy may be out.
    """

    external_id: str
    is_repeat: bool = False


class NotificationDelivered(_NotificationEvent, frozen=True, kw_only=True):
    """It reached the customer's device or mailbox."""

    is_read: bool = False


class NotificationFailed(_NotificationEvent, frozen=True, kw_only=True):
    """It will not arrive; `why` is the vendor's reason, without personal data."""

    why: str


class NotificationSuppressed(_NotificationEvent, frozen=True, kw_only=True):
    """It was not sent on purpose (no address, superseded, address bounces); `why` tells."""

    why: str
