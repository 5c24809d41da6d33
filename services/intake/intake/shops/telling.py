"""What shops other than Shopify tell of an order, brought to the order that is said.

They know one currency an order: what is presented to the buyer is the shop's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from intake.domain import ids
from intake.domain.contacts import Contact
from intake.domain.languages import language_tag
from intake.domain.money import per_piece
from intake.domain.orders import FulfilmentNews, OrderNews, RefundNews, Snapshot
from intake.domain.phones import e164
from intake.domain.shapes import Object, text
from intake.domain.texts import joined, line
from intake.domain.times import not_later
from shared.contracts.base import Address, Money
from shared.contracts.intake import Buyer, Fulfilment, Order, OrderLine, Payment
from shared.stores import Account
from shared.stores.accounts.shops import AmazonAccount, TikTokShopAccount


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who bought; `user` is the shop's own id of him, for shops that hide his addresses."""

    name: object = field(default=None, repr=False)
    mail: object = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    user: object = field(default=None, repr=False)
    locale: object = None


@dataclass(frozen=True, kw_only=True)
class Whole:
    """An order as a shop shows it; times are aware."""

    number: object
    total: Money
    lines: tuple[OrderLine, ...]
    buyer: Person
    ship_to: Address | None = field(default=None, repr=False)
    placed_at: datetime | None = None
    updated_at: datetime | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: object = None
    payments: tuple[Payment, ...] = ()


def news(
    external_id: object,
    account: Account,
    received_at: datetime,
    *,
    whole: Whole | None = None,
    parcels: Iterable[FulfilmentNews | None] = (),
    refunds: Iterable[RefundNews | None] = (),
) -> OrderNews | None:
    """What a delivery tells of the order with this id; None without one."""
    known_as = line(external_id, 100)
    if known_as is None:
        return None
    found = OrderNews(
        store_id=account.store_id,
        order_id=ids.order_id(account.store_id, account.channel_name, account.account_id, known_as),
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=known_as,
        fulfilments=tuple(each for each in parcels if each),
        refunds=tuple(each for each in refunds if each),
    )
    if whole is None:
        return found
    contact = _contact(whole.buyer, account)
    return replace(found, contact=contact, snapshot=_snapshot(found, whole, contact, received_at))


def with_the_rest(
    found: OrderNews | None, account: AmazonAccount | TikTokShopAccount
) -> OrderNews | None:
    """Have the shop's API asked for the whole order, where the seller lets us."""
    can_ask = account.refresh_token is not None
    return replace(found, is_to_be_asked=can_ask) if found else None


def _snapshot(
    news: OrderNews, whole: Whole, contact: Contact | None, received_at: datetime
) -> Snapshot:
    order = Order(
        order_id=news.order_id,
        account_id=news.account_id,
        channel=news.channel,
        external_id=news.external_id,
        number=line(whole.number, 100) or news.external_id,
        placed_at=not_later(whole.placed_at, received_at),
        buyer=Buyer(
            contact_id=contact.contact_id if contact else None,
            name=line(whole.buyer.name, 200),
            mail=_mail(whole.buyer.mail),
            phone=whole.buyer.phone,
        ),
        language=language_tag(whole.buyer.locale),
        ship_to=whole.ship_to,
        lines=whole.lines,
        total=whole.total,
        shop_total=whole.total,
        payments=whole.payments,
    )
    return Snapshot(
        order=order,
        updated_at=whole.updated_at or received_at,
        paid_at=not_later(whole.paid_at, received_at) if whole.paid_at else None,
        cancelled_at=not_later(whole.cancelled_at, received_at) if whole.cancelled_at else None,
        cancel_reason=line(whole.cancel_reason, 200),
    )


def _mail(value: object) -> str | None:
    mail = line(value, 254)
    return mail.lower() if mail and "@" in mail else None


def _contact(buyer: Person, account: Account) -> Contact | None:
    mail, user = _mail(buyer.mail), line(buyer.user, 200)
    address = mail or buyer.phone or user
    if address is None:
        return None
    identity = "mail" if mail else "phone" if buyer.phone else "user"
    return Contact(
        store_id=account.store_id,
        identity=identity,
        scope=account.account_id if identity == "user" else "",
        address=address,
        name=line(buyer.name, 200),
        locale=language_tag(buyer.locale),
    )


def country(value: object) -> str | None:
    """An ISO 3166 code in its usual case; None of anything else."""
    code = (text(value) or "").strip().upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def address(where: object, lines: Iterable[object], **told: object) -> Address | None:
    """Where a parcel goes; None without a country.

    `told` has what is told of `name`, `city`, `region`, `postal_code` and `phone`.
    """
    code = country(where)
    if code is None:
        return None
    return Address(
        country=code,
        name=line(told.get("name"), 200),
        lines=tuple(found for each in lines if (found := line(each, 200))),
        city=line(told.get("city"), 100),
        region=line(told.get("region"), 100),
        postal_code=line(told.get("postal_code"), 20),
        phone=e164(told.get("phone"), code),
    )


def order_line(
    line_id: object,
    title: object,
    quantity: object,
    whole: Money | None,
    *,
    sku: object = None,
    is_custom_made: bool = False,
) -> OrderLine | None:
    """A line by what all its pieces cost together; None without id, quantity or money."""
    known_as = line(line_id, 100)
    if known_as is None or whole is None or isinstance(quantity, bool):
        return None
    if not isinstance(quantity, int) or not 0 < quantity <= 10**6:
        return None
    price = per_piece(whole, quantity)
    return OrderLine(
        line_id=known_as,
        title=line(title, 300) or known_as,
        quantity=quantity,
        price=price,
        shop_price=price,
        sku=line(sku, 100),
        is_custom_made=is_custom_made,
    )


def parcel(
    fulfilment_id: object,
    received_at: datetime,
    *,
    shipped_at: datetime | None = None,
    line_ids: Iterable[object] = (),
    is_cancelled: bool = False,
    **told: object,
) -> FulfilmentNews | None:
    """A parcel; None without id. `told` has what is told of `number`, `carrier` and `url`."""
    known_as = line(fulfilment_id, 100)
    if known_as is None:
        return None
    link = line(told.get("url"), 1000)
    is_link = link is not None and link.startswith(("https://", "http://"))
    return FulfilmentNews(
        fulfilment=Fulfilment(
            fulfilment_id=known_as,
            carrier=line(told.get("carrier"), 100),
            number=line(told.get("number"), 100),
            tracking_url=link if is_link else None,
            shipped_at=not_later(shipped_at, received_at) if shipped_at else None,
            line_ids=tuple(found for each in line_ids if (found := line(each, 100))),
        ),
        updated_at=received_at,
        is_cancelled=is_cancelled,
    )


def full_name(person: Object) -> str | None:
    """First and last name."""
    return joined((line(person.get("first_name"), 100), line(person.get("last_name"), 100)), " ")
