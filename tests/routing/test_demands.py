"""Skills with levels: what a conversation needs by what it is, and who has it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from routing.clients import read_demands
from routing.domain.conversation import Conversation, State
from routing.domain.demands import Demands, Row
from routing.domain.team import Agent
from routing.handlers.rules import Rules
from shared import clock, testing
from shared.contracts.base import Channel, ConversationId, StoreId
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    ConversationAssigned,
    ConversationOpened,
    Family,
    Intent,
    OpenedBy,
)
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


def test_what_a_parcel_demands_stays_though_the_table_demands_it_of_others_too() -> None:
    table = Demands((Row(("parcels",), intent=Intent.ORDER_STATUS), Row(("money",), "aurora")))
    asked = Conversation(
        store_id=StoreId("aurora"),
        id=ConversationId(uuid4()),
        opened_by=OpenedBy.MESSAGE,
        channel=Channel("mail"),
        family=Family.MAIL,
        state=State.PENDING,
        flow_id=uuid4(),
        opened_at=clock.now(),
        intent=Intent.ORDER_STATUS,
    )
    asked = replace(asked, skills=table.of(asked))
    assert asked.skills == ("parcels", "money")

    # Who wants his money is for anybody of the store's, the lost parcel is not
    assert table.of(replace(asked, intent=Intent.REFUND)) == ("money",)
    lost = replace(asked, opened_by=OpenedBy.ALARM, intent=None, skills=("parcels",))
    assert table.of(lost) == ("parcels", "money")
    # What another table demanded is no longer demanded
    assert Demands().of(asked) == ()
    assert Demands().of(replace(lost, skills=table.of(lost))) == ("parcels",)


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
