"""What PostgreSQL says at the end, and what is wrong with it: each check returns its findings."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg


@dataclass(frozen=True)
class Offer:
    """One assignment; `conversation` is unique in the whole installation."""

    conversation: UUID
    epoch: int
    agent: str
    units: int
    begun: datetime
    ended: datetime | None


@dataclass(frozen=True)
class Change:
    """One row of the load's history, in the order in which they were written."""

    agent: str
    conversation: UUID
    epoch: int
    delta: int
    load_after: int


@dataclass(frozen=True)
class Reply:
    """One answer of an agent."""

    id: UUID
    conversation: UUID
    at: datetime


@dataclass(frozen=True)
class Conversation:
    """How a conversation stands."""

    id: UUID
    thread: UUID
    state: str
    epoch: int
    version: int
    opened: datetime


@dataclass(frozen=True)
class Facts:
    """All that is asked of the two databases."""

    conversations: Sequence[Conversation]
    offers: Sequence[Offer]
    changes: Sequence[Change]
    loads: Mapping[str, int]
    capacities: Mapping[str, int]
    replies: Sequence[Reply]
    written: Sequence[tuple[str, UUID, UUID, datetime]]
    """Messages that intake kept: the vendor's id, message, thread, when."""
    taken_in: Sequence[UUID]
    """Messages of which routing wrote down that it took them in."""
    left: Mapping[str, int]
    """What must not be left over, counted."""


_LEFT = {
    f"{schema}.{table}": f"SELECT count(*) FROM {schema}.{table}"
    for schema in ("intake", "routing")
    for table in ("outbox", "outbox_dead", "dead_letters")
} | {
    "conversations that wait": (
        "SELECT count(*) FROM routing.conversations WHERE state IN ('pending', 'queued')"
    ),
    "conversations somebody has": (
        "SELECT count(*) FROM routing.conversations WHERE state = 'assigned'"
    ),
    "conversations whose customer waits": (
        "SELECT count(*) FROM routing.conversations WHERE asked_at IS NOT NULL"
    ),
    "live offers": "SELECT count(*) FROM routing.offers WHERE ended_at IS NULL",
    "requests without an answer": "SELECT count(*) FROM routing.requests WHERE answer IS NULL",
    "deliveries not understood": (
        "SELECT count(*) FROM intake.raw_requests WHERE outcome NOT IN ('understood', 'repeated')"
    ),
    "messages not heard": (
        "SELECT (SELECT count(*) FROM intake.messages) - (SELECT count(*) FROM routing.inbox)"
    ),
}


async def left(database_url: str) -> dict[str, int]:
    """What is left over at this moment, without what is not."""
    connection = await asyncpg.connect(database_url, timeout=5)
    try:
        found = {what: await connection.fetchval(sql) for what, sql in _LEFT.items()}
    finally:
        await connection.close()
    return {what: count for what, count in found.items() if count}


async def collected(database_url: str) -> Facts:
    """Ask for everything in one snapshot."""
    connection = await asyncpg.connect(database_url, timeout=5)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _collected(connection)
    finally:
        await connection.close()


async def _collected(connection: asyncpg.Connection) -> Facts:
    async def rows(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.fetch(sql)]

    return Facts(
        conversations=[
            Conversation(*row)
            for row in await rows(
                "SELECT id, thread_id, state, epoch, version, opened_at FROM routing.conversations"
            )
        ],
        offers=[
            Offer(*row)
            for row in await rows(
                "SELECT conversation_id, epoch, agent_id, units, offered_at, ended_at"
                " FROM routing.offers ORDER BY epoch"
            )
        ],
        changes=[
            Change(*row)
            for row in await rows(
                "SELECT agent_id, conversation_id, epoch, delta, load_after"
                " FROM routing.load_changes ORDER BY id"
            )
        ],
        loads=dict(await rows("SELECT agent_id, load FROM routing.agent_loads")),
        capacities=dict(await rows("SELECT agent_id, capacity FROM routing.agent_loads")),
        replies=[
            Reply(*row)
            for row in await rows("SELECT id, conversation_id, replied_at FROM routing.replies")
        ],
        written=await rows(
            "SELECT external_id, message_id, thread_id, received_at FROM intake.messages"
        ),
        taken_in=[
            UUID(row[0])
            for row in await rows(
                "SELECT details ->> 'message_id' FROM routing.history"
                " WHERE what = 'message received'"
            )
        ],
        left={what: await connection.fetchval(sql) for what, sql in _LEFT.items()},
    )


