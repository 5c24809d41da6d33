"""An order as TikTok Shop's API tells it, with its returns.

Sources: partner.tiktokshop.com, "Get order detail" and "Search returns" (202309). Each piece is a
line of its own; times are seconds since 1970.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from intake.domain.money import money
from intake.domain.orders import FulfilmentNews, OrderNews, RefundNews
from intake.domain.phones import e164
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import line
from intake.domain.times import from_seconds, not_later
from intake.shops.telling import Person, Whole, address, country, news, order_line, parcel
from shared.contracts.base import Address
from shared.contracts.intake import OrderLine
from shared.stores.accounts.shops import TikTokShopAccount


def whole_order(
    order: Object, returns: object, account: TikTokShopAccount, at: datetime
) -> OrderNews | None:
    """The order; None of one without id or sum."""
    payment = obj(order.get("payment"))
    currency = text(payment.get("currency"))
    total = money(payment.get("total_amount"), currency)
    if total is None:
        return None
    where = obj(order.get("recipient_address"))
    updated_at = from_seconds(order.get("update_time")) or at
    is_cancelled = text(order.get("status")) == "CANCELLED"
    cancelled_at = _time(order.get("cancel_time")) or updated_at
    whole = Whole(
        number=order.get("id"),
        total=total,
        lines=tuple(_lines(order, total.currency)),
        buyer=Person(
            name=_name(where),
            mail=order.get("buyer_email"),
            phone=e164(where.get("phone_number"), country(where.get("region_code"))),
            user=text(order.get("user_id")),
        ),
        ship_to=_address(where),
        placed_at=_time(order.get("create_time")),
        updated_at=updated_at,
        paid_at=_time(order.get("paid_time")),
        cancelled_at=cancelled_at if is_cancelled else None,
        cancel_reason=order.get("cancel_reason"),
    )
    order_id = text(order.get("id"))
    return news(
        order_id,
        account,
        at,
        whole=whole,
        parcels=_parcels(order, at),
        refunds=_refunds((one for one in objects(returns) if _is_of(one, order_id)), at),
    )


def _is_of(told: Object, order_id: str | None) -> bool:
    return text(told.get("order_id")) in (order_id, None)


def _time(value: object) -> datetime | None:
    """What did not happen yet is told as 0."""
    return from_seconds(value) if value else None


def _lines(order: Object, currency: str) -> Iterator[OrderLine]:
    for item in objects(order.get("line_items")):
        parts = (line(item.get("product_name"), 250), line(item.get("sku_name"), 100))
        named = ", ".join(part for part in parts if part and part.lower() not in _NO_VARIANT)
        found = order_line(
            item.get("id"),
            named,
            1,
            money(item.get("sale_price"), text(item.get("currency")) or currency),
            sku=item.get("seller_sku") or item.get("sku_id"),
        )
        if found:
            yield found


_NO_VARIANT = {
    *("default", "par défaut", "predeterminado", "padrão", "predefinito", "standard"),
    *("mặc định", "ค่าเริ่มต้น", "bawaan", "lalai", "デフォルト", "默认", "預設"),
}
"""What goods of one kind only are called, in the shop's language."""


def _name(where: Object) -> str | None:
    parts = (line(where.get("first_name"), 100), line(where.get("last_name"), 100))
    return line(where.get("name"), 200) or " ".join(filter(None, parts)) or None


def _address(where: Object) -> Address | None:
    """Levels of a country's places differ; the names of their levels tell which is the city."""
    places = {
        text(one.get("address_level")) or "": one for one in objects(where.get("district_info"))
    }
    below = [place for level, place in sorted(places.items()) if level > "L0"]
    city = next(filter(_is_city, below), below[-1] if below else {})
    lines = [where.get(f"address_line{n}") for n in (1, 2, 3, 4)]
    shown = [one for one in lines if line(one)] or [where.get("address_detail")]
    return address(
        where.get("region_code"),
        name=_name(where),
        lines=shown,
        city=city.get("address_name"),
        region=below[0].get("address_name") if len(below) > 1 else None,
        postal_code=where.get("postal_code") or where.get("zipcode"),
        phone=where.get("phone_number"),
    )


def _is_city(place: Object) -> bool:
    return (text(place.get("address_level_name")) or "").strip().lower() in _CITIES


_CITIES = {"city", "town", "municipality", "regency", "district", "city/town", "post town"}


def _parcels(order: Object, at: datetime) -> Iterator[FulfilmentNews | None]:
    """Pieces name the package that they are in; an order of one package, its own number too."""
    items: dict[str, list[Object]] = {}
    for item in objects(order.get("line_items")):
        if package := line(item.get("package_id"), 100):
            items.setdefault(package, []).append(item)
    for one in objects(order.get("packages")):
        if package := line(one.get("id"), 100):
            items.setdefault(package, [])
    own = order if len(items) == 1 else {}
    for package, inside in items.items():
        yield parcel(
            package,
            at,
            number=_first(inside, "tracking_number") or own.get("tracking_number"),
            carrier=_first(inside, "shipping_provider_name") or own.get("shipping_provider"),
            shipped_at=_time(_first(inside, "rts_time")) or _time(order.get("rts_time")),
            line_ids=[item.get("id") for item in inside],
            is_cancelled={text(item.get("package_status")) for item in inside} == {"CANCELLED"},
        )


def _first(items: Iterable[Object], name: str) -> object:
    return next((item[name] for item in items if item.get(name)), None)


def _refunds(returns: Iterable[Object], at: datetime) -> Iterator[RefundNews]:
    """Money is back when a return is complete; a replacement gives none."""
    for told in returns:
        refund_id, sums = line(told.get("return_id"), 100), obj(told.get("refund_amount"))
        amount = money(sums.get("refund_total"), text(sums.get("currency")))
        is_done = text(told.get("return_status")) == "RETURN_OR_REFUND_REQUEST_COMPLETE"
        if refund_id and amount and is_done:
            when = _time(told.get("update_time")) or _time(told.get("create_time"))
            yield RefundNews(
                external_refund_id=refund_id,
                refunded_at=not_later(when, at),
                amounts=(amount,),
            )
