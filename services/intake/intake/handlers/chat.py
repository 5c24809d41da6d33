"""Live chat: who visits, what he is told, what he has seen."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from intake.domain import ids
from intake.domain.contacts import Contact
from intake.store import chat as store
from intake.store import people
from intake.store.people import NewThread, ThreadKey
from shared import db
from shared.bus import cause_of, say
from shared.contracts.base import ContactId, Message, NotificationId
from shared.contracts.intake import Delivery, MessageStatusChanged, SendToChat
from shared.db import Transaction
from shared.errors import Refused
from shared.stores import ChatAccount

CHAT = "chat"
"""What those are woken by who hold the sockets."""
TYPING = "chat typing"
"""What they are woken by when an agent is writing."""
TYPING_LASTS = timedelta(seconds=6)
"""How long one sign that somebody writes is believed; clients give one every three seconds."""


async def send_to_chat(command: SendToChat, tx: Transaction) -> Sequence[Message]:
    """Keep a text for a visitor and wake whichever process holds his socket."""
    key = ThreadKey(command.store_id, command.thread_id)
    thread = (await people.lock(tx, [key])).get(key)
    if thread is None or (thread.channel, thread.account_id) != (CHAT, command.account_id):
        raise Refused("no such thread in this chat")
    await store.add(tx, command, thread)
    db.wake(tx, CHAT)
    return ()


async def visitor_of(tx: Transaction, account: ChatAccount, thread: ThreadKey) -> ContactId | None:
    """Whose thread this is; None where it was not opened at this account."""
    found = (await people.lock(tx, [thread])).get(thread)
    if found is None or (found.channel, found.account_id) != (CHAT, account.account_id):
        return None
    return found.contact_id


async def agent_types(tx: Transaction, thread: ThreadKey, now: datetime) -> bool:
    """Tell a visitor that somebody is writing to him; false where there is no such chat."""
    if not await people.there(tx, [thread], CHAT):
        return False
    await store.types(tx, thread, "agent", now + TYPING_LASTS)
    db.wake(tx, TYPING)
    return True


async def visitor_types(tx: Transaction, thread: ThreadKey, now: datetime) -> None:
    """Note that a visitor is writing, for whoever asks."""
    await store.types(tx, thread, "visitor", now + TYPING_LASTS)


async def open_thread(
    tx: Transaction, account: ChatAccount, thread: ThreadKey, told: Contact, at: datetime
) -> Contact:
    """Remember a visitor and open his thread; returns him with all he ever told of himself."""
    await people.keep_contacts(tx, [told], at)
    new = NewThread(thread, account.channel_name, account.account_id, told.contact_id, None)
    await people.count(tx, [new], {}, at)
    return await people.visitor(tx, told)


async def has_thread(tx: Transaction, account: ChatAccount, thread: ThreadKey) -> bool:
    """Whether a thread was opened at this account, and not at another or by mail."""
    return bool(await people.there(tx, [thread], CHAT, account.account_id))


async def seen(
    tx: Transaction,
    account: ChatAccount,
    thread: ThreadKey,
    notification_id: NotificationId,
    at: datetime,
) -> None:
    """Note that a visitor has seen a text and say so, once."""
    locked = (await people.lock(tx, [thread]))[thread]
    if not await store.mark_seen(tx, thread, notification_id, at):
        return
    event = MessageStatusChanged(
        occurred_at=at,
        store_id=account.store_id,
        version=locked.version + 1,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=str(notification_id),
        status=Delivery.READ,
        thread_id=thread.thread_id,
        notification_id=notification_id,
    )
    new = NewThread(thread, locked.channel, locked.account_id, locked.contact_id, None)
    await people.count(tx, [new], {thread: 1}, at)
    status = ids.status_id(account.store_id, account.channel_name, str(notification_id), "read")
    await say(tx, [event], cause=cause_of("status", account.store_id, status))
