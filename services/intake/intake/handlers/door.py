"""What every vendor's front door is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from intake.domain.items import Came, Reading
from shared.stores import Account
from shared.webhooks import Answer, Delivery, Scheme


def _none(_: Delivery) -> str | None:
    return None


@dataclass(frozen=True)
class Door:
    """How a vendor's deliveries are verified and read.

    `secret` names the account's field with which the vendor signs. `handshake` gives what the
    vendor wants back when it asks by GET whether the address is ours; `by_get` tells that it
    delivers by GET too, and asks nothing. `delivery_id` is the id that a delivery keeps when it is
    sent again. `takes_mails` tells that whole mails come to it, with their files.
    """

    account: type[Account]
    secret: str
    scheme: Scheme[Any]
    read: Callable[[Came[Delivery, Any]], Reading]
    handshake: Callable[[Delivery, Any], str | Answer | None] | None = None
    by_get: bool = False
    delivery_id: Callable[[Delivery], str | None] = _none
    takes_mails: bool = False
