"""The vendors whose webhooks we take: one line each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog

from intake.channels import whatsapp
from intake.domain.items import Arrival, Came, Odd, Raw, Reading
from intake.shops import shopify
from shared.stores import Account, Stores
from shared.webhooks import Delivery

log = structlog.get_logger()


def _none(_: Delivery) -> str | None:
    return None


@dataclass(frozen=True)
class Door:
    """How a vendor's deliveries are verified and read.

    `handshake` gives what the vendor wants back when it asks whether the address is ours;
    `delivery_id` the id that a delivery keeps when it is sent again.
    """

    verify: Callable[[Delivery, Any], bool]
    read: Callable[[Came[Delivery, Any]], Reading]
    handshake: Callable[[Delivery, Any], str | None] | None = None
    delivery_id: Callable[[Delivery], str | None] = _none


DOORS: Mapping[str, Door] = {
    "whatsapp": Door(whatsapp.verify, whatsapp.read, handshake=whatsapp.handshake),
    "shopify": Door(shopify.verify, shopify.read, delivery_id=shopify.delivery_id),
}


def arrival(
    delivery: Delivery, payload: object, account: Account, stores: Stores, at: datetime
) -> Arrival:
    """Read a verified delivery. A reader's bug costs the reading, not the delivery."""
    door = DOORS[account.channel]

    def sibling(account_id: str) -> Account | None:
        other = stores.account(account.channel, account_id)
        return other if other is not None and door.verify(delivery, other) else None

    try:
        reading = door.read(
            Came(delivery=delivery, payload=payload, account=account, at=at, sibling=sibling)
        )
    except Exception as why:  # noqa: BLE001 - whatever a stranger wrote, it is kept
        log.error("reader failed", channel=account.channel, error=type(why).__name__)
        reading = Reading(odd=(Odd(f"the reader failed: {type(why).__name__}"),))
    return Arrival(
        channel=account.channel,
        raw=_raw(delivery, account, at),
        reading=reading,
        delivery_id=door.delivery_id(delivery),
    )


_NOT_KEPT = {"authorization", "cookie", "proxy-authorization"}


def _raw(delivery: Delivery, account: Account, at: datetime) -> Raw:
    return Raw(
        raw_id=uuid4(),
        received_at=at,
        store_id=account.store_id,
        channel=account.channel,
        account_id=account.account_id,
        method=delivery.method,
        url=delivery.url,
        headers={name: value for name, value in delivery.headers.items() if name not in _NOT_KEPT},
        body=delivery.body,
    )
