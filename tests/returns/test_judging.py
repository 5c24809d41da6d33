"""The same request inside and after the window, country by country: two clocks, the better wins."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.app import read_policies
from returns.domain.deadlines import Period
from returns.domain.judging import Authorised, Declined, NeedsPerson, Request, Why, judge
from returns.domain.policy import Policies, Shop, Terms, read
from returns.domain.reasons import REASONS
from returns.settings import Settings
from shared.contracts.returns import Basis
from shared.errors import Refused
from shared.i18n.zones import zone_of

SHIPPED = read_policies(Settings())
RECEIVED = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""A Monday, the same day in Berlin, New York and Tokyo."""


def request(country: str | None, *, days: float | None = 3, **facts: Any) -> Request:
    """A request `days` after receipt."""
    at = RECEIVED + timedelta(days=days or 0)
    return Request(
        **{
            "store_id": "aurora",
            "country": country,
            "region": None,
            "zone": ZoneInfo(zone_of(country) if country else "UTC"),
            "reason": "no_longer_wanted",
            "requested_at": at,
            "placed_at": RECEIVED - timedelta(days=5),
            "received_at": RECEIVED,
            **facts,
        }
    )


def with_terms(*terms: Terms, tells: bool = True) -> Policies:
    shop = Shop(tells_of_right=tells, tells_of_return_cost=tells, terms=terms)
    return msgspec.structs.replace(SHIPPED, shops={"*": shop})


def terms(*countries: str, days: int | None, **facts: Any) -> Terms:
    within = Period(days=days) if days else None
    return Terms(countries=countries, version="v1", within=within, **facts)


@pytest.mark.parametrize(
    ("country", "last_inside", "basis"),
    [
        ("DE", datetime(2026, 3, 16, 22, 59, 59, tzinfo=UTC), Basis.WITHDRAWAL),
        ("US", datetime(2026, 4, 2, 3, 59, 59, tzinfo=UTC), Basis.SHOP_POLICY),
        ("JP", datetime(2026, 3, 9, 14, 59, 59, tzinfo=UTC), Basis.WITHDRAWAL),
    ],
)
def test_the_same_request_is_authorised_to_the_last_second_and_declined_after(
    country: str, last_inside: datetime, basis: Basis
) -> None:
    inside = judge(request(country, requested_at=last_inside), SHIPPED)
    after = judge(request(country, requested_at=last_inside + timedelta(seconds=1)), SHIPPED)

    assert isinstance(inside, Authorised)
    assert inside.basis is basis
    assert inside.closes_at == last_inside + timedelta(seconds=1)
    assert isinstance(after, Declined)
    assert after.why is Why.WINDOW_OVER
    assert after.closes_at == inside.closes_at
    assert after.policy == inside.policy


def test_a_window_that_ends_on_a_holiday_stays_open_to_the_next_working_day() -> None:
    received = datetime(2026, 3, 20, 10, tzinfo=UTC)
    on_easter_tuesday = datetime(2026, 4, 7, 21, 59, tzinfo=UTC)

    answer = judge(
        request("DE", received_at=received, requested_at=on_easter_tuesday, placed_at=received),
        SHIPPED,
    )

    assert isinstance(answer, Authorised)
    assert answer.closes_at == datetime(2026, 4, 7, 22, tzinfo=UTC)


def test_the_window_follows_summer_time_of_the_buyers_zone() -> None:
    received = datetime(2026, 3, 16, 10, tzinfo=UTC)  # summer time begins on March 29

    answer = judge(request("DE", received_at=received, requested_at=received), SHIPPED)

    assert isinstance(answer, Authorised)
    assert answer.closes_at == datetime(2026, 3, 30, 22, tzinfo=UTC)


def test_the_day_is_the_buyers_not_ours() -> None:
    received = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # March 2 in Berlin

    answer = judge(request("DE", received_at=received, requested_at=received), SHIPPED)

    assert isinstance(answer, Authorised)
    assert answer.closes_at == datetime(2026, 3, 16, 23, tzinfo=UTC)


def test_an_authorised_withdrawal_tells_who_pays_and_by_when() -> None:
    answer = judge(request("DE"), SHIPPED)

    assert isinstance(answer, Authorised)
    assert answer.policy == "law/DE/de-bgb-2022-05-28"
    assert answer.buyer_pays_return
    assert answer.refunds_delivery
    assert answer.send_by == datetime(2026, 3, 19, 22, 59, 59, tzinfo=UTC)
    assert answer.refund_due == answer.send_by


