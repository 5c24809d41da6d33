"""The topics: who owns each, who listens, how it is cut and how long it is kept.

Personal data stays at most 7 days. Partitions are never changed in place. PostgreSQL is the
record; every topic has `cleanup.policy=delete`.
"""

from dataclasses import dataclass
from datetime import timedelta

from shared.contracts import intake, logistics_watch, notify, returns, routing
from shared.contracts.base import Message


@dataclass(frozen=True)
class Topic:
    """One topic. `messages` are all types that travel on it.

    One without listeners is for boards and staff planning outside.
    """

    name: str
    owner: str
    listeners: tuple[str, ...]
    messages: tuple[type[Message], ...]
    partitions: int = 12
    retention: timedelta = timedelta(days=7)


TOPICS = (
    Topic(
        name="intake.messages.v1",
        owner="intake",
        listeners=("routing", "notify"),
        messages=(intake.MessageReceived, intake.MessageStatusChanged),
    ),
    Topic(
        name="intake.orders.v1",
        owner="intake",
        listeners=("routing", "logistics-watch", "returns", "notify"),
        messages=(
            intake.OrderPlaced,
            intake.OrderPaid,
            intake.OrderShipped,
            intake.OrderCancelled,
            intake.OrderRefunded,
        ),
    ),
    Topic(
        name="intake.commands.v1",
        owner="intake",
        listeners=("intake",),
        messages=(intake.SendToChat,),
        partitions=3,
    ),
    Topic(
        name="routing.conversations.v1",
        owner="routing",
        listeners=("notify",),
        messages=(
            routing.ConversationOpened,
            routing.ConversationQueued,
            routing.PriorityChanged,
            routing.ConversationOffered,
            routing.ConversationAssigned,
            routing.ConversationReleased,
            routing.ConversationAnswered,
            routing.AnswerDueSoon,
            routing.AnswerOverdue,
            routing.ConversationEscalated,
            routing.EscalationAcknowledged,
            routing.ConversationResolved,
            routing.AgentReplied,
        ),
    ),
    Topic(
        name="routing.agents.v1",
        owner="routing",
        listeners=(),
        messages=(routing.AgentPresenceChanged, routing.ShiftEnding, routing.WaitExplained),
    ),
    Topic(
        name="logistics-watch.scans.v1",
        owner="logistics-watch",
        listeners=("logistics-watch",),
        messages=(logistics_watch.ScanRecorded,),
        partitions=24,
    ),
    Topic(
        name="logistics-watch.shipments.v1",
        owner="logistics-watch",
        listeners=("routing", "returns", "notify"),
        messages=(
            logistics_watch.ShipmentRegistered,
            logistics_watch.ShipmentMoved,
            logistics_watch.ShipmentStalled,
            logistics_watch.CustomsHeld,
            logistics_watch.DeliveryFailed,
            logistics_watch.ShipmentLost,
            logistics_watch.ShipmentDelivered,
            logistics_watch.ShipmentReturning,
            logistics_watch.ShipmentRecovered,
        ),
    ),
    Topic(
        name="returns.cases.v1",
        owner="returns",
        listeners=("routing", "notify"),
        messages=(
            returns.ReturnRequested,
            returns.ReturnAuthorised,
            returns.ReturnDeclined,
            returns.ReturnReceived,
            returns.ReturnInspected,
            returns.RefundOrdered,
            returns.RefundIssued,
            returns.ReturnClosed,
        ),
    ),
    Topic(
        name="notify.deliveries.v1",
        owner="notify",
        listeners=("routing",),
        messages=(
            notify.NotificationSent,
            notify.NotificationDelivered,
            notify.NotificationFailed,
            notify.NotificationSuppressed,
        ),
    ),
    Topic(
        name="notify.commands.v1",
        owner="notify",
        listeners=("notify",),
        messages=(routing.SendReply,),
        partitions=3,
    ),
)

MESSAGES: dict[str, type[Message]] = {
    message.__name__: message for topic in TOPICS for message in topic.messages
}
"""Every message by its class name."""
