"""Accounts of those who tell of parcels: one model a vendor."""

from typing import Literal

from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import BaseUrl


class AfterShipAccount(Account):
    """The parcel aggregator AfterShip."""

    channel: Literal["aftership"]
    webhook_secret: Secret
    api_key: Secret
    base_url: BaseUrl = "https://api.aftership.com/tracking/2026-07"
