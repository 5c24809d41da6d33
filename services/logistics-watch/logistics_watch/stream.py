"""The scan stream: Faust fetches it in batches, the bus answers each in one transaction.

Faust 0.15.3 loses events in more ways than it tells; each setting and each line here that looks
odd is there because its opposite lost some (docs/decisions/0007 has the list). The two that
matter most: the agent's body never raises, since an exception commits what failed; and on a stop
the batch at hand is finished first (`stream_wait_empty`).
"""

import asyncio
import os
import ssl
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import faust
import structlog
from faust.contrib.asgi import bind_to_running_loop
from faust.exceptions import ConsumerNotStarted

from logistics_watch import metrics
from logistics_watch.settings import Settings
from shared.bus import Bus, Record
from shared.bus.kafka import ensure_topics
from shared.contracts.logistics_watch import ScanRecorded
from shared.errors import Unavailable
from shared.settings import KafkaSettings

log = structlog.get_logger()

_MAX_POLL = 300.0
_GIVE_UP = 240.0
"""Seconds to wait for the database before the process ends: past the poll interval the partitions
would go to others while we hold their events."""
_DRAIN = 20.0
_LEAST, _MOST = 0.1, 1.0


class ScanStream:
    """The Faust worker of one process."""

    def __init__(self, bus: Bus, settings: Settings) -> None:
        self._bus = bus
        self._group = bus.group
        self._settings = settings
        self._skip = len(settings.kafka.topic_prefix)
        self._app: faust.App | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Answer scans until `stop`; then finish the batch at hand, commit and leave."""
        if not await self._topics_are_there(stop):
            return
        app = self._app = self._made()
        bind_to_running_loop(app)
        app.finalize()
        await app.maybe_start()
        log.info("scan stream started", group=app.conf.id)
        await app.wait_for_stopped(stop.wait())
        if app.crashed or not stop.is_set():
            _die("faust crashed")
        try:
            await asyncio.wait_for(app.stop(), _DRAIN)
        except TimeoutError:
            _die("faust did not stop in time")

    async def facts(self) -> dict[str, Any]:
        """What the readiness page shows: ready once this process has partitions."""
        consumer = self._app._consumer if self._app is not None else None
        assigned = 0
        if consumer is not None:
            with suppress(ConsumerNotStarted):
                assigned = len(consumer.assignment())
        self._bus.is_assigned = assigned > 0
        return {"ready": assigned > 0, "partitions": assigned}

    async def _topics_are_there(self, stop: asyncio.Event) -> bool:
        while not stop.is_set():
            try:
                await ensure_topics(self._settings.kafka)
            except Unavailable:
                log.warning("kafka away, waiting")
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _MOST)
            else:
                return True
        return False

    def _made(self) -> faust.App:
        settings, kafka = self._settings, self._settings.kafka
        app = faust.App(
            kafka.topic_prefix + self._group,
            broker=[f"kafka://{host.strip()}" for host in kafka.bootstrap.split(",")],
            broker_credentials=credentials(kafka),
            consumer_group_instance_id=kafka.instance_id and f"{self._group}-{kafka.instance_id}",
            consumer_auto_offset_reset="earliest",
            consumer_metadata_max_age_ms=5000,
            broker_session_timeout=20.0,
            broker_heartbeat_interval=1.0,
            broker_max_poll_interval=_MAX_POLL,
            broker_commit_interval=1.0,
            processing_guarantee="at_least_once",
            stream_wait_empty=settings.stream_wait_empty,
            stream_buffer_maxsize=2 * settings.stream_batch,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            store="memory://",
            # Faust makes a folder although it has nothing to keep.
            datadir=Path(tempfile.gettempdir()) / f"meridian-faust-{os.getuid()}",
        )
        topic = app.topic(
            kafka.topic_prefix + ScanRecorded.TOPIC,
            key_type=bytes,
            key_serializer="raw",
            value_type=bytes,
            value_serializer="raw",
        )

        @app.agent(topic, name="scans", concurrency=1)
        async def scans(stream: Any) -> None:
            within = settings.stream_within.total_seconds()
            async for events in stream.take_events(settings.stream_batch, within):
                await self._answer(app, [self._record(event.message) for event in events])

        return app

    def _record(self, message: Any) -> Record:
        return Record(
            topic=message.topic[self._skip :],
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=list(message.headers or ()),
        )

    async def _answer(self, app: faust.App, records: Sequence[Record]) -> None:
        """Answer a batch, however long the database is away. Never raises.

        To return without having answered would commit the batch; so would any exception. What
        cannot be answered takes the process down instead, offsets where they were.
        """
        begun, pause = time.monotonic(), _LEAST
        while True:
            try:
                await self._bus.answer(records)
            except Unavailable as why:
                metrics.stream_batches.labels("waited").inc()
                log.warning("waiting with scans", why=str(why), scans=len(records))
            except Exception as why:  # noqa: BLE001 - going on would commit the batch
                # Not the message: it may quote a row.
                where = traceback.extract_tb(why.__traceback__)[-1]
                log.error("scans not answered", error=type(why).__name__, where=str(where))
                _die("a bug")
            else:
                metrics.stream_batches.labels("answered").inc()
                return
            if app.should_stop:
                _die("told to stop while waiting")
            if time.monotonic() - begun > _GIVE_UP:
                _die("the database was away too long")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MOST)


def _die(why: str) -> NoReturn:
    """End at once, without the clean-up that would commit what was not answered."""
    log.error("scan stream ends", why=why)
    os._exit(1)


def credentials(kafka: KafkaSettings) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """How Faust secures its connections; None for plain text."""
    context = None
    if kafka.security_protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=kafka.ssl_cafile)
    if kafka.security_protocol.startswith("SASL"):
        password = kafka.sasl_password
        return faust.SASLCredentials(
            username=kafka.sasl_username,
            password=password.get_secret_value() if password else None,
            ssl_context=context,
            mechanism=kafka.sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context else None
