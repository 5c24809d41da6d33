"""Agents' replies by mail."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.notify import NotificationSent


async def test_a_reply_by_mail_joins_its_thread_and_forgets_its_text(
    office: Any, make: Any, mail_server: Any
) -> None:
    reply = make.reply(
        route={
            "subject": "¿Dónde está mi pedido?",
            "in_reply_to": "<q@buyer.example>",
            "references": ("<q@buyer.example>",),
        }
    )
    await office.start()

    await office.hear(reply)

    (got,) = await mail_server.mails(1)
    row = await office.ended("reply", "sent")
    token = got.mail["Reply-To"].addresses[0].username.partition("+")[2]
    assert office.stores.tokens().read(token) == ("thread", reply.thread_id)
    assert got.mail["Subject"] == "Re: ¿Dónde está mi pedido?"
    assert got.mail["In-Reply-To"] == "<q@buyer.example>"
    assert got.part("plain").strip() == "Claro que sí."
    assert row["text"] is None
    (said,) = await office.said(NotificationSent)
    assert isinstance(said, NotificationSent)
    assert (said.reply_id, said.conversation_id) == (reply.reply_id, reply.conversation_id)


async def test_replies_of_one_conversation_go_out_in_their_order(
    office: Any, make: Any, mail_server: Any
) -> None:
    replies = [
        make.reply(text=f"{number}", occurred_at=make.now + timedelta(seconds=number))
        for number in range(8)
    ]
    for reply in replies:
        await office.hear(reply)

    await office.start()

    mails = await mail_server.mails(8)
    assert [got.part("plain").strip() for got in mails] == [str(number) for number in range(8)]


@pytest.mark.parametrize(
    ("given", "state", "why"),
    [
        ({"channel": "pigeon"}, "failed", "no_channel"),
        ({"route": {"account_id": "closed"}}, "queued", "no_account"),
        ({"store_id": "borealis"}, "queued", "no_account"),
    ],
)
async def test_a_reply_that_has_no_way_out_says_so(
    office: Any, make: Any, mail_server: Any, why: str, given: dict[str, Any], state: str
) -> None:
    await office.hear(make.reply(**given))

    await office.start()

    row = await office.until("why = :why", why=why)
    assert (row["state"], mail_server.got) == (state, [])
