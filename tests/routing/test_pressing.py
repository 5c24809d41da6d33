"""What begins to press while it waits: told, and looked at in its new place at once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from routing.domain.clocks import Clock, Desk, Hours
from routing.domain.escalation import Lead, Leads, Level
from routing.domain.promises import Promise, Promises
from routing.domain.shifts import Shift
from routing.domain.team import FAMILIES, Agent
from routing.handlers import promised
from routing.handlers.agents import Act
from routing.handlers.rules import Rules
from routing.store import conversations
from routing.workers.promises import sweep
from shared import clock, testing
from shared.callers import Actor, Role
from shared.contracts.base import ActorKind, AgentId, StoreId
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    AnswerOverdue,
    ConversationAssigned,
    ConversationEscalated,
    ConversationQueued,
    EscalationAcknowledged,
    PriorityChanged,
)
from shared.db import Database
from tests.routing.pools import AURORA, assert_sound, dispatcher, lease, told

Make = Callable[..., MessageReceived]
MakeAgent = Callable[..., Agent]
Hear = Callable[..., Awaitable[None]]
Install = Callable[..., Awaitable[None]]

LAWYER = "voy a llamar a mi abogado, estafadores"


async def dispatch(routing: Database) -> None:
    await (await dispatcher(routing)).drain(await lease(routing))


async def test_a_priority_that_changes_is_told_and_its_conversation_is_next_at_once(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    # Given two that wait, the second one written later
    now = datetime.now(UTC)
    first, second = message(at=now - timedelta(minutes=2)), message(at=now - timedelta(minutes=1))
    await hear(first)
    await hear(second)

    # When what the second adds presses, and somebody comes with room for one
    await hear(message("El jarrón ha llegado roto, es urgente", thread=second.thread_id))
    await hear(message("gracias", thread=first.thread_id))

    # Then it is told with its new promise, and goes first
    [changed] = await told(routing, PriorityChanged)
    queued = await told(routing, ConversationQueued)
    [row] = await testing.rows(
        routing,
        "SELECT id, version, answer_by, priority FROM conversations WHERE thread_id = :thread",
        thread=second.thread_id,
    )
    assert (changed.conversation_id, changed.version) == (row["id"], row["version"])
    assert (changed.was, changed.priority) == ("normal", row["priority"])
    assert row["priority"] == "high"
    assert changed.answer_by == row["answer_by"] < max(each.answer_by for each in queued)
    assert changed.asked_at == second.occurred_at
    assert changed.urgency_reasons
    assert len(queued) == 2
    await install(agent("eva", room=100))
    await dispatch(routing)
    [assigned] = await told(routing, ConversationAssigned)
    assert assigned.conversation_id == row["id"]
    await assert_sound(routing)


async def test_what_an_agent_has_presses_and_he_is_told_so_once(
    routing: Database, hear: Hear, message: Make, install: Install, agent: MakeAgent
) -> None:
    await install(agent("eva"))
    first = message()
    await hear(first)
    await dispatch(routing)

    await hear(message(LAWYER, thread=first.thread_id))
    await hear(message(LAWYER, thread=first.thread_id))

    [changed] = await told(routing, PriorityChanged)
    assert (changed.agent_id, changed.was, changed.priority) == ("eva", "normal", "urgent")
    assert len(await told(routing, ConversationQueued)) == 1


@pytest.fixture
async def brought_before_eva(
    routing: Database,
    rules: Rules,
    *,
    hear: Hear,
    message: Make,
    install: Install,
    agent: MakeAgent,
) -> MessageReceived:
    """Overdue, and eva, who has it, was told; lea leads."""
    await install(agent("eva"), agent("lea", {"ja": 5}, is_lead=True))
    wrote = message()
    await hear(wrote)
    await dispatch(routing)
    await testing.rows(
        routing, "UPDATE conversations SET answer_by = now(), tell_at = now() RETURNING 1"
    )
    await sweep(routing, rules)
    assert [each.level for each in await told(routing, ConversationEscalated)] == ["agent"]
    return wrote


async def test_crisis_words_go_to_a_lead_at_once_though_its_agent_was_told_already(
    routing: Database,
    rules: Rules,
    hear: Hear,
    message: Make,
    brought_before_eva: MessageReceived,
) -> None:
    await hear(message(LAWYER, thread=brought_before_eva.thread_id))
    await sweep(routing, rules)

    last = (await told(routing, ConversationEscalated))[-1]
    assert (last.level, last.to, last.why) == ("lead", ("lea",), "crisis")


@pytest.fixture
def opens(rules: Rules) -> datetime:
    """When the one desk there is opens next: in ten hours, for one."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=10)


