"""Intake's doors, one process: signed webhooks that are durable before 200, mails by SMTP, and how
long a mail in somebody's mailbox takes to be a MessageReceived."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import aiosmtplib
import yaml

from deploy.local.ports import free_port
from deploy.local.processes import Process, Processes
from shared.bus import kafka as clients
from shared.contracts.intake import MessageReceived
from shared.settings import KafkaSettings
from tests.bench import bare_mailbox, posting
from tests.bench.bench_chain import ACCOUNT, SECRET, configuration, environment, webhook
from tests.bench.figures import Figure, percentile
from tests.bench.places import Place
from tests.bench.watching import first_seen

WEBHOOKS, AT_ONCE = 6000, 32
MAILS, SESSIONS = 1500, 8
ARRIVALS = 120
ADDRESS, PASSWORD = LOGIN = "care@bench.example", "pw"


async def bench_intake(place: Place) -> list[Figure]:
    """Floors first, then the service."""
    empty, insert = await floors(place)
    figures: list[Figure] = []
    settings = KafkaSettings(bootstrap=place.bootstrap, topic_prefix="doors.", partitions=4)
    await clients.ensure_topics(settings)
    ports = {name: free_port() for name in ("http", "smtp", "imap")}
    async with Processes() as processes:
        await processes.start(_mail_server(place, ports["imap"]))
        await _wait_for(ports["imap"])
        bare = await asyncio.to_thread(bare_mailbox.waited, ports["imap"], LOGIN, _batch(0))
        await processes.start(_intake(place, settings, ports))
        rate, times = await webhooks(ports["http"], f"/hooks/whatsapp/{ACCOUNT}", WEBHOOKS)
        figures += [
            Figure("signed webhooks, durable before 200", rate, "/s", "≥ 1,000 /s",
                   empty[0], "/s, empty FastAPI route"),
            Figure("the same, beside one insert a request", rate, "/s", "–",
                   insert[0], "/s, bare insert"),
            Figure("the same, p50", percentile(times, 0.5) * 1000, "ms", "–",
                   percentile(insert[1], 0.5) * 1000, "ms, bare insert"),
            Figure("the same, p99", percentile(times, 0.99) * 1000, "ms", "–",
                   percentile(insert[1], 0.99) * 1000, "ms, bare insert"),
        ]  # fmt: skip
        figures.append(
            Figure("mails by SMTP, durable before 250", await mails(ports["smtp"]), "/s", "–",
                   insert[0], "/s, bare insert")
        )  # fmt: skip
        waited = await arrivals(settings, ports["imap"])
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            figures.append(
                Figure(f"in the mailbox → MessageReceived, 33 mails/s, {name}",
                       percentile(waited, share) * 1000, "ms", "p99 ≤ 1,000 ms",
                       percentile(bare, share) * 1000, "ms, a bare client has it")
            )  # fmt: skip
    return figures


async def floors(place: Place) -> list[tuple[float, list[float]]]:
    """Requests a second and their times: of the empty route, of the bare insert."""
    port = free_port()
    program = str(Path(__file__).parent / "bare_door.py")
    env = {"DATABASE_URL": place.database_url, "BENCH_HTTP_PORT": str(port)}
    async with Processes() as processes:
        await processes.start(
            Process(
                name="bare-door",
                command=[sys.executable, program],
                log=place.folder / "bare-door.log",
                env=env,
                ready=f"http://127.0.0.1:{port}/readyz",
            )
        )
        return [await webhooks(port, path, WEBHOOKS) for path in ("/empty", "/insert")]


def _mail_server(place: Place, port: int) -> Process:
    return Process(
        name="imap",
        command=[
            str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port",
            str(port), "--no-tls", "--no-service", "admin", "--no-service", "managesieve",
            "dict", "--demo-user", ADDRESS, "--demo-password", PASSWORD,
        ],
        log=place.folder / "imap.log",
        env={},
    )  # fmt: skip


async def _wait_for(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return


def _intake(place: Place, settings: KafkaSettings, ports: dict[str, int]) -> Process:
    env = {
        **environment(place, settings),
        **configuration(place.folder),
        "INTAKE_HTTP_PORT": str(ports["http"]),
        "INTAKE_SMTP_PORT": str(ports["smtp"]),
        "INTAKE_FILES_URL": str(place.folder / "files"),
    }
    stores = yaml.safe_load(Path(env["STORES_FILE"]).read_text())
    (place.folder / "imap-password").write_text(PASSWORD)
    stores["stores"]["bench"]["accounts"].append(
        {
            "channel": "mail",
            "account_id": "care",
            "address": ADDRESS,
            "from_name": "Bench",
            "max_requests_per_second": 100000,
            "smtp_host": "127.0.0.1",
            "smtp_port": 25,
            "smtp_tls": "none",
            "imap_host": "127.0.0.1",
            "imap_port": ports["imap"],
            "imap_tls": "none",
            "imap_password": "file:imap-password",
        }
    )
    path = place.folder / "doors.yaml"
    path.write_text(yaml.safe_dump(stores))
    return Process(
        name="intake",
        command=[sys.executable, "-m", "intake", "run"],
        log=place.folder / "intake.log",
        env={**env, "STORES_FILE": str(path)},
        ready=f"http://127.0.0.1:{ports['http']}/readyz",
    )


async def webhooks(port: int, path: str, count: int) -> tuple[float, list[float]]:
    """Requests a second, closed loop over some connections, and each one's seconds."""
    bodies = (webhook(f"{path}-{n}") for n in range(count + AT_ONCE * 20))
    requests = iter([posting.request(path, body, SECRET) for body in bodies])
    async with posting.opened(port) as door:
        await _all(AT_ONCE, lambda: _post(door, islice(requests, 20)))  # warm up
        begun = time.perf_counter()
        times = await _all(AT_ONCE, lambda: _post(door, requests))
        rate = count / (time.perf_counter() - begun)
    return rate, [each for some in times for each in some]


