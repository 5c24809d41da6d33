"""Shopify's order object."""

import re
from collections.abc import Iterator
from datetime import datetime

from intake.domain import ids
from intake.domain.contacts import Contact
from intake.domain.languages import language_tag
from intake.domain.money import at_rate, per_piece
from intake.domain.orders import Snapshot
from intake.domain.phones import e164
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso, not_later
from intake.shops.shopify.amounts import Both, both, is_done, totals, transaction
from shared.contracts.base import Address, Money, OrderId
from shared.contracts.intake import Buyer, Order, OrderLine, Payment
from shared.stores import ShopifyAccount


def order_id(account: ShopifyAccount, external_id: str) -> OrderId:
    """Ours for the shop's."""
    return ids.order_id(account.store_id, account.channel_name, account.account_id, external_id)


def snapshot(
    body: Object, account: ShopifyAccount, contact: Contact | None, received_at: datetime
) -> Snapshot | None:
    """The order as the object shows it; None without id or total."""
    external_id, total = line(body.get("id"), 100), totals(body)
    if external_id is None or total is None:
        return None
    updated_at = from_iso(body.get("updated_at")) or received_at
    cancelled_at = from_iso(body.get("cancelled_at"))
    order = Order(
        order_id=order_id(account, external_id),
        account_id=account.account_id,
        channel=account.channel_name,
        external_id=external_id,
        number=line(body.get("name"), 100) or external_id,
        placed_at=not_later(from_iso(body.get("created_at")), received_at),
        buyer=_told(contact, body),
        language=language_tag(body.get("customer_locale")),
        ship_to=_address(obj(body.get("shipping_address"))),
        lines=tuple(_lines(body, total)),
        total=total[0],
        shop_total=total[1],
        payments=tuple(_payments(body, total)),
    )
    return Snapshot(
        order=order,
        updated_at=updated_at,
        paid_at=updated_at if str(body.get("financial_status")).lower() in _PAID else None,
        cancelled_at=not_later(cancelled_at, received_at) if cancelled_at else None,
        cancel_reason=line(body.get("cancel_reason"), 200),
    )


_PAID = ("paid", "partially_refunded", "refunded")
"""Financial statuses of an order whose whole price was taken at some time."""


def buyer(body: Object, account: ShopifyAccount) -> Contact | None:
    """Who ordered, by his mail address, else by his phone."""
    mail, phone = _mail(body), _phone(body)
    address = mail or phone
    if address is None:
        return None
    return Contact(
        store_id=account.store_id,
        identity="mail" if mail else "phone",
        address=address,
        name=_name(body),
        locale=language_tag(body.get("customer_locale")),
    )


def _told(contact: Contact | None, body: Object) -> Buyer:
    return Buyer(
        contact_id=contact.contact_id if contact else None,
        name=_name(body),
        mail=_mail(body),
        phone=_phone(body),
    )


def _people(body: Object) -> Iterator[Object]:
    for name in ("customer", "shipping_address", "billing_address"):
        yield obj(body.get(name))


def _name(body: Object) -> str | None:
    for person in _people(body):
        both_names = (line(person.get("first_name"), 100), line(person.get("last_name"), 100))
        if name := joined(both_names, " ") or line(person.get("name"), 200):
            return name
    return None


def _mail(body: Object) -> str | None:
    told = (body.get("email"), body.get("contact_email"), obj(body.get("customer")).get("email"))
    found = (line(each, 254) for each in told)
    return next((mail.lower() for mail in found if mail and "@" in mail), None)


def _phone(body: Object) -> str | None:
    country = next((code for person in _people(body) if (code := _country(person))), None)
    found = (e164(each.get("phone"), country) for each in (body, *_people(body)))
    return next((phone for phone in found if phone), None)


def _country(address: Object) -> str | None:
    code = text(address.get("country_code")) or ""
    return code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else None


def _address(told: Object) -> Address | None:
    country = _country(told)
    if country is None:
        return None
    lines = (line(told.get(name), 200) for name in ("company", "address1", "address2"))
    return Address(
        country=country,
        name=line(told.get("name"), 200),
        lines=tuple(each for each in lines if each),
        city=line(told.get("city"), 100),
        region=line(told.get("province_code"), 100) or line(told.get("province"), 100),
        postal_code=line(told.get("zip"), 20),
        phone=e164(told.get("phone"), country),
    )


def _lines(body: Object, total: Both) -> Iterator[OrderLine]:
    for told in objects(body.get("line_items")):
        line_id, quantity = line(told.get("id"), 100), told.get("quantity")
        if line_id is None or not isinstance(quantity, int) or not 0 < quantity <= 10**6:
            continue
        (price, shop_price), cuts = both(told, "price", total), _discounts(told, total)
        yield OrderLine(
            line_id=line_id,
            title=line(told.get("name"), 300) or line(told.get("title"), 300) or line_id,
            quantity=quantity,
            price=_of_one(price, quantity, cuts[0]),
            shop_price=_of_one(shop_price, quantity, cuts[1]),
            sku=line(told.get("sku"), 100),
            is_custom_made=_is_custom_made(told),
        )


def _of_one(price: Money, quantity: int, discount: int) -> Money:
    whole = Money(amount=price.amount * quantity - discount, currency=price.currency)
    return per_piece(whole, quantity)


def _discounts(told: Object, total: Both) -> tuple[int, int]:
    """What the whole line was let off, presented and in shop money, in minor units."""
    if "discount_allocations" in told:
        cuts = [both(each, "amount", total) for each in objects(told["discount_allocations"])]
    else:
        cuts = [both(told, "total_discount", total)]
    return sum(cut[0].amount for cut in cuts), sum(cut[1].amount for cut in cuts)


_PERSONAL = re.compile(
    r"engrav|monogram|personali[sz]|custom|made.to.(order|measure)|gravur|gravier|wunsch|"
    r"graba(do|r)|gravure|incisione|名入れ|刻印|オーダーメイド|定制|訂製|刻字|نقش",
    re.IGNORECASE,
)
_NOT_FILLED_IN = ("", "no", "none", "false", "0")


def _is_custom_made(told: Object) -> bool:
    """Whether a property of the line names something made for this buyer, and is filled in."""
    return any(
        _PERSONAL.search(text(each.get("name")) or "")
        and (text(each.get("value")) or "").strip().lower() not in _NOT_FILLED_IN
        for each in objects(told.get("properties"))
    )


def _payments(body: Object, total: Both) -> Iterator[Payment]:
    """Sales and captures; Shopify adds the transactions to some orders only."""
    for told in objects(body.get("transactions")):
        payment_id, (amount, shop_amount) = line(told.get("id"), 100), transaction(told)
        kind = str(told.get("kind")).lower()
        if payment_id and amount and kind in ("sale", "capture") and is_done(told):
            is_in_shop_money = amount.currency == total[1].currency
            yield Payment(
                payment_id=payment_id,
                amount=at_rate(amount, (total[1], total[0])) if is_in_shop_money else amount,
                shop_amount=shop_amount or at_rate(amount, total),
                gateway=line(told.get("gateway"), 100),
            )
