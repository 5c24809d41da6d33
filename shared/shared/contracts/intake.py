"""What intake says: messages of customers, what became of ours, and orders of the shops."""

from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta

from shared.contracts.base import (
    About,
    AccountId,
    Address,
    Channel,
    Command,
    ContactId,
    ConversationId,
    Event,
    Language,
    MessageId,
    Moment,
    Money,
    NotificationId,
    OpenEnum,
    OrderId,
    Part,
    Personal,
    RefundId,
    ReplyRoute,
    ThreadId,
)

__all__ = [
    "Attachment",
    "Buyer",
    "Delivery",
    "Fulfilment",
    "MessageReceived",
    "MessageStatusChanged",
    "Order",
    "OrderCancelled",
    "OrderLine",
    "OrderPaid",
    "OrderPlaced",
    "OrderRefunded",
    "OrderShipped",
    "Payment",
    "SendToChat",
]


class Attachment(Part, frozen=True, kw_only=True):
    """A file that came with a message; the bytes stay with intake."""

    name: Personal | None
    media_type: str
    size: Annotated[int, Meta(description="octets")]
    url: str | None = None
    """A signed link for a week; whoever has it may read. None where there is no file to be had."""
    file_id: UUID | None = None


class MessageReceived(Event, frozen=True, kw_only=True):
    """A customer wrote.

    `text` is the new text only, at most 32 KiB of UTF-8; `is_cut` tells that there is more at
    intake. `locale` is what the channel claims of the customer's language, not what he wrote in.
    `mail` and `phone` (E.164) are his addresses where the channel gives them: routing links him to
    his orders by them.
    """

    TOPIC: ClassVar[str] = "intake.messages.v1"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id",)

    message_id: MessageId
    thread_id: ThreadId
    contact_id: ContactId
    channel: Channel
    account_id: AccountId
    external_id: str
    text: Personal
    reply_route: ReplyRoute
    is_cut: bool = False
    subject: Personal | None = None
    locale: Language | None = None
    sender_name: Personal | None = None
    mail: Personal | None = None
    phone: Personal | None = None
    about: About | None = None
    attachments: tuple[Attachment, ...] = ()


class Delivery(OpenEnum):
    """What became of a message of ours."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    BOUNCED = "bounced"
    UNKNOWN = "unknown"


class MessageStatusChanged(Event, frozen=True, kw_only=True):
    """A vendor or mail server tells what became of a message of ours.

    `external_id` is the vendor's id of that message. `is_permanent` tells a hard failure (RFC 3464
    5.x.x) from a soft one, where known. `address` is the mail address that it is told of: where a
    mail was passed on, not the one that it was sent to.
    """

    TOPIC: ClassVar[str] = "intake.messages.v1"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id", "notification_id")

    channel: Channel
    account_id: AccountId
    external_id: str
    status: Delivery
    thread_id: ThreadId | None = None
    notification_id: NotificationId | None = None
    reason: str | None = None
    is_permanent: bool | None = None
    address: Personal | None = None

    @property
    def key(self) -> str:
        """The thread where it is known, else the notification, else the vendor's id."""
        return str(self.thread_id or self.notification_id or self.external_id)


class Buyer(Part, frozen=True, kw_only=True):
    """Who bought."""

    contact_id: ContactId | None = None
    name: Personal | None = None
    mail: Personal | None = None
    phone: Personal | None = None


class OrderLine(Part, frozen=True, kw_only=True):
    """One line of an order; `line_id` is the shop's."""

    line_id: str
    title: str
    quantity: int
    price: Money
    """Of one piece, as presented to the buyer, after discounts where the shop tells them."""
    shop_price: Money
    sku: str | None = None
    is_custom_made: bool = False
    """Made to the buyer's specification or clearly personalised (Dir. 2011/83/EU art. 16(c))."""


class Payment(Part, frozen=True, kw_only=True):
    """Money the shop took; `payment_id` is the shop's transaction id."""

    payment_id: str
    amount: Money
    shop_amount: Money
    gateway: str | None = None


class Fulfilment(Part, frozen=True, kw_only=True):
    """What left the warehouse together; `fulfilment_id` is the shop's."""

    fulfilment_id: str
    carrier: str | None = None
    """Name as the shop writes it."""
    number: str | None = None
    tracking_url: str | None = None
    shipped_at: Moment | None = None
    line_ids: tuple[str, ...] = ()


class Order(Part, frozen=True, kw_only=True):
    """The whole order, in every order event, so that a listener can act on any one of them.

    `external_id` is the shop's id, `number` what the buyer knows it by. Totals are given twice: as
    presented to the buyer and in the shop's own currency.
    """

    order_id: OrderId
    account_id: AccountId
    channel: Channel
    external_id: str
    number: str
    placed_at: Moment
    buyer: Buyer
    language: Language | None
    ship_to: Address | None
    lines: tuple[OrderLine, ...]
    total: Money
    shop_total: Money
    payments: tuple[Payment, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    is_cancelled: bool = False
    address_problems: tuple[str, ...] = ()
    """What looks wrong with `ship_to`: `<field> missing` or `<field> invalid`. Nothing waits for
    it: somebody may ask the buyer before the parcel leaves."""


class _OrderEvent(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "intake.orders.v1"
    KEY: ClassVar[tuple[str, ...]] = ("order_id",)

    order_id: OrderId
    order: Order


class OrderPlaced(_OrderEvent, frozen=True, kw_only=True):
    """A buyer ordered."""


class OrderPaid(_OrderEvent, frozen=True, kw_only=True):
    """The order is paid in full."""


class OrderShipped(_OrderEvent, frozen=True, kw_only=True):
    """A tracking number appeared on a fulfilment; said once for each fulfilment."""

    fulfilment_id: str
    carrier: str | None
    number: str
    tracking_url: str | None = None


class OrderCancelled(_OrderEvent, frozen=True, kw_only=True):
    """The order will not be carried out."""

    reason: str | None = None


class OrderRefunded(_OrderEvent, frozen=True, kw_only=True):
    """The shop gave money back.

    `external_refund_id` is the shop's. `refund_id` is ours where the refund's note carries it, so
    returns knows its own; without it the shop refunded by itself.
    """

    external_refund_id: str
    amount: Money
    shop_amount: Money
    refund_id: RefundId | None = None


class SendToChat(Command, frozen=True, kw_only=True):
    """Show the customer a text in his live chat; kept until he has seen it."""

    TOPIC: ClassVar[str] = "intake.commands.v1"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id",)

    thread_id: ThreadId
    account_id: AccountId
    text: Personal
    notification_id: NotificationId
    conversation_id: ConversationId | None = None
    language: Language | None = None
