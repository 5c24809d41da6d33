"""Shopify's money: bags of shop and presentment money, and older fields with one of them."""

from intake.domain.money import at_rate, money
from intake.domain.shapes import Object, obj
from shared.contracts.base import Money

Both = tuple[Money, Money]
"""An amount as presented to the buyer and in the shop's currency."""


def bag(value: object) -> Both | None:
    """A money bag: `{"shop_money": {"amount", "currency_code"}, "presentment_money": {…}}`."""
    shop, presented = obj(obj(value).get("shop_money")), obj(obj(value).get("presentment_money"))
    shop_amount = money(shop.get("amount"), shop.get("currency_code"))
    amount = money(presented.get("amount"), presented.get("currency_code"))
    return (amount or shop_amount, shop_amount) if shop_amount else None


def totals(order: Object) -> Both | None:
    """What the whole order costs, as it was placed."""
    once = money(order.get("total_price"), order.get("currency"))
    return bag(order.get("total_price_set")) or ((once, once) if once else None)


def both(told: Object, name: str, total: Both) -> Both:
    """The bag beside `name`; else `name` in shop money at the order's own rate; else nothing."""
    if (found := bag(told.get(f"{name}_set"))) is not None:
        return found
    currency = total[1].currency
    shop = money(told.get(name), currency) or Money(amount=0, currency=currency)
    return at_rate(shop, (total[1], total[0])), shop


def transaction(told: Object) -> tuple[Money | None, Money | None]:
    """What a transaction moved, in the currency it was made in, and in shop money where told."""
    if (found := bag(told.get("amount_set"))) is not None:
        return found
    return money(told.get("amount"), told.get("currency")), None


def is_done(told: Object) -> bool:
    """Whether a transaction has moved its money."""
    return str(told.get("status")).lower() == "success"
