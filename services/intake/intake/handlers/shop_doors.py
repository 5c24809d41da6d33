"""The doors of shop systems and marketplaces: one line each."""

from collections.abc import Mapping

from intake.handlers.door import Door
from intake.shops import shopify
from shared.stores.accounts import shops
from shared.webhooks import Scheme

SHOP_DOORS: Mapping[str, Door] = {
    "shopify": Door(
        shops.ShopifyAccount,
        "webhook_secret",
        Scheme(shopify.verify),
        shopify.read,
        delivery_id=shopify.delivery_id,
    ),
}
