"""The webhook doors: who is let in, what is kept, what is said."""

import asyncio
import copy
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from intake.handlers.doors import DOORS
from shared import testing
from shared.contracts.intake import (
    MessageReceived,
    MessageStatusChanged,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)

START = Callable[..., Awaitable[Any]]


async def raw(intake: Any) -> list[dict[str, Any]]:
    return await testing.rows(
        intake.db,
        "SELECT store_id, channel, outcome, notes, body, headers FROM raw_requests"
        " ORDER BY received_at",
    )


async def test_a_signed_message_is_kept_raw_and_said(
    intake: Any, wa: Any, text_message: Any
) -> None:
    payload = wa(text_message("¿Dónde está mi pedido?"))

    answer = await intake.send_whatsapp(payload)

    assert answer.status_code == 200
    [event] = await intake.said(MessageReceived)
    assert event.text == "¿Dónde está mi pedido?"
    assert (event.store_id, event.channel, event.version) == ("aurora", "whatsapp", 1)
    assert (event.phone, event.sender_name) == ("+34600111222", "Ana Pérez")
    [row] = await raw(intake)
    assert json.loads(row["body"]) == payload
    assert (row["store_id"], row["outcome"]) == ("aurora", "understood")
    [contact] = await testing.rows(intake.db, "SELECT contact_id, address, name FROM contacts")
    assert (contact["address"], contact["name"]) == ("+34600111222", "Ana Pérez")
    assert contact["contact_id"] == event.contact_id


async def test_the_messages_of_one_customer_are_numbered_in_one_thread(
    intake: Any, wa: Any, text_message: Any
) -> None:
    for text in ("one", "two"):
        await intake.send_whatsapp(wa(text_message(text), text_message(text + "!")))
    await intake.send_whatsapp(wa(text_message("hi", sender="34600999888")))

    said = await intake.said(MessageReceived)

    assert [(one.text, one.version) for one in said] == [
        ("one", 1),
        ("one!", 2),
        ("two", 3),
        ("two!", 4),
        ("hi", 1),
    ]
    assert len({one.thread_id for one in said}) == 2
    [thread] = await testing.rows(
        intake.db, "SELECT version FROM threads WHERE thread_id = :id", id=said[0].thread_id
    )
    assert thread["version"] == 4


async def test_a_forged_message_is_answered_401_and_nothing_is_stored(
    intake: Any, wa: Any, text_message: Any
) -> None:
    payload = wa(text_message("hi"))

    forged = await intake.send_whatsapp(payload, secret="guessed")
    unsigned = await intake.post(
        "/hooks/whatsapp/100200300", b"{}", {"content-type": "application/json"}
    )
    other_store = await intake.send_whatsapp(payload, account="900800700")

    assert [forged.status_code, unsigned.status_code, other_store.status_code] == [401, 401, 401]
    assert await raw(intake) == []
    assert await intake.said() == []


async def test_where_no_account_is_on_there_is_nothing(intake: Any) -> None:
    for path in (
        "/hooks/whatsapp/1",
        "/hooks/whatsapp/100200399",
        "/hooks/telegram/100200300",
        "/hooks/aftership/100200300",
        "/hooks/mail/help",
        "/hooks/chat/aurora-web",
    ):
        assert (await intake.post(path, b"{}", {})).status_code == 404, path
        assert (await intake.http.get(path)).status_code == 404, path


async def test_what_is_well_formed_but_not_understood_is_kept_raw(
    intake: Any, wa: Any, text_message: Any
) -> None:
    odd = {"entry": [{"changes": [{"field": "messages", "value": {"metadata": 7}}]}]}
    partly = wa({"id": "x", "from": "34600111222", "type": "hologram"}, text_message("and this"))
    for payload in (odd, partly, [1, 2], "text", None):
        assert (await intake.send_whatsapp(payload)).status_code == 200

    assert [row["outcome"] for row in await raw(intake)] == ["odd", "partly", "odd", "odd", "odd"]
    said = await intake.said(MessageReceived)
    assert [event.text for event in said] == ["[hologram]", "and this"]


async def test_a_reader_that_fails_costs_the_reading_not_the_delivery(
    intake: Any, wa: Any, text_message: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: Any) -> Any:
        raise ZeroDivisionError("personal text")

    monkeypatch.setitem(DOORS, "whatsapp", replace(DOORS["whatsapp"], read=read))

    assert (await intake.send_whatsapp(wa(text_message("hi")))).status_code == 200

    [row] = await raw(intake)
    assert (row["outcome"], row["notes"]) == ("odd", "the reader failed: ZeroDivisionError")


