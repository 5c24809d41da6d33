"""What a vendor's word about a message of ours changes."""

import re
from datetime import datetime

from msgspec import Struct

from notify.domain.failures import word
from shared.contracts.base import AccountId, Channel, NotificationId, StoreId
from shared.contracts.intake import Delivery, MessageStatusChanged


class Receipt(Struct, frozen=True, kw_only=True):
    """One word about one message, by our own id or by the vendor's."""

    store_id: StoreId
    channel: Channel
    account_id: AccountId
    external_id: str
    status: Delivery
    occurred_at: datetime
    notification_id: NotificationId | None = None
    reason: str | None = None
    is_permanent: bool | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """How far a notification has come, as far as receipts care."""

    state: str
    is_unknown: bool = False
    is_read: bool = False


class Change(Struct, frozen=True, kw_only=True):
    """The new progress and what is to be said of it, in this order."""

    progress: Progress
    says: tuple[str, ...]


KEEP = "keep"
"""The receipt came before the send was recorded: keep it until then."""

_ARRIVED = (Delivery.DELIVERED, Delivery.READ)
_ENDED_BADLY = (Delivery.FAILED, Delivery.BOUNCED)


def receipt_of(event: MessageStatusChanged) -> Receipt:
    """The receipt that an event carries."""
    return Receipt(
        store_id=event.store_id,
        channel=event.channel,
        account_id=event.account_id,
        external_id=event.external_id,
        status=event.status,
        occurred_at=event.occurred_at,
        notification_id=event.notification_id,
        reason=event.reason,
        is_permanent=event.is_permanent,
    )


def change(progress: Progress, receipt: Receipt) -> Change | str | None:
    """What a receipt changes: a change, `KEEP`, or None for nothing.

    Statuses come in any order and more than once, and a vendor may tell `read` without
    `delivered`. An attempt whose outcome is unknown is settled by the first word about it.
    """
    if progress.state == "sending":
        return KEEP
    is_out = progress.state in ("sent", "delivered")
    if not is_out and not (progress.state == "queued" and progress.is_unknown):
        return None
    said = () if is_out else ("NotificationSent",)
    if receipt.status in _ARRIVED:
        return _arrived(progress, receipt.status is Delivery.READ, said)
    if receipt.status in _ENDED_BADLY:
        return _ended_badly(progress, receipt, said)
    return Change(progress=Progress(state="sent"), says=said) if said else None


def _ended_badly(progress: Progress, receipt: Receipt, said: tuple[str, ...]) -> Change | None:
    # A soft bounce is the mail server's "not yet"; and what has arrived cannot fail.
    if receipt.is_permanent is False or progress.state == "delivered":
        return None
    return Change(progress=Progress(state="failed"), says=(*said, "NotificationFailed"))


def _arrived(progress: Progress, is_read: bool, said: tuple[str, ...]) -> Change | None:
    if progress.state == "delivered" and (progress.is_read or not is_read):
        return None
    return Change(
        progress=Progress(state="delivered", is_read=is_read),
        says=(*said, "NotificationDelivered"),
    )


_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_HANDLE = re.compile(r"[a-z0-9_.-]{1,60}")

_DEAD = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
"""Enhanced status codes (subject, detail) that speak of the address itself (RFC 3463 §3.2 and §3.3,
RFC 7505 for 5.1.10): others blame us, the message or a full mailbox."""


def enhanced_code(text: str | None) -> str | None:
    """The first RFC 3463 status code in a text.

    >>> enhanced_code("smtp; 550 5.1.1 <a@b.example> no such user")
    '5.1.1'
    """
    found = _CODE.search(text or "")
    return found[0] if found else None


def is_dead(code: str | None) -> bool:
    """Tell whether a status code means that nobody will ever get mail there.

    >>> is_dead("5.1.1"), is_dead("5.2.2"), is_dead("5.7.1"), is_dead(None)
    (True, False, False, False)
    """
    found = _CODE.fullmatch(code or "")
    return bool(found and found[1] == "5" and (int(found[2]), int(found[3])) in _DEAD)


def why(receipt: Receipt) -> str:
    """A handle for a failure, without the personal data that a vendor's prose may hold.

    >>> from datetime import UTC
    >>> given = dict(store_id="s", channel="mail", account_id="a", external_id="x",
    ...              status=Delivery.BOUNCED, occurred_at=datetime(2026, 1, 1, tzinfo=UTC))
    >>> why(Receipt(reason="550 5.1.1 ana@x.example unknown", **given)), why(Receipt(**given))
    ('bounced 5.1.1', 'bounced')
    >>> why(Receipt(reason="131026", **given))
    'bounced 131026'
    """
    reason = (receipt.reason or "").strip()
    code = enhanced_code(reason) or (reason if _HANDLE.fullmatch(reason) else None)
    if code is None:
        return receipt.status.value
    return word(receipt.channel, code) or f"{receipt.status.value} {code}"


def kills_address(receipt: Receipt) -> bool:
    """Tell whether a mail's receipt means that no notice is to go to that address again."""
    if receipt.channel != "mail" or receipt.status is not Delivery.BOUNCED:
        return False
    code = enhanced_code(receipt.reason)
    return is_dead(code) if code else receipt.is_permanent is True
