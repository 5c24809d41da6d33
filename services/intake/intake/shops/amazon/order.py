"""An order as Amazon's Orders API tells it, with the refunds that its Finances API tells of.

Sources: developer-docs.amazon.com/sp-api, Orders API v2026-01-01 "getOrder"; Finances API v0,
"ShipmentEvent" (of a refund: what was adjusted, as sums below zero).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from intake.domain.money import money
from intake.domain.orders import FulfilmentNews, OrderNews, RefundNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.times import from_iso, not_later
from intake.shops.telling import Person, Whole, address, news, order_line, parcel
from shared.contracts.base import Address, Money
from shared.contracts.intake import OrderLine
from shared.stores.accounts.shops import AmazonAccount

_UNPAID = ("PENDING", "PENDING_AVAILABILITY", "CANCELLED")
_NOT_OF_THE_PIECE = ("SHIPPING", "COD_FEE")


def whole_order(
    order: Object, refunds: object, account: AmazonAccount, at: datetime
) -> OrderNews | None:
    """The order; None of one whose payment is not authorised: until then it has no sums."""
    total = _money(obj(order.get("proceeds")).get("grandTotal"))
    if total is None:
        return None
    fulfilment = obj(order.get("fulfillment"))
    status = text(fulfilment.get("fulfillmentStatus")) or ""
    updated_at = from_iso(order.get("lastUpdatedTime")) or at
    buyer = obj(order.get("buyer"))
    ship_to = _address(obj(obj(order.get("recipient")).get("deliveryAddress")))
    items = list(objects(order.get("orderItems")))
    whole = Whole(
        number=order.get("orderId"),
        total=total,
        lines=tuple(_lines(items)),
        buyer=Person(name=buyer.get("buyerName"), mail=buyer.get("buyerEmail")),
        ship_to=ship_to,
        placed_at=from_iso(order.get("createdTime")),
        updated_at=updated_at,
        paid_at=None if status in _UNPAID else updated_at,
        cancelled_at=updated_at if status == "CANCELLED" else None,
        cancel_reason=next(_reasons(items), None),
    )
    return news(
        order.get("orderId"),
        account,
        at,
        whole=whole,
        parcels=_parcels(order, at),
        refunds=_refunds(refunds, at),
    )


def _money(told: object) -> Money | None:
    return money(obj(told).get("amount"), obj(told).get("currencyCode"))


def _lines(items: Iterable[Object]) -> Iterator[OrderLine]:
    for item in items:
        product = obj(item.get("product"))
        found = order_line(
            item.get("orderItemId"),
            product.get("title"),
            item.get("quantityOrdered"),
            _paid_for(item),
            sku=product.get("sellerSku"),
            is_custom_made=bool(obj(product.get("customization"))),
        )
        if found:
            yield found


def _paid_for(item: Object) -> Money | None:
    """What the pieces cost with tax and less discounts, without their way to the buyer."""
    proceeds = obj(item.get("proceeds"))
    total = _money(proceeds.get("proceedsTotal"))
    if total is None:
        price = _money(obj(obj(item.get("product")).get("price")).get("unitPrice"))
        pieces = item.get("quantityOrdered")
        if price is None or not isinstance(pieces, int):
            return None
        return Money(amount=price.amount * pieces, currency=price.currency)
    left = total.amount
    for part in objects(proceeds.get("breakdowns")):
        if text(part.get("type")) in _NOT_OF_THE_PIECE:
            left -= _amount(part.get("subtotal"))
        elif text(part.get("type")) == "TAX":
            left -= sum(
                _amount(each.get("value"))
                for each in objects(part.get("detailedBreakdowns"))
                if text(each.get("subtype")) in _NOT_OF_THE_PIECE
            )
    return Money(amount=max(left, 0), currency=total.currency)


def _amount(told: object) -> int:
    found = _money(told)
    return found.amount if found else 0


def _reasons(items: Iterable[Object]) -> Iterator[str]:
    for item in items:
        executed = obj(obj(item.get("cancellation")).get("cancellationExecution"))
        if reason := text(executed.get("cancelReason")):
            yield reason


def _address(told: Object) -> Address | None:
    lines = [told.get(name) for name in ("companyName", *(f"addressLine{n}" for n in (1, 2, 3)))]
    return address(
        told.get("countryCode"),
        name=told.get("name"),
        lines=lines,
        city=told.get("city") or told.get("municipality"),
        region=told.get("stateOrRegion"),
        postal_code=told.get("postalCode"),
        phone=told.get("phone"),
    )


def _parcels(order: Object, at: datetime) -> Iterator[FulfilmentNews | None]:
    for package in objects(order.get("packages")):
        yield parcel(
            package.get("packageReferenceId"),
            at,
            number=package.get("trackingNumber"),
            carrier=package.get("carrier"),
            shipped_at=from_iso(package.get("shipTime")),
            line_ids=(each.get("orderItemId") for each in objects(package.get("packageItems"))),
            is_cancelled=obj(package.get("packageStatus")).get("status") == "CANCELLED",
        )


def _refunds(told: object, at: datetime) -> Iterator[RefundNews]:
    """Refunds have no id: the first thing that each adjusts names it."""
    for event in objects(told):
        items = list(objects(event.get("ShipmentItemAdjustmentList")))
        named = (text(item.get("OrderAdjustmentItemId")) for item in items)
        refund_id = next(filter(None, named), None) or text(event.get("PostedDate"))
        given_back = list(_adjusted(items))
        if refund_id and given_back:
            total = sum((amount for amount, _ in given_back), Decimal(0))
            amount = money(str(-total), given_back[0][1])
            if amount is not None and amount.amount > 0:
                yield RefundNews(
                    external_refund_id=refund_id,
                    refunded_at=not_later(from_iso(event.get("PostedDate")), at),
                    amounts=(amount,),
                )


def _adjusted(items: Iterable[Object]) -> Iterator[tuple[Decimal, str]]:
    """What the buyer gets of each item, price and promotion; the seller's fees are not his."""
    for item in items:
        sums = [each.get("ChargeAmount") for each in objects(item.get("ItemChargeAdjustmentList"))]
        off = [each.get("PromotionAmount") for each in objects(item.get("PromotionAdjustmentList"))]
        for told in map(obj, (*sums, *off)):
            currency, amount = text(told.get("CurrencyCode")), told.get("CurrencyAmount")
            if currency and isinstance(amount, int | float):
                yield Decimal(str(amount)), currency
