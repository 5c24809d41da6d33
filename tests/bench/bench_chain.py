"""Message in → assigned: a signed WhatsApp webhook at intake until routing's ConversationAssigned
lies on Kafka, beside the bare chain of the same hops."""

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from deploy.local.ports import free_port
from deploy.local.processes import Process, Processes
from shared import testing
from shared.bus import kafka as clients
from shared.bus.records import Record, read, wire_types
from shared.contracts.base import Message
from shared.contracts.intake import MessageReceived
from shared.contracts.notify import NotificationFailed
from shared.contracts.routing import ConversationAssigned, ConversationOpened
from shared.settings import KafkaSettings
from tests.bench import bare_chain, posting
from tests.bench.figures import Figure, percentile
from tests.bench.places import Place

Post: TypeAlias = Callable[[str], Coroutine[Any, Any, None]]

ACCOUNT, SECRET = "100200300400500", "bench-secret"
IDLE = 40, 8.0
BUSY = 1500, 100.0
TEXTS = [
    "¿Dónde está mi pedido? Llevo una semana esperando.",
    "Where is my parcel? The tracking has not moved for days.",
    "Wo bleibt meine Bestellung? Ich warte seit einer Woche.",
]


class Seen:
    """When each message reached the end of a chain, by its id.

    Topics are read side by side, so the end of a chain may be read before its beginning.
    """

    def __init__(self) -> None:
        self._at: dict[object, float] = {}
        self._messages: dict[object, str] = {}
        self._threads: dict[object, object] = {}

    def note(self, message: Message, now: float) -> None:
        """Follow one message through the topics."""
        match message:
            case MessageReceived():
                self._messages[message.thread_id] = message.external_id
            case ConversationOpened():
                self._threads[message.conversation_id] = message.thread_id
            case ConversationAssigned():
                self._at.setdefault(message.conversation_id, now)
            case NotificationFailed():
                self._messages[message.why] = message.why
                self._threads[message.why] = message.why
                self._at.setdefault(message.why, now)

    @property
    def at(self) -> dict[str, float]:
        """When each was seen at the end, of those whose way is known."""
        return {
            self._messages[thread]: now
            for conversation, now in self._at.items()
            if (thread := self._threads.get(conversation)) in self._messages
        }


@asynccontextmanager
async def watching(settings: KafkaSettings, *types: type[Message]) -> AsyncIterator[Seen]:
    """Read these types as they come."""
    consumer = clients.consumer(settings, "bench-observer", sorted({t.TOPIC for t in types}))
    await consumer.start()
    seen, known = Seen(), wire_types(types)

    async def watch() -> None:
        while True:
            polled = await consumer.getmany(timeout_ms=100)
            now = time.perf_counter()
            for part, records in sorted(polled.items()):
                for r in records:
                    heard = read(Record(part.topic, 0, 0, r.key, r.value, r.headers), known)
                    if heard is not None:
                        seen.note(heard.message, now)

    task = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.wait({task})
        await consumer.stop()


async def drive(post: Post, seen: Seen, count: int, rate: float, name: str) -> list[float]:
    """Send `count` at `rate` a second, open loop; seconds from sending to the end, of each."""
    sent: dict[str, float] = {}
    start = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []
    for n in range(count):
        await asyncio.sleep(max(0.0, start + n / rate - time.perf_counter()))
        identity = f"{name}-{n}"
        sent[identity] = time.perf_counter()
        tasks.append(asyncio.create_task(post(identity)))
    await asyncio.gather(*tasks)

    async def all_there() -> bool:
        return sent.keys() <= seen.at.keys()

    await testing.eventually(all_there, within=60)
    arrived = seen.at
    return [arrived[identity] - at for identity, at in sent.items()]


async def bench_chain(place: Place) -> list[Figure]:
    """Bare chain first, then the services, each idle and at 100 a second."""
    floor = await bare(place)
    ours = await services(place)
    figures = []
    for load in ("idle", "100/s"):
        for share, name, goal in ((0.5, "p50", "≤ 20 ms"), (0.99, "p99", "≤ 90 ms")):
            figures.append(
                Figure(
                    f"message in → assigned, {load}, {name}",
                    percentile(ours[load], share) * 1000,
                    "ms",
                    f"{goal} or ≤ 2.5 × floor",
                    percentile(floor[load], share) * 1000,
                    "ms, bare chain",
                )
            )
    return figures


async def loads(post: Post, seen: Seen) -> dict[str, list[float]]:
    """Warm up, then idle, then busy."""
    await drive(post, seen, 100, 50.0, "warm")
    return {
        "idle": await drive(post, seen, *IDLE, "idle"),
        "100/s": await drive(post, seen, *BUSY, "busy"),
    }


