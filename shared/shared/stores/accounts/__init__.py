"""The accounts a store can have: one small model a vendor, in the module of its kind.

Every model in these modules is part of the schema of `stores.yaml`; nothing else lists them.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from shared.stores.accounts.carriers import AfterShipAccount
from shared.stores.accounts.mail import MailAccount
from shared.stores.accounts.messaging import ChatAccount, WhatsAppAccount
from shared.stores.accounts.model import Account
from shared.stores.accounts.shops import ShopifyAccount
from shared.stores.accounts.sms import TwilioAccount

__all__ = [
    "Account",
    "AfterShipAccount",
    "AnyAccount",
    "ChatAccount",
    "MailAccount",
    "ShopifyAccount",
    "TwilioAccount",
    "WhatsAppAccount",
    "models",
]


def models() -> Iterator[type[Account]]:
    """Every model of an account: those that name their channel."""
    waiting = list(Account.__subclasses__())
    while waiting:
        found = waiting.pop(0)
        waiting += found.__subclasses__()
        if found.model_fields["channel"].annotation is not str:
            yield found


if TYPE_CHECKING:
    AnyAccount = Account
else:
    AnyAccount = Annotated[reduce(or_, models()), Field(discriminator="channel")]
    """Any account; its `channel` tells which."""
