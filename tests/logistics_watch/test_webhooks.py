"""AfterShip's front door: who gets in, what is kept, and that each scan is said once."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import TopicPartition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local.processes import Process, Processes
from logistics_watch import api
from logistics_watch.carriers.aftership import webhook
from shared import testing
from shared.bus import kafka as clients
from shared.callers import Callers
from shared.contracts.logistics_watch import ExceptionKind, Milestone, ScanRecorded
from shared.db import Database
from shared.settings import KafkaSettings
from shared.stores import AfterShipAccount, Stores
from shared.webhooks import Delivery

M, K = Milestone, ExceptionKind


def signed(body: bytes, secret: str = "new-secret") -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        "aftership-hmac-sha256": base64.b64encode(mac).decode(),
        "content-type": "application/json",
    }


def checkpoint(now: datetime, hours_ago: float, subtag: str, **given: Any) -> dict[str, Any]:
    return {
        "created_at": now.isoformat(),
        "slug": "dhl",
        "checkpoint_time": (now - timedelta(hours=hours_ago)).isoformat(),
        "location": "Madrid",
        "city": None,
        "country_region": "ESP",
        "message": "somewhere",
        "tag": subtag.partition("_")[0],
        "subtag": subtag,
        **given,
    }


def event(*checkpoints: Any, number: str = "1234567890", **given: Any) -> bytes:
    body = {
        "event": "tracking_update",
        "event_id": str(uuid4()),
        "is_tracking_first_tag": True,
        "msg": {
            "id": "x",
            "tracking_number": number,
            "slug": "dhl",
            "checkpoints": list(checkpoints),
        },
        "ts": 1,
        **given,
    }
    return json.dumps(body).encode()


async def ready() -> dict[str, Any]:
    return {}


@pytest.fixture
async def door(watch: Database, stores: Stores) -> AsyncIterator[httpx.AsyncClient]:
    """The service's HTTP application."""
    transport = httpx.ASGITransport(api.app(watch, stores, Callers(), ready))
    async with httpx.AsyncClient(transport=transport, base_url="http://watch") as client:
        yield client


async def post(
    door: httpx.AsyncClient, body: bytes, account: str = "aurora", **headers: str
) -> httpx.Response:
    return await door.post(
        f"/hooks/aftership/{account}", content=body, headers={**signed(body), **headers}
    )


async def scans_said(watch: Database) -> list[ScanRecorded]:
    found = await testing.said(watch, ScanRecorded)
    return [message for message in found if isinstance(message, ScanRecorded)]


async def kept(watch: Database) -> int:
    return len(await testing.rows(watch, "SELECT 1 FROM requests"))


async def test_a_webhook_is_kept_and_its_scans_are_said(
    door: httpx.AsyncClient, watch: Database, now: datetime
) -> None:
    body = event(checkpoint(now, 2, "InTransit_002"), checkpoint(now, 1, "Exception_018"))

    answer = await post(door, body)

    assert answer.status_code == 200
    (request,) = await testing.rows(watch, "SELECT * FROM requests")
    assert request["body"] == body
    assert (request["store_id"], request["account_id"]) == ("aurora", "aurora")
    first, second = await scans_said(watch)
    assert (first.milestone, first.exception_kind) == (M.ACCEPTED, None)
    assert (second.milestone, second.exception_kind) == (M.EXCEPTION, K.CUSTOMS_DOCUMENTS)
    assert (second.code, second.country, second.carrier) == ("Exception_018", "ES", "dhl")
    assert second.occurred_at == now - timedelta(hours=1)
    assert second.key == "dhl:1234567890"


async def test_a_secret_that_is_being_changed_is_still_good(
    door: httpx.AsyncClient, watch: Database, now: datetime
) -> None:
    body = event(checkpoint(now, 1, "InTransit_001"))

    answer = await post(door, body, **signed(body, "old-secret"))

    assert answer.status_code == 200
    assert await kept(watch) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"aftership-hmac-sha256": ""},
        {"aftership-hmac-sha256": "AAAA"},
        signed(b"another body"),
        signed(event(), "borealis-secret"),
    ],
)
async def test_a_forged_webhook_is_not_let_in_and_nothing_is_stored(
    door: httpx.AsyncClient, watch: Database, now: datetime, headers: dict[str, str]
) -> None:
    body = event(checkpoint(now, 1, "Delivered_001"))

    answer = await post(door, body, **headers)

    assert answer.status_code == 401
    assert (await kept(watch), await scans_said(watch)) == (0, [])


