"""Start the whole system: the world and all services as processes, in a database of their own."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.demo import installation
from deploy.demo.clients import WorldClient
from deploy.demo.installation import Installation
from deploy.demo.stories.stage import Addresses, Stage
from deploy.demo.tail import Tail
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Process, Processes
from shared.bus import kafka as clients
from shared.errors import Unavailable
from shared.settings import KafkaSettings

STALL_CUSTOMS = 4.0
"""Seconds a parcel may be silent at customs here; all other stall times are the usual ones."""

INTAKE = ("intake", "intake-2")
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class _Ports:
    intake: tuple[int, int]
    smtp: tuple[int, int]
    routing: int
    logistics_watch: int
    stream: int
    returns: int
    notify: int
    world: int
    world_smtp: int


@dataclass(frozen=True, kw_only=True)
class System:
    """The running system."""

    stage: Stage
    processes: Processes
    kafka: KafkaSettings
    database_url: str


@asynccontextmanager
async def running(
    folder: Path, *, kafka: KafkaSettings, database_url: str, tell: Callable[[str], None]
) -> AsyncIterator[System]:
    """Start everything on free ports and stop it at the end.

    `folder` is emptied first; configuration and logs go there. The database has to exist, topics
    are made. Raises CannotStart when a process does not become ready.
    """
    shutil.rmtree(folder, ignore_errors=True)
    ports = _free_ports()
    made = installation.make(folder / "config", world=_url(ports.world), smtp_port=ports.world_smtp)
    addresses = Addresses(
        intake=(_url(ports.intake[0]), _url(ports.intake[1])),
        smtp_port=ports.smtp[0],
        routing=_url(ports.routing),
        logistics_watch=_url(ports.logistics_watch),
        returns=_url(ports.returns),
        notify=_url(ports.notify),
        world=_url(ports.world),
    )
    logs = folder / "logs"
    async with Processes(tell=tell) as processes:
        await asyncio.gather(
            processes.start(*_processes(ports, made, kafka, database_url, logs)),
            _topics(kafka),
        )
        await _all_listen(addresses)
        world = WorldClient(addresses.world)
        async with Tail(kafka) as tail:
            stage = Stage(addresses=addresses, installation=made, world=world, tail=tail, logs=logs)
            async with _watched(processes, stage.death):
                yield System(
                    stage=stage, processes=processes, kafka=kafka, database_url=database_url
                )
        await world.close()


async def _topics(kafka: KafkaSettings, within: float = 60) -> None:
    """Make the topics: a broker beside nine starting processes may take its time to answer."""
    async with asyncio.timeout(within):
        while True:
            with suppress(Unavailable):
                return await clients.ensure_topics(kafka)
            await asyncio.sleep(0.5)


@asynccontextmanager
async def _watched(processes: Processes, death: "asyncio.Future[str]") -> AsyncIterator[None]:
    async def watch() -> None:
        death.set_result(await processes.died.get())

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


async def _all_listen(addresses: Addresses, within: float = 30) -> None:
    """Wait until every service has its place in Kafka: else a first message would wait for that."""
    services = [*addresses.intake, addresses.routing, addresses.logistics_watch]
    services += [addresses.returns, addresses.notify]
    async with asyncio.timeout(within), httpx.AsyncClient(trust_env=False) as http:
        for url in services:
            while not await _listens(http, url):  # noqa: ASYNC110 - what is asked is elsewhere
                await asyncio.sleep(0.05)


async def _listens(http: httpx.AsyncClient, url: str) -> bool:
    facts = (await http.get(f"{url}/readyz")).json()
    return all(facts.get("listening", {}).values())


def _processes(
    ports: _Ports, made: Installation, kafka: KafkaSettings, database_url: str, logs: Path
) -> list[Process]:
    shared = {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
        "STORES_FILE": str(made.stores),
        "CALLERS_FILE": str(made.callers),
        "TEAM_FILE": str(made.team),
        "INTAKE_FILES_URL": str(logs / "files"),
        "LOGISTICS_WATCH_STALL_CUSTOMS": f"PT{STALL_CUSTOMS:g}S",
        # One thread each: every process computes little, and there are more of them than cores.
        "OMP_NUM_THREADS": "1",
    }
    if kafka.partitions:
        shared["KAFKA_PARTITIONS"] = str(kafka.partitions)

    def service(name: str, module: str, port: int, command: str = "run", **env: str) -> Process:
        prefix = module.upper()
        variable = f"{prefix}_STREAM_HTTP_PORT" if command == "stream" else f"{prefix}_HTTP_PORT"
        own = {variable: str(port), "KAFKA_INSTANCE_ID": name, **env}
        return Process(
            name=name,
            command=[sys.executable, "-m", module, command],
            log=logs / f"{name}.log",
            env={**shared, **own},
            ready=f"{_url(port)}/readyz",
        )

    return [
        _world(ports, made, logs),
        *(
            service(name, "intake", port, INTAKE_SMTP_PORT=str(smtp))
            for name, port, smtp in zip(INTAKE, ports.intake, ports.smtp, strict=True)
        ),
        service("routing", "routing", ports.routing),
        service("logistics-watch", "logistics_watch", ports.logistics_watch),
        service("logistics-watch-stream", "logistics_watch", ports.stream, "stream"),
        service("returns", "returns", ports.returns),
        service("notify", "notify", ports.notify),
    ]


def _world(ports: _Ports, made: Installation, logs: Path) -> Process:
    command = [sys.executable, "-m", "deploy.demo.world", "--stores", str(made.stores)]
    command += ["--intake", _url(ports.intake[0]), "--logistics", _url(ports.logistics_watch)]
    command += ["--http-port", str(ports.world), "--smtp-port", str(ports.world_smtp)]
    return Process(
        name="world",
        command=command,
        log=logs / "world.log",
        env={"PYTHONPATH": str(_ROOT)},
        ready=f"{_url(ports.world)}/livez",
    )


def _free_ports() -> _Ports:
    taken: list[int] = []
    while len(taken) < 11:
        port = free_port()
        if port not in taken:
            taken.append(port)
    return _Ports((taken[0], taken[1]), (taken[2], taken[3]), *taken[4:])


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
