"""The scan stream as a process, on the real broker and database."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from pydantic import SecretStr
from sqlalchemy import text

from deploy.local.processes import Process, Processes
from logistics_watch.carriers.sites import TrackingSites
from logistics_watch.handlers import orders
from logistics_watch.settings import Settings
from logistics_watch.stream import credentials
from shared import testing
from shared.bus import kafka as clients
from shared.contracts.intake import OrderShipped
from shared.contracts.logistics_watch import (
    Milestone,
    ScanRecorded,
    ShipmentDelivered,
    ShipmentMoved,
)
from shared.db import Database
from shared.settings import KafkaSettings

M = Milestone
Stream = Callable[..., Process]


@pytest.fixture
def stream(own_process: Callable[..., Process]) -> Stream:
    """Describe the stream process of this test; settings may be given."""

    def make(**env: str) -> Process:
        return own_process("stream", "stream", **env)

    return make


@pytest.fixture
def speaking(speaker: Any, kafka: KafkaSettings) -> Any:
    """`async with speaking as it: await it.say(messages)`."""
    return speaker(kafka).open()


@pytest.fixture
async def shipment(
    watch: Database, shipped: Callable[..., OrderShipped], settings: Settings
) -> None:
    """A shipment that scans can move."""
    async with watch.transaction() as tx:
        stalls, sites = settings.stalls(), TrackingSites.load()
        await orders.on_order_shipped(shipped(), tx, stalls=stalls, sites=sites)


async def count(watch: Database, table: str) -> int:
    found = await testing.rows(watch, f"SELECT count(*) AS n FROM {table}")
    return int(found[0]["n"])


@pytest.mark.usefixtures("shipment")
async def test_scans_move_the_shipment_and_what_cannot_be_read_is_set_aside(
    watch: Database,
    stream: Stream,
    speaking: Any,
    scanned: Callable[..., ScanRecorded],
) -> None:
    process = stream()

    async with Processes() as processes, speaking as it:
        await processes.start(process)
        await it.say([scanned(3, M.IN_TRANSIT)])
        good = testing.record(scanned(2, M.OUT_FOR_DELIVERY), offset=0)
        await it.send(good.topic, good.key, b"\xff not json", good.headers)
        await it.send(good.topic, good.key, good.value, [])
        await it.say([scanned(1, M.DELIVERED)])

        await testing.eventually(lambda: testing.said(watch, ShipmentDelivered), within=20)
        await testing.eventually(lambda: count(watch, "dead_letters"), within=20)
        probes = httpx.URL(process.ready or "")
        async with httpx.AsyncClient() as client:
            metrics = await client.get(probes.copy_with(path="/metrics"))
            shut = await client.get(probes.copy_with(path="/shipments"))
        code = await processes.stop("stream")

    assert code == 0
    assert len(await testing.said(watch, ShipmentMoved)) == 2
    letters = await testing.rows(watch, "SELECT kind, consumer, topic FROM dead_letters")
    assert (
        letters
        == [
            {
                "kind": "undecodable",
                "consumer": "logistics-watch-scans",
                "topic": "logistics-watch.scans.v1",
            }
        ]
        * 2
    )
    assert 'meridian_scan_batches_total{outcome="answered"}' in metrics.text
    assert shut.status_code == 401


@pytest.mark.usefixtures("shipment")
@pytest.mark.parametrize("waits", [True, False], ids=["as shipped", "stream_wait_empty=False"])
async def test_a_stop_while_a_batch_is_in_its_transaction_loses_nothing_as_shipped(
    watch: Database,
    stream: Stream,
    speaking: Any,
    scanned: Callable[..., ScanRecorded],
    waits: bool,
) -> None:
    process = stream(LOGISTICS_WATCH_STREAM_WAIT_EMPTY=str(waits))
    async with Processes() as processes, speaking as it:
        await processes.start(process)
        await it.say([scanned(9, M.ACCEPTED)])
        await testing.eventually(lambda: testing.said(watch, ShipmentMoved))

        # The batch waits for the shipment's row, which this transaction holds, when it is told
        # to stop.
        async with watch.transaction() as tx:
            await tx.execute(text("SELECT 1 FROM shipments FOR UPDATE"))
            await it.say([scanned(8, M.IN_TRANSIT)])
            await testing.eventually(lambda: waiting(watch))
            stopping = asyncio.create_task(processes.stop("stream"))
            if waits:
                await testing.eventually(lambda: is_stopping(process))
            else:
                await stopping
        assert await stopping == 0

        await processes.start(process)
        await it.say([scanned(7, M.DELIVERED)])
        await testing.eventually(lambda: testing.said(watch, ShipmentDelivered), within=20)

    kept = await testing.rows(watch, "SELECT milestone FROM scans ORDER BY occurred_at")
    expected = ["accepted", "in_transit", "delivered"] if waits else ["accepted", "delivered"]
    assert [row["milestone"] for row in kept] == expected


async def waiting(watch: Database) -> bool:
    return await testing.waits(watch)


async def is_stopping(process: Process) -> bool:
    """The probes' server ends as soon as a stop is asked for."""
    async with httpx.AsyncClient() as client:
        try:
            await client.get(process.ready or "")
        except httpx.TransportError:
            return True
    return False


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("PLAINTEXT", None),
        ("SSL", {"security_protocol": "SSL"}),
        ("SASL_PLAINTEXT", {"security_protocol": "SASL_PLAINTEXT"}),
        ("SASL_SSL", {"security_protocol": "SASL_SSL"}),
    ],
)
def test_faust_reaches_a_secured_cluster_as_the_bus_does(
    protocol: Any, expected: dict[str, Any] | None
) -> None:
    kafka = KafkaSettings(
        security_protocol=protocol,
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="watch",
        sasl_password=SecretStr("s3cret"),
    )
    given = clients.connection(kafka)

    made = credentials(kafka)

    if expected is None:
        assert made is None
        return
    as_faust_does = credentials_to_aiokafka_auth(made, None)
    assert as_faust_does["security_protocol"] == expected["security_protocol"]
    assert bool(as_faust_does.get("ssl_context")) is ("ssl_context" in given)
    if protocol.startswith("SASL"):
        assert as_faust_does["sasl_mechanism"] == given["sasl_mechanism"]
        assert as_faust_does["sasl_plain_username"] == given["sasl_plain_username"]
        assert as_faust_does["sasl_plain_password"] == given["sasl_plain_password"]
