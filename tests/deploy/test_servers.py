"""The real broker and the real database: started, killed, found again, never mistaken."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.child import Child, started
from deploy.local.cluster import cluster, start_together
from deploy.local.errors import CannotStart
from deploy.local.kafka import LocalKafka
from deploy.local.ports import LOOPBACK
from deploy.local.postgres import LocalPostgres
from deploy.local.server_folder import ServerFolder


class Servers(Protocol):
    """Those of the whole run."""

    @property
    def bootstrap(self) -> str: ...
    @property
    def database_url(self) -> str: ...


Server = LocalKafka | LocalPostgres
Sleeper = Callable[[Path], Awaitable[Child]]


class Told(list[str]):
    """The sentences somebody would have read."""

    def __contains__(self, words: object) -> bool:
        return any(str(words) in sentence for sentence in self)


@pytest.fixture
def told() -> Told:
    return Told()


async def say(bootstrap: str, value: bytes) -> None:
    """Create the topic when it is not there and send one message that all replicas have."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("said", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait("said", value)


async def heard(bootstrap: str, count: int) -> list[bytes]:
    """Read the topic from its beginning until `count` messages are there."""
    consumer = AIOKafkaConsumer("said", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with asyncio.timeout(30), consumer:
        return [(await anext(consumer)).value or b"" for _ in range(count)]


async def test_what_kafka_acknowledged_survives_its_kill_and_its_stop(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path / "kafka")
    async with kafka:
        bootstrap = kafka.bootstrap
        await say(bootstrap, b"before the kill")

        await kafka.kill()
        assert kafka.pid is None
        await kafka.start()
        assert kafka.bootstrap == bootstrap
        await say(bootstrap, b"before the stop")

    async with LocalKafka(tmp_path / "kafka") as later:
        assert later.bootstrap == bootstrap
        assert await heard(bootstrap, 2) == [b"before the kill", b"before the stop"]


@pytest.mark.parametrize("durable", [True, False])
async def test_what_postgresql_committed_survives_its_kill_and_its_stop(
    durable: bool, tmp_path: Path
) -> None:
    postgres = LocalPostgres(tmp_path / "postgres", durable)
    async with postgres:
        url = postgres.url
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SHOW fsync") == ("on" if durable else "off")
        assert int(await connection.fetchval("SHOW max_connections")) >= 200
        await connection.execute("CREATE TABLE kept (at text)")
        await connection.execute("INSERT INTO kept VALUES ('before the kill')")

        await postgres.kill()
        await postgres.start()
        assert postgres.url == url
        connection.terminate()
        connection = await asyncpg.connect(url)
        await connection.execute("INSERT INTO kept VALUES ('before the stop')")
        await connection.close()

    async with LocalPostgres(tmp_path / "postgres", durable) as later:
        connection = await asyncpg.connect(later.url)
        assert later.url == url
        assert await connection.fetchval("SELECT count(*) FROM kept") == 2
        await connection.close()


async def test_a_kill_takes_a_busy_database_down_at_once(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres", durable=False) as postgres:
        connection = await asyncpg.connect(postgres.url)
        busy = asyncio.create_task(connection.fetchval("SELECT pg_sleep(60)"))
        backend = await _busy_backend(postgres.url)

        await postgres.kill()

        assert started(backend) is None
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await busy
        await postgres.start()


async def _busy_backend(url: str) -> int:
    watcher = await asyncpg.connect(url)
    query = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    async with asyncio.timeout(10):
        while (pid := await watcher.fetchval(query)) is None:
            await asyncio.sleep(0.01)
    await watcher.close()
    return int(pid)


async def test_nobody_gets_into_the_database_without_its_password(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres", durable=False) as postgres:
        user, _, rest = postgres.url.rpartition("@")
        without = f"{user.rpartition(':')[0]}@{rest}"

        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(without, password="guessed")

        assert (tmp_path / "postgres/password").stat().st_mode & 0o777 == 0o600


async def test_ports_lie_below_those_of_outgoing_connections(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres", durable=False) as postgres:
        port = int(postgres.url.rsplit(":", 1)[1].split("/")[0])

    assert 1024 < port < 32768


async def test_a_port_that_somebody_took_is_told_and_left_alone(tmp_path: Path, told: Told) -> None:
    async with LocalPostgres(tmp_path / "postgres", durable=False) as first:
        url = first.url
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind((LOOPBACK, port))
        somebody.listen()

        async with LocalPostgres(tmp_path / "postgres", durable=False, tell=told.append) as second:
            assert second.url != url

    assert f"Port {port}" in told


RUN = """
import asyncio, pathlib, sys
from deploy.local.kafka import LocalKafka
from deploy.local.postgres import LocalPostgres

async def main():
    servers = {"kafka": LocalKafka, "postgres": LocalPostgres}
    server = servers[sys.argv[1]](pathlib.Path(sys.argv[2]))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def other_run(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int, Server, Told]]:
    """Another process that runs a server; its pid; our server of the same folder; what is told."""
    folder = tmp_path / request.param
    told = Told()
    ours: Server = (
        LocalKafka(folder, tell=told.append)
        if request.param == "kafka"
        else LocalPostgres(folder, tell=told.append)
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, request.param, str(folder), stdout=subprocess.PIPE
    )
    assert process.stdout
    server_pid = int(await process.stdout.readline())
    yield process, server_pid, ours, told
    if process.returncode is None:
        process.kill()
        await process.wait()
    await ours.stop()


@pytest.mark.parametrize("other_run", ["postgres"], indirect=True)
async def test_a_folder_of_a_run_that_lives_is_refused(
    other_run: tuple[asyncio.subprocess.Process, int, Server, Told],
) -> None:
    process, server_pid, ours, _ = other_run

    with pytest.raises(CannotStart, match=f"belongs to another run \\(process {process.pid}\\)"):
        await ours.start()

    assert started(server_pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
@pytest.mark.parametrize("other_run", ["kafka", "postgres"], indirect=True)
async def test_a_run_killed_outright_leaves_no_server_behind(
    other_run: tuple[asyncio.subprocess.Process, int, Server, Told],
) -> None:
    process, server_pid, _, _ = other_run

    process.kill()
    await process.wait()

    async with asyncio.timeout(10):
        while started(server_pid):
            await asyncio.sleep(0.01)


@pytest.fixture
async def sleeper() -> AsyncIterator[Sleeper]:
    """Start a process that only sleeps, with a folder in its command line."""
    children: list[Child] = []

    async def start(folder: Path) -> Child:
        folder.mkdir()
        code = "import time; print('up', flush=True); time.sleep(60)"
        command = [sys.executable, "-c", code, str(folder)]
        children.append(Child(command, log=folder / "log.txt", env={}, cwd=folder))
        async with asyncio.timeout(10):
            while not children[-1].output():
                await asyncio.sleep(0.01)
        return children[-1]

    yield start
    for child in children:
        await child.kill()


async def test_a_server_that_a_dead_run_left_is_told_and_stopped(
    tmp_path: Path, told: Told, sleeper: Sleeper
) -> None:
    left = await sleeper(tmp_path / "server")
    ServerFolder(tmp_path / "server", "Sleeper", told.append).note(
        left, port=20_000, mark=str(tmp_path / "server")
    )

    folder = ServerFolder(tmp_path / "server", "Sleeper", told.append)
    folder.claim()
    await folder.stop_leftover(signal.SIGTERM)

    assert left.code == -signal.SIGTERM
    assert f"still there (process {left.pid}, port 20000)" in told
    assert folder.trace() is None
    folder.release()


async def test_a_stranger_with_the_same_process_id_is_left_alone(
    tmp_path: Path, told: Told, sleeper: Sleeper
) -> None:
    stranger = await sleeper(tmp_path / "elsewhere")
    folder = ServerFolder(tmp_path / "server", "Sleeper", told.append)
    folder.claim()
    folder.note(stranger, port=20_000, mark=str(tmp_path / "server"))

    await folder.stop_leftover(signal.SIGTERM)

    assert stranger.code is None
    assert told == []
    folder.release()


async def test_a_lock_file_with_a_strangers_process_id_does_not_stop_postgresql(
    tmp_path: Path,
) -> None:
    async with LocalPostgres(tmp_path / "postgres", durable=False):
        data = (tmp_path / "postgres/data").resolve()
        lock = (data / "postmaster.pid").read_text().splitlines()
    lock[0] = str(os.getpid())
    (data / "postmaster.pid").write_text("\n".join(lock))

    async with LocalPostgres(tmp_path / "postgres", durable=False) as again:
        assert again.pid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
async def test_as_root_nobody_gets_into_roots_folders_and_nothing_is_left_for_good(
    tmp_path: Path,
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    async with LocalPostgres(hidden / "postgres", durable=False) as postgres:
        connection = await asyncpg.connect(postgres.url)
        data = Path(await connection.fetchval("SHOW data_directory"))
        await connection.close()
        assert data.stat().st_uid != 0
        assert hidden.stat().st_mode & 0o777 == 0o700
        assert not data.is_relative_to(hidden)

    (hidden / "postgres/data").unlink()
    async with LocalPostgres(hidden / "other", durable=False):
        assert not data.exists()


async def test_two_servers_start_side_by_side_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    kafka, postgres = LocalKafka(tmp_path / "kafka"), LocalPostgres(tmp_path / "postgres")

    with pytest.raises(CannotStart, match="PG_BIN="):
        await start_together(kafka, postgres)

    assert kafka.pid is None
    assert postgres.pid is None


async def test_what_the_environment_names_is_used_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: Servers
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", servers.bootstrap)
    monkeypatch.setenv("DATABASE_URL", servers.database_url)

    async with cluster(tmp_path) as found:
        assert found.bootstrap == servers.bootstrap
        assert found.database_url == servers.database_url

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("DATABASE_URL", "postgresql://nobody:wrong@127.0.0.1:{port}/shop", "refused|Connect call"),
        ("DATABASE_URL", "mysql://127.0.0.1/shop", "scheme"),
        ("DATABASE_URL", "{known}/there-is-none", "does not exist"),
        ("KAFKA_BOOTSTRAP", "127.0.0.1:{port}", "bootstrap"),
        ("KAFKA_BOOTSTRAP", "127.0.0.1", "port|Connect|bootstrap"),
    ],
)
async def test_what_the_environment_names_in_vain_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    servers: Servers,
    variable: str,
    value: str,
    why: str,
) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))  # bound and not listening: nobody answers there
        known = servers.database_url.rsplit("/", 1)[0]
        monkeypatch.setenv(variable, value.format(port=taken.getsockname()[1], known=known))

        with pytest.raises(CannotStart, match=f"{variable} names a (?s:.*)({why})(?s:.*)unset it"):
            async with cluster(tmp_path):
                pass

    assert not list(tmp_path.iterdir())


async def test_a_server_that_cannot_run_says_why(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres", durable=False):
        data = (tmp_path / "postgres/data").resolve()
    (data / "global/pg_control").write_bytes(b"")

    with pytest.raises(CannotStart, match=r"ended with code -6(?s:.*)could not read file"):
        await LocalPostgres(tmp_path / "postgres").start()


async def test_a_folder_that_cannot_be_made_says_so() -> None:
    with pytest.raises(CannotStart, match="cannot keep its data in /dev/null/kafka"):
        await LocalKafka(Path("/dev/null/kafka")).start()
