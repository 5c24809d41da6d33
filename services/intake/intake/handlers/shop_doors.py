"""The doors of shop systems and marketplaces: one line each."""

from collections.abc import Mapping

from intake.handlers.door import Door
from intake.shops import amazon, shopee, shopify, tiktok_shop, woocommerce
from shared.stores.accounts import shops
from shared.webhooks import Scheme

SHOP_DOORS: Mapping[str, Door] = {
    "amazon-sp-api": Door(
        shops.AmazonAccount,
        "secret",
        Scheme(amazon.verify, signed_at=amazon.signed_at),
        amazon.read,
        delivery_id=amazon.delivery_id,
    ),
    "shopee": Door(shops.ShopeeAccount, "partner_key", Scheme(shopee.verify), shopee.read),
    "shopify": Door(
        shops.ShopifyAccount,
        "webhook_secret",
        Scheme(shopify.verify),
        shopify.read,
        delivery_id=shopify.delivery_id,
    ),
    "tiktok-shop": Door(
        shops.TikTokShopAccount, "app_secret", Scheme(tiktok_shop.verify), tiktok_shop.read
    ),
    "woocommerce": Door(
        shops.WooCommerceAccount, "webhook_secret", Scheme(woocommerce.verify), woocommerce.read
    ),
}
