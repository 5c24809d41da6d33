"""What is told, what is too late, what a receipt changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notify.domain.languages import LANGUAGES, choose, direction
from notify.domain.notices import is_late, notice_of
from notify.domain.receipts import KEEP, Change, Progress, Receipt, change, kills_address
from notify.domain.sending import Failed, Standing, given_up, pause, suppressed_because
from shared.contracts import logistics_watch as parcels
from shared.contracts import returns
from shared.contracts.base import Money
from shared.contracts.intake import Delivery, OrderPaid, OrderRefunded, OrderShipped

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 100 * DAY


@pytest.mark.parametrize(
    ("wanted", "store", "chosen"),
    [
        (["es-MX"], [], "es"),
        (["es_419"], [], "es"),
        (["en-AU"], ["de"], "en"),
        (["zh-Hant-HK"], [], "zh-Hant"),
        (["zh-TW"], [], "zh-Hant"),
        (["zh_HK"], [], "zh-Hant"),
        (["yue"], [], "zh-Hant"),
        (["yue-CN"], ["de"], "de"),
        (["zh-Hans"], ["ja"], "ja"),
        (["zh-CN"], ["fr"], "en"),
        (["zh-Hans-HK"], [], "en"),
        (["zh"], [], "en"),
        (["ar-EG"], [], "ar"),
        (["fr"], ["es", "en"], "es"),
        ([None, "ja-JP"], ["es"], "ja"),
        (["", "x-klingon", "!!"], [], "en"),
        ([], [], "en"),
    ],
)
def test_the_language_goes_by_the_chain(
    wanted: list[str | None], store: list[str], chosen: str
) -> None:
    assert choose(wanted, store) == chosen


def test_only_arabic_of_ours_runs_from_right_to_left() -> None:
    assert [tag for tag in LANGUAGES if direction(tag) == "rtl"] == ["ar"]


def test_a_refund_of_ours_is_told_once_by_returns(make: Any) -> None:
    amount = Money(amount=100, currency="EUR")
    given = {"external_refund_id": "r1", "amount": amount, "shop_amount": amount}

    of_shop = notice_of(make.order_event(OrderRefunded, **given))
    of_ours = notice_of(make.order_event(OrderRefunded, **given, refund_id=make.order_id("refund")))

    assert of_shop is not None
    assert of_shop.template == "order_refunded"
    assert of_ours is None


def test_what_is_only_kept_is_not_told(make: Any) -> None:
    shipped = make.order_event(OrderShipped, fulfilment_id="f", carrier="dhl", number="1")

    assert notice_of(shipped) is None
    assert notice_of(make.order_event(OrderPaid)) is None


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (parcels.ShipmentRegistered, {"is_watched": True}),
        (parcels.CustomsHeld, {"exception_kind": parcels.ExceptionKind.CUSTOMS_HOLD}),
        (parcels.ShipmentDelivered, {}),
    ],
)
def test_a_return_parcel_and_one_without_an_order_are_not_told(
    make: Any, kind: Any, given: dict[str, Any]
) -> None:
    assert notice_of(make.parcel_event(kind, **given)) is not None
    assert notice_of(make.parcel_event(kind, **given, purpose=parcels.Purpose.RETURN)) is None
    assert notice_of(make.parcel_event(kind, **given, order_id=None)) is None


def test_the_key_tells_apart_what_may_be_said_twice_of_one_parcel(make: Any) -> None:
    def held(kind: parcels.ExceptionKind, version: int) -> Any:
        event = make.parcel_event(parcels.CustomsHeld, exception_kind=kind, version=version)
        return notice_of(event).notification_id  # type: ignore[union-attr]

    duty, hold = parcels.ExceptionKind.CUSTOMS_DUTY_DUE, parcels.ExceptionKind.CUSTOMS_HOLD
    assert held(hold, 2) == held(hold, 5)
    assert held(hold, 2) != held(duty, 2)


def test_news_that_reached_us_a_day_late_is_not_told(make: Any) -> None:
    delivered = notice_of(make.parcel_event(parcels.ShipmentDelivered, occurred_at=NOW))
    assert delivered is not None

    def late(said_at: datetime) -> bool:
        return is_late(delivered, said_at, since=LONG_AGO, late_after=DAY)

    assert not late(NOW + timedelta(hours=23))
    assert late(NOW + timedelta(hours=25))


def test_what_concerns_money_and_rights_is_told_however_late(make: Any) -> None:
    event = make.case_event(returns.ReturnReceived, occurred_at=NOW)
    received = notice_of(event)

    assert received is not None
    assert not is_late(received, NOW + 20 * DAY, since=LONG_AGO, late_after=DAY)


def test_what_was_said_before_notify_came_is_not_told(make: Any) -> None:
    received = notice_of(make.case_event(returns.ReturnReceived, occurred_at=NOW))
    assert received is not None

    assert is_late(received, NOW, since=NOW + timedelta(seconds=1), late_after=DAY)
    assert not is_late(received, NOW, since=NOW, late_after=DAY)


@pytest.mark.parametrize(
    ("template", "standing", "age", "why"),
    [
        ("delivered", Standing(), DAY * 3, None),
        ("customs_held", Standing(), DAY * 3, "late"),
        ("customs_held", Standing(), timedelta(hours=1), None),
        ("customs_held", Standing(is_settled=True), timedelta(hours=1), "superseded"),
        ("shipment_lost", Standing(is_settled=True), timedelta(hours=1), "superseded"),
        ("shipment_lost", Standing(), DAY * 3, None),
        ("shipping_notice", Standing(is_settled=True), timedelta(0), None),
        ("shipping_notice", Standing(arrival="sent"), timedelta(0), "superseded"),
        ("shipping_notice", Standing(arrival="queued"), timedelta(0), None),
        ("shipping_notice", Standing(arrival="queued"), timedelta(minutes=2), "superseded"),
        ("return_received", Standing(is_dead_address=True), timedelta(0), "address_bounces"),
        ("return_received", Standing(), DAY * 30, None),
    ],
)
def test_what_must_not_go_out_any_more(
    make: Any, template: str, standing: Standing, age: timedelta, why: str | None
) -> None:
    due = make.due(template, occurred_at=NOW - age, created_at=NOW - age)

    assert suppressed_because(due, standing, now=NOW, late_after=DAY) == why


def test_a_notice_without_an_address_is_suppressed_and_a_reply_never_is(make: Any) -> None:
    nobody = make.due("delivered", recipient={"mail": None})
    reply = make.due("reply", facts={}, text="Hola")

    given: dict[str, Any] = {"now": NOW, "late_after": DAY}
    assert suppressed_because(nobody, Standing(), **given) == "no_address"
    assert suppressed_because(reply, Standing(is_dead_address=True), **given) is None


def test_pauses_grow_to_half_an_hour_and_never_come_in_step() -> None:
    shortest = [pause(attempt, 0.0) for attempt in range(1, 40)]
    longest = [pause(attempt, 1.0) for attempt in range(1, 40)]

    assert shortest == sorted(shortest)
    assert longest[-1] == timedelta(minutes=45)
    assert all(low < high for low, high in zip(shortest, longest, strict=True))


def test_trying_ends_with_a_reason_for_good_or_with_the_limit(make: Any) -> None:
    due = make.due("delivered", queued_at=NOW - DAY)

    assert given_up(due, Failed(why="x", is_permanent=True), now=NOW - DAY, limit=DAY)
    assert not given_up(due, Failed(why="x"), now=NOW, limit=DAY)
    assert given_up(due, Failed(why="x"), now=NOW + timedelta(seconds=1), limit=DAY)


def receipt(status: Delivery, **given: Any) -> Receipt:
    fields: dict[str, Any] = {
        "store_id": "aurora",
        "channel": "mail",
        "account_id": "aurora",
        "external_id": "x",
        "occurred_at": NOW,
    }
    return Receipt(status=status, **fields | given)


SENT, UNKNOWN = Progress(state="sent"), Progress(state="queued", is_unknown=True)
DELIVERED = Progress(state="delivered")


@pytest.mark.parametrize(
    ("progress", "status", "state", "says"),
    [
        (SENT, Delivery.DELIVERED, "delivered", ("NotificationDelivered",)),
        (SENT, Delivery.READ, "delivered", ("NotificationDelivered",)),
        (SENT, Delivery.FAILED, "failed", ("NotificationFailed",)),
        (SENT, Delivery.BOUNCED, "failed", ("NotificationFailed",)),
        (DELIVERED, Delivery.READ, "delivered", ("NotificationDelivered",)),
        (UNKNOWN, Delivery.SENT, "sent", ("NotificationSent",)),
        (UNKNOWN, Delivery.DELIVERED, "delivered", ("NotificationSent", "NotificationDelivered")),
        (UNKNOWN, Delivery.FAILED, "failed", ("NotificationSent", "NotificationFailed")),
    ],
)
def test_a_receipt_moves_a_notification_on(
    progress: Progress, status: Delivery, state: str, says: tuple[str, ...]
) -> None:
    found = change(progress, receipt(status))

    assert isinstance(found, Change)
    assert (found.progress.state, found.says) == (state, says)


@pytest.mark.parametrize(
    ("progress", "status"),
    [
        (SENT, Delivery.SENT),
        (SENT, Delivery.UNKNOWN),
        (DELIVERED, Delivery.DELIVERED),
        (DELIVERED, Delivery.FAILED),
        (Progress(state="delivered", is_read=True), Delivery.READ),
        (Progress(state="failed"), Delivery.DELIVERED),
        (Progress(state="suppressed"), Delivery.DELIVERED),
        (Progress(state="queued"), Delivery.DELIVERED),
        (Progress(state="pending"), Delivery.FAILED),
    ],
)
def test_a_receipt_that_comes_again_or_out_of_order_changes_nothing(
    progress: Progress, status: Delivery
) -> None:
    assert change(progress, receipt(status)) is None


def test_a_soft_bounce_is_waited_out() -> None:
    assert change(SENT, receipt(Delivery.BOUNCED, is_permanent=False)) is None


def test_a_receipt_during_the_attempt_is_kept() -> None:
    assert change(Progress(state="sending"), receipt(Delivery.DELIVERED)) == KEEP


@pytest.mark.parametrize(
    ("given", "kills"),
    [
        ({"is_permanent": True}, True),
        ({"is_permanent": None}, False),
        ({"reason": "5.1.1", "is_permanent": True}, True),
        ({"reason": "smtp; 550 5.1.1 <ana@x.example> unknown"}, True),
        ({"reason": "5.2.2 mailbox full", "is_permanent": True}, False),
        ({"reason": "5.7.1 blocked", "is_permanent": True}, False),
        ({"reason": "4.2.1", "is_permanent": False}, False),
        ({"channel": "whatsapp", "is_permanent": True}, False),
    ],
)
def test_only_word_of_the_address_itself_ends_mail_to_it(
    given: dict[str, Any], kills: bool
) -> None:
    assert kills_address(receipt(Delivery.BOUNCED, **given)) is kills
