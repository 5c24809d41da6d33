"""What is known of an order, and what each piece of news lets us say.

The shop tells the same things many times and in no order: the whole order at every change, and
fulfilments and refunds by themselves. State decides what is news, not the shop's name for the
message; what comes before its order waits with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict

import msgspec

from intake.domain.contacts import Contact
from intake.domain.money import at_rate, sum_of
from intake.domain.postal_addresses import problems
from shared.contracts.base import (
    AccountId,
    Channel,
    Moment,
    Money,
    OrderId,
    RefundId,
    StoreId,
)
from shared.contracts.intake import (
    Fulfilment,
    Order,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)

OrderEvent = OrderPlaced | OrderPaid | OrderShipped | OrderCancelled | OrderRefunded


ERRANDS = "orders"
"""What those who ask shops for orders are woken by."""


class _Every(TypedDict):
    store_id: StoreId
    version: int
    order_id: OrderId
    order: Order


@dataclass(frozen=True, kw_only=True)
class FulfilmentNews:
    """A fulfilment as of `updated_at`."""

    fulfilment: Fulfilment
    updated_at: Moment
    is_cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class RefundNews:
    """A refund. `amounts` are the sums given back, each in the currency the shop names.

    `shop_amounts` are the same sums in shop money, where the shop tells them. It is settled when
    no payment of it is under way any more.
    """

    external_refund_id: str
    refunded_at: Moment
    amounts: tuple[Money, ...]
    shop_amounts: tuple[Money, ...] = ()
    refund_id: RefundId | None = None
    is_settled: bool = True


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The whole order as of `updated_at`; its fulfilments are told apart from it."""

    order: Order
    updated_at: Moment
    paid_at: Moment | None
    cancelled_at: Moment | None = None
    cancel_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrderNews:
    """What one delivery tells of one order. Without `snapshot` it tells of parts only.

    `contact` is the buyer, where the delivery names him.
    """

    store_id: StoreId
    order_id: OrderId
    channel: Channel
    account_id: AccountId
    external_id: str
    contact: Contact | None = None
    snapshot: Snapshot | None = None
    fulfilments: tuple[FulfilmentNews, ...] = ()
    refunds: tuple[RefundNews, ...] = ()
    is_to_be_asked: bool = False
    """Whether the shop named the order alone, and its API tells the rest."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of an order and has been said. Without `snapshot` it is a stub."""

    snapshot: Snapshot | None = None
    fulfilments: Mapping[str, FulfilmentNews] = field(default_factory=dict)
    refunds: Mapping[str, RefundNews] = field(default_factory=dict)
    said: frozenset[str] = frozenset()
    """`placed`, `paid`, `cancelled`, `shipped:<fulfilment_id>`, `refunded:<external_refund_id>`."""

    def having_said(self, said: frozenset[str]) -> "Known":
        """The same after these were said."""
        return replace(self, said=said)


def learn(known: Known, news: OrderNews) -> Known:
    """Add the news; what is older than what is known changes nothing."""
    snapshot = known.snapshot
    if news.snapshot is not None and (
        snapshot is None or news.snapshot.updated_at >= snapshot.updated_at
    ):
        snapshot = _with_what_stays(news.snapshot, snapshot)
    fulfilments = dict(known.fulfilments)
    for told in news.fulfilments:
        before = fulfilments.get(told.fulfilment.fulfilment_id)
        if before is None or told.updated_at >= before.updated_at:
            fulfilments[told.fulfilment.fulfilment_id] = told
    refunds = dict(known.refunds)
    for refund in news.refunds:
        old = refunds.get(refund.external_refund_id)
        # A refund is first told while its payment may be under way; it never gets unsettled.
        if old is None or refund.is_settled or not old.is_settled:
            refunds[refund.external_refund_id] = refund
    return replace(known, snapshot=snapshot, fulfilments=fulfilments, refunds=refunds)


