"""AfterShip's front door: who gets in, what is kept, and that each scan is said once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import TopicPartition

from deploy.local.processes import Process, Processes
from logistics_watch import api
from shared import testing
from shared.bus import kafka as clients
from shared.callers import Callers
from shared.contracts.logistics_watch import ExceptionKind, Milestone, ScanRecorded
from shared.db import Database
from shared.settings import KafkaSettings
from shared.stores import Stores

M, K = Milestone, ExceptionKind


async def ready() -> dict[str, Any]:
    return {}


Post = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def post(watch: Database, stores: Stores, tracking: Any) -> AsyncIterator[Post]:
    """Send a body to the service's front door, signed unless headers say otherwise."""
    transport = httpx.ASGITransport(api.app(watch, stores, Callers(), ready))
    async with httpx.AsyncClient(transport=transport, base_url="http://watch") as client:

        async def post(body: bytes, account: str = "aurora", **headers: str) -> httpx.Response:
            headers = {**tracking.signed(body), **headers}
            return await client.post(f"/hooks/aftership/{account}", content=body, headers=headers)

        yield post


async def scans_said(watch: Database) -> list[ScanRecorded]:
    found = await testing.said(watch, ScanRecorded)
    return [message for message in found if isinstance(message, ScanRecorded)]


async def kept(watch: Database) -> int:
    return len(await testing.rows(watch, "SELECT 1 FROM requests"))


async def test_a_webhook_is_kept_and_its_scans_are_said(
    post: Post, tracking: Any, watch: Database, now: datetime
) -> None:
    body = tracking.event(
        tracking.checkpoint(2, "InTransit_002"), tracking.checkpoint(1, "Exception_018")
    )

    answer = await post(body)

    assert answer.status_code == 200
    (request,) = await testing.rows(watch, "SELECT * FROM requests")
    assert request["body"] == body
    assert (request["store_id"], request["account_id"]) == ("aurora", "aurora")
    accepted, held = await scans_said(watch)
    assert (accepted.milestone, accepted.exception_kind) == (M.ACCEPTED, None)
    assert (held.milestone, held.exception_kind) == (M.EXCEPTION, K.CUSTOMS_DOCUMENTS)
    assert (held.code, held.country, held.carrier) == ("Exception_018", "ES", "dhl")
    assert held.occurred_at == now - timedelta(hours=1)
    assert held.key == "dhl:1234567890"


async def test_a_secret_that_is_being_changed_is_still_good(
    post: Post, tracking: Any, watch: Database
) -> None:
    body = tracking.event(tracking.checkpoint(1, "InTransit_001"))

    answer = await post(body, **tracking.signed(body, "old-secret"))

    assert answer.status_code == 200
    assert await kept(watch) == 1


@pytest.mark.parametrize("forgery", ["nothing", "no base64", "another body's", "another's secret"])
async def test_a_forged_webhook_is_not_let_in_and_nothing_is_stored(
    post: Post, tracking: Any, watch: Database, forgery: str
) -> None:
    body = tracking.event(tracking.checkpoint(1, "Delivered_001"))
    headers = {
        "nothing": {"aftership-hmac-sha256": ""},
        "no base64": {"aftership-hmac-sha256": "{}"},
        "another body's": tracking.signed(b"{}"),
        "another's secret": tracking.signed(body, "borealis-secret"),
    }[forgery]

    answer = await post(body, **headers)

    assert answer.status_code == 401
    assert (await kept(watch), await scans_said(watch)) == (0, [])


@pytest.mark.parametrize("account", ["nobody", "borealis-off"])
async def test_without_an_account_that_is_on_there_is_no_door(
    post: Post, tracking: Any, watch: Database, account: str
) -> None:
    answer = await post(tracking.event(), account)

    assert answer.status_code == 404
    assert await kept(watch) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"<!DOCTYPE x><x/>",
        b'{"event": "tracking_update", "msg": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["empty", "cut", "no text", "XML", "deep"],
)
async def test_authentic_but_malformed_is_refused_and_not_stored(
    post: Post, watch: Database, body: bytes
) -> None:
    answer = await post(body)

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
        b'{"event": "tracking_update", "msg": {"slug": "\xff"}}',
        b'{"event": "tracking_update", "msg": {"tracking_number": "n/a", "slug": "dhl"}}',
        b'{"event": "tracking_update", "msg": {"tracking_number": "12345", "slug": "d\\u0000l"}}',
    ],
)
async def test_well_formed_but_not_understood_is_kept_and_says_nothing(
    post: Post, watch: Database, body: bytes
) -> None:
    answer = await post(body)

    assert answer.status_code == 200
    assert (await kept(watch), await scans_said(watch)) == (1, [])