@pytest.fixture
def by_day(rules: Rules, opens: datetime) -> Rules:
    """A quarter of an hour in the hours of that desk is promised by mail."""
    begin = opens.hour * 60 + opens.minute
    desk = Clock([Shift(frozenset(range(7)), begin, (begin + 60) % 1440 or 1440)], "UTC")
    promise = Promise(timedelta(minutes=15), in_business_hours=True)
    promises = Promises(dict.fromkeys(FAMILIES, promise), hours=Hours([Desk(desk)]))
    return replace(rules, promises=promises, has_on_call=True)


async def test_out_of_hours_a_broken_promise_climbs_no_higher(
    routing: Database, by_day: Rules, opens: datetime, brought_before_eva: MessageReceived
) -> None:
    await testing.rows(routing, "UPDATE conversations SET escalate_at = now() RETURNING 1")
    await sweep(routing, by_day)

    # The lead is told; acknowledged or not, the next is when the desk has been open for so long
    [row] = await testing.rows(routing, "SELECT * FROM conversations")
    assert row["escalate_at"] == opens + timedelta(minutes=5)
    lea = Actor(ActorKind.AGENT, "lea", Role.LEAD, frozenset({"aurora"}))
    async with routing.transaction() as tx:
        of = await conversations.locked(tx, AURORA, row["id"])
        assert of is not None
        await promised.acknowledge(tx, Act(lea, of, "a-key", clock.now()), rules=by_day)
    [heard] = await told(routing, EscalationAcknowledged)
    assert heard.goes_on_at == opens + timedelta(minutes=30)


async def test_a_crisis_climbs_at_any_hour(
    routing: Database,
    by_day: Rules,
    hear: Hear,
    message: Make,
    brought_before_eva: MessageReceived,
) -> None:
    await hear(message(LAWYER, thread=brought_before_eva.thread_id))
    await sweep(routing, by_day)

    [row] = await testing.rows(routing, "SELECT escalated_to, escalate_at FROM conversations")
    assert row["escalated_to"] == Level.LEAD
    assert row["escalate_at"] - clock.now() <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("region", "who"),
    [
        ("JP", ("aiko",)),
        ("KR", ("ravi",)),  # its part of the world
        ("ES", ("tom",)),
        (None, ("tom",)),
        ("PE", ("tom",)),  # who was named leads no more
    ],
)
def test_a_region_is_led_by_the_closest_who_still_leads(
    region: str | None, who: tuple[str, ...]
) -> None:
    stores = frozenset({StoreId("aurora")})
    leads = Leads(
        [Lead(AgentId(each), stores) for each in ("aiko", "ravi", "tom")],
        {
            "JP": [AgentId("aiko")],
            "PE": [AgentId("gone")],
            "asia and pacific": [AgentId("ravi")],
            "*": [AgentId("tom")],
        },
    )

    assert leads.of_region(region) == who


async def test_a_broken_promise_is_told_of_once_though_what_is_written_next_presses_more(
    routing: Database, rules: Rules, hear: Hear, message: Make
) -> None:
    wrote = message(at=datetime.now(UTC) - timedelta(minutes=16))
    await hear(wrote)
    await sweep(routing, rules)

    await hear(message("El jarrón ha llegado roto, es urgente", thread=wrote.thread_id))
    await sweep(routing, rules)

    [overdue] = await told(routing, AnswerOverdue)
    [changed] = await told(routing, PriorityChanged)
    assert changed.answer_by < overdue.answer_by


async def test_a_word_that_makes_a_crisis_of_what_is_urgent_already_is_told(
    routing: Database, hear: Hear, message: Make
) -> None:
    wrote = message()
    await hear(wrote)
    await testing.rows(routing, "UPDATE conversations SET priority = 'urgent'")

    await hear(message("Voy a llamar a mi abogado", thread=wrote.thread_id))

    [changed] = await told(routing, PriorityChanged)
    assert (changed.was, changed.priority) == ("urgent", "urgent")
    assert "crisis" in changed.urgency_reasons
