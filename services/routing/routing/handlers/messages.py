"""A customer wrote: his message opens a conversation, joins the open one, or takes one up again.

It only queues; who gets it is the dispatcher's to decide.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from routing import metrics
from routing.domain import saying, saying_promises
from routing.domain.conversation import Conversation, State
from routing.domain.customer import OrderFacts
from routing.domain.handing_over import hand_over_note
from routing.handlers import joining, writers
from routing.handlers.rules import Rules, pool
from routing.handlers.understanding import understand
from routing.store import agents, claims, notes, turns
from routing.store.history import Happening, happening
from shared import clock, db
from shared.bus import Heard, Said, batch
from shared.contracts.base import (
    ActorKind,
    AgentId,
    By,
    CaseId,
    ConversationId,
    Event,
    ShipmentId,
)
from shared.contracts.intake import MessageReceived
from shared.db import Transaction

LEFT = "agent gone"
_AT_A_STRETCH = 10_000
"""Letters that are understood before others of the process have their turn: some 20 ms."""
_A_MESSAGE = 100
"""Letters that take as long as what each message takes besides."""


@dataclass
class _Turn:
    """What one batch finds, and what it leaves behind."""

    now: datetime
    rules: Rules
    contacts: turns.Contacts
    orders: Sequence[OrderFacts]
    there: joining.There
    left: Collection[AgentId]
    new: dict[ConversationId, Conversation] = field(default_factory=dict)
    changed: dict[ConversationId, Conversation] = field(default_factory=dict)
    happened: list[Happening] = field(default_factory=list)
    released: dict[ConversationId, Conversation] = field(default_factory=dict)

    @property
    def resolved_since(self) -> datetime:
        return self.now - self.rules.reopen_within


@batch
async def on_message_received(
    heard: Sequence[Heard[MessageReceived]], tx: Transaction, *, rules: Rules
) -> Sequence[Said]:
    """Queue what customers wrote, or hand it to who has the conversation already."""
    now = clock.now()
    messages = [each.message for each in heard]
    scene = await turns.read(
        tx,
        writers.told(messages),
        threads=((each.store_id, each.thread_id) for each in messages),
        shipments=((s, ShipmentId(i)) for s, i in writers.subjects(messages, "shipment")),
        cases=((s, CaseId(i)) for s, i in writers.subjects(messages, "case")),
        resolved_since=now - rules.reopen_within,
    )
    contacts = scene.contacts
    left = await _left(tx, scene.conversations, now, rules)
    turn = _Turn(now, rules, {**contacts}, scene.orders, joining.There(scene.conversations), left)
    said: list[Said] = []
    understood = 0
    for each in heard:
        said += _take_in(each, turn)
        understood += _A_MESSAGE + len(each.message.text or "")
        if understood >= _AT_A_STRETCH:
            understood = 0
            await asyncio.sleep(0)
    await _release(tx, turn)
    await turns.write(
        tx,
        opened=list(turn.new.values()),
        changed=list(turn.changed.values()),
        contacts=[each for key, each in turn.contacts.items() if each is not contacts[key]],
        happened=turn.happened,
    )
    for conversation in (*turn.new.values(), *turn.changed.values()):
        if conversation.state is State.QUEUED:
            db.wake(tx, pool(conversation.store_id, conversation.family))
    return said


def _take_in(heard: Heard[MessageReceived], turn: _Turn) -> list[Said]:
    message = heard.message
    key = message.store_id, message.contact_id
    contact = turn.contacts[key]
    orders = writers.orders_of(contact, turn.orders, message.about.id if message.about else None)
    before = joining.joined(message, turn.there, turn.resolved_since)
    found = understand(message, contact, orders, before, turn.rules)
    turn.contacts[key] = writers.with_language(contact, found.written)
    if before is None:
        after = joining.opened(message, found, contact, heard.correlation_id, turn.now, turn.rules)
    else:
        has_left = before.state is State.ASSIGNED and before.agent_id in turn.left
        after = joining.gone_on(before, message, found, turn.now, turn.rules, has_left=has_left)
        if has_left:
            turn.released[before.id] = before
    after = after.with_orders(writers.meant(message, orders))
    after, events = _told(before, after, turn.now)
    turn.there.put(after)
    is_new = before is None or after.id in turn.new
    (turn.new if is_new else turn.changed)[after.id] = after
    turn.happened.append(
        happening(
            message.store_id,
            after.id,
            message.occurred_at,
            "message received",
            By(kind=ActorKind.CUSTOMER, id=str(message.contact_id)),
            message_id=message.message_id,
            language=found.written,
            intent=found.meant.intent,
            priority=found.urgency.priority,
        )
    )
    return [Said(event, heard.id, heard.correlation_id) for event in events]


async def _left(
    tx: Transaction, there: Sequence[Conversation], now: datetime, rules: Rules
) -> set[AgentId]:
    """Who has one of these and is not there to answer it."""
    owners = {of.agent_id for of in there if of.state is State.ASSIGNED and of.agent_id is not None}
    team = await agents.some(tx, owners, now, rules.heartbeat)
    return {each for each in owners if each not in team or team[each].has_left(now)}


async def _release(tx: Transaction, turn: _Turn) -> None:
    """Give the units back of what was taken from an empty chair."""
    taken = sorted(turn.released.values(), key=lambda of: (of.store_id, of.id))
    for store_id, group in groupby(taken, key=lambda of: of.store_id):
        await claims.release(tx, store_id, [of.id for of in group], why=LEFT, now=turn.now)
    # As it stands now: that he had answered it is no more so, the customer has just written.
    stand = [replace(turn.changed[of.id], agent_id=of.agent_id) for of in taken]
    told = [(of, hand_over_note(of, LEFT, turn.now)) for of in stand]
    await notes.keep(tx, told, by=saying.ROUTING, at=turn.now)
    turn.happened.extend(
        happening(of.store_id, of.id, turn.now, LEFT, agent_id=of.agent_id) for of in taken
    )


def _told(
    before: Conversation | None, after: Conversation, now: datetime
) -> tuple[Conversation, list[Event]]:
    """What is to be said of the change."""
    events: list[Event] = []
    if before is None or before.state is State.PENDING:
        after, opened = saying.opened(after, now)
        events.append(opened)
        metrics.conversations_opened.labels(after.family, after.opened_by).inc()
    is_taken = before is not None and before.state is State.ASSIGNED and after.agent_id is None
    if is_taken and before is not None and before.agent_id is not None:
        after, released = saying.released(
            after, before.agent_id, why=LEFT, by=saying.ROUTING, at=now
        )
        events.append(released)
    if after.state is State.QUEUED and (before is None or before.state is not State.QUEUED):
        after, queued = saying.queued(after, now)
        events.append(queued)
    elif before is not None and (before.priority, before.is_crisis) != (
        after.priority,
        after.is_crisis,
    ):
        after, changed = saying_promises.priority_changed(after, before.priority, now)
        events.append(changed)
    return after, events
