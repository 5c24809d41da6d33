"""Messages that another system of the merchant's hands over with a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from intake.channels import generic
from intake.domain.items import Arrival, Inbound, Raw, Reading
from intake.handlers.keeping import Keeper
from intake.store import messages as store
from shared.contracts.base import ContactId, MessageId, ThreadId
from shared.db import Database
from shared.stores.accounts.messaging import GenericAccount


class InConflict(Exception):
    """The key was used for something else."""


class Unsaid(Exception):
    """What was handed over is no message: it names nobody, or says nothing."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A message that is kept; `is_new` unless the same was handed over before."""

    message_id: MessageId
    thread_id: ThreadId
    contact_id: ContactId
    is_new: bool


async def post(
    db: Database,
    keeper: Keeper,
    account: GenericAccount,
    told: Mapping[str, Any],
    *,
    key: str,
    at: datetime,
) -> Posted:
    """Keep a message under the caller's key; the same again is kept once.

    `told` has `type` and `data` as our webhook has them; the key takes the place of the message's
    id. Raises `InConflict`, `Unsaid`.
    """
    data = {**told["data"], "id": key}
    read = generic.message(told["type"], data, account, at)
    if not isinstance(read, Inbound):
        raise Unsaid(read.why)
    before = await _known(db, read)
    if before is None:
        raw = msgspec.json.encode({"type": told["type"], "data": data})
        await keeper.keep(_arrival(read, raw, account, at))
    now = before or await _known(db, read)
    if now is None:
        raise Unsaid("the message could not be kept")
    if (now.contact_id, now.subject, now.text) != (
        read.contact.contact_id,
        read.event.subject,
        read.text,
    ):
        raise InConflict
    return Posted(
        message_id=read.event.message_id,
        thread_id=now.thread_id,
        contact_id=now.contact_id,
        is_new=before is None,
    )


async def _known(db: Database, read: Inbound) -> store.Known | None:
    async with db.transaction() as tx:
        return await store.find(tx, read.event.store_id, read.event.message_id)


def _arrival(read: Inbound, octets: bytes, account: GenericAccount, at: datetime) -> Arrival:
    raw = Raw(
        raw_id=uuid4(),
        received_at=at,
        store_id=account.store_id,
        channel=account.channel,
        account_id=account.account_id,
        method="POST",
        url="/messages",
        headers={},
        body=octets,
    )
    return Arrival(channel=account.channel, raw=raw, reading=Reading.of([read]))
