"""Shopee: pushes of orders and parcels, and buyers' messages in its chat.

Sources: open.shopee.com, "Push mechanism" (`Authorization`: hex of HMAC-SHA256 over address, `|`
and raw body under the partner key), codes 3 (order status), 4 (tracking number), 10 (webchat). An
order's push names the order and its status alone.
"""

import hmac
from typing import Any

from intake.domain.items import Came, Inbound, Known, Odd, Reading
from intake.domain.orders import OrderNews
from intake.domain.shapes import Object, obj, text
from intake.domain.texts import joined
from intake.domain.times import from_seconds
from intake.shops.marketplaces import KINDS, chat_message
from intake.shops.telling import news, parcel
from shared.stores.accounts.shops import ShopeeAccount
from shared.webhooks import Delivery, equal


def verify(delivery: Delivery, account: ShopeeAccount) -> bool:
    """Whether a partner key signed the address and the raw body."""
    given = delivery.headers.get("authorization", "").lower()
    signed = f"{delivery.url}|".encode() + delivery.body
    macs = [hmac.digest(key.encode(), signed, "sha256").hex() for key in account.partner_key]
    return True in [equal(given, mac) for mac in macs]


def read(came: Came[Delivery, ShopeeAccount]) -> Reading:
    """One push; an app may have several shops."""
    body = obj(came.payload)
    code, data = body.get("code"), obj(body.get("data"))
    shop = text(body.get("shop_id")) or came.account.account_id
    owner = came.account if shop == came.account.account_id else came.sibling(shop)
    if owner is None:
        return Reading.of([Odd("a shop that is no account")])
    if code == 10 or "content" in data:
        return Reading.of([_message(data, owner, came)])
    if data.get("ordersn") or data.get("order_sn"):
        return Reading.of([_order(data, owner, came)])
    is_known = code is not None or bool(data)
    return Reading.of([Known("no order in it") if is_known else Odd("a push without code")])


def _order(
    data: Object, owner: ShopeeAccount, came: Came[Delivery, ShopeeAccount]
) -> OrderNews | Odd:
    number = data.get("tracking_no") or data.get("tracking_number")
    parcels = [parcel(data.get("package_number") or number, came.at, number=number)]
    told = data.get("ordersn") or data.get("order_sn")
    found = news(told, owner, came.at, parcels=parcels if number else ())
    return found or Odd("an order without id")


_WITHOUT_WORDS = ("sticker", "image", "video", "item", "order", "voucher", "item_list")


def _message(
    data: Object, owner: ShopeeAccount, came: Came[Delivery, ShopeeAccount]
) -> Inbound | Known | Odd:
    told, kind = obj(data.get("content")), text(data.get("type")) or "message"
    if kind != "message":
        return Known("an event of a conversation that is no message")
    is_ours = text(told.get("from_shop_id")) == owner.account_id
    if is_ours or text(told.get("sub_account_id")) not in (None, "0"):
        return Known("a message of our own")
    content, source = obj(told.get("content")), obj(told.get("source_content"))
    form = text(told.get("message_type")) or "text"
    named = text(content.get("item_id")) or text(content.get("order_sn"))
    shown = f"[{form if form in _WITHOUT_WORDS else 'message'}]"
    is_file = form in KINDS
    said: dict[str, Any] = {
        "id": text(told.get("message_id")),
        "conversation": text(told.get("conversation_id")),
        "user": text(told.get("from_id")),
        "name": text(told.get("from_user_name")),
        "text": text(content.get("text")) or joined((shown, named), " "),
        "file": (content.get("video_url") or content.get("url")) if is_file else None,
        "kind": KINDS.get(form, "application/octet-stream"),
        "at": from_seconds(told.get("created_timestamp")),
        "order": text(source.get("order_sn")) or text(content.get("order_sn")),
        "answers": text(obj(told.get("quoted_msg")).get("message_id")),
        "locale": None,
    }
    return chat_message(said, owner, came.at)
