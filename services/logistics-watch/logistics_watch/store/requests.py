"""What came through the front door, as it came."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import text

from shared.contracts.base import AccountId, StoreId
from shared.db import Transaction

_KEEP = text(
    """
    INSERT INTO requests (
        received_at, received_on, store_id, channel, account_id, dedupe_key, headers, body
    )
    VALUES (
        :now, :today, :store_id, :channel, :account_id, :dedupe_key,
        cast(:headers AS jsonb), :body
    )
    ON CONFLICT DO NOTHING
    RETURNING 1
    """
)


async def keep(
    tx: Transaction,
    *,
    account: tuple[StoreId, str, AccountId],
    dedupe_key: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> bool:
    """Keep a request of an account (store, channel, account id); false when it came before today.

    A repetition on another day is kept once more: what it says is recognised scan by scan.
    """
    store_id, channel, account_id = account
    found = await tx.execute(
        _KEEP,
        {
            "now": now,
            "today": now.date(),
            "store_id": store_id,
            "channel": channel,
            "account_id": account_id,
            "dedupe_key": dedupe_key,
            "headers": msgspec.json.encode(headers).decode(),
            "body": body,
        },
    )
    return found.first() is not None