async def test_what_the_database_refuses_is_kept_raw_and_harms_nobody_else(
    intake: Any, wa: Any, text_message: Any
) -> None:
    await testing.rows(
        intake.db,
        "ALTER TABLE messages ADD CONSTRAINT ck_test CHECK (text <> 'poison') NOT VALID",
    )

    answers = await asyncio.gather(
        *(
            intake.send_whatsapp(wa(text_message(text, sender=f"3460011122{n}")))
            for n, text in enumerate(["fine", "poison", "good", "well"])
        )
    )

    assert [answer.status_code for answer in answers] == [200] * 4
    said = await intake.said(MessageReceived)
    assert sorted(one.text for one in said) == ["fine", "good", "well"]
    outcomes = [row["outcome"] for row in await raw(intake)]
    assert sorted(outcomes) == ["failed", "understood", "understood", "understood"]


async def test_what_is_too_large_is_answered_413(intake_process: START, wa: Any) -> None:
    intake = await intake_process(hook_max_octets=2048)

    answer = await intake.send_whatsapp(wa({"text": {"body": "x" * 4096}}))

    assert answer.status_code == 413
    assert await raw(intake) == []


async def test_what_comes_too_fast_is_answered_429_and_told_when_to_come_again(
    intake: Any, secrets: dict[str, str]
) -> None:
    answers = await asyncio.gather(
        *(
            intake.send_whatsapp({}, account="900800700", secret=secrets["WA_OTHER_SECRET"])
            for _ in range(20)
        )
    )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 5
    assert statuses.count(429) == 15
    told = {answer.headers.get("retry-after") for answer in answers if answer.status_code == 429}
    assert told == {"1"}


async def test_the_handshake_is_answered_in_plain_text(intake: Any, secrets: Any) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": secrets["WA_VERIFY"],
        "hub.challenge": "1158201444",
    }

    right = await intake.http.get("/hooks/whatsapp/100200300", params=asked)
    wrong = await intake.http.get(
        "/hooks/whatsapp/100200300", params={**asked, "hub.verify_token": "x"}
    )
    never = await intake.http.get("/hooks/shopify/aurora.myshopify.com", params=asked)

    assert (right.status_code, right.text) == (200, "1158201444")
    assert right.headers["content-type"].startswith("text/plain")
    assert (wrong.status_code, never.status_code) == (401, 404)