@pytest.mark.parametrize("account", ["nobody", "borealis-off"])
async def test_without_an_account_that_is_on_there_is_no_door(
    door: httpx.AsyncClient, watch: Database, account: str
) -> None:
    answer = await post(door, event(), account)

    assert answer.status_code == 404
    assert await kept(watch) == 0


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"<!DOCTYPE x><x/>"])
async def test_authentic_but_malformed_is_refused_and_not_stored(
    door: httpx.AsyncClient, watch: Database, body: bytes
) -> None:
    answer = await post(door, body)

    assert answer.status_code == 400
    assert await kept(watch) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b'{"event": "edd_revise", "event_id": "0123456789"}',
        b'{"event": "tracking_update"}',
        b'{"event": "tracking_update", "msg": []}',
        b'{"event": "tracking_update", "msg": {"tracking_number": "n/a", "slug": "dhl"}}',
        b'{"event": "tracking_update", "msg": {"tracking_number": "12345", "slug": "d\\u0000l"}}',
    ],
)
async def test_well_formed_but_not_understood_is_kept_and_says_nothing(
    door: httpx.AsyncClient, watch: Database, body: bytes
) -> None:
    answer = await post(door, body)

    assert answer.status_code == 200
    assert (await kept(watch), await scans_said(watch)) == (1, [])


async def test_one_bad_entry_does_not_stop_the_others(
    door: httpx.AsyncClient, watch: Database, now: datetime
) -> None:
    good = [checkpoint(now, 3, "InTransit_001"), checkpoint(now, 1, "Delivered_001")]
    bad = [
        7,
        {},
        checkpoint(now, 2, "InTransit_001", checkpoint_time="yesterday"),
        checkpoint(now, 2, "InTransit_001", checkpoint_time=None),
        checkpoint(now, -72, "InTransit_001"),
        checkpoint(now, 2, "InTransit_001", tag=["InTransit"]),
    ]

    answer = await post(door, event(good[0], *bad, good[1]))

    assert answer.status_code == 200
    assert [scan.milestone for scan in await scans_said(watch)] == [M.IN_TRANSIT, M.DELIVERED]


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
    stores: Stores, now: datetime, subtag: str, milestone: Milestone, kind: ExceptionKind | None
) -> None:
    (scan,) = read(event(checkpoint(now, 1, subtag)), stores, now).scans

    assert (scan.milestone, scan.exception_kind) == (milestone, kind)


def read(body: bytes, stores: Stores, now: datetime) -> webhook.Told:
    account = stores.account("aftership", "aurora")
    assert isinstance(account, AfterShipAccount)
    return webhook.read(Delivery("POST", "", {}, {}, body), account, now)


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
    stores: Stores, written: str, country: str | None, expected: str
) -> None:
    now = datetime(2026, 8, 1, tzinfo=UTC)
    told = checkpoint(now, 0, "InTransit_001", checkpoint_time=written, country_region=country)

    (scan,) = read(event(told), stores, now).scans

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
    stores: Stores, checkpoints: list[Any], other: Any
) -> None:
    now = datetime(2026, 8, 1, tzinfo=UTC)

    for body in (event(*checkpoints), event(other=other), event(msg=other), event(event_id=other)):
        told = read(body, stores, now)
        key = webhook.dedupe_key(Delivery("POST", "", {}, {}, body))

        assert len(told.scans) + told.odd <= len(checkpoints)
        assert key.isprintable()


async def test_what_cannot_be_written_as_text_is_left_out(
    door: httpx.AsyncClient, watch: Database, now: datetime
) -> None:
    odd = {"message": "a\0b" + "ü" * 900, "location": "\0"}

    answer = await post(door, event(checkpoint(now, 1, "X\0" + "y" * 99, **odd)))

    assert answer.status_code == 200
    (scan,) = await scans_said(watch)
    assert scan.description is not None
    assert (len(scan.description), scan.location) == (500, None)
    assert scan.code == "X" + "y" * 63