@pytest.mark.parametrize(
    ("told", "shop_tells", "pays"),
    [(True, False, True), (False, True, False), (None, True, True), (None, False, False)],
)
def test_the_buyer_pays_the_way_back_only_if_he_was_told(
    told: bool | None, shop_tells: bool, pays: bool
) -> None:
    answer = judge(request("DE", told_of_return_cost=told), with_terms(tells=shop_tells))

    assert isinstance(answer, Authorised)
    assert answer.buyer_pays_return is pays


def test_a_buyer_who_was_not_told_of_his_right_has_twelve_months_more() -> None:
    late = request("DE", days=300, told_of_right=False)

    assert isinstance(judge(late, SHIPPED), Authorised)
    assert isinstance(judge(request("DE", days=300), SHIPPED), Declined)
    assert isinstance(judge(request("DE", days=400, told_of_right=False), SHIPPED), Declined)


def test_withdrawal_needs_no_receipt_but_the_shops_terms_do() -> None:
    german = judge(request("DE", received_at=None), SHIPPED)
    american = judge(request("US", received_at=None), SHIPPED)

    assert isinstance(german, Authorised)
    assert german.closes_at is None
    assert american == NeedsPerson(why=Why.NOT_DELIVERED)


@pytest.mark.parametrize("country", [None, "FR", "XK", "", "de"])
def test_an_unknown_country_is_neither_authorised_nor_declined(country: str | None) -> None:
    generous = with_terms(terms("*", days=365))

    for policies in (SHIPPED, generous):
        for days in (1, 500):
            answer = judge(request(country, days=days, zone=ZoneInfo("UTC")), policies)
            assert answer == NeedsPerson(why=Why.UNKNOWN_COUNTRY)


def test_the_shops_longer_window_wins_over_the_law() -> None:
    policies = with_terms(terms("DE", days=60, pays_return="seller"))

    within_both = judge(request("DE", days=3), policies)
    within_terms = judge(request("DE", days=40), policies)

    assert isinstance(within_both, Authorised)
    assert within_both.basis is Basis.WITHDRAWAL
    assert not within_both.buyer_pays_return
    assert within_both.closes_at == datetime(2026, 5, 1, 22, tzinfo=UTC)
    assert isinstance(within_terms, Authorised)
    assert within_terms.basis is Basis.SHOP_POLICY
    assert within_terms.policy == "terms/aurora/DE/v1"


def test_the_law_wins_over_terms_that_grant_less() -> None:
    policies = with_terms(terms("DE", days=3))

    assert isinstance(judge(request("DE", days=10), policies), Authorised)


def test_stated_terms_win_over_japans_eight_days() -> None:
    none_taken_back = with_terms(terms("JP", days=None))
    longer = with_terms(terms("JP", days=20))

    assert judge(request("JP", days=2), none_taken_back) == Declined(
        why=Why.NOT_TAKEN_BACK, policy="terms/aurora/JP/v1"
    )
    assert isinstance(judge(request("JP", days=15), longer), Authorised)


def test_without_stated_terms_an_american_request_needs_a_person() -> None:
    assert judge(request("US"), with_terms()) == NeedsPerson(why=Why.NO_STATED_TERMS)


def test_terms_may_count_from_the_purchase() -> None:
    policies = with_terms(terms("US", days=30, counts_from="purchase"))

    not_received = request("US", received_at=None)

    assert isinstance(judge(not_received, policies), Authorised)
    assert isinstance(judge(request("US", days=26), policies), Declined)


def test_a_custom_made_good_is_never_declined_inside_the_statutory_window() -> None:
    assert judge(request("DE", has_custom_made=True), SHIPPED) == NeedsPerson(why=Why.CUSTOM_MADE)
    assert isinstance(judge(request("DE", days=50, has_custom_made=True), SHIPPED), Declined)
    assert judge(request("US", has_custom_made=True), SHIPPED) == Declined(
        why=Why.CUSTOM_MADE, policy="terms/aurora/US/default-30-days"
    )


