"""What each piece of news about an order lets us say: once, in any order, never from the future."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from intake.domain import ids
from intake.domain.orders import (
    FulfilmentNews,
    Known,
    OrderNews,
    RefundNews,
    Snapshot,
    events,
    learn,
    whole,
)
from shared.contracts.base import AccountId, Channel, Money, RefundId, StoreId
from shared.contracts.intake import (
    Buyer,
    Fulfilment,
    Order,
    OrderRefunded,
    OrderShipped,
    Payment,
)

STORE, SHOP, CHANNEL = StoreId("aurora"), AccountId("aurora.example"), Channel("shopify")
ORDER_ID = ids.order_id(STORE, CHANNEL, SHOP, "5001")
PLACED = datetime(2026, 5, 4, 8, tzinfo=UTC)
NOW = datetime(2026, 5, 10, tzinfo=UTC)


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def order(**changes: object) -> Order:
    given: dict[str, object] = {
        "order_id": ORDER_ID,
        "account_id": SHOP,
        "channel": CHANNEL,
        "external_id": "5001",
        "number": "#1001",
        "placed_at": PLACED,
        "buyer": Buyer(),
        "language": "es",
        "ship_to": None,
        "lines": (),
        "total": eur(6000),
        "shop_total": eur(6000),
        **changes,
    }
    return Order(**given)  # type: ignore[arg-type]


def snapshot(hours: int = 0, **changes: object) -> Snapshot:
    given: dict[str, object] = {
        "order": order(),
        "updated_at": PLACED + timedelta(hours=hours),
        "paid_at": None,
        **changes,
    }
    return Snapshot(**given)  # type: ignore[arg-type]


def parcel(
    hours: int, number: str | None, *, name: str = "81", gone: bool = False
) -> FulfilmentNews:
    at = PLACED + timedelta(hours=hours)
    return FulfilmentNews(
        fulfilment=Fulfilment(fulfilment_id=name, number=number, carrier="Correos"),
        updated_at=at,
        is_cancelled=gone,
    )


def refund(*amounts: Money, settled: bool = True, ours: UUID | None = None) -> RefundNews:
    return RefundNews(
        external_refund_id="91",
        refunded_at=PLACED + timedelta(days=2),
        amounts=amounts,
        refund_id=RefundId(ours) if ours else None,
        is_settled=settled,
    )


def news(
    told: Snapshot | None = None,
    parcels: tuple[FulfilmentNews, ...] = (),
    refunds: tuple[RefundNews, ...] = (),
) -> OrderNews:
    return OrderNews(
        store_id=STORE,
        order_id=ORDER_ID,
        channel=CHANNEL,
        account_id=SHOP,
        external_id="5001",
        snapshot=told,
        fulfilments=parcels,
        refunds=refunds,
    )


def play(*told: OrderNews) -> list[object]:
    known, version = Known(), 0
    heard: list[object] = []
    for one in told:
        known = learn(known, one)
        found, names = events(known, store_id=STORE, version=version, received_at=NOW)
        known, version = known.having_said(names), version + len(found)
        heard += found
        assert [event.version for event in found] == list(
            range(version - len(found) + 1, version + 1)
        )
    return heard


def names(heard: list[object]) -> list[str]:
    return [type(event).__name__ for event in heard]


def test_an_order_is_placed_and_paid_once_however_often_it_is_told() -> None:
    unpaid, paid = news(snapshot()), news(snapshot(1, paid_at=PLACED))

    assert names(play(unpaid, unpaid, paid, paid, unpaid)) == ["OrderPlaced", "OrderPaid"]
    assert names(play(paid, unpaid)) == ["OrderPlaced", "OrderPaid"]


def test_each_parcel_is_shipped_once_when_its_number_first_appears() -> None:
    heard = play(
        news(snapshot(), parcels=(parcel(1, None),)),
        news(parcels=(parcel(2, "PK1"),)),
        news(parcels=(parcel(3, "PK2"),)),
        news(parcels=(parcel(3, "PK9", name="82"),)),
    )

    assert names(heard) == ["OrderPlaced", "OrderShipped", "OrderShipped"]
    assert [e.number for e in heard if isinstance(e, OrderShipped)] == ["PK1", "PK9"]


def test_a_cancelled_parcel_is_neither_shipped_nor_in_the_order() -> None:
    told = news(snapshot(), parcels=(parcel(1, "PK1", gone=True),))

    assert names(play(told)) == ["OrderPlaced"]
    assert (whole(learn(Known(), told)) or order()).fulfilments == ()


def test_older_news_change_nothing() -> None:
    newer = news(snapshot(5, order=order(number="#newer")), parcels=(parcel(5, "PK-new"),))
    older = news(snapshot(1, order=order(number="#older")), parcels=(parcel(1, "PK-old"),))

    found = whole(learn(learn(Known(), newer), older))

    assert found is not None
    assert found.number == "#newer"
    assert found.fulfilments[0].number == "PK-new"


def test_parts_wait_for_their_order_and_are_said_when_it_comes() -> None:
    parts = (
        news(parcels=(parcel(3, "PK1"),)),
        news(refunds=(refund(eur(3000)),)),
        news(snapshot(1, paid_at=PLACED)),
    )
    for told in itertools.permutations(parts):
        heard = play(*told)

        assert sorted(names(heard)) == ["OrderPaid", "OrderPlaced", "OrderRefunded", "OrderShipped"]
        assert names(heard)[0] == "OrderPlaced"
        assert heard[-1].order.fulfilments[0].number == "PK1"  # type: ignore[attr-defined]


def test_a_refund_is_said_once_it_is_settled_and_moved_money() -> None:
    nothing = news(snapshot(), refunds=(refund(),))
    under_way = news(refunds=(refund(settled=False),))
    done = news(refunds=(refund(eur(3000)),))

    assert names(play(nothing)) == ["OrderPlaced"]
    assert names(play(news(snapshot()), under_way, done, under_way, done)) == [
        "OrderPlaced",
        "OrderRefunded",
    ]


def test_a_refund_carries_our_own_id_and_both_currencies() -> None:
    yen = order(total=Money(amount=9720, currency="JPY"))
    ours = UUID("3f1b0b52-7f5f-4c57-9a55-0d6c9d7a0001")

    heard = play(
        news(snapshot(order=yen), refunds=(refund(Money(amount=4860, currency="JPY"), ours=ours),))
    )

    [told] = [event for event in heard if isinstance(event, OrderRefunded)]
    assert told.refund_id == ours
    assert (told.amount.amount, told.amount.currency) == (4860, "JPY")
    assert told.shop_amount == eur(3000)


def test_a_refund_told_in_shop_money_is_presented_at_the_orders_rate() -> None:
    yen = order(total=Money(amount=9720, currency="JPY"))

    heard = play(news(snapshot(order=yen), refunds=(refund(eur(3000)),)))

    [told] = [event for event in heard if isinstance(event, OrderRefunded)]
    assert told.amount == Money(amount=4860, currency="JPY")
    assert told.shop_amount == eur(3000)


def test_payments_payment_and_cancellation_stay_when_later_news_leave_them_out() -> None:
    paid_for = order(payments=(Payment(payment_id="1", amount=eur(1), shop_amount=eur(1)),))
    first = news(
        snapshot(1, order=paid_for, paid_at=PLACED, cancelled_at=PLACED, cancel_reason="fraud")
    )
    later = news(snapshot(2))

    known = learn(learn(Known(), first), later)

    found = whole(known)
    assert found is not None
    assert found.payments[0].payment_id == "1"
    assert found.is_cancelled
    assert names(play(first, later)) == ["OrderPlaced", "OrderPaid", "OrderCancelled"]


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(days=400)])
def test_nothing_happens_after_it_was_heard(ahead: timedelta) -> None:
    told = news(snapshot(paid_at=NOW + ahead, cancelled_at=NOW + ahead))

    assert all(event.occurred_at <= NOW for event in play(told))  # type: ignore[attr-defined]
