"""Skills with levels: what a conversation needs by what it is, and who has it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from routing.clients import read_demands
from routing.domain.team import Agent
from routing.handlers.rules import Rules
from shared import testing
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import ConversationAssigned, ConversationOpened
from shared.db import Database
from shared.stores import Stores
from shared.yaml_files import BadFile
from tests.routing.pools import dispatcher, lease, told

Make = Callable[..., MessageReceived]
MakeAgent = Callable[..., Agent]

FILE = """\
demands:
  - {intent: refund, needs: ["intent:refund>=3"]}
  - {store: aurora, channel: whatsapp, priority: urgent, needs: [calm, "product:shoes>=2"]}
"""
REFUND = "Quiero que me devuelvan el dinero"


def written(folder: Path, text: str = FILE) -> Path:
    path = folder / "demands.yaml"
    path.write_text(text, encoding="utf-8")
    return path


async def skills(routing: Database, asked: MessageReceived) -> list[str]:
    query = "SELECT skills FROM conversations WHERE thread_id = :thread"
    [row] = await testing.rows(routing, query, thread=asked.thread_id)
    return list(row["skills"])


@pytest.fixture
def rules(rules: Rules, stores: Stores, tmp_path: Path) -> Rules:
    """Refunds need who can, and what is urgent by WhatsApp who is calm."""
    return replace(rules, demands=read_demands(written(tmp_path), stores.stores))


async def test_a_refund_goes_to_who_can_and_what_becomes_one_moves_on(
    routing: Database,
    *,
    install: Callable[..., Awaitable[None]],
    agent: MakeAgent,
    hear: Callable[..., Awaitable[None]],
    message: Make,
) -> None:
    await install(
        replace(agent("ana"), intents={"refund": 2}),
        replace(agent("eva", {"es": 4}), intents={"refund": 3}),
        agent("lea", is_lead=True),
    )
    asks, says = message(REFUND), message("hola")
    await hear(asks, says)
    [opened, other] = await told(routing, ConversationOpened)
    assert (opened.intent, opened.skills) == ("refund", ("intent:refund>=3",))
    assert other.skills == ()

    # Who only greeted wants his money back, and then goes to law: what that needs instead
    await hear(message(REFUND, thread=says.thread_id))
    assert await skills(routing, says) == ["intent:refund>=3"]
    await hear(message("hablará mi abogado", thread=says.thread_id))
    assert await skills(routing, says) == ["calm", "product:shoes>=2"]
    await (await dispatcher(routing)).drain(await lease(routing))

    given = {each.conversation_id: each for each in await told(routing, ConversationAssigned)}
    refund = given[opened.conversation_id]
    assert (refund.agent_id, refund.explanation.rejected["skills"]) == ("eva", ("ana", "lea"))
    # Nobody has all of that: a lead sees to it
    assert given[other.conversation_id].agent_id == "lea"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("intent: refund,", "intent: money,", "demands.yaml:2: "),
        ("intent: refund,", "intent: unknown,", "demands.yaml:2: .*unknown is none of them"),
        ("store: aurora", "store: mars", "demands.yaml:3: .*there is no store mars"),
        ('"intent:refund>=3"', '"refund > 3"', "demands.yaml:2: .*write a tag"),
        ('needs: ["intent:refund>=3"]', "needs: []", "demands.yaml:2: "),
    ],
)
def test_an_odd_row_is_told_with_its_line(
    tmp_path: Path, stores: Stores, old: str, new: str, says: str
) -> None:
    assert old in FILE

    with pytest.raises(BadFile, match=says):
        read_demands(written(tmp_path, FILE.replace(old, new)), stores.stores)
