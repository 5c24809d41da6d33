"""Intake as it is run: real processes, the real broker, and what happens when they die."""

import asyncio
import base64
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiosmtplib
import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from fastapi import FastAPI, Response
from websockets.asyncio.client import connect

from shared import testing
from shared.bus import kafka as clients
from shared.contracts.base import AccountId, NotificationId, StoreId, ThreadId, decode
from shared.contracts.intake import MessageReceived, SendToChat
from shared.db import Database
from shared.settings import KafkaSettings
from tests.loopback import serving

pytestmark = pytest.mark.timeout(300)


@dataclass
class Process:
    """A process of intake and where its doors are."""

    child: subprocess.Popen[bytes]
    http: httpx.AsyncClient
    smtp_port: int

    async def deliver(self, path: str, body: bytes, headers: dict[str, str]) -> int | None:
        """Post a webhook; None when nobody answered."""
        try:
            return (await self.http.post(path, content=body, headers=headers)).status_code
        except httpx.TransportError:
            return None

    async def mail(self, octets: bytes, to: str) -> int | None:
        """Hand a mail over; None when nobody answered."""
        try:
            await aiosmtplib.send(
                octets,
                sender="a@b.example",
                recipients=[to],
                hostname="127.0.0.1",
                port=self.smtp_port,
                timeout=30,
            )
        except aiosmtplib.SMTPResponseException as why:
            return why.code
        except (aiosmtplib.SMTPException, OSError):
            return None
        return 250

    async def ended(self) -> int:
        """The exit code, once there is one."""
        async with asyncio.timeout(60):
            return await asyncio.to_thread(self.child.wait)


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(
    database_url: str,
    stores_file: Path,
    secrets: dict[str, str],
    tmp_path: Path,
    free_port: Callable[[], int],
) -> AsyncIterator[Start]:
    """`await start(bootstrap)` runs `python -m intake run` until its doors are open."""
    async with contextlib.AsyncExitStack() as stack:

        async def start_(kafka: KafkaSettings, **env: str) -> Process:
            http_port, smtp_port = free_port(), free_port()
            number = uuid4().hex[:6]
            log = stack.enter_context((tmp_path / f"intake-{number}.log").open("wb"))
            child = await asyncio.to_thread(
                subprocess.Popen,
                [sys.executable, "-m", "intake", "run"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **secrets,
                    "PATH": "/usr/bin:/bin",
                    "DATABASE_URL": database_url,
                    "STORES_FILE": str(stores_file),
                    "KAFKA_BOOTSTRAP": kafka.bootstrap,
                    "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
                    "KAFKA_PARTITIONS": "2",
                    "KAFKA_INSTANCE_ID": number,
                    "INTAKE_HTTP_PORT": str(http_port),
                    "INTAKE_SMTP_PORT": str(smtp_port),
                    **env,
                },
            )
            stack.callback(child.wait)
            stack.callback(child.kill)
            url = f"http://127.0.0.1:{http_port}"
            http = await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, timeout=30, trust_env=False)
            )

            async def is_open() -> bool:
                assert child.poll() is None, Path(log.name).read_text()[-4000:]
                try:
                    return (await http.get("/livez")).is_success
                except httpx.TransportError:
                    return False

            await testing.eventually(is_open, within=120)
            return Process(child, http, smtp_port)

        yield start_


