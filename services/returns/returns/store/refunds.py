"""Refunds that are due, were tried, are paid, or need a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping, text

from shared.contracts.base import CaseId, OrderId, RefundId, StoreId
from shared.db import Transaction


class RefundState(StrEnum):
    """Where a refund stands."""

    DUE = "due"
    PAID = "paid"
    FAILED = "failed"
    """The shop refused it; a person must look, and may make it due again."""


class Refund(Struct, frozen=True, kw_only=True):
    """One row of `refunds`. `plan` is what the first attempt asked of the shop, asked again word
    for word by every further one; `attempts` counts those begun, with whatever outcome."""

    store_id: StoreId
    refund_id: RefundId
    case_id: CaseId
    order_id: OrderId
    amount: int
    currency: str
    state: RefundState
    due_at: datetime
    ordered_at: datetime
    attempts: int = 0
    attempted_at: datetime | None = None
    plan: dict[str, Any] | None = None
    why: str | None = None
    external_refund_id: str | None = None
    paid_at: datetime | None = None


_FIELDS = Refund.__struct_fields__
_COLUMNS = ", ".join(f"refunds.{name}" for name in _FIELDS)


def _refund(row: RowMapping) -> Refund:
    return msgspec.convert(dict(row), Refund)


async def insert(tx: Transaction, refund: Refund) -> None:
    """Order a refund; a case can have one only."""
    await tx.execute(
        text(
            """
            INSERT INTO refunds
                (store_id, refund_id, case_id, order_id, amount, currency, state, due_at,
                 ordered_at)
            VALUES (:store_id, :refund_id, :case_id, :order_id, :amount, :currency, :state,
                    :due_at, :ordered_at)
            """
        ),
        {name: getattr(refund, name) for name in _FIELDS[:9]},
    )


_CLAIM = text(
    f"""
    UPDATE refunds
    SET attempts = attempts + 1, attempted_at = :now, due_at = :until
    WHERE (store_id, refund_id) IN (
        SELECT store_id, refund_id FROM refunds
        WHERE state = 'due' AND due_at <= :now
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    RETURNING {_COLUMNS}
    """  # noqa: S608 - names of our own fields
)


async def claim(tx: Transaction, *, now: datetime, lease: timedelta, most: int) -> list[Refund]:
    """Take refunds that are due; each is ours until the lease ends or the outcome is written.

    The attempt is counted here, before the shop is called: a process that dies with it leaves the
    row to whoever comes after the lease.
    """
    found = await tx.execute(_CLAIM, {"now": now, "until": now + lease, "most": most})
    return [_refund(row) for row in found.mappings()]


async def keep_plan(tx: Transaction, refund: Refund, plan: str) -> None:
    """Keep what will be asked of the shop, before it is asked for the first time."""
    await tx.execute(
        text(
            """
            UPDATE refunds SET plan = cast(:plan AS jsonb)
            WHERE store_id = :store_id AND refund_id = :refund_id AND plan IS NULL
            """
        ),
        {"plan": plan, "store_id": refund.store_id, "refund_id": refund.refund_id},
    )


async def put_off(tx: Transaction, refund: Refund, *, due_at: datetime, why: str) -> None:
    """Try again later, if it is still due and nobody else tried since."""
    await _settle(tx, refund, state=RefundState.DUE, due_at=due_at, why=why)


async def fail(tx: Transaction, refund: Refund, *, why: str) -> None:
    """Leave it to a person, if it is still due and nobody else tried since."""
    await _settle(tx, refund, state=RefundState.FAILED, due_at=refund.due_at, why=why)


async def _settle(
    tx: Transaction, refund: Refund, *, state: RefundState, due_at: datetime, why: str
) -> None:
    await tx.execute(
        text(
            """
            UPDATE refunds SET state = :state, due_at = :due_at, why = :why
            WHERE store_id = :store_id AND refund_id = :refund_id
              AND state = 'due' AND attempts = :attempts
            """
        ),
        {
            "state": state,
            "due_at": due_at,
            "why": why[:500],
            "store_id": refund.store_id,
            "refund_id": refund.refund_id,
            "attempts": refund.attempts,
        },
    )


async def of_order(
    tx: Transaction, store_id: StoreId, order_id: OrderId, refund_id: UUID
) -> Refund | None:
    """A refund of ours on this order, locked; the caller has locked the order."""
    found = await tx.execute(
        text(
            f"""
            SELECT {_COLUMNS} FROM refunds
            WHERE store_id = :store_id AND order_id = :order_id AND refund_id = :refund_id
            FOR UPDATE
            """  # noqa: S608 - names of our own fields
        ),
        {"store_id": store_id, "order_id": order_id, "refund_id": refund_id},
    )
    row = found.mappings().one_or_none()
    return None if row is None else _refund(row)


async def of_case(tx: Transaction, store_id: StoreId, case_id: CaseId) -> Refund | None:
    """The refund of a case, if one was ordered."""
    found = await tx.execute(
        text(
            f"SELECT {_COLUMNS} FROM refunds WHERE store_id = :store_id AND case_id = :case_id"  # noqa: S608
        ),
        {"store_id": store_id, "case_id": case_id},
    )
    row = found.mappings().one_or_none()
    return None if row is None else _refund(row)


async def mark_paid(
    tx: Transaction, refund: Refund, *, external_refund_id: str, at: datetime
) -> None:
    """Write down that the shop paid a locked refund."""
    await tx.execute(
        text(
            """
            UPDATE refunds
            SET state = 'paid', external_refund_id = :external_refund_id, paid_at = :at, why = NULL
            WHERE store_id = :store_id AND refund_id = :refund_id
            """
        ),
        {
            "external_refund_id": external_refund_id,
            "at": at,
            "store_id": refund.store_id,
            "refund_id": refund.refund_id,
        },
    )


async def unpaid(tx: Transaction) -> Sequence[Refund]:
    """Refunds that are not paid, the oldest first: failed ones and those still tried."""
    found = await tx.execute(
        text(
            f"SELECT {_COLUMNS} FROM refunds WHERE state <> 'paid' ORDER BY ordered_at LIMIT 500"  # noqa: S608
        )
    )
    return [_refund(row) for row in found.mappings()]


async def counted(tx: Transaction) -> dict[RefundState, int]:
    """How many refunds are due and how many failed."""
    found = await tx.execute(
        text("SELECT state, count(*) FROM refunds WHERE state <> 'paid' GROUP BY state")
    )
    counts = {RefundState(state): int(number) for state, number in found.tuples()}
    return {RefundState.DUE: 0, RefundState.FAILED: 0} | counts


async def make_due(tx: Transaction, refund_id: UUID, *, now: datetime) -> bool:
    """Try a failed refund again, with the same key and the same plan; false if none failed."""
    done = await tx.execute(
        text(
            """
            UPDATE refunds SET state = 'due', due_at = :now
            WHERE refund_id = :refund_id AND state = 'failed'
            """
        ),
        {"refund_id": refund_id, "now": now},
    )
    return bool(done.rowcount)