def whole(known: Known) -> Order | None:
    """The order with its fulfilments as they stand; None of a stub."""
    if known.snapshot is None:
        return None
    shipped = tuple(
        told.fulfilment for _, told in sorted(known.fulfilments.items()) if not told.is_cancelled
    )
    return msgspec.structs.replace(
        known.snapshot.order,
        fulfilments=shipped,
        address_problems=problems(known.snapshot.order.ship_to),
        is_cancelled=known.snapshot.cancelled_at is not None,
    )


def events(
    known: Known, *, store_id: StoreId, version: int, received_at: datetime
) -> tuple[tuple[OrderEvent, ...], frozenset[str]]:
    """What can be said and was not, in the order of things, and all that is said then.

    `version` is that of the order's latest event; nothing is dated after `received_at`.
    """
    order = whole(known)
    if order is None or known.snapshot is None:
        return (), known.said
    news = [(name, event) for name, event in _sayable(known, order, store_id)]
    fresh = [(name, event) for name, event in news if name not in known.said]
    found = tuple(
        msgspec.structs.replace(
            event, version=version + n, occurred_at=min(event.occurred_at, received_at)
        )
        for n, (_, event) in enumerate(fresh, start=1)
    )
    return found, known.said | {name for name, _ in fresh}


def _sayable(known: Known, order: Order, store_id: StoreId) -> Iterator[tuple[str, OrderEvent]]:
    if (snapshot := known.snapshot) is None:
        return
    every: _Every = {"store_id": store_id, "version": 0, "order_id": order.order_id, "order": order}
    yield "placed", OrderPlaced(occurred_at=order.placed_at, **every)
    if snapshot.paid_at is not None:
        yield "paid", OrderPaid(occurred_at=snapshot.paid_at, **every)
    for name, told in sorted(known.fulfilments.items()):
        if (shipped := _shipped(told, every)) is not None:
            yield f"shipped:{name}", shipped
    for name, refund in sorted(known.refunds.items()):
        if (refunded := _refunded(refund, order, every)) is not None:
            yield f"refunded:{name}", refunded
    if snapshot.cancelled_at is not None:
        yield (
            "cancelled",
            OrderCancelled(
                occurred_at=snapshot.cancelled_at, reason=snapshot.cancel_reason, **every
            ),
        )


def _shipped(told: FulfilmentNews, every: _Every) -> OrderShipped | None:
    parcel = told.fulfilment
    if not parcel.number or told.is_cancelled:
        return None
    return OrderShipped(
        occurred_at=parcel.shipped_at or told.updated_at,
        fulfilment_id=parcel.fulfilment_id,
        carrier=parcel.carrier,
        number=parcel.number,
        tracking_url=parcel.tracking_url,
        **every,
    )


def _refunded(refund: RefundNews, order: Order, every: _Every) -> OrderRefunded | None:
    """The refund presented and in shop money; None until money has moved and none is under way."""
    rate = order.total, order.shop_total
    presented = sum_of([_as_presented(amount, rate) for amount in refund.amounts])
    if not refund.is_settled or presented is None or presented.amount <= 0:
        return None
    return OrderRefunded(
        occurred_at=refund.refunded_at,
        external_refund_id=refund.external_refund_id,
        amount=presented,
        shop_amount=sum_of(list(refund.shop_amounts)) or at_rate(presented, rate),
        refund_id=refund.refund_id,
        **every,
    )


def _as_presented(amount: Money, rate: tuple[Money, Money]) -> Money:
    presented, shop = rate
    if amount.currency == presented.currency:
        return amount
    return at_rate(amount, (shop, presented))


def _with_what_stays(newer: Snapshot, older: Snapshot | None) -> Snapshot:
    """Payments made, paid and cancelled stay true even where a later message leaves them out."""
    if older is None:
        return newer
    told = {payment.payment_id: payment for payment in older.order.payments}
    told.update((payment.payment_id, payment) for payment in newer.order.payments)
    order = msgspec.structs.replace(newer.order, payments=tuple(told.values()))
    return replace(
        newer,
        order=order,
        paid_at=older.paid_at or newer.paid_at,
        cancelled_at=newer.cancelled_at or older.cancelled_at,
        cancel_reason=newer.cancel_reason or older.cancel_reason,
    )