@contextlib.asynccontextmanager
async def listening(kafka: KafkaSettings, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        kafka.topic_prefix + topic, auto_offset_reset="earliest", **clients.connection(kafka)
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await clients.within(10, consumer.stop())


async def heard(consumer: AIOKafkaConsumer, count: int) -> list[MessageReceived]:
    """The next messages on the topic; and a moment to see that there are no more."""
    found: list[MessageReceived] = []
    async with asyncio.timeout(90):
        while len(found) < count:
            found += await poll(consumer, 200)
    return found + await poll(consumer, 500)


async def poll(consumer: AIOKafkaConsumer, milliseconds: int) -> list[MessageReceived]:
    batches = await consumer.getmany(timeout_ms=milliseconds)
    values = (record.value or b"" for batch in batches.values() for record in batch)
    return [decode(MessageReceived, value) for value in values]


def body_of(payload: object) -> bytes:
    return json.dumps(payload).encode()


async def test_fifty_at_once_to_two_processes_arrive_once_and_an_answer_finds_its_way(
    start: Start, kafka: KafkaSettings, wa: Any, text_message: Any, hub: Any
) -> None:
    first, second = await asyncio.gather(start(kafka), start(kafka))
    body = body_of(wa(text_message("only once")))

    answers = await asyncio.gather(
        *(
            (first, second)[n % 2].deliver("/hooks/whatsapp/100200300", body, hub(body))
            for n in range(50)
        )
    )

    assert set(answers) == {200}
    async with listening(kafka, "intake.messages.v1") as consumer:
        [event] = await heard(consumer, 1)
    assert (event.text, event.version) == ("only once", 1)

    # when an answer is sent to a visitor whose socket the other process holds
    address = str(second.http.base_url).replace("http", "ws").rstrip("/") + "/chat/borealis-web"
    async with connect(address, proxy=None) as socket:
        await socket.send('{"type": "hello", "locale": "ar"}')
        welcome = json.loads(await socket.recv())
        await tell(kafka, welcome["thread_id"], "مرحبا")
        async with asyncio.timeout(60):
            said = json.loads(await socket.recv())
    assert (said["type"], said["text"]) == ("said", "مرحبا")

    for process in (first, second):
        process.child.send_signal(signal.SIGTERM)
    assert [await process.ended() for process in (first, second)] == [0, 0]


async def tell(kafka: KafkaSettings, thread: str, text: str) -> None:
    command = SendToChat(
        occurred_at=datetime(2026, 5, 4, tzinfo=UTC),
        store_id=StoreId("borealis"),
        thread_id=ThreadId(UUID(thread)),
        account_id=AccountId("borealis-web"),
        text=text,
        notification_id=NotificationId(uuid4()),
    )
    record = testing.record(command, offset=0)
    producer = clients.producer(kafka, "test")
    await producer.start()
    try:
        async with asyncio.timeout(30):
            await producer.send_and_wait(
                kafka.topic_prefix + record.topic,
                value=record.value,
                key=record.key,
                headers=record.headers,
            )
    finally:
        await clients.within(10, producer.stop())


async def test_without_kafka_intake_takes_in_and_keeps_what_it_will_say(
    start: Start,
    database: Callable[[str], Awaitable[Database]],
    free_port: Callable[[], int],
    wa: Any,
    text_message: Any,
    hub: Any,
) -> None:
    nobody = KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}", topic_prefix="nowhere.")
    process = await start(nobody)
    body = body_of(wa(text_message("patience")))

    answer = await process.deliver("/hooks/whatsapp/100200300", body, hub(body))
    mailed = await process.mail(b"From: a@b.example\r\n\r\nby mail", "help@aurora.example")
    ready = await process.http.get("/readyz")

    assert (answer, mailed, ready.status_code) == (200, 250, 200)
    waiting = await testing.said(await database("intake"))
    texts = [one.text for one in waiting if isinstance(one, MessageReceived)]
    assert sorted(texts) == ["by mail", "patience"]
    process.child.send_signal(signal.SIGTERM)
    assert await process.ended() == 0


