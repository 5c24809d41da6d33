"""TikTok Shop: what becomes of orders, and buyers' messages to the shop.

Sources: partner.tiktokshop.com, "Webhooks overview" (`Authorization`: hex of HMAC-SHA256 over app
key and raw body under the app secret), types 1 to 21. An order's change names the order and its
status alone; the rest is asked for, and what the API answers comes here too, from our own worker.
"""

import hmac
from collections.abc import Iterator
from typing import Any

import msgspec

from intake.domain.items import Came, Inbound, Known, Odd, Reading
from intake.domain.orders import OrderNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined
from intake.domain.times import from_seconds
from intake.shops.marketplaces import KINDS, chat_message
from intake.shops.telling import news, parcel, with_the_rest
from intake.shops.tiktok_shop.order import whole_order
from shared.stores.accounts.shops import TikTokShopAccount
from shared.webhooks import Delivery, equal


def verify(delivery: Delivery, account: TikTokShopAccount) -> bool:
    """Whether a secret of the app signed its key and the raw body."""
    given = delivery.headers.get("authorization", "").lower()
    signed = account.app_key.encode() + delivery.body
    macs = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in account.app_secret]
    return True in [equal(given, mac) for mac in macs]


def read(came: Came[Delivery, TikTokShopAccount]) -> Reading:
    """One event; an app may have several shops."""
    body = obj(came.payload)
    if isinstance(orders := obj(body.get("data")).get("orders"), list):
        returns = obj(body["data"]).get("return_orders")
        told = [whole_order(one, returns, came.account, came.at) for one in objects(orders)]
        return Reading.of(one or Odd("an order without id or total") for one in told)
    kind, data = body.get("type"), obj(body.get("data"))
    shop = text(body.get("shop_id")) or came.account.account_id
    owner = came.account if shop == came.account.account_id else came.sibling(shop)
    if owner is None:
        return Reading.of([Odd("a shop that is no account")])
    if "message_id" in data or kind == 14:
        return Reading.of([_message(data, owner, came)])
    if "order_id" in data:
        return Reading.of([_order(data, owner, came)])
    if found := list(_packages(data, owner, came)):
        return Reading.of(found)
    return Reading.of([Odd("an event without type") if kind is None else Known("no order in it")])


def _order(
    data: Object, owner: TikTokShopAccount, came: Came[Delivery, TikTokShopAccount]
) -> OrderNews | Odd:
    packages = [*objects(data.get("package_list")), *([data] if "package_id" in data else [])]
    parcels = [
        parcel(
            one.get("package_id"),
            came.at,
            number=one.get("tracking_number"),
            carrier=one.get("shipping_provider_name"),
        )
        for one in packages
    ]
    found = news(data.get("order_id"), owner, came.at, parcels=parcels)
    return with_the_rest(found, owner) or Odd("an order without id")


def _packages(
    data: Object, owner: TikTokShopAccount, came: Came[Delivery, TikTokShopAccount]
) -> Iterator[OrderNews]:
    """Packages that were put together or parted: each names the orders that are in it."""
    for package in objects(data.get("package_list")):
        orders = package.get("order_id_list")
        for order_id in orders if isinstance(orders, list) else ():
            shipped = parcel(package.get("package_id"), came.at)
            if found := with_the_rest(news(order_id, owner, came.at, parcels=(shipped,)), owner):
                yield found


def _content(told: object) -> Object:
    """A message's content: JSON inside the JSON, or an object."""
    if not isinstance(told, str):
        return obj(told)
    try:
        return obj(msgspec.json.decode(told))
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return {"content": told}


_OF_THE_SERVICE = {
    "ALLOCATED_SERVICE", "BUYER_ENTER_FROM_ORDER", "BUYER_ENTER_FROM_PRODUCT",
    "BUYER_ENTER_FROM_TRANSFER", "NOTIFICATION",
}  # fmt: skip


def _message(
    data: Object, owner: TikTokShopAccount, came: Came[Delivery, TikTokShopAccount]
) -> Inbound | Known | Odd:
    sender, kind = obj(data.get("sender")), (text(data.get("type")) or "TEXT").upper()
    role = (text(sender.get("role")) or "BUYER").upper()
    if role not in ("BUYER", "CUSTOMER"):
        return Known("a message of the shop or of a machine")
    if kind in _OF_THE_SERVICE:
        return Known("a note of the conversation")
    content = _content(data.get("content"))
    named = text(content.get("product_id")) or text(content.get("order_id"))
    shown = f"[{kind.lower().replace('_', ' ')}]"
    order = text(content.get("order_id"))
    said: dict[str, Any] = {
        "id": text(data.get("message_id")),
        "conversation": text(data.get("conversation_id")),
        "user": text(sender.get("im_user_id")) or text(sender.get("user_id")),
        "name": text(sender.get("nickname")),
        "text": text(content.get("content"))
        or text(content.get("text"))
        or joined((shown, named), " "),
        "file": content.get("url"),
        "kind": KINDS.get(kind.lower(), "application/octet-stream"),
        "at": from_seconds(data.get("create_time")),
        "order": order,
    }
    return chat_message(said, owner, came.at)