async def test_the_same_message_fifty_times_at_once_at_two_processes_is_one(
    intake_process: START, wa: Any, text_message: Any
) -> None:
    processes = [await intake_process(), await intake_process()]
    payload = wa(text_message("only once"))

    answers = await asyncio.gather(*(processes[n % 2].send_whatsapp(payload) for n in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    [event] = await processes[0].said()
    assert isinstance(event, MessageReceived)
    assert event.version == 1
    assert len(await raw(processes[0])) == 50
    assert await testing.rows(processes[0].db, "SELECT version FROM threads") == [{"version": 1}]


async def test_fifty_messages_at_once_have_fifty_versions_in_the_order_they_are_said(
    intake_process: START, wa: Any, text_message: Any
) -> None:
    processes = [await intake_process(), await intake_process()]

    await asyncio.gather(
        *(processes[n % 2].send_whatsapp(wa(text_message(f"{n}"))) for n in range(50))
    )

    said = await processes[0].said(MessageReceived)
    assert [one.version for one in said] == list(range(1, 51))


async def test_statuses_are_said_once_and_in_the_thread_they_belong_to(
    intake: Any, wa: Any, text_message: Any
) -> None:
    def told(status: str) -> dict[str, Any]:
        return {"id": "wamid.out", "status": status, "recipient_id": "34600111222"}

    await intake.send_whatsapp(wa(statuses=(told("sent"), told("delivered"), told("sent"))))
    await intake.send_whatsapp(wa(text_message("thanks")))
    await intake.send_whatsapp(wa(statuses=(told("delivered"), told("read"))))

    said = await intake.said()

    assert [one.version for one in said] == [1, 2, 3, 4]
    changes = [one for one in said if isinstance(one, MessageStatusChanged)]
    assert [one.status.value for one in changes] == ["sent", "delivered", "read"]
    assert len({one.key for one in said}) == 1


async def test_an_orders_whole_life_is_said_once_however_it_is_told(intake: Any, shop: Any) -> None:
    ours = "3f1b0b52-7f5f-4c57-9a55-0d6c9d7a0001"
    paid = shop.order(financial_status="paid", updated_at="2026-05-04T10:01:00+02:00")
    shipped = shop.order(
        financial_status="paid",
        fulfillments=[shop.parcel()],
        updated_at="2026-05-05T09:00:00+02:00",
    )
    refund = shop.refund(note=f"meridian:{ours}")
    told = [
        ("refunds/create", refund),
        ("fulfillments/create", shop.parcel()),
        ("orders/fulfilled", shipped),
        ("orders/paid", paid),
        ("orders/create", shop.order()),
        ("refunds/create", refund),
        ("orders/updated", {**shipped, "refunds": [refund]}),
    ]

    for topic, payload in told:
        assert (await intake.send_shopify(topic, payload)).status_code == 200

    said = await intake.said()
    assert sorted(type(one).__name__ for one in said) == [
        "OrderPaid",
        "OrderPlaced",
        "OrderRefunded",
        "OrderShipped",
    ]
    assert [one.version for one in said] == [1, 2, 3, 4]
    [refunded] = [one for one in said if isinstance(one, OrderRefunded)]
    assert refunded.refund_id == UUID(ours)
    [parcel] = [one for one in said if isinstance(one, OrderShipped)]
    assert parcel.number == "PK123456789ES"
    assert len({one.order_id for one in said if isinstance(one, OrderPlaced | OrderPaid)}) == 1


async def test_a_delivery_that_comes_again_is_known_by_its_id(intake: Any, shop: Any) -> None:
    for _ in range(3):
        await intake.send_shopify("orders/create", shop.order(), webhook_id="d-1")

    assert [row["outcome"] for row in await raw(intake)] == ["understood", "repeated", "repeated"]
    assert len(await intake.said()) == 1


async def test_an_orders_story_told_fifty_times_at_once_at_two_processes_is_one(
    intake_process: START, shop: Any
) -> None:
    processes = [await intake_process(), await intake_process()]
    paid = shop.order(financial_status="paid", fulfillments=[shop.parcel()])
    story = [
        ("orders/create", shop.order()),
        ("orders/paid", paid),
        ("fulfillments/create", shop.parcel()),
        ("refunds/create", shop.refund()),
        ("orders/cancelled", {**paid, "cancelled_at": "2026-05-07T09:00:00+02:00"}),
    ]

    answers = await asyncio.gather(
        *(processes[n % 2].send_shopify(*story[n % 5]) for n in range(50))
    )

    assert {answer.status_code for answer in answers} == {200}
    said = await processes[0].said()
    assert sorted(type(one).__name__ for one in said) == [
        "OrderCancelled",
        "OrderPaid",
        "OrderPlaced",
        "OrderRefunded",
        "OrderShipped",
    ]
    assert [one.version for one in said] == [1, 2, 3, 4, 5]


async def test_secrets_of_the_caller_are_not_kept(intake: Any, wa: Any, text_message: Any) -> None:
    intake.http.headers["authorization"] = "Bearer somebody's"
    intake.http.headers["x-told"] = "kept"

    await intake.send_whatsapp(wa(text_message("hi")))

    [row] = await raw(intake)
    headers = row["headers"] if isinstance(row["headers"], dict) else json.loads(row["headers"])
    assert "authorization" not in headers
    assert headers["x-told"] == "kept"


async def test_readiness_tells_which_accounts_are_off_and_why(intake: Any) -> None:
    answer = await intake.http.get("/readyz")

    assert answer.status_code == 200
    [off] = answer.json()["accounts_off"]
    assert off.startswith("whatsapp/100200399")
    assert "NOT_SET" in off


ODD_VALUES = [
    "\x00", "\\u0000", "\ud800", "x" * 100_000, "", " ", "𝔘" * 500, -1, 10**30, 1e308, True, None,
    [], {}, [[[[]]]], {"id": {"id": {}}}, "2026-99-99", "9999-12-31T23:59:59+00:00", "NaN",
]  # fmt: skip


async def test_no_signed_payload_however_odd_is_answered_with_an_error_or_lost(
    intake: Any, wa: Any, text_message: Any, shop: Any
) -> None:
    chance = random.Random(7)
    count = 0
    for n in range(120):
        seeds = [
            ("", wa(text_message("hi"), statuses=({"id": "w", "status": "read"},))),
            ("orders/updated", shop.order(fulfillments=[shop.parcel()], refunds=[shop.refund()])),
            ("fulfillments/update", shop.parcel()),
            ("refunds/create", shop.refund()),
        ]
        topic, payload = seeds[n % 4]
        for _ in range(chance.randint(1, 4)):
            spoil(payload, chance)
        if topic:
            answer = await intake.send_shopify(topic, payload)
        else:
            answer = await intake.send_whatsapp(payload)
        count += 1
        assert answer.status_code == 200, (topic, payload)

    rows = await raw(intake)
    assert len(rows) == count
    assert "failed" not in {row["outcome"] for row in rows}


def spoil(payload: Any, chance: random.Random) -> None:
    """Put something odd somewhere into a JSON document."""
    where = payload
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            return
        key = chance.choice(keys)
        if not isinstance(where[key], dict | list) or chance.random() < 0.15:
            where[key] = copy.deepcopy(chance.choice(ODD_VALUES))
            return
        where = where[key]
