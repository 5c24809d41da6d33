"""A store, a team, and messages of customers to try routing on."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from routing import app
from routing.domain.promises import Promise, Promises
from routing.domain.shifts import Calendar, Shift
from routing.domain.team import FAMILIES, Agent, Room, Team
from routing.handlers import team
from routing.handlers.rules import Rules
from shared import clock, testing
from shared.bus.answering import Answering
from shared.contracts.base import (
    AccountId,
    AgentId,
    Channel,
    ContactId,
    Message,
    MessageId,
    ReplyRoute,
    StoreId,
    ThreadId,
)
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import Family
from shared.db import Database
from shared.errors import Unavailable
from shared.stores import Stores
from tests.routing.pools import Scene

AURORA = StoreId("aurora")
ALWAYS = Shift(frozenset(range(7)), 0, 24 * 60)

STORES = """
stores:
  aurora:
    name: Aurora
    languages: [es, en]
    countries: [ES, DE, JP]
    market: ES
    currency: EUR
    time_zone: Europe/Madrid
    accounts:
      - channel: mail
        account_id: aurora
        address: help@aurora.example
        from_name: Aurora
        smtp_host: 127.0.0.1
        smtp_port: 2525
        smtp_tls: none
  borealis:
    name: Borealis
    languages: [en]
    countries: [US]
    market: US
    currency: USD
    time_zone: America/New_York
"""


@pytest.fixture
def stores(tmp_path: Any) -> Stores:
    """Two stores; only aurora has a mail account."""
    path = tmp_path / "stores.yaml"
    path.write_text(STORES, encoding="utf-8")
    return Stores.load(path, environ={})


@pytest.fixture
def rules(stores: Stores) -> Rules:
    """Promises of a minute in chat, a quarter of an hour in messaging, a day by mail."""
    promises = {
        Family.CHAT: Promise(timedelta(minutes=1)),
        Family.MESSAGING: Promise(timedelta(minutes=15)),
        Family.MAIL: Promise(timedelta(days=1), in_business_hours=True),
    }
    return Rules(stores, Promises(promises), timedelta(days=7))


@pytest.fixture
async def routing(database: Callable[[str], Awaitable[Database]]) -> Database:
    """Routing's own tables, empty."""
    return await database("routing")


MakeAgent = Callable[..., Agent]


@pytest.fixture
def agent() -> MakeAgent:
    """Makes agents: always on shift in Madrid with room for three of everything, unless told."""

    def make(
        agent_id: str,
        languages: dict[str, int] | None = None,
        *,
        is_lead: bool = False,
        stores: tuple[str, ...] = ("aurora",),
        skills: tuple[str, ...] = (),
        country: str = "ES",
        time_zone: str = "Europe/Madrid",
        shifts: tuple[Shift, ...] = (ALWAYS,),
        room: int = 300,
    ) -> Agent:
        return Agent(
            agent_id=AgentId(agent_id),
            is_lead=is_lead,
            stores=frozenset(StoreId(store) for store in stores),
            languages=languages or {"es": 5},
            skills=frozenset(skills),
            country=country,
            calendar=Calendar(shifts, time_zone),
            room=Room(room, dict.fromkeys(FAMILIES, room), dict.fromkeys(FAMILIES, 100)),
        )

    return make


@pytest.fixture
def install(routing: Database, rules: Rules) -> Callable[..., Awaitable[None]]:
    """`await install(agent, …)` makes these the team; `region_leads` by region."""

    async def put(*agents: Agent, **region_leads: str) -> None:
        members = tuple(sorted(agents, key=lambda agent: agent.agent_id))
        names = {agent.agent_id: agent.agent_id.title() for agent in members}
        above = {region: (AgentId(lead),) for region, lead in region_leads.items()}
        found = Team(members, names, region_leads=above)
        await team.install(routing, found, now=clock.now(), rules=rules)

    return put


@pytest.fixture
def message() -> Callable[..., MessageReceived]:
    """Makes a message of a customer by WhatsApp in Spanish, unless told otherwise."""
    numbers = count(1)

    def make(text: str = "¿Dónde está mi pedido?", **told: Any) -> MessageReceived:
        number = next(numbers)
        at = told.pop("at", None) or datetime.now(UTC)
        channel = told.pop("channel", "whatsapp")
        thread = told.pop("thread", None) or uuid4()
        contact = told.pop("contact", None) or uuid5(thread, "contact")
        route = told.pop("route", None) or ReplyRoute(
            channel=Channel(channel),
            account_id=AccountId("1"),
            peer="+34600000001",
            reply_to_id=f"wamid.{number}",
        )
        return MessageReceived(
            occurred_at=at,
            store_id=told.pop("store_id", AURORA),
            version=number,
            message_id=MessageId(uuid4()),
            thread_id=ThreadId(thread),
            contact_id=ContactId(contact),
            channel=Channel(channel),
            account_id=AccountId("1"),
            external_id=f"wamid.{number}",
            text=text,
            reply_route=route,
            **told,
        )

    return make


Hear = Callable[..., Awaitable[None]]


@pytest.fixture
def hear(routing: Database, rules: Rules) -> Hear:
    """`await hear(message, …)` answers these messages as the bus does, in one batch.

    What another hears at the same moment is brought again. `ids` gives their event ids, so that a
    message can be heard twice.
    """
    answering = Answering(db=routing, consumer="routing", hears=app.hears(rules))
    offsets = count()

    async def answer(*messages: Message, ids: list[UUID] | None = None) -> None:
        records = [
            testing.record(message, offset=next(offsets), event_id=ids[n] if ids else None)
            for n, message in enumerate(messages)
        ]
        try:
            await answering.answer(records)
        except Unavailable:
            await answering.answer(records)
        letters = await testing.rows(routing, "SELECT kind, why FROM dead_letters")
        assert letters == []

    return answer


@pytest.fixture
def scene(
    routing: Database,
    rules: Rules,
    *,
    install: Callable[..., Awaitable[None]],
    agent: MakeAgent,
    hear: Hear,
    message: Callable[..., MessageReceived],
) -> Scene:
    """All of these in one."""
    return Scene(routing, rules, install, agent, hear, message)