async def bare(place: Place) -> dict[str, list[float]]:
    """The floor."""
    for name in (bare_chain.FRONT, bare_chain.BACK):
        await testing.bare_service(place.database_url, name, bare_chain.TABLE)
    settings = KafkaSettings(bootstrap=place.bootstrap, topic_prefix="floor.", partitions=4)
    await clients.ensure_topics(settings)
    port = free_port()
    program = str(Path(__file__).parent / "bare_chain.py")
    env = {**environment(place, settings), "BENCH_HTTP_PORT": str(port)}
    async with Processes() as processes:
        await processes.start(
            Process(
                name="front",
                command=[sys.executable, program, "front"],
                log=place.folder / "front.log",
                env=env,
                ready=f"http://127.0.0.1:{port}/readyz",
            ),
            Process(
                name="back",
                command=[sys.executable, program, "back"],
                log=place.folder / "back.log",
                env=env,
            ),
        )
        async with posting.opened(port) as door, watching(settings, NotificationFailed) as seen:

            async def post(identity: str) -> None:
                await door.post(posting.request("/", identity.encode()))

            return await loads(post, seen)


def environment(place: Place, settings: KafkaSettings) -> dict[str, str]:
    """What a process needs to reach broker and database."""
    return {
        "DATABASE_URL": place.database_url,
        "KAFKA_BOOTSTRAP": place.bootstrap,
        "KAFKA_TOPIC_PREFIX": settings.topic_prefix,
    }


async def services(place: Place) -> dict[str, list[float]]:
    """Intake and routing as they are."""
    settings = KafkaSettings(bootstrap=place.bootstrap, topic_prefix="chain.", partitions=4)
    await clients.ensure_topics(settings)
    ports = {"intake": free_port(), "routing": free_port()}
    env = {
        **environment(place, settings),
        **configuration(place.folder),
        "INTAKE_HTTP_PORT": str(ports["intake"]),
        "INTAKE_SMTP_PORT": "0",
        "ROUTING_HTTP_PORT": str(ports["routing"]),
    }
    path = f"/hooks/whatsapp/{ACCOUNT}"
    async with Processes() as processes:
        await processes.start(
            *[
                Process(
                    name=name,
                    command=[sys.executable, "-m", name, "run"],
                    log=place.folder / f"{name}.log",
                    env=env,
                    ready=f"http://127.0.0.1:{port}/readyz",
                )
                for name, port in ports.items()
            ]
        )
        types = (MessageReceived, ConversationOpened, ConversationAssigned)
        async with posting.opened(ports["intake"]) as door, watching(settings, *types) as seen:

            async def post(identity: str) -> None:
                await door.post(posting.request(path, webhook(identity), SECRET))

            return await loads(post, seen)


def webhook(identity: str) -> bytes:
    """A customer's first message, each from a number of its own."""
    number = "34" + str(600_000_000 + int(hashlib.sha256(identity.encode()).hexdigest()[:7], 16))
    number = number[:11]
    message = {
        "from": number,
        "id": identity,
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": TEXTS[len(identity) % len(TEXTS)]},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "34911000000", "phone_number_id": ACCOUNT},
        "contacts": [{"profile": {"name": "Bench"}, "wa_id": number}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    entry = {"id": "1", "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def configuration(folder: Path) -> dict[str, str]:
    """One store, and agents enough for every message of the run."""
    for name in ("verify", "access"):
        (folder / name).write_text(name)
    (folder / "secret").write_text(SECRET)
    store = {
        "name": "Bench",
        "languages": ["en", "es", "de"],
        "countries": ["ES", "DE"],
        "market": "ES",
        "currency": "EUR",
        "time_zone": "Europe/Madrid",
        "accounts": [
            {
                "channel": "whatsapp",
                "account_id": ACCOUNT,
                "app_secret": "file:secret",
                "verify_token": "file:verify",
                "access_token": "file:access",
                "max_requests_per_second": 100000,
            }
        ],
    }
    (folder / "key").write_text("bench-token-key-bench-token-key-")
    (folder / "stores.yaml").write_text(
        yaml.safe_dump({"stores": {"bench": store}, "token_keys": ["file:key"]})
    )
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    agents = [
        {
            "id": f"agent-{n}",
            "name": f"Agent {n}",
            "role": "agent",
            "stores": ["bench"],
            "languages": {"en": 5, "es": 5, "de": 4},
            "skills": [],
            "country": "ES",
            "time_zone": "UTC",
            "capacity": {"total": 1000, "mail": 1000, "messaging": 1000, "chat": 1000},
            "shifts": [{"days": days, "from": "00:00", "to": "24:00"}],
        }
        for n in range(20)
    ]
    (folder / "team.yaml").write_text(yaml.safe_dump({"agents": agents}))
    return {"STORES_FILE": str(folder / "stores.yaml"), "TEAM_FILE": str(folder / "team.yaml")}
