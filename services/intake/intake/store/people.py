"""Contacts and threads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from intake.domain.contacts import Contact
from shared.contracts.base import About, AccountId, Channel, ContactId, StoreId, ThreadId
from shared.db import Transaction
from shared.statements import Statement


class ThreadKey(NamedTuple):
    """A thread of a store."""

    store_id: StoreId
    thread_id: ThreadId


class NewThread(NamedTuple):
    """A thread as it is opened, if it is not there."""

    key: ThreadKey
    channel: Channel
    account_id: AccountId
    contact_id: ContactId
    about: About | None


class Thread(NamedTuple):
    """A thread whose row is locked. `version` is that of its latest event."""

    channel: Channel
    account_id: AccountId
    contact_id: ContactId
    version: int
    about: About | None


_CONTACTS = Statement(
    """
    INSERT INTO contacts AS c (store_id, contact_id, identity, scope, address, name, locale, mail,
        first_seen_at, last_seen_at)
    SELECT store_id, contact_id, identity, scope, address, name, locale, mail,
        cast(:at AS timestamptz), cast(:at AS timestamptz)
    FROM unnest(
        cast(:store_ids AS text[]), cast(:contact_ids AS uuid[]), cast(:identities AS text[]),
        cast(:scopes AS text[]), cast(:addresses AS text[]), cast(:names AS text[]),
        cast(:locales AS text[]), cast(:mails AS text[])
    ) AS told (store_id, contact_id, identity, scope, address, name, locale, mail)
    ORDER BY store_id, contact_id
    ON CONFLICT (store_id, contact_id) DO UPDATE SET
        name = coalesce(excluded.name, c.name),
        locale = coalesce(excluded.locale, c.locale),
        mail = coalesce(excluded.mail, c.mail),
        last_seen_at = greatest(excluded.last_seen_at, c.last_seen_at)
    """
)

_COUNT = Statement(
    """
    INSERT INTO threads AS t (store_id, thread_id, channel, account_id, contact_id, about_kind,
        about_id, version, opened_at)
    SELECT store_id, thread_id, channel, account_id, contact_id, about_kind, about_id, events,
        cast(:at AS timestamptz)
    FROM unnest(
        cast(:store_ids AS text[]), cast(:thread_ids AS uuid[]), cast(:channels AS text[]),
        cast(:account_ids AS text[]), cast(:contact_ids AS uuid[]), cast(:about_kinds AS text[]),
        cast(:about_ids AS text[]), cast(:events AS int[])
    ) AS told (store_id, thread_id, channel, account_id, contact_id, about_kind, about_id, events)
    ORDER BY store_id, thread_id
    ON CONFLICT (store_id, thread_id) DO UPDATE SET version = t.version + excluded.version
    RETURNING t.store_id, t.thread_id, t.channel, t.account_id, t.contact_id, t.version,
        t.about_kind, t.about_id
    """
)

_LOCK = text(
    """
    SELECT t.store_id, t.thread_id, t.channel, t.account_id, t.contact_id, t.version, t.about_kind,
        t.about_id
    FROM threads t
    JOIN unnest(cast(:store_ids AS text[]), cast(:thread_ids AS uuid[]))
        AS told (store_id, thread_id) USING (store_id, thread_id)
    ORDER BY t.store_id, t.thread_id
    FOR UPDATE OF t
    """
)

_THERE = text(
    """
    SELECT t.store_id, t.thread_id FROM threads t
    JOIN unnest(cast(:store_ids AS text[]), cast(:thread_ids AS uuid[]))
        AS told (store_id, thread_id) USING (store_id, thread_id)
    WHERE t.channel = :channel
        AND t.account_id = coalesce(cast(:account_id AS text), t.account_id)
    """
)

_VISITOR = text(
    """
    SELECT name, locale, mail FROM contacts
    WHERE store_id = :store_id AND contact_id = :contact_id
    """
)


async def keep_contacts(tx: Transaction, contacts: Iterable[Contact], at: datetime) -> None:
    """Remember these people; what is told of them newly counts, what is left out stays."""
    found = list({(one.store_id, one.contact_id): one for one in contacts}.values())
    if not found:
        return
    await _CONTACTS.rows(
        tx,
        {
            "at": at,
            "store_ids": [one.store_id for one in found],
            "contact_ids": [one.contact_id for one in found],
            "identities": [one.identity for one in found],
            "scopes": [one.scope for one in found],
            "addresses": [one.address for one in found],
            "names": [one.name for one in found],
            "locales": [one.locale for one in found],
            "mails": [one.mail for one in found],
        },
    )


async def count(
    tx: Transaction, threads: Iterable[NewThread], events: Mapping[ThreadKey, int], at: datetime
) -> dict[ThreadKey, Thread]:
    """Open those that are not there, lock all, and add so many events to each one's version."""
    found = list({one.key: one for one in threads}.values())
    if not found:
        return {}
    rows = await _COUNT.rows(
        tx,
        {
            "at": at,
            **_keys([one.key for one in found]),
            "channels": [one.channel for one in found],
            "account_ids": [one.account_id for one in found],
            "contact_ids": [one.contact_id for one in found],
            "about_kinds": [one.about and one.about.kind for one in found],
            "about_ids": [one.about and one.about.id for one in found],
            "events": [events.get(one.key, 0) for one in found],
        },
    )
    return _threads(rows)


async def lock(tx: Transaction, keys: Sequence[ThreadKey]) -> dict[ThreadKey, Thread]:
    """Lock those of the threads that are there, in the order of their ids."""
    return _threads(await tx.execute(_LOCK, _keys(keys)))


def _threads(rows: Iterable[Any]) -> dict[ThreadKey, Thread]:
    return {
        ThreadKey(row.store_id, row.thread_id): Thread(
            channel=row.channel,
            account_id=row.account_id,
            contact_id=row.contact_id,
            version=row.version,
            about=About(kind=row.about_kind, id=row.about_id) if row.about_kind else None,
        )
        for row in rows
    }


async def there(
    tx: Transaction, keys: Sequence[ThreadKey], channel: str, account_id: str | None = None
) -> set[ThreadKey]:
    """Those of the threads that a store has on a channel, or on one account of it."""
    if not keys:
        return set()
    told = {**_keys(keys), "channel": channel, "account_id": account_id}
    rows = await tx.execute(_THERE, told)
    return {ThreadKey(row.store_id, row.thread_id) for row in rows}


async def visitor(tx: Transaction, contact: Contact) -> Contact:
    """The same person with what he told before, where this time he did not."""
    row = (
        await tx.execute(_VISITOR, {"store_id": contact.store_id, "contact_id": contact.contact_id})
    ).one_or_none()
    return contact.or_else(row.name, row.locale, row.mail) if row else contact


def _keys(keys: Sequence[ThreadKey]) -> dict[str, list[object]]:
    return {
        "store_ids": [key.store_id for key in keys],
        "thread_ids": [key.thread_id for key in keys],
    }