def test_a_fault_is_the_sellers_for_two_years_in_germany() -> None:
    inside = judge(request("DE", days=700, reason="failed_later"), SHIPPED)
    after = judge(request("DE", days=740, reason="failed_later"), SHIPPED)

    assert isinstance(inside, Authorised)
    assert inside.basis is Basis.CONFORMITY
    assert not inside.buyer_pays_return
    assert after == Declined(
        why=Why.WINDOW_OVER,
        policy="law/DE/de-bgb-2022-05-28",
        closes_at=datetime(2028, 3, 2, 23, tzinfo=UTC),
    )


def test_a_fault_nobody_has_a_rule_for_needs_a_person() -> None:
    assert isinstance(judge(request("US", days=80, reason="fault"), SHIPPED), Authorised)
    assert judge(request("US", days=100, reason="fault"), SHIPPED) == NeedsPerson(
        why=Why.NO_RULE_FOR_FAULTS
    )
    assert judge(request("JP", days=400, reason="fault"), SHIPPED) == NeedsPerson(
        why=Why.TIME_UNKNOWN
    )
    assert judge(request("DE", received_at=None, reason="missing_item"), SHIPPED) == NeedsPerson(
        why=Why.NOT_DELIVERED
    )


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"reason": "not_received"}, Why.DELIVERY_REASON),
        ({"reason": "other", "days": 90}, Why.OTHER_REASON),
        ({"is_order_cancelled": True}, Why.ORDER_CANCELLED),
    ],
)
def test_what_no_rule_may_decide_needs_a_person(facts: dict[str, Any], why: Why) -> None:
    assert judge(request("DE", **facts), SHIPPED) == NeedsPerson(why=why)


def test_any_reason_or_none_is_enough_inside_a_withdrawal_window() -> None:
    for reason in ("other", "no_reason", "ring_size", "change_of_mind"):
        assert isinstance(judge(request("DE", reason=reason), SHIPPED), Authorised)


@given(
    country=st.sampled_from(["DE", "JP"]),
    reason=st.sampled_from(sorted(REASONS)),
    hours=st.integers(0, 24 * 900),
    is_received=st.booleans(),
    has_custom_made=st.booleans(),
    is_order_cancelled=st.booleans(),
    told=st.sampled_from([None, True, False]),
)
def test_inside_a_statutory_window_the_system_never_declines(  # noqa: PLR0917
    country: str,
    reason: str,
    hours: int,
    is_received: bool,
    has_custom_made: bool,
    is_order_cancelled: bool,
    told: bool | None,
) -> None:
    at = RECEIVED + timedelta(hours=hours)
    answer = judge(
        request(
            country,
            requested_at=at,
            reason=reason,
            received_at=RECEIVED if is_received else None,
            has_custom_made=has_custom_made,
            is_order_cancelled=is_order_cancelled,
            told_of_right=told,
            told_of_return_cost=told,
        ),
        SHIPPED,
    )

    last = {"DE": date(2026, 3, 16), "JP": date(2026, 3, 9)}[country]
    is_inside = not is_received or at.astimezone(ZoneInfo(zone_of(country))).date() <= last
    if is_inside:
        assert not isinstance(answer, Declined)
    if isinstance(answer, Authorised):
        assert answer.policy
        assert answer.closes_at is None or answer.closes_at > at


@given(hours=st.integers(0, 24 * 80), shop_days=st.integers(1, 60))
def test_more_generous_terms_never_take_a_right_away(hours: int, shop_days: int) -> None:
    asked = request("DE", requested_at=RECEIVED + timedelta(hours=hours))

    with_law = judge(asked, with_terms())
    with_both = judge(asked, with_terms(terms("DE", days=shop_days)))

    if isinstance(with_law, Authorised):
        assert isinstance(with_both, Authorised)


def test_every_law_says_where_it_comes_from_and_that_no_lawyer_reviewed_it() -> None:
    for law in SHIPPED.laws.values():
        assert law.source_url.startswith("https://")
        assert law.reviewed_by == "not reviewed by a lawyer"
        assert law.reviewed_at is None


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("laws: [", "expected"),
        ("laws: {}", "shops"),
        ("laws: {}\nshops: {}\nlimits: {}", r"a row '\*'"),
        ("laws: {DE: {law_version: 1}}\nshops: {}\nlimits: {}", r"laws.*law_version|\.laws"),
        ("laws: {}\nshops: {}\nlimits: {}\nwhims: {}", "whims"),
    ],
)
def test_a_file_that_is_no_policy_file_is_refused_with_the_place_and_the_reason(
    text: str, tells: str
) -> None:
    with pytest.raises(Refused, match=tells):
        read(text)
