"""What can be done to a case by whom, and what a refund may be, whatever is tried in any order."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.domain.cases import (
    SYSTEM,
    TRANSITIONS,
    Amount,
    Piece,
    State,
    Step,
    Totals,
    in_both,
    may_refund,
    move,
    worth_of,
)
from returns.domain.goods import Line, Parcel, received_at
from returns.domain.orders import Asked, left, too_many
from returns.domain.policy import Limits
from shared.callers import Role

ROLES = [*Role, SYSTEM]
steps = st.lists(st.tuples(st.sampled_from(Step), st.sampled_from(ROLES)), max_size=60)


@given(tried=steps)
def test_no_path_pays_twice_and_every_step_has_an_actor(tried: list[tuple[Step, str]]) -> None:
    state, done = State.REQUESTED, []
    for step, role in tried:
        after = move(state, step, role)
        if isinstance(after, State):
            assert role in TRANSITIONS[state, step][1]
            state = after
            done.append(step)

    assert done.count(Step.REFUND) <= 1
    assert done.count(Step.PAY) <= 1
    if Step.PAY in done:
        assert done[-2:] == [Step.REFUND, Step.PAY]
        assert Step.RECEIVE in done


def test_every_state_can_be_reached_and_only_the_last_has_no_way_on() -> None:
    reached = {State.REQUESTED}
    for _ in State:
        reached |= {after for (state, _), (after, _) in TRANSITIONS.items() if state in reached}

    assert reached == set(State)
    assert {state for state, _ in TRANSITIONS} == set(State) - {State.CLOSED}


def test_every_transition_names_roles_that_exist() -> None:
    for _, roles in TRANSITIONS.values():
        assert roles
        assert roles <= {*Role, SYSTEM}


pieces = st.lists(
    st.builds(
        Piece,
        line_id=st.uuids().map(str),
        quantity=st.integers(1, 5),
        price=st.integers(0, 500_000),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@given(
    asked=st.lists(st.tuples(pieces, st.booleans(), st.booleans()), max_size=8),
    captured=st.integers(0, 2_000_000),
)
def test_refunds_never_sum_to_more_than_was_captured(
    asked: list[tuple[tuple[Piece, ...], bool, bool]], captured: int
) -> None:
    given_back = 0
    for of_pieces, is_whole, refunds_delivery in asked:
        worth = worth_of(
            of_pieces,
            remaining=captured - given_back,
            is_whole_order=is_whole,
            refunds_delivery=refunds_delivery,
        )
        assert worth >= 0
        given_back += worth

    assert given_back <= captured


@given(
    presented=st.integers(0, 1_000_000),
    total=st.integers(1, 10_000_000),
    shop_total=st.integers(0, 10_000_000),
)
def test_an_amount_in_the_shops_currency_is_never_rounded_under_a_limit(
    presented: int, total: int, shop_total: int
) -> None:
    both = in_both(presented, Totals(presented=total, shop=shop_total))

    assert both.presented == presented
    assert 0 <= both.shop * total - presented * shop_total < total


@pytest.mark.parametrize(
    ("role", "most"),
    [("system", 50), ("agent", 200), ("lead", 1000), ("finance", 5000), ("admin", 20000)],
)
def test_each_role_may_refund_to_its_limit_and_not_a_cent_more(role: str, most: int) -> None:
    limits = Limits(system=50, agent=200, lead=1000, finance=5000, admin=20000)

    def answer(cents: int) -> object:
        amount = Amount(presented=cents, shop=cents)
        return may_refund(amount, limits, role=role, minor_per_major=100, is_inspector=False)

    assert answer(most * 100) is None
    assert answer(most * 100 + 1) is not None


def test_a_role_without_a_limit_refunds_nothing() -> None:
    limits = Limits(system=50, agent=200, lead=1000, finance=5000, admin=20000)
    cent = Amount(presented=1, shop=1)

    for role in ("warehouse", "appraiser"):
        assert may_refund(cent, limits, role=role, minor_per_major=100, is_inspector=False)


RING = Line(line_id="ring", quantity=2, price=9000)
CHAIN = Line(line_id="chain", quantity=1, price=5000)


def test_pieces_asked_for_in_another_case_are_not_left() -> None:
    available = left((RING, CHAIN), {"ring": 1})

    assert available == {"ring": 1, "chain": 1}
    assert too_many((Asked(line_id="ring", quantity=1),), available) is None
    assert too_many((Asked(line_id="ring", quantity=2),), available) == "ring"
    assert too_many((Asked(line_id="none", quantity=1),), available) == "none"
    assert too_many((Asked(line_id="ring", quantity=1),) * 2, available) == "ring"


EARLY, LATE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parcels", "arrived", "received"),
    [
        ([], {}, None),
        ([], {"A1": EARLY}, None),
        ([Parcel(number="A1")], {}, None),
        ([Parcel(number="A1")], {"A1": EARLY}, EARLY),
        ([Parcel(number="a 1")], {"A1": EARLY}, EARLY),
        ([Parcel(number="A1"), Parcel(number="B2")], {"A1": EARLY}, None),
        ([Parcel(number="A1"), Parcel(number="B2")], {"A1": EARLY, "B2": LATE}, LATE),
        ([Parcel(number="A1"), Parcel(number=None)], {"A1": EARLY}, None),
        ([Parcel(number="A1", line_ids=("ring",))], {"A1": EARLY}, None),
        ([Parcel(number="A1", line_ids=("ring", "chain"))], {"A1": EARLY}, EARLY),
    ],
)
def test_an_order_is_received_when_its_last_good_is(
    parcels: list[Parcel], arrived: dict[str, datetime], received: datetime | None
) -> None:
    assert received_at((RING, CHAIN), parcels, arrived) == received
