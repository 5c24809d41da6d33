"""Replies by WhatsApp, through Meta's API as it answers on the wire, and by live chat."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.base import NotificationId
from shared.contracts.intake import SendToChat
from shared.contracts.notify import NotificationFailed, NotificationSent


def error(code: int) -> dict[str, Any]:
    return {"error": {"message": "+34600111222 is …", "type": "OAuthException", "code": code}}


async def test_a_reply_goes_out_by_whatsapp_as_an_answer_to_the_message(
    office: Any, make: Any, graph: Any
) -> None:
    reply = make.reply(
        "whatsapp",
        route={"reply_to_id": "wamid.in", "window_until": make.now + timedelta(hours=1)},
    )
    await office.start()

    await office.hear(reply)

    row = await office.ended("reply", "sent")
    (call,) = graph.calls
    assert call["number"] == "105551234567"
    assert call["authorization"] == "Bearer meta-token"
    assert call["to"] == "34600111222"
    assert call["type"] == "text"
    assert call["text"] == {"preview_url": False, "body": "Claro que sí."}
    assert call["context"] == {"message_id": "wamid.in"}
    kind, id = office.stores.tokens().read(call["biz_opaque_callback_data"])
    assert (kind, NotificationId(id)) == ("notification", row["notification_id"])
    assert row["external_id"] == "wamid.1"
    (said,) = await office.said(NotificationSent)
    assert (said.external_id, said.reply_id) == ("wamid.1", reply.reply_id)


async def test_after_the_window_nothing_is_sent_and_routing_is_told(
    office: Any, make: Any, graph: Any
) -> None:
    reply = make.reply("whatsapp", route={"window_until": make.now - timedelta(seconds=1)})
    await office.start()

    await office.hear(reply)

    assert (await office.ended("reply", "failed"))["why"] == "window_closed"
    assert graph.calls == []
    (said,) = await office.said(NotificationFailed)
    assert (said.why, said.conversation_id) == ("window_closed", reply.conversation_id)


@pytest.mark.parametrize(
    ("status", "code", "why"),
    [
        (400, 131047, "window_closed"),
        (400, 131026, "undeliverable"),
        (400, 100, "bad_request"),
        (403, 130497, "country_restricted"),
    ],
)
async def test_what_no_repetition_cures_fails_at_once(
    office: Any, make: Any, graph: Any, status: int, code: int, why: str
) -> None:
    graph.answers.append((status, error(code)))
    await office.start()

    await office.hear(make.reply("whatsapp"))

    assert (await office.ended("reply", "failed"))["why"] == why
    (said,) = await office.said(NotificationFailed)
    assert said.why == why


@pytest.mark.parametrize(
    "answer",
    [
        (429, error(4)),
        (400, error(130429)),
        (400, error(131056)),
        (401, error(190)),
        (500, error(131000)),
        (403, "no json object"),
    ],
)
async def test_what_is_for_now_is_tried_again(
    office: Any, make: Any, graph: Any, answer: tuple[int, Any]
) -> None:
    graph.answers.append(answer)
    await office.start(is_impatient=True)
    await office.hear(make.reply("whatsapp"))
    row = await office.until("why LIKE 'server_refused %'")
    assert (row["state"], row["unknowns"]) == ("queued", 0)

    await office.hurry()

    await office.ended("reply", "sent")
    (said,) = await office.said(NotificationSent)
    assert not said.is_repeat


@pytest.mark.parametrize(
    "answer",
    ["hang", (200, {"messages": []}), (200, "?"), (503, "no json object"), (502, None)],
)
async def test_when_nobody_knows_it_is_repeated_and_marked(
    office: Any, make: Any, graph: Any, answer: Any
) -> None:
    graph.answers.append(answer)
    await office.start(is_impatient=True)
    await office.hear(make.reply("whatsapp"))
    await office.until("unknowns > 0 AND state = 'queued'")

    await office.hurry()

    await office.ended("reply", "sent")
    first, second = graph.calls
    assert first["biz_opaque_callback_data"] == second["biz_opaque_callback_data"]
    (said,) = await office.said(NotificationSent)
    assert said.is_repeat


async def test_a_text_that_is_too_long_fails_before_it_is_sent(
    office: Any, make: Any, graph: Any
) -> None:
    await office.start()

    await office.hear(make.reply("whatsapp", text="ñ" * 4097))

    assert (await office.ended("reply", "failed"))["why"] == "too_long"
    assert graph.calls == []


async def test_a_reply_in_live_chat_is_said_to_intake_once(office: Any, make: Any) -> None:
    reply = make.reply("chat", text="你好", language="zh-Hant")
    await office.start()

    await office.hear(reply)
    await office.hear(reply)

    row = await office.ended("reply", "sent")
    command, sent = await office.said()
    assert isinstance(command, SendToChat)
    assert (command.thread_id, command.account_id) == (reply.thread_id, "aurora-web")
    assert (command.text, command.language) == ("你好", "zh-Hant")
    assert command.notification_id == sent.notification_id == row["notification_id"]
    assert isinstance(sent, NotificationSent)


async def test_the_thread_of_a_chat_is_its_peer_where_it_is_not_given(
    office: Any, make: Any
) -> None:
    reply = make.reply("chat", thread_id=None)
    await office.start()

    await office.hear(reply)

    await office.ended("reply", "sent")
    (command,) = await office.said(SendToChat)
    assert str(command.thread_id) == reply.route.peer


async def test_a_chat_without_a_thread_fails(office: Any, make: Any) -> None:
    await office.start()

    await office.hear(make.reply("chat", thread_id=None, route={"peer": "nobody"}))

    assert (await office.ended("reply", "failed"))["why"] == "no_address"
