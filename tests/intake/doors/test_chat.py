"""Live chat on real sockets: welcome, kept, said until seen, on any process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from intake.handlers.chat import send_to_chat
from shared import testing
from shared.bus import Bus
from shared.contracts.base import AccountId, NotificationId, StoreId, ThreadId
from shared.contracts.intake import MessageReceived, MessageStatusChanged, SendToChat
from shared.errors import Refused
from shared.settings import KafkaSettings
from shared.tokens import Tokens

START = Callable[..., Awaitable[Any]]


async def send(socket: Any, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def hear(socket: Any) -> dict[str, Any]:
    async with asyncio.timeout(10):
        frame: dict[str, Any] = json.loads(await socket.recv())
        return frame


async def greeted(intake: Any, account: str = "borealis-web", **hello: str) -> Any:
    socket = await intake.chat(account)
    await send(socket, "hello", **{"locale": "ja-JP", **hello})
    socket.welcome = await hear(socket)
    assert socket.welcome["type"] == "welcome"
    return socket


def command(thread: str, text: str = "hello", **changes: Any) -> SendToChat:
    given: dict[str, Any] = {
        "occurred_at": datetime(2026, 5, 4, 12, tzinfo=UTC),
        "store_id": StoreId("borealis"),
        "thread_id": ThreadId(UUID(thread)),
        "account_id": AccountId("borealis-web"),
        "text": text,
        "notification_id": NotificationId(uuid4()),
        **changes,
    }
    return SendToChat(**given)


async def obey(intake: Any, *commands: SendToChat) -> None:
    """What the bus does with a command."""
    bus = Bus(
        service="intake", db=intake.db, kafka=KafkaSettings(), hears={SendToChat: send_to_chat}
    )
    await bus.answer([testing.record(one, offset=n) for n, one in enumerate(commands)])


async def dead_letters(intake: Any) -> list[str]:
    return [row["why"] for row in await testing.rows(intake.db, "SELECT why FROM dead_letters")]


async def test_a_visitor_is_welcomed_and_what_he_says_is_kept_and_said(intake: Any) -> None:
    socket = await greeted(intake, name="Omar", email="Omar@Example.org")

    await send(socket, "say", client_id="c1", text="أين طلبي؟")
    kept = await hear(socket)

    [event] = await intake.said(MessageReceived)
    assert kept == {"type": "kept", "client_id": "c1", "message_id": str(event.message_id)}
    assert (event.text, event.locale, event.sender_name) == ("أين طلبي؟", "ja-JP", "Omar")
    assert event.mail is None  # anybody could claim it
    [contact] = await testing.rows(intake.db, "SELECT mail FROM contacts")
    assert contact["mail"] == "omar@example.org"
    assert str(event.thread_id) == socket.welcome["thread_id"]
    route = event.reply_route
    assert (route.channel, route.account_id, route.peer) == (
        "chat",
        "borealis-web",
        socket.welcome["thread_id"],
    )


async def test_a_message_said_again_with_its_client_id_is_the_same(intake: Any) -> None:
    socket = await greeted(intake)

    for _ in range(3):
        await send(socket, "say", client_id="c1", text="hi")
    kept = [await hear(socket) for _ in range(3)]

    assert len({frame["message_id"] for frame in kept}) == 1
    assert len(await intake.said(MessageReceived)) == 1


async def test_a_text_that_a_page_cut_within_an_emoji_is_taken(intake: Any) -> None:
    socket = await greeted(intake)

    await socket.send('{"type":"say","client_id":"c1","text":"hi \\ud83d\\u0000 \\ud83d\\ude00"}')

    assert (await hear(socket))["type"] == "kept"
    [event] = await intake.said(MessageReceived)
    assert event.text == "hi \ufffd\ufffd 😀"


async def test_one_client_id_in_two_threads_makes_two_messages(intake: Any) -> None:
    for socket in (await greeted(intake), await greeted(intake)):
        await send(socket, "say", client_id="c1", text="hi")
        await hear(socket)

    assert len(await intake.said(MessageReceived)) == 2


async def test_an_answer_reaches_every_open_socket_of_its_thread_in_order(intake: Any) -> None:
    first = await greeted(intake)
    second = await greeted(intake, resume=first.welcome["resume"])
    other = await greeted(intake)
    thread = first.welcome["thread_id"]
    answers = [command(thread, f"answer {n}") for n in range(3)]

    await obey(intake, *answers)

    for socket in (first, second):
        heard = [await hear(socket) for _ in range(3)]
        assert [(one["type"], one["text"]) for one in heard] == [
            ("said", "answer 0"),
            ("said", "answer 1"),
            ("said", "answer 2"),
        ]
        assert [one["message_id"] for one in heard] == [str(one.notification_id) for one in answers]
        assert datetime.fromisoformat(heard[0]["at"]) == answers[0].occurred_at
    await send(other, "say", client_id="x", text="mine")
    assert (await hear(other))["type"] == "kept"


async def test_what_was_said_comes_again_after_each_resume_until_it_is_seen(intake: Any) -> None:
    socket = await greeted(intake)
    thread, resume = socket.welcome["thread_id"], socket.welcome["resume"]
    answers = [command(thread, "one"), command(thread, "two")]
    await obey(intake, *answers)
    await socket.close()

    for _ in range(2):
        again = await greeted(intake, resume=resume)
        assert again.welcome["thread_id"] == thread
        assert [(await hear(again))["text"] for _ in range(2)] == ["one", "two"]
        await again.close()
    seeing = await greeted(intake, resume=resume)
    await send(seeing, "seen", message_id=str(answers[0].notification_id))

    async def is_seen() -> bool:
        return bool(await intake.said(MessageStatusChanged))

    await testing.eventually(is_seen)
    last = await greeted(intake, resume=resume)
    assert (await hear(last))["text"] == "two"


async def test_seeing_is_told_once(intake: Any) -> None:
    socket = await greeted(intake)
    answer = command(socket.welcome["thread_id"])
    await obey(intake, answer)
    await hear(socket)

    for id in (answer.notification_id, answer.notification_id, uuid4()):
        await send(socket, "seen", message_id=str(id))
    await send(socket, "say", client_id="after", text="thanks")
    await hear(socket)

    [told] = await intake.said(MessageStatusChanged)
    assert (told.status.value, told.notification_id) == ("read", answer.notification_id)
    [message] = await intake.said(MessageReceived)
    assert (told.version, message.version) == (1, 2)
    assert told.thread_id == message.thread_id


async def test_an_answer_finds_the_socket_on_another_process(intake_process: START) -> None:
    here, there = await intake_process(), await intake_process()
    socket = await greeted(there)

    await obey(here, command(socket.welcome["thread_id"], "across"))

    assert (await hear(socket))["text"] == "across"


async def test_a_closed_socket_gets_it_on_resuming_at_another_process(
    intake_process: START,
) -> None:
    here, there = await intake_process(), await intake_process()
    socket = await greeted(here, name="Omar")
    await socket.close()

    await obey(here, command(socket.welcome["thread_id"], "while away"))
    back = await greeted(there, resume=socket.welcome["resume"])

    assert (await hear(back))["text"] == "while away"
    await send(back, "say", client_id="c", text="I am back")
    await hear(back)
    [event] = await there.said(MessageReceived)
    assert event.sender_name == "Omar"


async def test_a_command_heard_twice_is_shown_once(intake: Any) -> None:
    socket = await greeted(intake)
    answer = command(socket.welcome["thread_id"])

    await obey(intake, answer)
    await obey(intake, answer)

    await hear(socket)
    await send(socket, "say", client_id="c", text="x")
    assert (await hear(socket))["type"] == "kept"


@pytest.mark.parametrize(
    "changes",
    [
        {"thread_id": ThreadId(uuid4())},
        {"store_id": StoreId("aurora")},
        {"account_id": AccountId("aurora-web")},
    ],
)
async def test_a_command_for_no_thread_of_the_chat_is_set_aside(
    intake: Any, changes: dict[str, Any]
) -> None:
    socket = await greeted(intake)

    await obey(intake, command(socket.welcome["thread_id"], **changes))

    assert await dead_letters(intake) == ["no such thread in this chat"]
    with pytest.raises(Refused):
        async with intake.db.transaction() as tx:
            await send_to_chat(command(socket.welcome["thread_id"], **changes), tx)


async def refusal(intake: Any, *frames: str | bytes) -> str:
    socket = await intake.chat("borealis-web")
    for frame in frames:
        await socket.send(frame)
    while True:
        heard = await hear(socket)
        if heard["type"] == "refused":
            return str(heard["why"])


HELLO = '{"type": "hello"}'


RULES: list[tuple[list[str | bytes], str]] = [
    (["{"], "not a frame"),
    (["5"], "not a frame"),
    (["[" * 60_000], "not a frame"),
    ([b"\x00\x01"], "frames are text"),
    (['{"type": "dance"}'], "not a frame"),
    (['{"type": "say", "client_id": "c", "text": "x"}'], "hello first"),
    ([HELLO, HELLO], "hello was said"),
    ([HELLO, '{"type": "say", "text": "x"}'], "not a frame"),
    ([HELLO, '{"type": "say", "client_id": "c", "files": ["x"]}'], "not a frame"),
    ([HELLO, '{"type": "say", "client_id": "", "text": "x"}'], "client_id"),
    ([HELLO, '{"type": "say", "client_id": "a\\u0000b", "text": "x"}'], "client_id"),
    ([HELLO, '{"type": "say", "client_id": "c", "text": " \\n"}'], "no text"),
    ([HELLO, '{"type": "seen", "message_id": "7"}'], "not a frame"),
    ([HELLO, f'{{"type": "say", "client_id": "c", "text": "{"é" * 20_000}"}}'], "at most"),
    (['{"type": "hello", "resume": "nonsense"}'], "resume"),
    (['{"type": "hello", "resume": 5}'], "not a frame"),
]


async def test_what_does_not_keep_to_the_rules_is_refused(intake: Any) -> None:
    for frames, why in RULES:
        assert why in await refusal(intake, *frames), frames

    assert await intake.said() == []


async def test_a_frame_too_large_ends_the_socket(intake: Any) -> None:
    socket = await greeted(intake)

    await send(socket, "say", client_id="c", text="x" * 70_000)

    with pytest.raises(ConnectionClosed):
        await hear(socket)
    assert socket.close_code == 1009


async def test_nobody_resumes_a_thread_that_is_not_his(
    intake: Any, tokens: Tokens, wa: Any, text_message: Any
) -> None:
    await intake.send_whatsapp(wa(text_message("hi")))
    [message] = await intake.said(MessageReceived)
    mine = await greeted(intake)
    thread = UUID(mine.welcome["thread_id"])
    forged = Tokens([b"another installation's key"]).sign("thread", thread)
    for token in (
        forged,
        tokens.sign("order", thread),
        tokens.sign("thread", message.thread_id),
        tokens.sign("thread", uuid4()),
    ):
        hello = json.dumps({"type": "hello", "resume": token})
        assert "resume" in await refusal(intake, hello)

    other = await intake.chat("aurora-web", origin="https://aurora.example")
    await send(other, "hello", resume=mine.welcome["resume"])
    assert (await hear(other))["type"] == "refused"


async def test_only_the_stores_own_pages_may_open_its_chat(intake: Any) -> None:
    for headers in ({"origin": "https://evil.example"}, {}):
        with pytest.raises(InvalidStatus) as refused:
            await intake.chat("aurora-web", **headers)
        assert refused.value.response.status_code == 403

    assert await intake.chat("aurora-web", origin="https://aurora.example")


async def test_there_is_no_chat_where_there_is_no_account(intake: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await intake.chat("nobody")

    assert refused.value.response.status_code == 404


async def test_who_says_too_much_is_slowed_and_loses_nothing(intake: Any) -> None:
    socket = await greeted(intake)
    for n in range(8):
        await send(socket, "say", client_id=f"c{n}", text=f"{n}")

    answers = [await hear(socket) for _ in range(8)]

    kept = [one["client_id"] for one in answers if one["type"] == "kept"]
    refused = [one["why"] for one in answers if one["type"] == "refused"]
    assert kept == [f"c{n}" for n in range(5)]
    assert refused == ["too fast; say it again"] * 3


async def test_who_sends_nothing_but_nonsense_is_hung_up_on(intake: Any) -> None:
    socket = await greeted(intake)

    async def insist() -> None:
        for _ in range(200):
            await socket.send("nonsense")
            await hear(socket)

    with pytest.raises(ConnectionClosed):
        await insist()
    assert socket.close_code == 1008


async def test_fifty_times_the_same_at_once_at_two_processes_is_one_message(
    intake_process: START,
) -> None:
    processes = [await intake_process(chat_says_per_second=1000) for _ in range(2)]
    first = await greeted(processes[0])
    resume = first.welcome["resume"]
    sockets = [await greeted(processes[n % 2], resume=resume) for n in range(10)]

    async def say_five_times(socket: Any) -> list[dict[str, Any]]:
        for _ in range(5):
            await send(socket, "say", client_id="same", text="once")
        return [await hear(socket) for _ in range(5)]

    heard = await asyncio.gather(*(say_five_times(socket) for socket in sockets))

    assert {frame["type"] for frames in heard for frame in frames} == {"kept"}
    [event] = await processes[0].said(MessageReceived)
    assert event.version == 1
