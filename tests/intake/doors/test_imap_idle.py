"""What a mail server may send while a session idles: half a line, two, too early, an end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

import pytest

from intake.clients import imap
from intake.clients.imap import Folder
from shared.contracts.base import AccountId
from shared.errors import Unavailable
from shared.stores import MailAccount

Idling: TypeAlias = Sequence[bytes | float | None]
"""What is sent while it idles; seconds of silence; None to hang up."""
PLUS = b"+ idling\r\n"
GREETING = b"* OK ready\r\n"
ANSWERS = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\n",
    "SELECT": b"* 4 EXISTS\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT 5] .\r\n",
    "UID": b"* SEARCH 5\r\n",  # to whatever is asked
}
ACCOUNT = MailAccount(
    channel="mail", account_id=AccountId("help"), address="help@aurora.example",
    from_name="Aurora", smtp_host="127.0.0.1", smtp_port=25, smtp_tls="none", imap_tls="none",
)  # fmt: skip


@asynccontextmanager
async def opened(idling: Idling) -> AsyncIterator[Folder]:
    """A folder on a server that does this at each IDLE."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        while line := (await reader.readline()).decode():
            tag, _, rest = line.strip().partition(" ")
            word = rest.partition(" ")[0].upper()
            if word == "IDLE":
                for each in idling:
                    if each is None:
                        writer.close()
                        return
                    if isinstance(each, float):
                        await asyncio.sleep(each)
                        continue
                    writer.write(each)
                    await writer.drain()
                await reader.readuntil(b"DONE\r\n")
            writer.write(ANSWERS.get(word, b"") + f"{tag} OK done\r\n".encode())
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        there = {"imap_host": "127.0.0.1", "imap_port": port, "imap_password": ("pw",)}
        opening = imap.opened(ACCOUNT.model_copy(update=there))
        folder = await asyncio.to_thread(opening.__enter__)
        await asyncio.to_thread(folder.after, 4)  # what SELECT told of
        try:
            yield folder
        finally:
            await asyncio.to_thread(opening.__exit__, None, None, None)


async def wait(folder: Folder, seconds: float = 5.0, over: Callable[[], bool] = bool) -> float:
    """The seconds that a wait took."""
    begun = time.monotonic()
    await asyncio.to_thread(folder.wait, seconds, over)
    return time.monotonic() - begun


@pytest.mark.parametrize(
    "idling",
    [
        [PLUS, 0.05, b"* 5 EXISTS\r\n"],
        [PLUS, 0.05, b"* 5 EXISTS\r\n* 5 FETCH (FL", 0.05, b"AGS (\\Recent))\r\n"],
        [PLUS + b"* 5 EXISTS\r\n"],
        [PLUS + b"* 5 EX", 0.05, b"ISTS\r\n"],
        [b"* 5 EXISTS\r\n", 0.05, PLUS],
        [b"* 5 EXISTS\r\n* 1 RECENT\r\n" + PLUS],
    ],
    ids=["a line", "half a line", "with the answer", "half of it", "before the answer", "and more"],
)
async def test_mail_that_is_told_of_ends_the_wait_and_not_the_session(idling: Idling) -> None:
    async with opened(idling) as folder:
        took = [await wait(folder), await wait(folder)]
        found = await asyncio.to_thread(folder.after, 4)

    assert max(took) < 1.0
    assert found == [5]


async def test_where_nothing_is_told_the_wait_ends_in_its_time_or_when_it_is_over() -> None:
    async with opened([PLUS]) as folder:
        in_time = await wait(folder, 0.3)
        over = await wait(folder, 60.0, over=lambda: True)

    assert 0.25 < in_time < 1.0
    assert over < 1.0


@pytest.mark.parametrize("idling", [[PLUS, 0.05, None], [None]], ids=["idling", "at once"])
async def test_a_server_that_hangs_up_is_told_at_once(idling: Idling) -> None:
    async with opened(idling) as folder:
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            await wait(folder)

    assert time.monotonic() - begun < 1.0
