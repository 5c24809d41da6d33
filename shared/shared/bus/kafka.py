"""Clients of aiokafka made from the settings, and the topics.

aiokafka is silent when things go wrong: calls that never return are bounded here, and error codes
that come back without an exception are read.
"""

import asyncio
import ssl
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from shared.contracts.topics import TOPICS
from shared.errors import Unavailable
from shared.settings import KafkaSettings

log = structlog.get_logger()

_EXISTS = 36
_SEGMENT = timedelta(days=1)
"""Kafka drops whole segments: a record may outlive the retention by as long as its segment."""
_LARGEST = 1_000_000  # the broker's own limit for a batch is 1 MiB and a little


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """What every aiokafka client needs to reach the cluster."""
    found: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": kafka.security_protocol,
    }
    if "SSL" in kafka.security_protocol.replace("SASL", ""):
        found["ssl_context"] = ssl.create_default_context(cafile=kafka.ssl_cafile)
    if kafka.security_protocol.startswith("SASL"):
        found["sasl_mechanism"] = kafka.sasl_mechanism
        found["sasl_plain_username"] = kafka.sasl_username
        if kafka.sasl_password is not None:
            found["sasl_plain_password"] = kafka.sasl_password.get_secret_value()
    return found


def consumer(kafka: KafkaSettings, group: str, topics: list[str]) -> AIOKafkaConsumer:
    """A consumer that commits only what it is told to; not started."""
    return AIOKafkaConsumer(
        *[kafka.topic_prefix + topic for topic in topics],
        group_id=kafka.topic_prefix + group,
        group_instance_id=kafka.instance_id and f"{group}-{kafka.instance_id}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=10_000,
        heartbeat_interval_ms=500,
        max_poll_interval_ms=300_000,
        metadata_max_age_ms=5_000,
        **connection(kafka),
    )


def producer(kafka: KafkaSettings, client: str) -> AIOKafkaProducer:
    """An idempotent producer without linger; not started."""
    return AIOKafkaProducer(
        client_id=client,
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=_LARGEST,
        max_request_size=_LARGEST + 4096,
        request_timeout_ms=10_000,
        **connection(kafka),
    )


async def ensure_topics(kafka: KafkaSettings) -> None:
    """Make the topics of the registry that do not exist yet. Raises `Unavailable`."""
    admin = AIOKafkaAdminClient(request_timeout_ms=10_000, **connection(kafka))
    try:
        async with asyncio.timeout(20):
            await admin.start()
            there = set(await admin.list_topics())
            missing = [t for t in TOPICS if kafka.topic_prefix + t.name not in there]
            if missing:
                await _create(admin, kafka, missing)
    except (KafkaError, TimeoutError, OSError) as why:
        raise Unavailable("kafka") from why
    finally:
        await within(10, admin.close())


async def _create(admin: AIOKafkaAdminClient, kafka: KafkaSettings, missing: list[Any]) -> None:
    answer: Any = await admin.create_topics(
        [
            NewTopic(
                name=kafka.topic_prefix + topic.name,
                num_partitions=kafka.partitions or topic.partitions,
                replication_factor=kafka.replication_factor,
                topic_configs={
                    "cleanup.policy": "delete",
                    "retention.ms": _milliseconds(topic.retention - _SEGMENT),
                    "segment.ms": _milliseconds(_SEGMENT),
                    "max.message.bytes": str(_LARGEST + 4096),
                },
            )
            for topic in missing
        ]
    )
    for name, code, *message in answer.topic_errors:
        if code not in (0, _EXISTS):
            log.error("topic refused", topic=name, code=code, why=message)
            raise Unavailable(f"topic {name} refused with error code {code}")


def _milliseconds(span: timedelta) -> str:
    return str(int(span.total_seconds() * 1000))


async def within(seconds: float, stopping: Awaitable[Any]) -> None:
    """Wait for a client to stop, at most so long, whatever it raises: `stop()` of aiokafka may hang
    or raise CancelledError when the broker is away."""
    task = asyncio.ensure_future(stopping)
    _, pending = await asyncio.wait({task}, timeout=seconds)
    for late in pending:
        late.cancel()
    if not pending and not task.cancelled() and task.exception() is not None:
        log.warning("kafka client stopped badly", error=type(task.exception()).__name__)
