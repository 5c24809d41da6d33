"""Story 2: an order, its confirmation, the parcel and its notice."""

from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision

from deploy.demo.installation import AURORA, SHOPS
from deploy.demo.stories.people import HARUTO, RING
from deploy.demo.stories.stage import DidNotHappen, Fact, Stage, Stopwatch, Title
from deploy.demo.stories.told import Told, told
from deploy.demo.world.shapes import Buyer, Line, Ordered, Parcel, Purchase, Tracking
from shared.contracts.base import Money, OrderId
from shared.contracts.intake import OrderPaid, OrderPlaced, OrderShipped
from shared.contracts.logistics_watch import ShipmentRegistered


@dataclass(frozen=True, kw_only=True)
class Bought:
    """An order that was placed and paid."""

    store_id: str
    buyer: Buyer
    ordered: Ordered
    placed: OrderPlaced
    paid: OrderPaid
    confirmation: Told

    @property
    def order_id(self) -> OrderId:
        """Our id of the order."""
        return self.placed.order_id

    @property
    def mailbox(self) -> str:
        """Where the buyer is told."""
        return self.buyer.mail or ""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A parcel on its way, watched."""

    bought: Bought
    shipped: OrderShipped
    tracking: Tracking
    registered: ShipmentRegistered
    notice: Told


async def play(stage: Stage, number: str) -> Sent:
    """A buyer in Japan orders from Spain; the parcel has this number."""
    stage.tell(Title(2, "An order from Japan to a shop in Spain: confirmed, sent, watched"))
    bought = await buy(stage, AURORA, HARUTO, RING, presented="JPY")
    return await send(stage, bought, Parcel(carrier="Correos", number=number))


async def buy(stage: Stage, store_id: str, buyer: Buyer, line: Line, *, presented: str) -> Bought:
    """A buyer orders and pays; wait until he has his confirmation."""
    shop, watch = SHOPS[store_id], Stopwatch()
    purchase = Purchase(buyer=buyer, lines=[line], currency=shop.currency, presented=presented)
    ordered = await stage.world.order(shop.shopify, purchase)
    _check(ordered)
    stage.tell(
        Fact(who="shopify", what=f"{buyer.first_name} {buyer.last_name} orders {line.title}")
    )
    placed = await stage.see(
        "intake",
        OrderPlaced,
        lambda message: message.order.external_id == ordered.order_id,
        f"The order {ordered.number} is taken in",
    )
    order = placed.message.order
    said = f"OrderPlaced {order.number}, {_shown(order.total)} ({_shown(order.shop_total)})"
    stage.tell(Fact(who="intake", what=said, milliseconds=watch.at(placed.at)))
    paid = await stage.see(
        "intake",
        OrderPaid,
        lambda message: message.order_id == placed.message.order_id,
        f"The order {ordered.number} is paid",
    )
    confirmation = await told(
        stage,
        "order_confirmation",
        lambda message: message.order_id == placed.message.order_id,
        to=buyer.mail or "",
        since=watch,
    )
    return Bought(
        store_id=store_id,
        buyer=buyer,
        ordered=ordered,
        placed=placed.message,
        paid=paid.message,
        confirmation=confirmation,
    )


async def send(stage: Stage, bought: Bought, parcel: Parcel) -> Sent:
    """The warehouse ships; wait until the parcel is watched and the buyer has its number."""
    shop, watch = SHOPS[bought.store_id], Stopwatch()
    _check(await stage.world.fulfil(shop.shopify, bought.ordered.order_id, parcel))
    shipped = await stage.see(
        "intake",
        OrderShipped,
        lambda message: message.order_id == bought.order_id,
        f"The order {bought.ordered.number} is shipped",
    )
    said = f"OrderShipped by {parcel.carrier}, number {shipped.message.number}"
    stage.tell(Fact(who="intake", what=said, milliseconds=watch.at(shipped.at)))
    registered = await stage.see(
        "logistics-watch",
        ShipmentRegistered,
        lambda message: message.order_id == bought.order_id,
        f"The parcel {parcel.number} is registered",
    )
    tracking = await stage.wait_for(
        "logistics-watch",
        lambda: _tracking(stage, shop.aftership, parcel.number or ""),
        f"The aggregator knows {parcel.number}",
    )
    at_aggregator = round((tracking.registered_at - watch.begun.timestamp()) * 1000, 1)
    said = f"POST /trackings took {tracking.number} as {tracking.slug}"
    stage.tell(Fact(who="aftership", what=said, milliseconds=at_aggregator))
    said = f"ShipmentRegistered, to be followed at {registered.message.tracking_url}"
    stage.tell(Fact(who="logistics-watch", what=said, milliseconds=watch.at(registered.at)))
    notice = await told(
        stage,
        "shipping_notice",
        lambda message: message.order_id == bought.order_id,
        to=bought.mailbox,
        since=watch,
    )
    return Sent(
        bought=bought,
        shipped=shipped.message,
        tracking=tracking,
        registered=registered.message,
        notice=notice,
    )


def postal_number(service: str, serial: int, country: str) -> str:
    """A postal item's number with its check digit (UPU S10).

    >>> postal_number("RR", 47312482, "GB")
    'RR473124829GB'
    """
    digits = f"{serial % 100_000_000:08d}"
    weighed = sum(int(d) * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    check = {10: 0, 11: 5}.get(11 - weighed % 11, 11 - weighed % 11)
    return f"{service}{digits}{check}{country}"


async def _tracking(stage: Stage, account_id: str, number: str) -> Tracking | None:
    for tracking in await stage.world.trackings():
        if (tracking.account_id, tracking.number) == (account_id, number):
            return tracking
    return None


def _check(ordered: Ordered) -> None:
    for webhook in ordered.webhooks:
        if not webhook.is_taken:
            raise DidNotHappen(f"intake took no webhook {webhook.topic}: {webhook.tries}")


def _shown(money: Money) -> str:
    amount = Decimal(money.amount).scaleb(-get_currency_precision(money.currency))
    return str(format_currency(amount, money.currency, locale="en"))
