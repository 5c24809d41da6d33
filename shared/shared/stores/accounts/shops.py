"""Accounts of shop systems and marketplaces: one model a vendor."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import AccountId
from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import BaseUrl
from shared.yaml_files import matching


class ShopifyAccount(Account):
    """A Shopify shop; `account_id` is its domain, e.g. aurora.myshopify.com."""

    channel: Literal["shopify"]
    account_id: Annotated[
        AccountId, matching(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+", "give the shop's domain, a-z")
    ]
    webhook_secret: Secret
    access_token: Secret
    base_url: BaseUrl = Field(
        default_factory=lambda data: f"https://{data.get('account_id')}/admin/api/2026-10"
    )