async def test_one_bad_entry_does_not_stop_the_others(
    post: Post, tracking: Any, watch: Database
) -> None:
    good = [tracking.checkpoint(3, "InTransit_001"), tracking.checkpoint(1, "Delivered_001")]
    bad = [
        7,
        {},
        tracking.checkpoint(2, "InTransit_001", checkpoint_time="yesterday"),
        tracking.checkpoint(2, "InTransit_001", checkpoint_time=None),
        tracking.checkpoint(-72, "InTransit_001"),
        tracking.checkpoint(2, "InTransit_001", tag=["InTransit"]),
    ]

    answer = await post(tracking.event(good[0], *bad, good[1]))

    assert answer.status_code == 200
    assert [scan.milestone for scan in await scans_said(watch)] == [M.IN_TRANSIT, M.DELIVERED]


async def test_what_cannot_be_written_as_text_is_left_out(
    post: Post, tracking: Any, watch: Database
) -> None:
    odd = {"message": "a\0b" + "ü" * 900, "location": "\0"}

    answer = await post(tracking.event(tracking.checkpoint(1, "X\0" + "y" * 99, **odd)))

    assert answer.status_code == 200
    (scan,) = await scans_said(watch)
    assert scan.description is not None
    assert (len(scan.description), scan.location) == (500, None)
    assert scan.code == "X" + "y" * 63


async def test_a_webhook_sent_twice_or_fifty_times_at_once_has_one_effect(
    post: Post, tracking: Any, watch: Database
) -> None:
    body = tracking.event(tracking.checkpoint(1, "InTransit_001"))

    answers = await asyncio.gather(*(post(body) for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert await kept(watch) == 1
    assert len(await scans_said(watch)) == 1


async def test_an_event_tells_only_what_the_one_before_did_not(
    post: Post, tracking: Any, watch: Database
) -> None:
    first, second = tracking.checkpoint(2, "InTransit_001"), tracking.checkpoint(1, "Delivered_001")
    await post(tracking.event(first))
    await testing.rows(watch, _AS_IF_HEARD)

    await post(tracking.event(first, second))

    assert [scan.milestone for scan in await scans_said(watch)] == [M.IN_TRANSIT, M.DELIVERED]


_AS_IF_HEARD = """
    INSERT INTO scans (store_id, carrier, number, occurred_at, code, account_id, milestone)
    SELECT 'aurora', 'dhl', '1234567890',
        cast(cast(convert_from(body, 'UTF8') AS jsonb) ->> 'occurred_at' AS timestamptz),
        'InTransit_001', 'aurora', 'in_transit'
    FROM outbox
"""


async def test_the_same_scan_in_two_events_is_one_message_by_its_id(
    post: Post, tracking: Any, watch: Database
) -> None:
    scan = tracking.checkpoint(1, "InTransit_001")

    await post(tracking.event(scan))
    await post(tracking.event(scan))

    ids = await testing.rows(watch, "SELECT event_id FROM outbox")
    assert len(ids) == 2
    assert ids[0] == ids[1]


async def test_a_database_that_is_away_makes_the_vendor_come_again(
    post: Post, tracking: Any, watch: Database, database_url: str
) -> None:
    body = tracking.event(tracking.checkpoint(1, "InTransit_001"))
    name = database_url.rpartition("/")[2]
    admin = await asyncpg.connect(testing.database_named(database_url, "postgres"))
    try:
        await admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        away = await post(body)
        await admin.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    finally:
        await admin.close()
    back = await post(body)

    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert back.status_code == 200
    assert len(await scans_said(watch)) == 1


async def test_fifty_at_once_to_two_processes_are_each_answered_for_themselves(
    watch: Database,
    kafka: KafkaSettings,
    stores: Stores,
    own_process: Callable[..., Process],
    tmp_path: Path,
    tracking: Any,
) -> None:
    env = {
        "STORES_FILE": str(tmp_path / "stores.yaml"),
        "AURORA_HOOK": "new-secret",
        "AURORA_KEY": "k",
    }
    pair = [own_process(name, "run", **env) for name in ("one", "two")]
    urls = [(each.ready or "").replace("/readyz", "/hooks/aftership/aurora") for each in pair]
    scan = tracking.checkpoint(1, "InTransit_001")
    same, odd = tracking.event(scan), tracking.event(event="edd_revise")
    others = [tracking.event(scan, number=f"N{number:08}") for number in range(10)]
    # A body, the body that its signature is of, and the answer it gets.
    sent = [
        *[(same, same, 200)] * 20,
        *[(other, other, 200) for other in others],
        *[(odd, odd, 200)] * 5,
        *[(same, odd, 401)] * 5,
        *[(b"{", b"{", 400)] * 5,
        *[(b" " * 2**20 + same, same, 413)] * 5,
    ]

    async with Processes() as processes, httpx.AsyncClient(timeout=60) as client:
        await processes.start(*pair)
        answers = await asyncio.gather(
            *(
                client.post(url, content=body, headers=tracking.signed(of))
                for body, of, _ in sent
                for url in urls
            )
        )
        said = await testing.eventually(lambda: all_said(kafka, 11), within=30)
        codes = [await processes.stop(name) for name in ("one", "two")]

    expected = [status for _, _, status in sent for _ in urls]
    assert [answer.status_code for answer in answers] == expected
    assert len(said) == len(set(said)) == 11
    assert await kept(watch) == 12
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
