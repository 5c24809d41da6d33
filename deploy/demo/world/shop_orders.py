"""What a Shopify shop writes about an order, its fulfilments and refunds.

Shapes after shopify.dev/docs/api/admin-rest/latest/resources: order, fulfillment, refund (webhooks
send the same objects). Amounts are given twice, in the shop's currency and as presented.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from deploy.demo.world.shapes import Buyer, Line, Purchase
from shared.clock import now

_RATES = {"EUR": Decimal(1), "JPY": Decimal(162), "USD": Decimal("1.08"), "HKD": Decimal("8.45")}
"""Invented rates to the euro: a shop shows buyers other currencies than its own."""


class Ids:
    """Numbers for everything the shop makes; unique between runs, rising within one."""

    def __init__(self) -> None:
        self._last = int(now().timestamp() * 1000)
        self._orders = 1000

    def next(self) -> int:
        """An id for anything."""
        self._last += 1
        return self._last

    def next_order_number(self) -> int:
        """The number a buyer knows the order by."""
        self._orders += 1
        return self._orders


def order_of(purchase: Purchase, shop: str, ids: Ids) -> dict[str, Any]:
    """The order object, paid in full, nothing sent yet."""
    order_id, number, at = ids.next(), ids.next_order_number(), _moment(now())
    buyer, currency, presented = purchase.buyer, purchase.currency, purchase.presented
    total = sum((line.price * line.quantity for line in purchase.lines), Decimal())
    address = _address(buyer)
    return {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "name": f"#{number}",
        "number": number - 1000,
        "order_number": number,
        "created_at": at,
        "processed_at": at,
        "updated_at": at,
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "test": False,
        "email": buyer.mail,
        "contact_email": buyer.mail,
        "phone": buyer.phone,
        "customer_locale": buyer.locale,
        "currency": currency,
        "presentment_currency": presented,
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "total_price": _written(total, currency),
        "total_price_set": _money(total, currency, presented),
        "subtotal_price": _written(total, currency),
        "subtotal_price_set": _money(total, currency, presented),
        "current_total_price": _written(total, currency),
        "current_total_price_set": _money(total, currency, presented),
        "total_tax": _written(Decimal(), currency),
        "total_tax_set": _money(Decimal(), currency, presented),
        "taxes_included": True,
        "total_discounts": _written(Decimal(), currency),
        "total_discounts_set": _money(Decimal(), currency, presented),
        "total_shipping_price_set": _money(Decimal(), currency, presented),
        "customer": {
            "id": ids.next(),
            "first_name": buyer.first_name,
            "last_name": buyer.last_name,
            "email": buyer.mail,
            "phone": buyer.phone,
        },
        "billing_address": address,
        "shipping_address": address,
        "line_items": [_line(line, purchase, ids) for line in purchase.lines],
        "shipping_lines": [],
        "discount_codes": [],
        "note_attributes": [],
        "fulfillments": [],
        "refunds": [],
        "order_status_url": f"https://{shop}/orders/{order_id}/authenticate",
    }


def payment_of(order: dict[str, Any], ids: Ids) -> dict[str, Any]:
    """The transaction that paid the order."""
    return {
        "id": ids.next(),
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "amount_set": order["total_price_set"],
        "parent_id": None,
    }


def fulfilment_of(
    order: dict[str, Any], carrier: str | None, number: str | None, ids: Ids
) -> dict[str, Any]:
    """Everything of the order leaves in one parcel."""
    at = _moment(now())
    return {
        "id": ids.next(),
        "order_id": order["id"],
        "name": f"{order['name']}.{len(order['fulfillments']) + 1}",
        "status": "success",
        "shipment_status": None,
        "service": "manual",
        "created_at": at,
        "updated_at": at,
        "tracking_company": carrier,
        "tracking_number": number,
        "tracking_numbers": [number] if number else [],
        "tracking_url": None,
        "tracking_urls": [],
        "line_items": order["line_items"],
    }


def refund_of(
    order: dict[str, Any], payment: dict[str, Any], amount: Decimal, note: str | None, ids: Ids
) -> dict[str, Any]:
    """A refund as presented; the shop's amount is its share of what was paid."""
    currency, presented = order["currency"], order["presentment_currency"]
    at, refund_id = _moment(now()), ids.next()
    paid = payment["amount_set"]
    shop_paid = Decimal(paid["shop_money"]["amount"])
    share = amount / Decimal(paid["presentment_money"]["amount"])
    both = {
        "shop_money": {"amount": _written(shop_paid * share, currency), "currency_code": currency},
        "presentment_money": {"amount": _written(amount, presented), "currency_code": presented},
    }
    return {
        "id": refund_id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
        "order_id": order["id"],
        "created_at": at,
        "processed_at": at,
        "note": note,
        "user_id": None,
        "restock": False,
        "duties": [],
        "order_adjustments": [],
        "refund_line_items": [],
        "transactions": [
            {
                "id": ids.next(),
                "order_id": order["id"],
                "parent_id": payment["id"],
                "kind": "refund",
                "status": "success",
                "gateway": payment["gateway"],
                "amount": both["presentment_money"]["amount"],
                "currency": presented,
                "amount_set": both,
                "created_at": at,
                "processed_at": at,
            }
        ],
    }


def _line(line: Line, purchase: Purchase, ids: Ids) -> dict[str, Any]:
    return {
        "id": ids.next(),
        "product_id": ids.next(),
        "variant_id": ids.next(),
        "title": line.title,
        "name": line.title,
        "sku": line.sku,
        "quantity": line.quantity,
        "current_quantity": line.quantity,
        "fulfillable_quantity": line.quantity,
        "fulfillment_status": None,
        "requires_shipping": True,
        "taxable": True,
        "gift_card": False,
        "properties": [],
        "price": _written(line.price, purchase.currency),
        "price_set": _money(line.price, purchase.currency, purchase.presented),
        "total_discount": _written(Decimal(), purchase.currency),
        "total_discount_set": _money(Decimal(), purchase.currency, purchase.presented),
        "discount_allocations": [],
        "tax_lines": [],
    }


def _address(buyer: Buyer) -> dict[str, Any]:
    return {
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "name": f"{buyer.first_name} {buyer.last_name}",
        "address1": buyer.street,
        "address2": None,
        "city": buyer.city,
        "zip": buyer.postal_code,
        "province": None,
        "province_code": None,
        "country_code": buyer.country,
        "phone": buyer.phone,
        "company": None,
    }


def _money(amount: Decimal, currency: str, presented: str) -> dict[str, dict[str, str]]:
    shown = amount / _RATES[currency] * _RATES[presented]
    return {
        "shop_money": {"amount": _written(amount, currency), "currency_code": currency},
        "presentment_money": {"amount": _written(shown, presented), "currency_code": presented},
    }


def _written(amount: Decimal, currency: str) -> str:
    return str(round(amount, get_currency_precision(currency)))


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
