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


class WooCommerceAccount(Account):
    """A WooCommerce shop; `account_id` is any name, e.g. its domain."""

    channel: Literal["woocommerce"]
    webhook_secret: Secret
    """As it stands in the webhook's settings."""


class AmazonAccount(Account):
    """A seller on Amazon, by notifications that a forwarder of yours passes on."""

    channel: Literal["amazon-sp-api"]
    secret: Secret
    """With which the forwarder signs (Standard Webhooks, `whsec_…`)."""
    client_id: str = ""
    """Of the application at Login with Amazon, by which orders are asked for."""
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    """What the seller granted; without it orders are not asked for."""
    base_url: BaseUrl = "https://sellingpartnerapi-eu.amazon.com"
    """Of the seller's region: -na, -eu or -fe."""
    auth_url: BaseUrl = "https://api.amazon.com"


class TikTokShopAccount(Account):
    """A shop on TikTok; `account_id` is its shop id."""

    channel: Literal["tiktok-shop"]
    app_key: str = ""
    """Goes into the signature."""
    app_secret: Secret
    shop_cipher: str = ""
    """Names the shop when its orders are asked for ("Get Authorized Shops")."""
    refresh_token: Secret | None = None
    """What the seller granted; without it orders are not asked for."""
    base_url: BaseUrl = "https://open-api.tiktokglobalshop.com"
    auth_url: BaseUrl = "https://auth.tiktok-shops.com"


class ShopeeAccount(Account):
    """A shop on Shopee; `account_id` is its shop id."""

    channel: Literal["shopee"]
    partner_key: Secret
    """Of push: signs the pushes."""
