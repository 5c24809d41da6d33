"""Messages and statuses: kept once, numbered in their thread, said."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from intake.domain.items import Inbound, StatusNews
from intake.store import messages as store
from intake.store import people
from intake.store.messages import Letter, OutgoingKey
from intake.store.people import NewThread, Thread, ThreadKey
from shared.bus import Said, cause_of
from shared.contracts.base import Message, StoreId
from shared.contracts.intake import MessageReceived
from shared.db import Transaction


async def keep(
    tx: Transaction,
    inbound: Sequence[tuple[Inbound, UUID | None]],
    statuses: Sequence[StatusNews],
    at: datetime,
) -> list[Said]:
    """Keep what is new among these and return what it makes us say, in order per thread.

    A message comes with the id of the delivery that brought it. Their contacts are kept already.
    """
    letters = await _in_their_threads(tx, inbound)
    threads = await people.open_and_lock(tx, _threads(letters, statuses), at)
    fresh = await store.add(tx, letters, at)
    told = await store.add_statuses(tx, statuses, at)
    versions = {key: thread.version for key, thread in threads.items()}
    said = _received(letters, fresh, threads, versions)
    said += await _changed(tx, [one for one in statuses if _key(one) in told], versions)
    changed = {key: n for key, n in versions.items() if n != threads[key].version}
    await people.count(tx, changed)
    return said


async def _in_their_threads(
    tx: Transaction, inbound: Sequence[tuple[Inbound, UUID | None]]
) -> list[Letter]:
    """Each message in the thread that it claims by a token of ours, if the store has that."""
    claimed = [
        ThreadKey(one.event.store_id, thread_id) for one, _ in inbound for thread_id in one.claims
    ]
    there = await people.there(tx, claimed, "mail")
    letters = []
    for one, raw_id in inbound:
        event = one.event
        own = (id for id in one.claims if ThreadKey(event.store_id, id) in there)
        thread_id = next(own, event.thread_id)
        event = msgspec.structs.replace(event, thread_id=thread_id)
        letters.append(Letter(event, one.text, one.answers, raw_id))
    return letters


def _threads(letters: Sequence[Letter], statuses: Sequence[StatusNews]) -> list[NewThread]:
    found = [
        NewThread(
            ThreadKey(event.store_id, event.thread_id),
            event.channel,
            event.account_id,
            event.contact_id,
            event.about,
        )
        for event in (letter.event for letter in letters)
    ]
    # A status may come before anything else of its thread; it opens it.
    found += [
        NewThread(
            ThreadKey(one.event.store_id, one.event.thread_id),
            one.event.channel,
            one.event.account_id,
            one.contact.contact_id,
            None,
        )
        for one in statuses
        if one.event.thread_id and one.contact
    ]
    return found


def _received(
    letters: Sequence[Letter],
    fresh: set[tuple[StoreId, UUID]],
    threads: dict[ThreadKey, Thread],
    versions: dict[ThreadKey, int],
) -> list[Said]:
    """Number the fresh ones; `versions` counts on. Twice in one batch is said once."""
    said = []
    left = set(fresh)
    for event in (letter.event for letter in letters):
        if (event.store_id, event.message_id) not in left:
            continue
        left.remove((event.store_id, event.message_id))
        key = ThreadKey(event.store_id, event.thread_id)
        versions[key] += 1
        numbered: MessageReceived = msgspec.structs.replace(
            event, version=versions[key], about=event.about or threads[key].about
        )
        said.append(_because(numbered, "message", event.message_id))
    return said


async def _changed(
    tx: Transaction, statuses: Sequence[StatusNews], versions: dict[ThreadKey, int]
) -> list[Said]:
    once = {_key(one): one for one in statuses}.values()
    outside = Counter(
        OutgoingKey(one.event.store_id, one.event.notification_id)
        for one in once
        if one.event.notification_id and not one.event.thread_id
    )
    ends = await store.count_outgoing(tx, dict(outside))
    next_of = {key: end - outside[key] for key, end in ends.items()}
    said = []
    for one in once:
        event = one.event
        if event.thread_id:
            key = ThreadKey(event.store_id, event.thread_id)
            versions[key] += 1
            version = versions[key]
        elif event.notification_id:
            outgoing = OutgoingKey(event.store_id, event.notification_id)
            next_of[outgoing] += 1
            version = next_of[outgoing]
        else:
            raise ValueError("a status of neither a thread nor a notification")
        numbered = msgspec.structs.replace(event, version=version)
        said.append(_because(numbered, "status", one.status_id))
    return said


def _key(one: StatusNews) -> tuple[StoreId, UUID]:
    return one.event.store_id, one.status_id


def _because(message: Message, kind: str, id: UUID) -> Said:
    """The id alone makes the event's id: said again after a crash it is the same event."""
    return Said(message, cause_of(kind, getattr(message, "store_id", ""), id))
