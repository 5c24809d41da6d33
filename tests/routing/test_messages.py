"""A customer's message: opens, joins, takes up again; heard twice it changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared import clock, testing
from shared.contracts.base import About, AccountId, Channel, ReplyRoute
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import ConversationOpened, ConversationQueued, PriorityChanged
from shared.db import Database

Make = Callable[..., MessageReceived]
Hear = Callable[..., Awaitable[None]]


async def conversations(routing: Database) -> list[dict[str, Any]]:
    return await testing.rows(routing, "SELECT * FROM conversations ORDER BY opened_at, id")


def route(peer: str) -> ReplyRoute:
    return ReplyRoute(channel=Channel("whatsapp"), account_id=AccountId("1"), peer=peer)


async def test_a_message_opens_a_conversation_that_waits(
    routing: Database, hear: Hear, message: Make
) -> None:
    wrote = message("Hola, ¿cuándo llega mi paquete?", phone="+34612345678")

    await hear(wrote)

    [opened, queued] = await testing.said(routing)
    assert isinstance(opened, ConversationOpened)
    assert isinstance(queued, ConversationQueued)
    assert (opened.language, opened.script) == ("es", "Latn")
    assert (opened.region, opened.region_source) == ("ES", "phone")
    assert (opened.time_zone, opened.zone_source) == ("Europe/Madrid", "phone")
    assert (opened.version, queued.version) == (1, 2)
    assert queued.answer_by == wrote.occurred_at + timedelta(minutes=15)
    [row] = await conversations(routing)
    assert (row["state"], row["contact_id"]) == ("queued", wrote.contact_id)


async def test_a_message_heard_twice_changes_nothing(
    routing: Database, hear: Hear, message: Make
) -> None:
    wrote, event = message(), uuid4()

    await asyncio.gather(hear(wrote, ids=[event]), hear(wrote, ids=[event]))
    await hear(wrote, ids=[event])

    assert len(await conversations(routing)) == 1
    assert len(await testing.said(routing)) == 2
    assert len(await testing.rows(routing, "SELECT * FROM history")) == 1
    [contact] = await testing.rows(routing, "SELECT languages->>'es' AS n FROM contacts")
    assert contact["n"] == "1"


async def test_more_messages_of_a_thread_join_its_open_conversation(
    routing: Database, hear: Hear, message: Make
) -> None:
    first = message(at=clock.now() - timedelta(minutes=2))
    more = [message("sigo esperando", thread=first.thread_id) for _ in range(3)]

    await hear(first, *more[:2])
    await hear(more[2])

    [row] = await conversations(routing)
    assert row["asked_at"] == first.occurred_at
    # Whoever has to ask so often presses more than he did
    kinds = [type(each) for each in await testing.said(routing)]
    assert kinds == [ConversationOpened, ConversationQueued, PriorityChanged]
    assert len(await testing.rows(routing, "SELECT * FROM history")) == 4


@pytest.mark.parametrize(("seconds", "priority"), [(59, "normal"), (61, "high")])
async def test_lines_in_a_row_are_one_contact_and_who_asks_again_presses(
    routing: Database, hear: Hear, message: Make, seconds: int, priority: str
) -> None:
    now = clock.now()
    first = message("Hola", channel="chat", at=now - timedelta(seconds=seconds))
    await hear(first)

    for text in ("Tengo una pregunta", "¿Dónde está mi pedido?"):
        await hear(message(text, channel="chat", thread=first.thread_id, at=now))

    [row] = await conversations(routing)
    assert (row["unanswered_count"], row["priority"]) == (3, priority)


async def test_the_newest_way_back_counts_and_an_older_message_does_not_undo_it(
    routing: Database, hear: Hear, message: Make
) -> None:
    now = datetime.now(UTC)
    first = message(at=now - timedelta(minutes=3), route=route("first"))
    newest = message(at=now - timedelta(minutes=1), route=route("new"), thread=first.thread_id)
    older = message(at=now - timedelta(minutes=2), route=route("old"), thread=first.thread_id)

    await hear(first)
    await hear(newest)
    await hear(older)

    [row] = await testing.rows(routing, "SELECT reply_route->>'peer' AS peer FROM conversations")
    assert row["peer"] == "new"


async def test_a_message_after_the_end_takes_the_same_conversation_up_again(
    routing: Database, hear: Hear, message: Make
) -> None:
    first = message()
    await hear(first)
    await _resolve(routing, ago="1 day")

    await hear(message("hola otra vez", thread=first.thread_id))

    [row] = await conversations(routing)
    assert (row["state"], row["reopened_count"], row["resolved_at"]) == ("queued", 1, None)
    queued = await testing.said(routing, ConversationQueued)
    assert [event.version for event in queued] == [2, 3]  # type: ignore[attr-defined]


async def test_a_message_long_after_the_end_opens_a_new_conversation(
    routing: Database, hear: Hear, message: Make
) -> None:
    first = message()
    await hear(first)
    await _resolve(routing, ago="30 days")

    await hear(message("hola", thread=first.thread_id))

    states = [row["state"] for row in await conversations(routing)]
    assert states == ["resolved", "queued"]


async def _resolve(routing: Database, ago: str) -> None:
    await testing.rows(
        routing,
        "UPDATE conversations SET state = 'resolved', asked_at = NULL, "
        f"resolved_at = now() - interval '{ago}', opened_at = opened_at - interval '{ago}'",
    )


async def test_a_message_without_words_takes_the_language_known_otherwise(
    routing: Database, hear: Hear, message: Make
) -> None:
    contact = uuid4()
    await hear(message("¿Me podéis cambiar la dirección?", contact=contact))

    await hear(message("#A10293 👍", contact=contact), message("👍", locale="de-AT"), message("👍"))

    opened = await testing.said(routing, ConversationOpened)
    found = [(event.language, event.language_confidence) for event in opened[1:]]  # type: ignore[attr-defined]
    assert found == [("es", None), ("de", None), (None, None)]


async def test_a_later_message_tells_the_language_that_the_first_did_not(
    routing: Database, hear: Hear, message: Make
) -> None:
    first = message("👍")
    await hear(first)

    await hear(message("我張單幾時先寄到呀", thread=first.thread_id))

    [row] = await conversations(routing)
    assert (row["language"], row["signature"]) == ("yue", "yue||")


async def test_a_language_that_no_words_make_sure_is_a_guess_among_the_runners_up(
    routing: Database, hear: Hear, message: Make
) -> None:
    await hear(message("Massimo Dutti", store_id="unknown"))

    [opened] = await testing.said(routing, ConversationOpened)
    assert (opened.language, opened.script, opened.language_confidence) == (None, "Latn", None)  # type: ignore[attr-defined]
    assert opened.language_alternatives[0].language == "it"  # type: ignore[attr-defined]


async def test_the_second_language_is_that_of_earlier_messages(
    routing: Database, hear: Hear, message: Make
) -> None:
    contact = uuid4()
    await hear(message("Where is my parcel? I have been waiting for two weeks", contact=contact))

    await hear(message("ขอเงินคืนด่วน", contact=contact))

    rows = await testing.rows(
        routing, "SELECT language, second_language FROM conversations WHERE language = 'th'"
    )
    assert rows == [{"language": "th", "second_language": "en"}]


async def test_five_hundred_messages_of_a_few_threads_are_taken_in_in_batches(
    routing: Database, hear: Hear, message: Make
) -> None:
    threads = [uuid4() for _ in range(40)]
    batch = [message(thread=threads[n % 40]) for n in range(500)]

    await hear(*batch)

    assert len(await conversations(routing)) == 40
    [row] = await testing.rows(routing, "SELECT count(*) AS n FROM history")
    assert row["n"] == 500


async def test_an_answer_to_a_notice_about_an_order_names_that_order(
    routing: Database, hear: Hear, message: Make
) -> None:
    order_id = uuid4()

    await hear(
        message(about=About(kind="order", id=str(order_id))),
        message(about=About(kind="order", id="no uuid")),
    )

    found = await testing.said(routing, ConversationOpened)
    assert [event.order_ids for event in found] == [(order_id,), ()]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("channel", "family", "promise"),
    [
        ("mail", "mail", timedelta(days=1)),
        ("whatsapp", "messaging", timedelta(minutes=15)),
        ("line", "messaging", timedelta(minutes=15)),
        ("chat", "chat", timedelta(minutes=1)),
    ],
)
async def test_the_channel_tells_family_and_promise(
    routing: Database, hear: Hear, message: Make, channel: str, family: str, promise: timedelta
) -> None:
    await hear(message(channel=channel))

    [row] = await conversations(routing)
    assert (row["family"], row["answer_by"] - row["asked_at"]) == (family, promise)


async def test_stores_do_not_share_threads_contacts_or_languages(
    routing: Database, hear: Hear, message: Make
) -> None:
    thread, contact = uuid4(), uuid4()

    await hear(message(thread=thread, contact=contact))
    await hear(message("👍", thread=thread, contact=contact, store_id="borealis"))

    found = [(row["store_id"], row["language"]) for row in await conversations(routing)]
    assert found == [("aurora", "es"), ("borealis", None)]


async def test_what_a_customer_wants_and_how_it_presses_is_kept_and_said(
    routing: Database, hear: Hear, message: Make
) -> None:
    first = message("El jarrón ha llegado roto", at=clock.now() - timedelta(minutes=2))
    await hear(first)
    await hear(message("¿y?", thread=first.thread_id))
    await hear(message("voy a llamar a mi abogado, estafadores", thread=first.thread_id))

    [opened] = await testing.said(routing, ConversationOpened)
    assert (opened.intent, opened.priority) == ("damaged", "normal")  # type: ignore[attr-defined]
    assert opened.urgency_reasons == ("intent damaged",)  # type: ignore[attr-defined]
    [row] = await conversations(routing)
    assert (row["intent"], row["priority"]) == ("complaint", "urgent")
    assert row["unanswered_count"] == 3
    assert "repeated contact" in row["urgency_reasons"]
    assert row["answer_by"] == first.occurred_at + timedelta(minutes=5)


async def test_what_was_pressing_does_not_become_less_so_while_it_waits(
    routing: Database, hear: Hear, message: Make
) -> None:
    first = message("me he quemado con el cargador, echa humo")
    await hear(first)
    await hear(message("gracias", thread=first.thread_id))

    [row] = await conversations(routing)
    assert row["priority"] == "urgent"
    assert row["answer_by"] == first.occurred_at + timedelta(minutes=5)
