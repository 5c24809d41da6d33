"""Messages and statuses: kept once, numbered in their thread, said."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from intake.domain import ids
from intake.domain.files import FILES
from intake.domain.items import Inbound, Raw, StatusNews
from intake.store import files, people
from intake.store import messages as store
from intake.store.files import NewFile
from intake.store.messages import Letter, OutgoingKey
from intake.store.people import NewThread, Thread, ThreadKey
from shared import db
from shared.bus import Said, cause_of
from shared.contracts.base import AccountId, Channel, Message, StoreId, ThreadId
from shared.contracts.intake import MessageReceived
from shared.db import Transaction

T = TypeVar("T")

Linked = Callable[[StoreId, UUID, datetime], str]
"""The address of a file, by store and id, as of now."""


async def keep(
    tx: Transaction,
    inbound: Sequence[tuple[Inbound, Raw | None]],
    statuses: Sequence[StatusNews],
    at: datetime,
    linked: Linked,
) -> list[Said]:
    """Keep what is new among these and return what it makes us say, in order per thread.

    A message comes with the delivery that brought it. Their contacts are kept already. `linked`
    gives the address under which a file will be found.
    """
    letters = await _in_their_threads(tx, inbound, at, linked)
    new_letters = _first_of_each(letters, await store.add(tx, letters, at), _letter_key)
    told = _first_of_each(statuses, await store.add_statuses(tx, statuses, at), _status_key)
    new = [*map(_thread_of_letter, new_letters), *filter(None, map(_thread_of_status, told))]
    events = Counter(one.key for one in new)
    threads = await people.count(tx, new, events, at)
    await _note_files(tx, new_letters, inbound, at)
    versions = _Versions({key: threads[key].version - n for key, n in events.items()})
    said = [_received(letter.event, threads, versions) for letter in new_letters]
    return said + await _changed(tx, told, versions)


class _Versions:
    """The next version of each thread."""

    def __init__(self, before: dict[ThreadKey, int]) -> None:
        self._last = before

    def next(self, store_id: StoreId, thread_id: ThreadId) -> int:
        """One more."""
        key = ThreadKey(store_id, thread_id)
        self._last[key] += 1
        return self._last[key]


def _first_of_each(
    found: Sequence[T], fresh: set[tuple[StoreId, UUID]], key: Callable[[T], tuple[StoreId, UUID]]
) -> list[T]:
    """Those that were not known, each once even if it stands twice in the batch."""
    first = {key(one): one for one in reversed(found)}
    return [one for one in found if key(one) in fresh and first[key(one)] is one]


def _letter_key(letter: Letter) -> tuple[StoreId, UUID]:
    return letter.event.store_id, letter.event.message_id


def _status_key(one: StatusNews) -> tuple[StoreId, UUID]:
    return one.event.store_id, one.status_id


async def _note_files(
    tx: Transaction,
    letters: Sequence[Letter],
    inbound: Sequence[tuple[Inbound, Raw | None]],
    at: datetime,
) -> None:
    """The files of new messages are due from now on."""
    new = {one.event.message_id: one.event for one in letters}
    rows = {
        file.file_id: file
        for one, raw in inbound
        if (event := new.get(one.event.message_id)) is not None
        for file in _files(one, event, raw)
    }
    await files.add(tx, list(rows.values()), at)
    uploads = [
        (event.store_id, event.message_id, file_id)
        for one, _ in inbound
        if (event := new.get(one.event.message_id)) is not None
        for file_id in one.uploaded
    ]
    await files.attach(tx, uploads)
    if rows:
        db.wake(tx, FILES)


def _files(one: Inbound, event: MessageReceived, raw: Raw | None) -> Iterator[NewFile]:
    remote = {each.index: each for each in one.remote}
    local = {each.index for each in one.local}
    for index, told in enumerate(event.attachments):
        there = remote.get(index)
        if there is None and (raw is None or index not in local):
            continue
        yield NewFile(
            store_id=event.store_id,
            file_id=ids.file_id(event.store_id, event.message_id, index),
            contact_id=event.contact_id,
            thread_id=event.thread_id,
            message_id=event.message_id,
            n=index,
            channel=Channel(raw.channel) if raw else event.channel,
            account_id=AccountId(raw.account_id) if raw else event.account_id,
            raw_id=raw.raw_id if raw and there is None else None,
            raw_at=raw.received_at if raw and there is None else None,
            reference=there.reference if there else None,
            is_url=there.is_url if there else False,
            name=told.name,
            declared_type=told.media_type,
        )


def _with_links(
    one: Inbound, event: MessageReceived, at: datetime, linked: Linked
) -> MessageReceived:
    """The event with the address of each file that will be found there."""
    if one.uploaded:
        laid = (
            msgspec.structs.replace(told, url=linked(event.store_id, told.file_id, at))
            for told in event.attachments
            if told.file_id
        )
        return msgspec.structs.replace(event, attachments=tuple(laid))
    known = {each.index for each in one.remote} | {each.index for each in one.local}
    if not known:
        return event
    attachments = tuple(
        msgspec.structs.replace(
            told,
            file_id=(file_id := ids.file_id(event.store_id, event.message_id, index)),
            url=linked(event.store_id, file_id, at),
        )
        if index in known
        else told
        for index, told in enumerate(event.attachments)
    )
    return msgspec.structs.replace(event, attachments=attachments)


async def _in_their_threads(
    tx: Transaction, inbound: Sequence[tuple[Inbound, Raw | None]], at: datetime, linked: Linked
) -> list[Letter]:
    """Each message in the thread that it claims by a token of ours, if the store has that."""
    claimed = [
        ThreadKey(one.event.store_id, thread_id) for one, _ in inbound for thread_id in one.claims
    ]
    there = await people.there(tx, claimed, "mail")
    letters = []
    for one, raw in inbound:
        event = one.event
        own = (id for id in one.claims if ThreadKey(event.store_id, id) in there)
        thread_id = next(own, event.thread_id)
        event = msgspec.structs.replace(event, thread_id=thread_id)
        event = _with_links(one, event, at, linked)
        raw_id = raw.raw_id if raw else None
        letters.append(Letter(event, one.text, one.answers, raw_id, one.original, one.html))
    return letters


def _thread_of_letter(letter: Letter) -> NewThread:
    event = letter.event
    key = ThreadKey(event.store_id, event.thread_id)
    return NewThread(key, event.channel, event.account_id, event.contact_id, event.about)


def _thread_of_status(one: StatusNews) -> NewThread | None:
    """A status may come before anything else of its thread; it opens it."""
    event, contact = one.event, one.contact
    if event.thread_id is None or contact is None:
        return None
    key = ThreadKey(event.store_id, event.thread_id)
    return NewThread(key, event.channel, event.account_id, contact.contact_id, None)


def _received(
    event: MessageReceived, threads: dict[ThreadKey, Thread], versions: _Versions
) -> Said:
    """The event, numbered, with what its thread is about."""
    numbered = msgspec.structs.replace(
        event,
        version=versions.next(event.store_id, event.thread_id),
        about=event.about or threads[ThreadKey(event.store_id, event.thread_id)].about,
    )
    return _because(numbered, "message", event.message_id)


async def _changed(tx: Transaction, told: Sequence[StatusNews], versions: _Versions) -> list[Said]:
    outside = Counter(
        OutgoingKey(one.event.store_id, one.event.notification_id)
        for one in told
        if one.event.notification_id and not one.event.thread_id
    )
    ends = await store.count_outgoing(tx, dict(outside))
    last_of = {key: end - outside[key] for key, end in ends.items()}
    said = []
    for one in told:
        event = one.event
        if event.thread_id:
            version = versions.next(event.store_id, event.thread_id)
        elif event.notification_id:
            outgoing = OutgoingKey(event.store_id, event.notification_id)
            last_of[outgoing] += 1
            version = last_of[outgoing]
        else:
            raise ValueError("a status of neither a thread nor a notification")
        numbered = msgspec.structs.replace(event, version=version)
        said.append(_because(numbered, "status", one.status_id))
    return said


def _because(message: Message, kind: str, id: UUID) -> Said:
    """The id alone makes the event's id: said again after a crash it is the same event."""
    return Said(message, cause_of(kind, getattr(message, "store_id", ""), id))