async def _all(count: int, work: Callable[[], Awaitable[list[float]]]) -> Sequence[list[float]]:
    return await asyncio.gather(*(work() for _ in range(count)))


async def _post(door: posting.Door, requests: Iterable[bytes]) -> list[float]:
    times = []
    for one in requests:
        sent = time.perf_counter()
        await door.post(one)
        times.append(time.perf_counter() - sent)
    return times


def _mail(n: int) -> bytes:
    return (
        f"From: Ana <ana-{n}@example.org>\r\nTo: {ADDRESS}\r\nSubject: Order {n}\r\n"
        f"Message-ID: <{n}@example.org>\r\nDate: Mon, 04 May 2026 13:50:00 +0200\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        + "Where is my parcel? It should have been here last week.\r\n"
        * 8
    ).encode()


async def mails(port: int) -> float:
    """Mails a second over some sessions that are kept."""
    waiting = iter(range(MAILS))

    async def session() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, timeout=60) as smtp:
            for n in waiting:
                await smtp.sendmail(f"ana-{n}@example.org", [ADDRESS], _mail(n))

    begun = time.perf_counter()
    await asyncio.gather(*(session() for _ in range(SESSIONS)))
    return MAILS / (time.perf_counter() - begun)


async def arrivals(settings: KafkaSettings, port: int) -> list[float]:
    """Seconds from a mail's lying in the mailbox to its event on Kafka, one after another."""
    async with first_seen(settings, MessageReceived, lambda one: one.external_id) as seen:
        laid = await asyncio.to_thread(bare_mailbox.lay, port, LOGIN, _batch(1))
        async with asyncio.timeout(30):
            while not laid.keys() <= seen.keys():
                await asyncio.sleep(0.05)
    return [max(0.0, seen[name] - at) for name, at in laid.items()]


def _batch(number: int) -> list[bytes]:
    """Mails that were not sent before."""
    first = MAILS + number * ARRIVALS
    return [_mail(n) for n in range(first, first + ARRIVALS)]
