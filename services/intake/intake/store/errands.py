"""Orders that are to be asked for at their shops."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from intake.domain.orders import OrderNews
from shared.contracts.base import AccountId, Channel, OrderId, StoreId
from shared.db import Transaction


@dataclass(frozen=True, kw_only=True)
class Errand:
    """An order to ask for; `attempts` counts this one too, `heard` how often the shop named it."""

    store_id: StoreId
    order_id: OrderId
    channel: Channel
    account_id: AccountId
    external_id: str
    heard: int
    attempts: int


_ADD = text(
    """
    INSERT INTO order_errands (store_id, order_id, channel, account_id, external_id, due_at)
    SELECT store_id, order_id, channel, account_id, external_id, :at
    FROM unnest(
        cast(:store_ids AS text[]), cast(:order_ids AS uuid[]), cast(:channels AS text[]),
        cast(:account_ids AS text[]), cast(:external_ids AS text[])
    ) AS told (store_id, order_id, channel, account_id, external_id)
    ORDER BY store_id, order_id
    ON CONFLICT (store_id, order_id) DO UPDATE
        SET heard = order_errands.heard + 1, attempts = 0, due_at = :at, why = NULL,
            given_up_at = NULL
    """
)

_CLAIM = text(
    """
    UPDATE order_errands SET attempts = attempts + 1, due_at = :again_at
    WHERE (store_id, order_id) IN (
        SELECT store_id, order_id FROM order_errands WHERE due_at <= :now
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING store_id, order_id, channel, account_id, external_id, heard, attempts
    """
)

_DONE = text(
    """
    DELETE FROM order_errands
    WHERE store_id = :store_id AND order_id = :order_id AND heard = :heard
    """
)
_LATER = text(
    """
    UPDATE order_errands SET due_at = :due_at, why = :why
    WHERE store_id = :store_id AND order_id = :order_id AND heard = :heard
    """
)
_GIVE_UP = text(
    """
    UPDATE order_errands SET due_at = NULL, given_up_at = :at, why = :why
    WHERE store_id = :store_id AND order_id = :order_id AND heard = :heard
    """
)
_FORGET = text("DELETE FROM order_errands WHERE given_up_at < :before")


async def add(tx: Transaction, news: Iterable[OrderNews], at: datetime) -> None:
    """Note orders that are to be asked for, at once; one that was given up is begun anew."""
    found = {(one.store_id, one.order_id): one for one in news}
    if not found:
        return
    names = ("store_id", "order_id", "channel", "account_id", "external_id")
    columns = {f"{name}s": [getattr(one, name) for one in found.values()] for name in names}
    await tx.execute(_ADD, {"at": at, **columns})


async def claim(tx: Transaction, now: datetime, *, limit: int, patience: timedelta) -> list[Errand]:
    """Take what is due; who is killed meanwhile leaves it due after `patience`."""
    rows = await tx.execute(_CLAIM, {"now": now, "again_at": now + patience, "limit": limit})
    return [Errand(**row._mapping) for row in rows]


async def done(tx: Transaction, errand: Errand) -> None:
    """Forget it, unless the shop named the order again meanwhile."""
    await tx.execute(_DONE, _key(errand))


async def later(tx: Transaction, errand: Errand, due_at: datetime, why: str) -> None:
    """Ask again at a moment. Nothing, if the shop named it again meanwhile."""
    await tx.execute(_LATER, {**_key(errand), "due_at": due_at, "why": why})


async def give_up(tx: Transaction, errand: Errand, at: datetime, why: str) -> None:
    """Ask no more. Nothing, if the shop named it again meanwhile."""
    await tx.execute(_GIVE_UP, {**_key(errand), "at": at, "why": why})


async def forget(tx: Transaction, before: datetime) -> None:
    """Drop what was given up before a moment."""
    await tx.execute(_FORGET, {"before": before})


def _key(errand: Errand) -> dict[str, Any]:
    return {"store_id": errand.store_id, "order_id": errand.order_id, "heard": errand.heard}
