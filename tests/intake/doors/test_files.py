"""Files of messages: fetched, looked at, laid away, given out by links."""

import asyncio
import struct
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from intake.clients import media as media_client
from intake.clients.media import Media
from intake.clients.scanner import Scanner
from intake.domain import files as rules
from intake.domain.sealing import Seal
from intake.handlers.doors import DOORS, Around
from intake.store import files as store
from intake.workers import files as worker
from intake.workers.replay import Done, Replay, Wanted
from shared import clock, testing
from shared.contracts.intake import MessageReceived
from shared.errors import Refused, Unavailable
from shared.stores import Stores
from tests.loopback import serving

PDF = b"%PDF-1.7\nan invoice"


def mail(**files: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "ana@example.org", "help@aurora.example"
    message["Subject"], message["Message-ID"] = "see below", "<files@example.org>"
    message.set_content("look")
    for name, content in files.items():
        message.add_attachment(
            content, maintype="application", subtype="x-said", filename=name.replace("_", ".")
        )
    return message.as_bytes()


async def settled(intake: Any, count: int) -> list[dict[str, Any]]:
    """The files, once none of them is due."""

    async def all_done() -> list[dict[str, Any]]:
        rows = await testing.rows(intake.db, "SELECT * FROM files ORDER BY n")
        return rows if len(rows) == count and all(r["state"] != "due" for r in rows) else []

    return await testing.eventually(all_done, within=20)


async def test_files_of_a_mail_are_had_by_their_links_and_programs_are_refused(
    intake: Any,
) -> None:
    await intake.mail(mail(bill_pdf=PDF, tool_exe=b"MZ" + bytes(90)), "help@aurora.example")

    rows = await settled(intake, 2)
    [event] = await intake.said(MessageReceived)
    bill = await intake.http.get(event.attachments[0].url)
    tool = await intake.http.get(event.attachments[1].url)

    assert [row["state"] for row in rows] == ["kept", "refused"]
    assert (bill.status_code, bill.content) == (200, PDF)
    assert bill.headers["content-type"] == "application/pdf"
    assert bill.headers["content-disposition"] == "attachment; filename*=UTF-8''bill.pdf"
    assert "sandbox" in bill.headers["content-security-policy"]
    assert tool.status_code == 410
    assert rules.A_PROGRAM in tool.json()["detail"]
    assert event.attachments[0].file_id == rows[0]["file_id"]


async def test_a_link_of_nobody_an_ended_one_and_one_of_another_store_give_nothing(
    intake: Any, stores: Stores
) -> None:
    await intake.mail(mail(bill_pdf=PDF), "help@aurora.example")
    [row] = await settled(intake, 1)
    tokens, now = stores.tokens(), clock.now()
    good = tokens.sign_until("file", row["file_id"], now + timedelta(days=1))
    ended = tokens.sign_until("file", row["file_id"], now - timedelta(seconds=1))
    other = tokens.sign_until("thread", row["file_id"], now + timedelta(days=1))

    async def status(path: str) -> int:
        answer: httpx.Response = await intake.http.get(path)
        return answer.status_code

    assert await status(f"/files/aurora/{good}") == 200
    assert await status(f"/files/aurora/{ended}") == 410
    assert await status(f"/files/borealis/{good}") == 404
    assert await status(f"/files/aurora/{other}") == 404
    assert await status(f"/files/aurora/{good[:-1]}") == 404


async def test_the_same_mail_twice_has_its_files_once(intake: Any) -> None:
    same = mail(bill_pdf=PDF)
    for _ in range(2):
        await intake.mail(same, "help@aurora.example")

    assert len(await settled(intake, 1)) == 1


@pytest.fixture
def swept_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is looked for ten times a second by whoever starts after this."""
    monkeypatch.setattr(worker, "_SWEEP", 0.1)


@pytest.fixture
def whatsapp_at(stores: Stores, free_port: Callable[[], int]) -> tuple[Any, int]:
    port = free_port()
    account = stores.account("whatsapp", "100200300")
    assert account is not None
    object.__setattr__(account, "base_url", f"http://127.0.0.1:{port}")
    return account, port


async def test_a_picture_of_whatsapp_is_fetched_however_often_that_fails_first(
    swept_often: None,
    whatsapp_at: tuple[Any, int],
    intake: Any,
    wa: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, port = whatsapp_at
    monkeypatch.setattr(worker, "_FIRST_PAUSE", timedelta(milliseconds=50))
    app, asked = FastAPI(), list[str]()

    @app.get("/media-1")
    async def told(request: Request) -> Any:
        asked.append(request.headers["authorization"])
        if len(asked) < 3:
            return Response(status_code=503)
        return {"url": f"http://127.0.0.1:{port}/there"}

    @app.get("/there")
    async def there(request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer graph token"
        return Response(PDF)

    message = {"from": "34600111222", "id": "wamid.7", "timestamp": "1777888000",
               "type": "document", "document": {"id": "media-1", "filename": "x.pdf",
                                                "mime_type": "application/pdf"}}  # fmt: skip
    async with serving(app, port):
        await intake.send_whatsapp(wa(message))
        [row] = await settled(intake, 1)

    assert (row["state"], row["size"], row["attempts"]) == ("kept", len(PDF), 3)
    assert asked == ["Bearer graph token"] * 3


async def test_an_address_inside_our_own_network_is_not_fetched(
    whatsapp_at: tuple[Any, int], free_port: Callable[[], int]
) -> None:
    account, _ = whatsapp_at
    media = Media(1000)
    for url in (
        f"http://127.0.0.1.nip.example:{free_port()}/",
        "http://example.org/plain",
        "https://127.0.0.2/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ):
        with pytest.raises(Refused):
            await media.fetch(account, url, is_url=True)
    await media.close()


async def test_a_vendor_that_leads_astray_or_sends_too_much_gives_nothing(
    whatsapp_at: tuple[Any, int],
) -> None:
    account, port = whatsapp_at
    app = FastAPI()

    @app.get("/astray")
    async def astray() -> Response:
        return Response(status_code=302, headers={"location": "https://127.0.0.2/x"})

    @app.get("/large")
    async def large() -> Response:
        return Response(b"x" * 2000)

    media = Media(1000)
    async with serving(app, port):
        for path in ("astray", "large", "missing"):
            with pytest.raises(Refused):
                await media.fetch(account, f"http://127.0.0.1:{port}/{path}", is_url=True)
    with pytest.raises(Unavailable):
        await media.fetch(account, f"http://127.0.0.1:{port}/away", is_url=True)
    await media.close()


async def test_a_server_that_never_ends_and_addresses_that_are_none_hold_nobody_up(
    whatsapp_at: tuple[Any, int], free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, port = whatsapp_at
    monkeypatch.setattr(media_client, "_PATIENCE", 0.5)

    async def drips(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        with suppress(OSError), closing(writer):
            for _n in range(30):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
            await writer.drain()

    media = Media(1000)
    async with await asyncio.start_server(drips, "127.0.0.1", port) as server:
        with pytest.raises(Unavailable, match="end"):
            await media.fetch(account, f"http://127.0.0.1:{port}/file", is_url=True)
        server.close()
        await asyncio.sleep(0.2)  # until it has noticed that nobody reads any more
    for none in ("https://[::1", "https://a:99999999/", "https://a\0",
                 "", "https://", f"http://127.0.0.1:{free_port()}/our-own"):  # fmt: skip
        with pytest.raises((Refused, Unavailable)):
            await media.fetch(account, none, is_url=True)
    await media.close()


async def test_whoever_is_killed_before_a_file_is_noted_leaves_it_to_another(
    intake_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_PATIENCE", timedelta(milliseconds=300))
    monkeypatch.setattr(worker, "_SWEEP", 0.1)
    kept, is_over, calls = store.kept, asyncio.Event(), list[str]()

    async def dies_at_first(*args: Any, **told: Any) -> None:
        calls.append(told["sha256"])
        if len(calls) > 1:
            await kept(*args, **told)
        else:
            # The file lies there, and whoever laid it down is heard of no more.
            await is_over.wait()

    monkeypatch.setattr(store, "kept", dies_at_first)
    one, _ = await intake_process(), await intake_process()
    try:
        await one.mail(mail(bill_pdf=PDF), "help@aurora.example")
        [row] = await settled(one, 1)
        [event] = await one.said(MessageReceived)
        assert (await one.http.get(event.attachments[0].url)).content == PDF
    finally:
        is_over.set()

    assert (row["state"], row["attempts"], len(set(calls))) == ("kept", 2, 1)


async def test_a_file_that_we_fail_at_keeps_us_from_no_other(
    swept_often: None, intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_FIRST_PAUSE", timedelta(milliseconds=1))
    monkeypatch.setattr(worker, "_MOST_ATTEMPTS", 3)

    def judge(octets: bytes, *told: Any) -> rules.Verdict:
        return rules.judge(octets, *told) if b"bad" not in octets else 1 // 0  # type: ignore[return-value]

    monkeypatch.setattr(worker, "judge", judge)

    await intake.mail(mail(bad_pdf=b"bad", bill_pdf=PDF), "help@aurora.example")

    rows = await settled(intake, 2)
    assert [(row["state"], row["why"]) for row in rows] == [
        ("refused", rules.FAILED),
        ("kept", None),
    ]


async def test_the_scanners_word_counts_and_without_it_nothing_is_clean(
    free_port: Callable[[], int],
) -> None:
    port, heard = free_port(), list[bytes]()

    async def clamd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        got = b""
        while size := struct.unpack(">I", await reader.readexactly(4))[0]:
            got += await reader.readexactly(size)
        heard.append(got)
        writer.write(b"stream: Bad FOUND\0" if b"bad" in got else b"stream: OK\0")
        writer.close()

    scanner = Scanner("127.0.0.1", port)
    with pytest.raises(Unavailable):
        await scanner.is_clean(b"good")
    async with await asyncio.start_server(clamd, "127.0.0.1", port):
        assert await scanner.is_clean(b"good" * 50_000)
        assert not await scanner.is_clean(b"bad")

    assert [len(each) for each in heard] == [200_000, 3]


async def test_what_was_not_understood_is_said_once_after_the_reader_was_mended(
    intake_process: Any,
    wa: Any,
    text_message: Any,
    monkeypatch: pytest.MonkeyPatch,
    own: Any,
    stores: Stores,
) -> None:
    intake = await intake_process(raw_key=SecretStr("a key of the operator"))
    mended = DOORS["whatsapp"]

    def read(_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(DOORS, "whatsapp", replace(mended, read=read))
    await intake.send_whatsapp(wa(text_message("hola")))
    monkeypatch.setitem(DOORS, "whatsapp", mended)
    wanted = Wanted(clock.now() - timedelta(hours=1), clock.now(), ("odd", "failed"))

    async def again(key: str, is_trial: bool = False) -> Done:
        done = Done()
        work = Replay(intake.db, Around(stores, own), Seal([key]))
        await work.run(wanted, done, is_trial=is_trial)
        return done

    stored = await testing.rows(intake.db, "SELECT body, headers, url FROM raw_requests")
    assert b"hola" not in stored[0]["body"]
    assert (await again("another key")).locked == 1
    assert (await again("a key of the operator", is_trial=True)).understood == 1
    assert await intake.said(MessageReceived) == []
    assert (await again("a key of the operator")).said == 1
    assert (await again("a key of the operator")).read == 0
    assert [one.text for one in await intake.said(MessageReceived)] == ["hola"]


async def test_what_cannot_be_kept_is_passed_over_while_others_go_on_coming_in(
    intake: Any,
    wa: Any,
    text_message: Any,
    monkeypatch: pytest.MonkeyPatch,
    own: Any,
    stores: Stores,
) -> None:
    mended = DOORS["whatsapp"]

    def read(_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(DOORS, "whatsapp", replace(mended, read=read))
    texts = ["poison", *(f"old {n}" for n in range(60))]
    await asyncio.gather(*(intake.send_whatsapp(wa(text_message(each))) for each in texts))
    monkeypatch.setitem(DOORS, "whatsapp", mended)
    await testing.rows(
        intake.db,
        "ALTER TABLE messages ADD CONSTRAINT ck_test CHECK (text <> 'poison') NOT VALID",
    )
    wanted = Wanted(clock.now() - timedelta(hours=1), clock.now(), ("odd", "failed"))
    done = [Done(), Done()]

    async def again(one: Done) -> None:
        await Replay(intake.db, Around(stores, own), Seal()).run(wanted, one, is_trial=False)

    answers, *_ = await asyncio.gather(
        asyncio.gather(*(intake.send_whatsapp(wa(text_message(f"new {n}"))) for n in range(40))),
        *(again(one) for one in done),
    )

    assert {answer.status_code for answer in answers} == {200}
    said = await intake.said(MessageReceived)
    assert sorted(one.text for one in said) == sorted(
        [*texts[1:], *(f"new {n}" for n in range(40))]
    )
    assert [one.version for one in said] == list(range(1, 101))
    assert {one.failed for one in done} == {1}
    left = await testing.rows(intake.db, "SELECT 1 FROM raw_requests WHERE outcome = 'odd'")
    assert len(left) == 1


async def test_files_of_locked_deliveries_are_had_all_the_same(intake_process: Any) -> None:
    intake = await intake_process(raw_key=SecretStr("a key of the operator"))

    await intake.mail(mail(bill_pdf=PDF), "help@aurora.example")

    [row] = await settled(intake, 1)
    assert row["state"] == "kept"
