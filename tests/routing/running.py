"""Routing as it runs, seen from outside: processes, people with their tokens, and Kafka."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml
from aiokafka import AIOKafkaProducer

from deploy.demo.tail import Tail
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Process, Processes
from shared import testing
from shared.callers import Role, new_token
from shared.contracts.base import Message
from shared.settings import KafkaSettings

M = TypeVar("M", bound=Message)

PEOPLE = {
    "eva": Role.AGENT,
    "iris": Role.AGENT,
    "kai": Role.AGENT,
    "lea": Role.LEAD,
    "tom": Role.LEAD,
    "root": Role.ADMIN,
}
"""Who calls, each for all stores."""
_EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ROUND_THE_CLOCK = {"days": _EVERY_DAY, "from": "00:00", "to": "24:00"}


def member(agent_id: str, **told: Any) -> dict[str, Any]:
    """An agent of aurora as the team's document has him: Spanish, always there, room for three."""
    return {
        "id": agent_id,
        "name": agent_id.title(),
        "role": "lead" if PEOPLE.get(agent_id) is Role.LEAD else "agent",
        "stores": ["aurora"],
        "languages": {"es": 5},
        "country": "ES",
        "time_zone": "UTC",
        "capacity": {"total": 3, "chat": 3, "messaging": 3, "mail": 3},
        "shifts": [ROUND_THE_CLOCK],
        **told,
    }


@dataclass(frozen=True)
class Running:
    """The processes by name, who they answer, and all that was said since they run."""

    processes: Processes
    doors: Mapping[str, str]
    clients: Mapping[str, httpx.AsyncClient]
    producer: AIOKafkaProducer
    prefix: str
    tail: Tail
    keys: "count[int]"

    async def ask(self, who: str, method: str, path: str, **given: Any) -> httpx.Response:
        """Ask the first process that runs; a key of its own goes along unless one is given."""
        door = next(self.doors[name] for name in self.doors if self.processes.pid(name))
        headers = {"idempotency-key": f"key-of-the-test-{next(self.keys):06}"}
        headers |= given.pop("headers", {})
        return await self.clients[who].request(method, door + path, headers=headers, **given)

    async def team(self, *members: dict[str, Any], **more: Any) -> None:
        """Make these the team, as an admin does."""
        etag = (await self.ask("root", "GET", "/team")).headers["etag"]
        document = {"agents": list(members), **more}
        done = await self.ask("root", "PUT", "/team", json=document, headers={"if-match": etag})
        assert done.status_code == 200, done.text

    async def put(self, agent: dict[str, Any]) -> None:
        """Write one agent down, new or changed, as an admin does."""
        etag = (await self.ask("root", "GET", "/team")).headers["etag"]
        path, stands = f"/agents/{agent['id']}", {"if-match": etag}
        done = await self.ask("root", "PUT", path, json=agent, headers=stands)
        assert done.status_code == 200, done.text

    async def hear(self, *messages: Message) -> None:
        """Put these on their topics."""
        for n, message in enumerate(messages):
            record = testing.record(message, offset=n)
            await self.producer.send_and_wait(
                self.prefix + record.topic, record.value, key=record.key, headers=record.headers
            )

    async def told(
        self, kind: type[M], where: Callable[[M], bool] = lambda _: True, *, within: float = 15.0
    ) -> M:
        """The first message of a kind that fits, as soon as it is on its topic."""
        return (await self.tail.first(kind, where, within=within)).message

    def all(self, kind: type[M], where: Callable[[M], bool] = lambda _: True) -> list[M]:
        """All of a kind so far that fit."""
        return [seen.message for seen in self.tail.all(kind, where)]


@asynccontextmanager
async def running(
    folder: Path,
    *,
    kafka: KafkaSettings,
    database_url: str,
    names: tuple[str, ...] = ("one",),
    **env: str,
) -> AsyncIterator[Running]:
    """Start these processes on the stores that the folder's file has; they are ready when given."""
    tokens = {name: new_token() for name in PEOPLE}
    callers = [
        {
            "id": name,
            "kind": "agent",
            "role": role.value,
            "stores": ["*"],
            "token_sha256": tokens[name][1],
        }
        for name, role in PEOPLE.items()
    ]
    (folder / "callers.yaml").write_text(yaml.safe_dump({"callers": callers}), "utf-8")
    common = {
        "KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
        "DATABASE_URL": database_url,
        "STORES_FILE": str(folder / "stores.yaml"),
        "CALLERS_FILE": str(folder / "callers.yaml"),
        "OMP_NUM_THREADS": "1",
        **env,
    }
    doors = {name: f"http://{LOOPBACK}:{free_port()}" for name in names}
    async with AsyncExitStack() as stack:
        processes = await stack.enter_async_context(Processes())
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        stack.push_async_callback(producer.stop)
        await processes.start(
            *(
                Process(
                    name=name,
                    command=[sys.executable, "-m", "routing", "run"],
                    log=folder / f"{name}.log",
                    env={
                        **common,
                        "KAFKA_INSTANCE_ID": name,
                        "ROUTING_HTTP_PORT": door.rpartition(":")[2],
                    },
                    ready=f"{door}/readyz",
                )
                for name, door in doors.items()
            )
        )
        yield Running(
            processes,
            doors,
            {
                name: await stack.enter_async_context(
                    httpx.AsyncClient(
                        trust_env=False,
                        timeout=10,
                        headers={"authorization": f"Bearer {tokens[name][0]}"},
                    )
                )
                for name in PEOPLE
            },
            producer,
            kafka.topic_prefix,
            await stack.enter_async_context(Tail(kafka)),
            count(1),
        )