async def test_a_webhook_sent_twice_or_fifty_times_at_once_has_one_effect(
    door: httpx.AsyncClient, watch: Database, now: datetime
) -> None:
    body = event(checkpoint(now, 1, "InTransit_001"))

    answers = await asyncio.gather(*(post(door, body) for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert await kept(watch) == 1
    assert len(await scans_said(watch)) == 1


async def test_an_event_tells_only_what_the_one_before_did_not(
    door: httpx.AsyncClient, watch: Database, now: datetime
) -> None:
    first, second = checkpoint(now, 2, "InTransit_001"), checkpoint(now, 1, "Delivered_001")
    await post(door, event(first))
    await testing.rows(watch, _AS_IF_HEARD)

    await post(door, event(first, second))

    assert [scan.milestone for scan in await scans_said(watch)] == [M.IN_TRANSIT, M.DELIVERED]


_AS_IF_HEARD = """
    INSERT INTO scans (store_id, carrier, number, occurred_at, code, account_id, milestone)
    SELECT 'aurora', 'dhl', '1234567890',
        cast(cast(convert_from(body, 'UTF8') AS jsonb) ->> 'occurred_at' AS timestamptz),
        'InTransit_001', 'aurora', 'in_transit'
    FROM outbox
"""


async def test_the_same_scan_in_two_events_is_one_message_by_its_id(
    door: httpx.AsyncClient, watch: Database, now: datetime
) -> None:
    scan = checkpoint(now, 1, "InTransit_001")

    await post(door, event(scan))
    await post(door, event(scan))

    ids = await testing.rows(watch, "SELECT event_id FROM outbox")
    assert len(ids) == 2
    assert ids[0] == ids[1]


async def test_a_database_that_is_away_makes_the_vendor_come_again(
    door: httpx.AsyncClient, watch: Database, database_url: str, now: datetime
) -> None:
    body = event(checkpoint(now, 1, "InTransit_001"))
    name = database_url.rpartition("/")[2]
    admin = await asyncpg.connect(testing.database_named(database_url, "postgres"))
    try:
        await admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        away = await post(door, body)
        await admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    finally:
        await admin.close()
    back = await post(door, body)

    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert back.status_code == 200
    assert len(await scans_said(watch)) == 1


async def test_fifty_at_once_to_two_processes_are_each_said_once(
    database_url: str,
    kafka: KafkaSettings,
    stores_path: Path,
    make_process: Callable[..., Process],
    tmp_path: Path,
    now: datetime,
) -> None:
    env = {"STORES_FILE": str(stores_path), "AURORA_HOOK": "new-secret", "AURORA_KEY": "k"}
    pair = [
        make_process(name, "run", database_url, kafka, tmp_path, **env) for name in ("one", "two")
    ]
    urls = [(each.ready or "").replace("/readyz", "/hooks/aftership/aurora") for each in pair]
    same = event(checkpoint(now, 1, "InTransit_001"))
    others = [
        event(checkpoint(now, 1, "InTransit_001"), number=f"N{number:08}") for number in range(25)
    ]

    async with Processes() as processes, httpx.AsyncClient(timeout=20) as client:
        await processes.start(*pair)
        bodies = [*[same] * 25, *others]
        answers = await asyncio.gather(
            *(
                client.post(url, content=body, headers=signed(body))
                for body in bodies
                for url in urls
            )
        )
        said = await testing.eventually(lambda: all_said(kafka, 26), within=20)
        codes = [await processes.stop(name) for name in ("one", "two")]

    assert {answer.status_code for answer in answers} == {200}
    assert len(said) == len(set(said)) == 26
    assert codes == [0, 0]


async def all_said(kafka: KafkaSettings, count: int) -> list[str]:
    """The keys of all scans on the topic, once there are so many."""
    consumer = clients.consumer(kafka, f"test-{uuid4().hex}", [])
    topic = kafka.topic_prefix + ScanRecorded.TOPIC
    keys: list[str] = []
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, part) for part in range(kafka.partitions or 1)])
        while polled := await consumer.getmany(timeout_ms=1000):
            keys += [str(record.key) for records in polled.values() for record in records]
    finally:
        await clients.within(5, consumer.stop())
    return keys if len(keys) >= count else []
