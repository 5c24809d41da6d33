"""The SMTP door: whom it takes mail for, what is kept, and that 250 means committed."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from intake.api import smtp
from shared import testing
from shared.contracts.intake import Delivery, MessageReceived, MessageStatusChanged
from shared.tokens import Tokens

START = Callable[..., Awaitable[Any]]
HELP, VENTAS, KYOTO = "help@aurora.example", "ventas@aurora.example", "help@borealis.example"


def letter(text: str = "Hola", id: str | None = None, **headers: str) -> str:
    made = {
        "From": "Ana <ana@example.org>",
        "To": HELP,
        "Subject": "Lamp",
        "Message-ID": id or f"<{uuid4().hex}@example.org>",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return "".join(f"{name}: {value}\n" for name, value in made.items()) + f"\n{text}\n"


async def raw(intake: Any) -> list[dict[str, Any]]:
    return await testing.rows(
        intake.db, "SELECT store_id, account_id, outcome, body FROM raw_requests ORDER BY store_id"
    )


async def test_a_mail_is_kept_as_it_came_and_said(intake: Any) -> None:
    octets = letter("¿Dónde está?", Received="from x").encode()

    assert await intake.mail(octets, HELP) == (250, "2.0.0 kept")

    [event] = await intake.said(MessageReceived)
    assert (event.text, event.subject, event.mail) == ("¿Dónde está?", "Lamp", "ana@example.org")
    assert (event.store_id, event.account_id) == ("aurora", "help")
    [row] = await raw(intake)
    assert row["body"] == octets.replace(b"\n", b"\r\n")
    assert row["outcome"] == "understood"


async def test_mail_in_japanese_comes_in_its_own_charset(intake: Any) -> None:
    text = "注文した商品がまだ届いていません。"
    head = letter("", Content_Type="text/plain; charset=ISO-2022-JP").rstrip() + "\n\n"

    await intake.mail(head.encode() + text.encode("iso2022_jp"), KYOTO)

    [event] = await intake.said(MessageReceived)
    assert (event.text, event.store_id) == (text, "borealis")


async def test_mail_is_taken_for_our_mailboxes_alone(intake: Any) -> None:
    ours = [
        "HELP@Aurora.Example",
        "help+anything@aurora.example",
        "help+@aurora.example",
        "help+x+y@aurora.example",
    ]
    strangers = [
        "nobody@aurora.example",
        "help@elsewhere.example",
        "bounce@aurora.example",
        "+help@aurora.example",
        "help@aurora.example.org",
    ]

    codes = [(await intake.mail(letter(), address))[0] for address in (*ours, *strangers)]

    assert codes == [250] * len(ours) + [550] * len(strangers)
    assert len(await raw(intake)) == len(ours)


async def test_a_mail_to_two_mailboxes_of_a_store_is_one_message(intake: Any) -> None:
    together = letter(id="<1@example.org>")
    apart = letter(id="<2@example.org>")

    await intake.mail(together, HELP, VENTAS)
    await asyncio.gather(*(intake.mail(apart, to) for to in (HELP, VENTAS, HELP, VENTAS)))

    said = await intake.said(MessageReceived)
    assert sorted(one.external_id for one in said) == ["<1@example.org>", "<2@example.org>"]


async def test_a_mail_to_two_stores_is_a_message_in_each(intake: Any) -> None:
    await intake.mail(letter(), HELP, KYOTO, VENTAS)

    said = await intake.said(MessageReceived)
    assert sorted(one.store_id for one in said) == ["aurora", "borealis"]
    assert len({one.thread_id for one in said}) == 2
    assert [row["store_id"] for row in await raw(intake)] == ["aurora", "borealis"]


async def test_an_answer_lands_in_the_thread_it_answers(intake: Any, tokens: Tokens) -> None:
    await intake.mail(letter("first"), HELP)
    [first] = await intake.said(MessageReceived)
    tag = tokens.sign("thread", first.thread_id)

    await intake.mail(letter("second"), f"help+{tag}@aurora.example")
    await intake.mail(letter("third", Cc=f"help+{tag}@aurora.example"), HELP)
    await intake.mail(letter("elsewhere"), f"help+{tag}@borealis.example")
    quoted = {"In_Reply_To": first.external_id, "References": first.external_id}
    await intake.mail(letter("stranger", From="eva@example.org", **quoted), HELP)
    await intake.mail(letter("any news?", **quoted), VENTAS)

    said = await intake.said(MessageReceived)
    same = [(one.text, one.version) for one in said if one.thread_id == first.thread_id]
    assert same == [("first", 1), ("second", 2), ("third", 3), ("any news?", 4)]


async def test_a_token_for_a_thread_that_no_mail_began_opens_none(
    intake: Any, tokens: Tokens, wa: Any, text_message: Any
) -> None:
    await intake.send_whatsapp(wa(text_message("hi")))
    [chat] = await intake.said(MessageReceived)
    tags = [tokens.sign("thread", id) for id in (chat.thread_id, uuid4())]

    for tag in tags:
        await intake.mail(letter("mine"), f"help+{tag}@aurora.example")

    said = await intake.said(MessageReceived)
    assert len({one.thread_id for one in said}) == 3


async def test_what_a_thread_is_about_stays_with_its_later_mails(
    intake: Any, tokens: Tokens
) -> None:
    order = uuid4()
    to_order = f"help+{tokens.sign('order', order)}@aurora.example"
    await intake.mail(letter("where is it"), to_order)
    [first] = await intake.said(MessageReceived)

    await intake.mail(
        letter("and now?"), f"help+{tokens.sign('thread', first.thread_id)}@aurora.example"
    )

    first, second = await intake.said(MessageReceived)
    assert first.about == second.about
    assert (second.about.kind, second.about.id) == ("order", str(order))


async def test_a_bounce_is_told_once_of_its_notification(intake: Any, tokens: Tokens) -> None:
    notification = uuid4()
    to = f"help+{tokens.sign('notification', notification)}@aurora.example"
    report = (
        "From: MAILER-DAEMON@mx.example\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        "Action: failed\nStatus: {}\n--b--\n"
    )

    for status in ("4.2.2", "5.1.1", "5.1.1"):
        assert (await intake.mail(report.format(status), to, sender=""))[0] == 250

    said = await intake.said()
    assert all(isinstance(one, MessageStatusChanged) for one in said)
    assert [(one.reason, one.is_permanent, one.version) for one in said] == [
        ("4.2.2", False, 1),
        ("5.1.1", True, 2),
    ]
    assert {one.notification_id for one in said} == {notification}
    assert {one.status for one in said} == {Delivery.BOUNCED}


async def test_an_automatic_reply_is_kept_and_says_nothing(intake: Any) -> None:
    answer, _ = await intake.mail(letter(Auto_Submitted="auto-replied"), HELP)

    assert answer == 250
    assert [row["outcome"] for row in await raw(intake)] == ["known"]
    assert await intake.said() == []


async def test_a_mail_too_large_is_answered_552(intake_process: START) -> None:
    intake = await intake_process(smtp_max_octets=4096)

    for text in ("x" * 8000, "x\n" * 4000, "x" * 50 + "\n" + "y" * 8000):
        assert (await intake.mail(letter(text), HELP))[0] == 552
    announced = await intake.smtp_says(
        "EHLO x", "MAIL FROM:<a@b.example> SIZE=5000", "MAIL FROM:<a@b.example> SIZE=500"
    )
    assert [answer[:3] for answer in announced[1:]] == ["552", "250"]

    assert (await intake.mail(letter("x"), HELP))[0] == 250
    assert len(await raw(intake)) == 1


async def test_lines_longer_than_the_standard_allows_are_taken(intake: Any) -> None:
    text = "a" * 200_000

    assert (await intake.mail(letter(text), HELP))[0] == 250

    [event] = await intake.said(MessageReceived)
    assert event.is_cut
    [row] = await testing.rows(intake.db, "SELECT text FROM messages")
    assert row["text"] == text


async def test_mail_that_comes_too_fast_is_told_to_come_again(intake: Any) -> None:
    answers = await asyncio.gather(*(intake.mail(letter(), KYOTO) for _ in range(12)))

    codes = [code for code, _ in answers]
    assert set(codes) == {250, 451}
    assert 3 <= codes.count(250) < 12
    assert len(await raw(intake)) == codes.count(250)


async def test_more_connections_than_there_is_room_for_are_told_to_come_again(
    intake_process: START,
) -> None:
    intake = await intake_process(smtp_max_connections=1)

    def banner(connection: socket.socket) -> bytes:
        connection.settimeout(10)
        return connection.recv(100)

    def connected() -> socket.socket:
        return socket.create_connection(("127.0.0.1", intake.smtp.port), timeout=10)

    with await asyncio.to_thread(connected) as first:
        assert (await asyncio.to_thread(banner, first)).startswith(b"220 ")
        with await asyncio.to_thread(connected) as second:
            assert (await asyncio.to_thread(banner, second)).startswith(b"421 ")

    async def is_room() -> bool:
        with await asyncio.to_thread(connected) as third:
            return (await asyncio.to_thread(banner, third)).startswith(b"220 ")

    await testing.eventually(is_room)


async def test_nobody_holds_all_lines_without_mail(
    intake_process: START, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_IDLE", 0.2)
    intake = await intake_process(smtp_max_connections=3)
    port = intake.smtp.port
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    for reader, _ in held:
        assert (await reader.readline()).startswith(b"220 ")
    written, writer = held[0]
    for command in (b"EHLO x", b"MAIL FROM:<a@b.example>", f"RCPT TO:<{HELP}>".encode()):
        writer.write(command + b"\r\n")
        while (await written.readline())[3:4] == b"-":
            pass

    await asyncio.sleep(0.3)

    assert [await intake.mail(letter(f"{n}"), HELP) for n in range(3)] == [(250, "2.0.0 kept")] * 3
    assert (await held[1][0].readline()).startswith(b"421 ")
    # Who has begun a mail may end it.
    writer.write(b"DATA\r\n")
    assert (await written.readline()).startswith(b"354 ")
    writer.write(letter("begun").replace("\n", "\r\n").encode() + b"\r\n.\r\n")
    assert (await written.readline()).startswith(b"250 ")
    for _, one in held:
        one.close()


async def test_a_mail_that_ends_in_the_middle_is_not_kept(intake: Any) -> None:
    await intake.smtp_says(
        "EHLO x",
        "MAIL FROM:<a@b.example>",
        f"RCPT TO:<{HELP}>",
        "DATA",
        last="Subject: half\r\n\r\nhalf",
    )

    assert (await intake.mail(letter("whole"), HELP))[0] == 250

    [event] = await intake.said(MessageReceived)
    assert event.text == "whole"


async def test_a_mail_without_a_single_readable_header_is_still_a_message(intake: Any) -> None:
    assert (await intake.mail(b"\xff\xfe\x00garbage", HELP, sender="x@y.example"))[0] == 250

    [event] = await intake.said(MessageReceived)
    assert event.mail == "x@y.example"
    assert "garbage" in event.text


async def test_fifty_copies_at_once_at_two_processes_are_one_message(
    intake_process: START,
) -> None:
    processes = [await intake_process(), await intake_process()]
    octets = letter(id="<same@example.org>")

    answers = await asyncio.gather(
        *(processes[n % 2].mail(octets, (HELP, VENTAS)[n // 2 % 2]) for n in range(50))
    )

    assert {code for code, _ in answers} == {250}
    [event] = await processes[0].said()
    assert isinstance(event, MessageReceived)
    assert len(await raw(processes[0])) == 50
