"""What AfterShip's events say, in our words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics_watch.carriers.aftership import webhook
from shared.contracts.logistics_watch import ExceptionKind, Milestone
from shared.stores import AfterShipAccount, Stores
from shared.webhooks import Delivery

M, K = Milestone, ExceptionKind
SUMMER = datetime(2026, 8, 1, tzinfo=UTC)


def read(body: bytes, stores: Stores, now: datetime) -> webhook.Told:
    account = stores.account("aftership", "aurora")
    assert isinstance(account, AfterShipAccount)
    return webhook.read(Delivery("POST", "", {}, {}, body), account, now)


@pytest.mark.parametrize(
    ("subtag", "milestone", "kind"),
    [
        ("Pending_006", M.UNKNOWN, None),
        ("InfoReceived_001", M.LABEL_CREATED, None),
        ("InTransit_002", M.ACCEPTED, None),
        ("InTransit_004", M.IN_TRANSIT, None),
        ("InTransit_005", M.CUSTOMS, None),
        ("InTransit_006", M.CUSTOMS, None),
        ("InTransit_099", M.UNKNOWN, None),
        ("Teleported_001", M.UNKNOWN, None),
        ("OutForDelivery_003", M.OUT_FOR_DELIVERY, None),
        ("AvailableForPickup_001", M.AVAILABLE_FOR_PICKUP, None),
        ("AttemptFail_001", M.ATTEMPT_FAILED, None),
        ("AttemptFail_002", M.ATTEMPT_FAILED, K.RECIPIENT_UNAVAILABLE),
        ("Delivered_005", M.DELIVERED, None),
        ("Delivered_099", M.DELIVERED, None),
        ("Exception_001", M.EXCEPTION, K.OTHER),
        ("Exception_002", M.EXCEPTION, K.ADDRESS),
        ("Exception_003", M.EXCEPTION, K.REFUSED),
        ("Exception_004", M.EXCEPTION, K.CUSTOMS_HOLD),
        ("Exception_005", M.EXCEPTION, K.DELAY_EXTERNAL),
        ("Exception_006", M.EXCEPTION, K.CUSTOMS_DUTY_DUE),
        ("Exception_007", M.EXCEPTION, K.ADDRESS),
        ("Exception_008", M.EXCEPTION, K.UNCLAIMED),
        ("Exception_009", M.EXCEPTION, K.CARRIER_REJECTED),
        ("Exception_010", M.RETURNING, None),
        ("Exception_011", M.RETURNED, None),
        ("Exception_012", M.EXCEPTION, K.DAMAGED),
        ("Exception_013", M.EXCEPTION, K.LOST),
        ("Exception_016", M.EXCEPTION, K.DELAY),
        ("Exception_017", M.EXCEPTION, K.DELAY_WEATHER),
        ("Exception_018", M.EXCEPTION, K.CUSTOMS_DOCUMENTS),
        ("Exception_019", M.EXCEPTION, K.DELAY),
        ("Exception_020", M.CANCELLED, None),
        ("Exception_021", M.EXCEPTION, K.SEIZED_OR_DESTROYED),
        ("Exception_099", M.EXCEPTION, K.UNKNOWN),
        ("Expired_001", M.EXPIRED, None),
    ],
)
def test_each_code_means_one_milestone(
    stores: Stores,
    tracking: Any,
    subtag: str,
    milestone: Milestone,
    kind: ExceptionKind | None,
) -> None:
    (scan,) = read(tracking.event(tracking.checkpoint(1, subtag)), stores, tracking.now).scans

    assert (scan.milestone, scan.exception_kind) == (milestone, kind)


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("2026-03-01T12:00:00+01:00", "ESP", "2026-03-01T11:00:00"),
        ("2026-03-01T12:00:00Z", "JPN", "2026-03-01T12:00:00"),
        ("2026-03-01T12:00:00", "JPN", "2026-03-01T03:00:00"),
        ("2026-03-01T12:00:00", "ESP", "2026-03-01T11:00:00"),
        ("2026-07-01T12:00:00", "ESP", "2026-07-01T10:00:00"),
        ("2026-03-01T12:00:00", None, "2026-03-01T12:00:00"),
        ("2026-03-01", "ESP", "2026-02-28T23:00:00"),
    ],
)
def test_a_time_without_an_offset_is_that_of_the_depots_wall(
    stores: Stores, tracking: Any, written: str, country: str | None, expected: str
) -> None:
    told = tracking.checkpoint(0, "InTransit_001", checkpoint_time=written, country_region=country)

    (scan,) = read(tracking.event(told), stores, SUMMER).scans

    assert scan.occurred_at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["checkpoint_time", "tag", "subtag", "message", "country_region"]),
            inner | st.sampled_from(["2026-03-01T00:00:00", "InTransit_001", "DEU"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4), JSON)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_a_vendor_can_sign_breaks_the_reading(
    stores: Stores, tracking: Any, checkpoints: list[Any], other: Any
) -> None:
    odd = [{"other": other}, {"msg": other}, {"event_id": other}]
    for body in (tracking.event(*checkpoints), *(tracking.event(**each) for each in odd)):
        told = read(body, stores, SUMMER)
        key = webhook.dedupe_key(Delivery("POST", "", {}, {}, body))

        assert len(told.scans) + told.odd <= len(checkpoints)
        assert key.isprintable()