def not_once(facts: Facts, wamids: Iterable[str]) -> list[str]:
    """Messages that were lost or counted twice, at intake or at routing."""
    kept = [wamid for wamid, *_ in facts.written]
    ids = [message for _, message, *_ in facts.written]
    return _compared("message kept", wamids, kept) + _compared("taken in", ids, facts.taken_in)


def not_one_each(facts: Facts, customers: int) -> list[str]:
    """Threads that have not exactly one conversation, and conversations that are not resolved."""
    threads = {thread for *_, thread, _ in facts.written}
    found = _compared("thread", threads, [each.thread for each in facts.conversations])
    found += [f"{each.id} is {each.state}" for each in facts.conversations if not _is_over(each)]
    if len(facts.conversations) != customers:
        found.append(f"{len(facts.conversations)} conversations of {customers} customers")
    return found


def _is_over(conversation: Conversation) -> bool:
    return conversation.state == "resolved"


def broken_chains(facts: Facts) -> list[str]:
    """Conversations whose assignments have a gap, an overlap, or are not in their load's order."""
    chains: dict[UUID, list[Offer]] = defaultdict(list)
    for offer in facts.offers:
        chains[offer.conversation].append(offer)
    written: dict[UUID, list[tuple[int, bool]]] = defaultdict(list)
    for change in facts.changes:
        written[change.conversation].append((change.epoch, change.delta > 0))
    found = []
    for conversation in facts.conversations:
        chain = chains.pop(conversation.id, [])
        epochs = list(range(1, conversation.epoch + 1))
        if not epochs or [offer.epoch for offer in chain] != epochs:
            found.append(f"{conversation.id} has epochs {[offer.epoch for offer in chain]}")
        ends = [offer.ended for offer in chain]
        if None in ends:
            found.append(f"{conversation.id} has an offer that never ended")
        spans = [moment for offer in chain for moment in (offer.begun, offer.ended) if moment]
        if spans != sorted(spans):
            found.append(f"{conversation.id} has offers that overlap: {spans}")
        steps = [(epoch, is_begin) for epoch in epochs for is_begin in (True, False)]
        if written[conversation.id] != steps:
            found.append(f"{conversation.id} weighed on agents so: {written[conversation.id]}")
    return found + [f"{stray} has offers and is no conversation" for stray in chains]


def wrong_loads(facts: Facts) -> list[str]:
    """Moments at which a load was not what the live units add up to, or more than there is room."""
    units = {(offer.conversation, offer.epoch, offer.agent): offer.units for offer in facts.offers}
    live: dict[str, dict[tuple[UUID, int], int]] = defaultdict(dict)
    found = []
    for change in facts.changes:
        held, which = live[change.agent], (change.conversation, change.epoch)
        weight = units.get((*which, change.agent), 0)
        if change.delta > 0 and which not in held:
            held[which] = weight
        elif change.delta < 0 and which in held:
            del held[which]
        else:
            found.append(f"{change} begins or ends what does not")
        if abs(change.delta) != weight or weight == 0:
            found.append(f"{change} where the offer weighs {weight}")
        if change.load_after != sum(held.values()):
            found.append(f"{change} while {len(held)} are live")
        if change.load_after > facts.capacities[change.agent]:
            found.append(f"{change} is over {facts.capacities[change.agent]}")
    for agent, load in facts.loads.items():
        if load != sum(live[agent].values()):
            found.append(f"{agent} ends with {load} and {len(live[agent])} live")
    return found


def wrong_replies(facts: Facts) -> list[str]:
    """Assignments in which the agent did not answer exactly once."""
    replies: dict[UUID, list[datetime]] = defaultdict(list)
    for reply in facts.replies:
        replies[reply.conversation].append(reply.at)
    found = []
    for offer in facts.offers:
        times = [
            at
            for at in replies[offer.conversation]
            if offer.begun <= at and (offer.ended is None or at <= offer.ended)
        ]
        if len(times) != 1:
            found.append(f"{offer.conversation}, epoch {offer.epoch}: {len(times)} replies")
    if len(facts.replies) != len(facts.offers):
        found.append(f"{len(facts.replies)} replies in {len(facts.offers)} assignments")
    return found


def _compared(what: str, wanted: Iterable[Any], there: Iterable[Any]) -> list[str]:
    expected, counted = set(wanted), Counter(there)
    lost = [f"{what}: {one} is missing" for one in expected - counted.keys()]
    odd = [f"{what}: {one} is of nobody" for one in counted.keys() - expected]
    return lost + odd + [f"{what}: {one} is there {n} times" for one, n in counted.items() if n > 1]
