"""The webhook doors: who is let in, what is kept, what is said."""

import json
from typing import Any

from shared import testing
from shared.contracts.intake import MessageReceived


async def raw(intake: Any) -> list[dict[str, Any]]:
    return await testing.rows(
        intake.db, "SELECT store_id, channel, outcome, notes, body FROM raw_requests"
    )


async def test_a_signed_message_is_kept_raw_and_said(
    intake: Any, wa: Any, text_message: Any
) -> None:
    payload = wa(text_message("¿Dónde está mi pedido?", at=1_780_000_000))

    answer = await intake.send_whatsapp(payload)

    assert answer.status_code == 200
    [event] = await testing.said(intake.db, MessageReceived)
    assert event.text == "¿Dónde está mi pedido?"
    assert (event.store_id, event.channel, event.version) == ("aurora", "whatsapp", 1)
    assert (event.phone, event.sender_name) == ("+34600111222", "Ana Pérez")
    [row] = await raw(intake)
    assert json.loads(row["body"]) == payload
    assert row["outcome"] == "understood"


async def test_a_forged_message_is_answered_401_and_nothing_is_stored(
    intake: Any, wa: Any, text_message: Any
) -> None:
    answer = await intake.send_whatsapp(wa(text_message("hi")), secret="guessed")

    assert answer.status_code == 401
    assert await raw(intake) == []
    assert await testing.said(intake.db) == []
