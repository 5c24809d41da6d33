"""Contacts and threads."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from intake.domain.contacts import Contact
from shared.contracts.base import About, AccountId, Channel, ContactId, StoreId, ThreadId
from shared.db import Transaction


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


_CONTACTS = text(
    """
    INSERT INTO contacts AS c (store_id, contact_id, identity, scope, address, name, locale, mail,
        first_seen_at, last_seen_at)
    SELECT store_id, contact_id, identity, scope, address, name, locale, mail, :at, :at
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

_OPEN = text(
    """
    INSERT INTO threads (store_id, thread_id, channel, account_id, contact_id, about_kind,
        about_id, opened_at)
    SELECT store_id, thread_id, channel, account_id, contact_id, about_kind, about_id, :at
    FROM unnest(
        cast(:store_ids AS text[]), cast(:thread_ids AS uuid[]), cast(:channels AS text[]),
        cast(:account_ids AS text[]), cast(:contact_ids AS uuid[]), cast(:about_kinds AS text[]),
        cast(:about_ids AS text[])
    ) AS told (store_id, thread_id, channel, account_id, contact_id, about_kind, about_id)
    ORDER BY store_id, thread_id
    ON CONFLICT (store_id, thread_id) DO NOTHING
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
    """
)

_COUNT = text(
    """
    UPDATE threads t SET version = told.version
    FROM unnest(cast(:store_ids AS text[]), cast(:thread_ids AS uuid[]), cast(:versions AS int[]))
        AS told (store_id, thread_id, version)
    WHERE t.store_id = told.store_id AND t.thread_id = told.thread_id
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
    await tx.execute(
        _CONTACTS,
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


async def open_and_lock(
    tx: Transaction, threads: Iterable[NewThread], at: datetime
) -> dict[ThreadKey, Thread]:
    """Open those that are not there; lock and return all."""
    found = list({one.key: one for one in threads}.values())
    if not found:
        return {}
    await tx.execute(
        _OPEN,
        {
            "at": at,
            **_keys([one.key for one in found]),
            "channels": [one.channel for one in found],
            "account_ids": [one.account_id for one in found],
            "contact_ids": [one.contact_id for one in found],
            "about_kinds": [one.about and one.about.kind for one in found],
            "about_ids": [one.about and one.about.id for one in found],
        },
    )
    return await lock(tx, [one.key for one in found])


async def lock(tx: Transaction, keys: Sequence[ThreadKey]) -> dict[ThreadKey, Thread]:
    """Lock those of the threads that are there, in the order of their ids."""
    rows = await tx.execute(_LOCK, _keys(keys))
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


async def there(tx: Transaction, keys: Sequence[ThreadKey], channel: str) -> set[ThreadKey]:
    """Those of the threads that a store has on a channel."""
    if not keys:
        return set()
    return {
        ThreadKey(*row) for row in await tx.execute(_THERE, {**_keys(keys), "channel": channel})
    }


async def count(tx: Transaction, versions: dict[ThreadKey, int]) -> None:
    """Set the versions of locked threads."""
    if versions:
        await tx.execute(_COUNT, {**_keys(list(versions)), "versions": list(versions.values())})


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
