"""What scans make of a parcel, in every order in which they can come."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics_watch.domain.parcel import Alarm, Fact, Parcel, Scan, advance, belongs
from logistics_watch.domain.stalls import Stalls, due
from shared.contracts.logistics_watch import ExceptionKind, Milestone

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
M, K = Milestone, ExceptionKind
STALLS = Stalls(
    label_created=timedelta(days=4),
    accepted=timedelta(days=3),
    in_transit=timedelta(days=6),
    customs=timedelta(hours=72),
    out_for_delivery=timedelta(hours=36),
    available_for_pickup=timedelta(days=5),
    attempt_failed=timedelta(days=2),
    exception=timedelta(days=1),
    returning=timedelta(days=14),
)


def scan(hour: float, milestone: Milestone, kind: ExceptionKind | None = None) -> Scan:
    return Scan(at=NOON + timedelta(hours=hour), milestone=milestone, exception_kind=kind)


def after(*scans: Scan, parcel: Parcel | None = None) -> tuple[Parcel, list[list[Fact]]]:
    parcel, told = parcel or Parcel(), []
    for each in scans:
        parcel, facts = advance(parcel, each)
        told.append(list(facts))
    return parcel, told


def test_an_ordinary_journey_is_told_step_by_step() -> None:
    parcel, told = after(
        scan(0, M.ACCEPTED), scan(1, M.IN_TRANSIT), scan(2, M.IN_TRANSIT), scan(3, M.DELIVERED)
    )

    assert told == [[Fact.MOVED], [Fact.MOVED], [], [Fact.MOVED, Fact.DELIVERED]]
    assert parcel.milestone is M.DELIVERED
    assert parcel.is_over


@pytest.mark.parametrize(
    ("milestone", "kind", "fact"),
    [
        (M.EXCEPTION, K.CUSTOMS_HOLD, Fact.CUSTOMS_HELD),
        (M.EXCEPTION, K.CUSTOMS_DOCUMENTS, Fact.CUSTOMS_HELD),
        (M.EXCEPTION, K.CUSTOMS_DUTY_DUE, Fact.CUSTOMS_HELD),
        (M.ATTEMPT_FAILED, None, Fact.DELIVERY_FAILED),
        (M.ATTEMPT_FAILED, K.RECIPIENT_UNAVAILABLE, Fact.DELIVERY_FAILED),
        (M.EXCEPTION, K.ADDRESS, Fact.DELIVERY_FAILED),
        (M.EXCEPTION, K.REFUSED, Fact.DELIVERY_FAILED),
        (M.EXCEPTION, K.UNCLAIMED, Fact.DELIVERY_FAILED),
        (M.EXCEPTION, K.CARRIER_REJECTED, Fact.DELIVERY_FAILED),
        (M.EXCEPTION, K.LOST, Fact.LOST),
        (M.EXCEPTION, K.DAMAGED, Fact.LOST),
        (M.EXCEPTION, K.SEIZED_OR_DESTROYED, Fact.LOST),
        (M.EXCEPTION, K.DELAY, None),
        (M.EXCEPTION, K.DELAY_WEATHER, None),
        (M.EXCEPTION, K.DELAY_EXTERNAL, None),
        (M.EXCEPTION, K.SECURITY, None),
        (M.EXCEPTION, K.OTHER, None),
        (M.EXCEPTION, K.UNKNOWN, None),
        (M.RETURNING, None, Fact.RETURNING),
    ],
)
def test_each_trouble_has_its_alarm_once_an_episode(
    milestone: Milestone, kind: ExceptionKind | None, fact: Fact | None
) -> None:
    _, told = after(scan(0, M.IN_TRANSIT), scan(1, milestone, kind), scan(2, milestone, kind))

    alarm = [fact] if fact else []
    assert told[1:] == [[Fact.MOVED, *alarm], []]


def test_a_parcel_that_moves_again_is_recovered_and_may_alarm_anew() -> None:
    _, told = after(
        scan(0, M.ATTEMPT_FAILED),
        scan(1, M.ATTEMPT_FAILED),
        scan(2, M.OUT_FOR_DELIVERY),
        scan(3, M.ATTEMPT_FAILED),
        scan(4, M.DELIVERED),
    )

    assert told == [
        [Fact.MOVED, Fact.DELIVERY_FAILED],
        [],
        [Fact.MOVED, Fact.RECOVERED],
        [Fact.MOVED, Fact.DELIVERY_FAILED],
        [Fact.MOVED, Fact.RECOVERED, Fact.DELIVERED],
    ]


def test_being_at_customs_is_no_recovery_from_being_held_there() -> None:
    parcel, told = after(
        scan(0, M.EXCEPTION, K.CUSTOMS_HOLD), scan(1, M.CUSTOMS), scan(2, M.IN_TRANSIT)
    )

    assert told[1:] == [[Fact.MOVED], [Fact.MOVED, Fact.RECOVERED]]
    assert parcel.alarms == frozenset()


def test_a_held_parcel_that_was_silent_is_no_longer_silent_when_customs_scan_it() -> None:
    silent = Parcel(
        milestone=M.EXCEPTION,
        exception_kind=K.CUSTOMS_HOLD,
        newest_at=NOON,
        heard_at=NOON,
        alarms=frozenset({Alarm.CUSTOMS, Alarm.STALLED}),
    )

    parcel, told = after(scan(1, M.CUSTOMS), parcel=silent)

    assert parcel.alarms == {Alarm.CUSTOMS}
    assert told == [[Fact.MOVED]]


@pytest.mark.parametrize("milestone", [M.IN_TRANSIT, M.OUT_FOR_DELIVERY, M.CUSTOMS])
def test_a_scan_after_silence_recovers(milestone: Milestone) -> None:
    silent = Parcel(
        milestone=M.ACCEPTED, newest_at=NOON, heard_at=NOON, alarms=frozenset({Alarm.STALLED})
    )

    _, told = after(scan(1, milestone), parcel=silent)

    assert told == [[Fact.MOVED, Fact.RECOVERED]]


def test_an_alarm_takes_the_place_of_silence_without_a_recovery() -> None:
    silent = Parcel(
        milestone=M.CUSTOMS, newest_at=NOON, heard_at=NOON, alarms=frozenset({Alarm.STALLED})
    )

    parcel, told = after(scan(1, M.EXCEPTION, K.CUSTOMS_HOLD), parcel=silent)

    assert parcel.alarms == {Alarm.CUSTOMS}
    assert told == [[Fact.MOVED, Fact.CUSTOMS_HELD]]


def test_an_older_scan_neither_moves_back_nor_alarms() -> None:
    parcel, told = after(
        scan(5, M.OUT_FOR_DELIVERY),
        scan(1, M.ACCEPTED),
        scan(2, M.EXCEPTION, K.CUSTOMS_HOLD),
        scan(3, M.UNKNOWN),
    )

    assert parcel.milestone is M.OUT_FOR_DELIVERY
    assert told[1:] == [[], [], []]
    assert parcel.heard_at == NOON + timedelta(hours=5)


def test_a_late_delivery_counts_although_something_was_scanned_after_it() -> None:
    parcel, told = after(scan(5, M.IN_TRANSIT), scan(4, M.DELIVERED), scan(6, M.IN_TRANSIT))

    assert parcel.milestone is M.DELIVERED
    assert told[1:] == [[Fact.MOVED, Fact.DELIVERED], []]


def test_what_is_scanned_on_the_way_back_is_still_the_way_back() -> None:
    parcel, told = after(
        scan(0, M.EXCEPTION, K.REFUSED),
        scan(1, M.RETURNING),
        scan(2, M.IN_TRANSIT),
        scan(3, M.EXCEPTION, K.CUSTOMS_HOLD),
        scan(4, M.OUT_FOR_DELIVERY),
        scan(5, M.DELIVERED),
    )

    assert told == [
        [Fact.MOVED, Fact.DELIVERY_FAILED],
        [Fact.MOVED, Fact.RETURNING],
        [],
        [],
        [],
        [Fact.MOVED],
    ]
    assert parcel.milestone is M.RETURNED


def test_an_unknown_code_is_kept_as_a_sign_of_life_and_moves_nothing() -> None:
    parcel, told = after(scan(0, M.IN_TRANSIT), scan(1, M.UNKNOWN))

    assert told[1] == []
    assert (parcel.milestone, parcel.heard_at) == (M.IN_TRANSIT, NOON + timedelta(hours=1))


def test_expiry_is_the_aggregators_word_and_no_sign_of_life() -> None:
    parcel, told = after(scan(0, M.IN_TRANSIT), scan(1, M.EXPIRED))

    assert told[1] == [Fact.MOVED]
    assert (parcel.milestone, parcel.heard_at) == (M.EXPIRED, NOON)


SCANS = st.lists(
    st.builds(
        scan,
        st.integers(0, 12),
        st.sampled_from(list(M)),
        st.none() | st.sampled_from(list(K)),
    ),
    max_size=8,
)


@given(SCANS, st.randoms(use_true_random=False))
def test_every_order_of_arrival_ends_in_the_same_place(scans: list[Scan], random: object) -> None:
    shuffled = list(scans)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    one, _ = after(*sorted(scans, key=lambda each: each.at))
    other, _ = after(*shuffled)

    assert (one.milestone, one.exception_kind) == (other.milestone, other.exception_kind)


@given(SCANS)
def test_a_scan_told_twice_says_nothing_the_second_time(scans: list[Scan]) -> None:
    parcel = reduce(lambda parcel, each: advance(parcel, each)[0], scans, Parcel())

    for each in scans:
        again, facts = advance(parcel, each)
        if each.at != parcel.heard_at:
            assert Fact.DELIVERED not in facts
            assert (again.milestone, again.alarms) == (parcel.milestone, parcel.alarms)


@pytest.mark.parametrize(
    ("parcel", "expected"),
    [
        (Parcel(), timedelta(days=4)),
        (Parcel(milestone=M.IN_TRANSIT), timedelta(days=6)),
        (Parcel(milestone=M.CUSTOMS), timedelta(hours=72)),
        (Parcel(milestone=M.EXCEPTION, exception_kind=K.CUSTOMS_HOLD), timedelta(hours=72)),
        (Parcel(milestone=M.EXCEPTION, exception_kind=K.DELAY), timedelta(days=1)),
        (Parcel(milestone=M.RETURNING), timedelta(days=14)),
        (Parcel(milestone=M.DELIVERED), None),
        (Parcel(milestone=M.RETURNED), None),
        (Parcel(milestone=M.CANCELLED), None),
        (Parcel(milestone=M.EXPIRED), None),
        (Parcel(milestone=M.IN_TRANSIT, alarms=frozenset({Alarm.STALLED})), None),
        (Parcel(milestone=M.EXCEPTION, alarms=frozenset({Alarm.LOST})), None),
    ],
)
def test_each_milestone_has_its_time_of_silence(parcel: Parcel, expected: timedelta | None) -> None:
    assert STALLS.of(parcel) == expected


def test_silence_begins_with_the_last_scan_and_never_in_the_future() -> None:
    heard = Parcel(milestone=M.CUSTOMS, heard_at=NOON)
    ahead = Parcel(milestone=M.CUSTOMS, heard_at=NOON + timedelta(days=1))
    unheard = Parcel(milestone=M.CUSTOMS)
    later, since = NOON + timedelta(hours=2), NOON - timedelta(hours=1)

    assert due(heard, STALLS, since=since, now=later) == NOON + timedelta(hours=72)
    assert due(ahead, STALLS, since=since, now=later) == later + timedelta(hours=72)
    assert due(unheard, STALLS, since=since, now=later) == since + timedelta(hours=72)


@pytest.mark.parametrize(
    ("days", "ended", "expected"),
    [
        (-31, None, False),
        (-29, None, True),
        (179, None, True),
        (181, None, False),
        (39, 10, True),
        (41, 10, False),
    ],
)
def test_a_scan_belongs_to_the_parcel_that_travelled_then(
    days: int, ended: int | None, expected: bool
) -> None:
    at = NOON + timedelta(days=days)
    ended_at = NOON + timedelta(days=ended) if ended is not None else None

    assert belongs(at, shipped_at=NOON, ended_at=ended_at) is expected