async def test_whoever_is_killed_in_the_middle_nothing_is_lost_and_nothing_doubled(
    start: Start, kafka: KafkaSettings, wa: Any, text_message: Any, hub: Any
) -> None:
    running = [await start(kafka), await start(kafka)]
    texts = [f"message {n}" for n in range(60)]
    bodies = {text: body_of(wa(text_message(text, sender=f"346000000{n % 20:02}")))
              for n, text in enumerate(texts)}  # fmt: skip

    async def insist(number: int, text: str) -> None:
        """As a vendor does: again and again until it is taken."""
        body = bodies[text]
        for attempt in range(600):
            process = running[(number + attempt) % len(running)]
            if number % 3:
                status = await process.deliver("/hooks/whatsapp/100200300", body, hub(body))
                is_taken = status == 200
            else:
                octets = f"From: a{number}@b.example\r\nMessage-ID: <{number}@x>\r\n\r\n{text}"
                is_taken = await process.mail(octets.encode(), "help@aurora.example") == 250
            if is_taken:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{text} was never taken")

    async def one_after_another(mine: int) -> None:
        for number in range(mine, len(texts), 6):
            await insist(number, texts[number])

    async def kill_each_in_turn() -> None:
        for n in range(2):
            running[n].child.kill()
            await running[n].ended()
            running[n] = await start(kafka)

    await asyncio.gather(*(one_after_another(n) for n in range(6)), kill_each_in_turn())

    async with listening(kafka, "intake.messages.v1") as consumer:
        said = await heard(consumer, len(texts))
    # an event may reach the topic twice when its relay is killed before it forgets it
    once = {(one.thread_id, one.version): one for one in said}
    assert sorted(one.text for one in once.values()) == sorted(texts)


async def test_who_is_killed_while_he_fetches_mails_loses_none_and_doubles_none(
    start: Start,
    kafka: KafkaSettings,
    database: Callable[[str], Awaitable[Database]],
    stores_file: Path,
    free_port: Callable[[], int],
) -> None:
    app, port, asked = FastAPI(), free_port(), list[str]()
    answering = asyncio.Event()
    answering.set()

    @app.get("/api/inbound/inboxes/7/messages/{name}")
    async def message(name: str) -> dict[str, str]:
        return {"raw_message_url": f"http://127.0.0.1:{port}/{name}"}

    @app.get("/{name}")
    async def mail(name: str) -> Response:
        asked.append(name)
        if len(asked) in deaths:
            answering.clear()  # so that he dies in the midst of it
        await asyncio.sleep(0.03)
        await answering.wait()
        return Response(f"From: a{name}@x.example\r\nMessage-ID: <{name}@x>\r\n\r\n{name}".encode())

    names = [str(n) for n in range(1000, 1080)]
    deaths = (15, 30, 45, 60)  # when so many were asked for
    given = stores_file.read_text()
    token = '         api_token: "env:MAILERS_KEY"'
    stores_file.write_text(given.replace(token, f"{token}, base_url: http://127.0.0.1:{port}"))
    auth = {"authorization": "Basic " + base64.b64encode(b"mailers:secret").decode()}
    headers = auth | {"content-type": "application/json"}
    running = [await start(kafka), await start(kafka)]
    db = await database("intake")

    async def tell_of(mine: int) -> None:
        for name in names[mine::4]:
            event = {"event": "inbound.message_received", "inbox_id": 7, "message_id": name}
            body = body_of({"events": [event, event]})
            for attempt in range(600):
                if await running[attempt % 2].deliver("/hooks/mailtrap/aurora", body, headers):
                    break
                await asyncio.sleep(0.05)

    async def has_asked(many: int) -> bool:
        return len(asked) >= many

    async def kill_each_in_turn() -> None:
        for n, many in zip((0, 0, 1, 1), deaths, strict=True):
            await testing.eventually(partial(has_asked, many), within=60)
            running[n].child.kill()
            await running[n].ended()
            answering.set()
            running[n] = await start(kafka)
            # Five minutes later, what he had claimed is due again.
            await testing.rows(db, "UPDATE mail_errands SET due_at = now()")

    async with serving(app, port):
        await asyncio.gather(*(tell_of(n) for n in range(4)), kill_each_in_turn())
        async with listening(kafka, "intake.messages.v1") as consumer:
            said = await heard(consumer, len(names))

    once = {(one.thread_id, one.version): one for one in said}
    assert sorted(one.text for one in once.values()) == names
    assert len(asked) > len(names)
    assert await testing.rows(db, "SELECT 1 FROM mail_errands") == []
