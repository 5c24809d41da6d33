"""Mail that others' servers keep for us, on a real IMAP server over loopback."""

import asyncio
import imaplib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from intake.channels.mail import Mailboxes as OurMailboxes
from intake.channels.mail import OurOwn
from intake.handlers.keeping import Keeper
from intake.workers import mailboxes as worker
from intake.workers.mailboxes import Mailboxes
from shared import testing
from shared.contracts.intake import MessageReceived
from shared.db import Database
from shared.stores import MailAccount, Stores

PYMAP = Path(sys.executable).with_name("pymap")
CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)


class Server:
    """pymap as a process; its mail lies in memory, so a new one has numbered everything anew."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it anew, empty."""
        self._process = await asyncio.create_subprocess_exec(
            str(PYMAP), "--host", "127.0.0.1", "--port", str(self.port), "--no-tls",
            "--no-service", "admin", "--no-service", "managesieve",
            "dict", "--demo-user", "help@aurora.example", "--demo-password", "pw",
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

        async def is_open() -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                return False
            writer.close()
            return True

        await testing.eventually(is_open, within=30)

    async def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
        self._process = None

    async def put(self, *mails: bytes) -> None:
        """Lay mails into the inbox."""
        await asyncio.to_thread(self._put, mails)

    def _put(self, mails: tuple[bytes, ...]) -> None:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        with closing(client.sock):
            client.login("help@aurora.example", "pw")
            for one in mails:
                assert client.append("INBOX", "", "", one)[0] == "OK"


@pytest.fixture
async def server(free_port: Callable[[], int]) -> AsyncIterator[Server]:
    made = Server(free_port())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def watching(
    database_url: str, server: Server, stores_file: Path, secrets: dict[str, str]
) -> Callable[..., Any]:
    """`async with watching() as db`: a process that reads the mailbox."""
    text = stores_file.read_text()

    @asynccontextmanager
    async def begin(password: str = "pw", **fields: Any) -> AsyncIterator[Database]:
        told = {"imap_host": "127.0.0.1", "imap_port": server.port, "imap_tls": "none",
                "imap_password": "env:IMAP", **fields}  # fmt: skip
        more = "".join(f", {name}: {value!r}" for name, value in told.items())
        stores_file.write_text(
            text.replace("address: help@aurora.example", "address: help@aurora.example" + more)
        )
        stores = Stores.load(stores_file, environ={**secrets, "IMAP": password})
        accounts = [one for one in stores.accounts if isinstance(one, MailAccount)]
        own = OurOwn(OurMailboxes.of(stores), stores.tokens())
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            db = await stack.enter_async_context(testing.opened_database(database_url, "intake"))
            reader = Mailboxes(db, own, Keeper(db, stores.tokens()), accounts, most=20_000)
            running = asyncio.create_task(reader.run(stop))
            try:
                yield db
            finally:
                stop.set()
                await running

    return begin


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come again soon after a failure."""
    monkeypatch.setattr(worker, "_SOONEST", 0.1)
    monkeypatch.setattr(worker, "_LATEST", 0.2)


def mail(n: int, text: str = "hello", to: str = "help@aurora.example") -> bytes:
    return (
        f"Return-Path: <ana@example.org>\r\nDelivered-To: {to}\r\nFrom: Ana <ana@example.org>\r\n"
        f"To: {to}\r\nMessage-ID: <{n}@example.org>\r\nSubject: question {n}\r\n"
        f"Date: Mon, 04 May 2026 13:50:00 +0200\r\n\r\n{text}\r\n"
    ).encode()


async def read(db: Database, count: int) -> list[MessageReceived]:
    """The messages said, once there are so many."""

    async def all_there() -> list[Any]:
        said = await testing.said(db, MessageReceived)
        return list(said) if len(said) >= count else []

    return await testing.eventually(all_there, within=30)


async def position_is(db: Database, uid: int) -> None:
    """Wait until the mailbox has been read up to here."""

    async def there() -> bool:
        found = await testing.rows(db, "SELECT last_uid FROM mailboxes")
        return bool(found) and found[0]["last_uid"] >= uid

    await testing.eventually(there, within=30)


async def test_mail_is_read_as_it_arrives_and_what_lay_there_before_is_left(
    watching: Any, server: Server
) -> None:
    await server.put(mail(1))

    async with watching() as db:
        await position_is(db, 1)
        await server.put(mail(2), mail(3, "\xe9" * 15_000))
        said = await read(db, 2)

    assert [one.subject for one in said] == ["question 2", "question 3"]
    assert {one.channel for one in said} == {"mail"}
    assert said[0].reply_route.peer == "ana@example.org"
    [cut] = await testing.rows(db, "SELECT notes FROM raw_requests WHERE notes LIKE '%left out%'")
    assert cut


async def test_after_days_away_all_is_caught_up_once_and_in_order(
    watching: Any, server: Server
) -> None:
    async with watching() as db:
        await position_is(db, 0)
    await server.put(*(mail(n) for n in range(120)))

    async with watching() as db:
        await read(db, 120)
    await server.put(mail(120))
    async with watching() as db:
        said = await read(db, 121)

    assert [one.subject for one in said] == [f"question {n}" for n in range(121)]


async def test_two_processes_share_a_mailbox_and_one_follows_the_other(
    watching: Any, server: Server
) -> None:
    async with watching() as first:
        await position_is(first, 0)
        async with watching() as second:
            await server.put(*(mail(n) for n in range(20)))
            await read(second, 20)
            await testing.rows(second, CUT_OFF)
            await server.put(*(mail(n) for n in range(20, 40)))
            said = await read(second, 40)

    assert sorted(one.external_id for one in said) == sorted(
        f"<{n}@example.org>" for n in range(40)
    )


async def test_a_server_that_numbers_anew_is_read_again_and_nothing_is_doubled(
    watching: Any, server: Server
) -> None:
    async with watching() as db:
        await position_is(db, 0)
        await server.put(mail(1), mail(2))
        await read(db, 2)
        await server.stop()
        await server.start()
        await server.put(mail(2), mail(1), mail(3))
        await read(db, 3)
        await position_is(db, 3)
        said = await read(db, 3)

    assert [one.subject for one in said] == ["question 1", "question 2", "question 3"]


async def test_what_lies_there_already_is_read_where_that_is_wanted(
    watching: Any, server: Server
) -> None:
    await server.put(mail(1), mail(2))

    async with watching(imap_first_days=3) as db:
        said = await read(db, 2)

    assert len(said) == 2


async def test_a_refused_login_is_told_and_harms_nothing(
    watching: Any, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    async with watching(password="wrong") as db:

        async def is_told() -> bool:
            return "refuses the login" in capsys.readouterr().out

        await testing.eventually(is_told)

    assert await testing.rows(db, "SELECT 1 FROM mailboxes") == []


async def test_with_no_mailbox_to_watch_it_runs_until_it_is_told_to_stop(own: OurOwn) -> None:
    nothing: Any = None
    stop = asyncio.Event()
    running = asyncio.create_task(Mailboxes(nothing, own, nothing, [], 1).run(stop))

    _, still = await asyncio.wait({running}, timeout=0.1)
    stop.set()

    assert still == {running}
    await asyncio.wait_for(running, 5)
