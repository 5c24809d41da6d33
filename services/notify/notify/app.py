"""What notify hears, who answers it, and what else runs.

Of routing it hears the command `SendReply` only: nothing is sent because a conversation ends.
"""

from functools import partial

import httpx

from notify import api
from notify.channels.chat import ChatChannel
from notify.channels.mail import MailChannel
from notify.channels.outgoing import Channel
from notify.channels.whatsapp import WhatsAppChannel
from notify.handlers import cases, orders, parcels, receipts, replies
from notify.settings import Settings
from notify.templates.letters import Letters
from notify.workers.attempts import Attempts, Limits
from notify.workers.sender import Sender
from notify.workers.sweeper import Sweeper
from shared import service
from shared.bus import BatchHandler, Bus
from shared.contracts.base import Message
from shared.contracts.intake import (
    MessageStatusChanged,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shared.contracts.logistics_watch import (
    CustomsHeld,
    DeliveryFailed,
    ShipmentDelivered,
    ShipmentLost,
    ShipmentRecovered,
    ShipmentRegistered,
    ShipmentStalled,
)
from shared.contracts.returns import (
    RefundIssued,
    RefundOrdered,
    ReturnAuthorised,
    ReturnDeclined,
    ReturnInspected,
    ReturnReceived,
    ReturnRequested,
)
from shared.contracts.routing import SendReply
from shared.service import Runtime

NAME = "notify"

_ORDERS = (OrderPlaced, OrderPaid, OrderShipped, OrderCancelled, OrderRefunded)
_PARCELS = (
    ShipmentRegistered,
    ShipmentStalled,
    CustomsHeld,
    DeliveryFailed,
    ShipmentLost,
    ShipmentDelivered,
    ShipmentRecovered,
)
_CASES = (
    ReturnRequested,
    ReturnAuthorised,
    ReturnDeclined,
    ReturnReceived,
    ReturnInspected,
    RefundOrdered,
    RefundIssued,
)


async def run(settings: Settings) -> None:
    """Run notify until told to stop."""
    async with service.opened(NAME, settings) as runtime, httpx.AsyncClient() as client:
        await runtime.run(
            *(bus.run for bus in buses(runtime)),
            runtime.relay().run,
            sender(runtime, settings, client).run,
            Sweeper(db=runtime.db, order_awaited=settings.order_awaited).run,
            runtime.serve(api.app(runtime.db, runtime.callers, runtime.ready)),
        )


def buses(runtime: Runtime) -> list[Bus]:
    """What notify listens with."""
    settings = runtime.settings
    assert isinstance(settings, Settings)  # noqa: S101 - the command line made them
    return [runtime.bus(hears(settings))]


def hears(settings: Settings) -> dict[type[Message], BatchHandler]:
    """Who answers what."""
    on_order = partial(orders.on_order, late_after=settings.late_after)
    on_parcel = partial(parcels.on_parcel, late_after=settings.late_after)
    on_case = partial(cases.on_case, late_after=settings.late_after)
    found: dict[type[Message], BatchHandler] = {
        MessageStatusChanged: receipts.on_status,
        SendReply: replies.send_reply,
    }
    found |= dict.fromkeys(_ORDERS, on_order)
    found |= dict.fromkeys(_PARCELS, on_parcel)
    found |= dict.fromkeys(_CASES, on_case)
    return found


def sender(runtime: Runtime, settings: Settings, client: httpx.AsyncClient) -> Sender:
    """The sender with the real channels. Raises `BadFile` when no token key has a value."""
    tokens = runtime.stores.tokens()
    channels: dict[str, Channel] = {
        "mail": MailChannel(tokens, timeout=settings.mail_timeout.total_seconds()),
        "whatsapp": WhatsAppChannel(client, tokens, timeout=settings.http_timeout.total_seconds()),
        "chat": ChatChannel(),
    }
    limits = Limits(
        in_flight=settings.in_flight,
        in_flight_each=settings.in_flight_each,
        call=settings.call_timeout,
        lease=settings.lease,
        late_after=settings.late_after,
        give_up_after=settings.give_up_after,
        give_up_replies_after=settings.give_up_replies_after,
    )
    attempts = Attempts(stores=runtime.stores, channels=channels, letters=Letters(), limits=limits)
    return Sender(db=runtime.db, attempts=attempts, limits=limits)
