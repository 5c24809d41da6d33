"""Cases, their lines, their history, and the requests that were answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping, text

from returns.domain.cases import HOLDS_GOODS, State
from returns.domain.orders import Asked
from shared.contracts.base import By, CaseId, ContactId, OrderId, StoreId
from shared.contracts.returns import Basis
from shared.db import Transaction


class Case(Struct, frozen=True, kw_only=True):
    """One row of `cases`; `version` counts the events said of it."""

    store_id: StoreId
    case_id: CaseId
    order_id: OrderId
    contact_id: ContactId | None
    version: int
    state: State
    reason: str
    requested_at: datetime
    country: str | None
    language: str | None
    time_zone: str
    why: str | None = None
    basis: Basis | None = None
    policy: str | None = None
    closes_at: datetime | None = None
    send_by: datetime | None = None
    refund_due: datetime | None = None
    buyer_pays_return: bool | None = None
    refunds_delivery: bool = False
    grade: str | None = None
    inspected_by: str | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """One line of a case's history: what was said, by whom, and where the case stood then."""

    version: int
    type: str
    at: datetime
    by: By
    state: State
    detail: dict[str, Any]


_FIELDS = Case.__struct_fields__
_INSERT = text(
    f"""
    INSERT INTO cases ({", ".join(_FIELDS)})
    VALUES ({", ".join(f":{name}" for name in _FIELDS)})
    """  # noqa: S608 - names of our own fields
)
_UPDATE = text(
    f"""
    UPDATE cases SET {", ".join(f"{name} = :{name}" for name in _FIELDS[4:])}
    WHERE store_id = :store_id AND case_id = :case_id
    """  # noqa: S608 - names of our own fields
)
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM cases"  # noqa: S608 - names of our own fields
_ONE = text(f"{_SELECT} WHERE store_id = ANY(:stores) AND case_id = :case_id")
_ONE_OF_ALL = text(f"{_SELECT} WHERE case_id = :case_id")
_LOCKED = text(f"{_SELECT} WHERE store_id = :store_id AND case_id = :case_id FOR UPDATE")


async def find(tx: Transaction, case_id: UUID, stores: frozenset[str]) -> Case | None:
    """A case in one of these stores (`*`: any), not locked."""
    query, values = (_ONE_OF_ALL, {}) if "*" in stores else (_ONE, {"stores": sorted(stores)})
    found = await tx.execute(query, {"case_id": case_id, **values})
    row = found.mappings().first()
    return None if row is None else _case(row)


async def locked(tx: Transaction, store_id: StoreId, case_id: CaseId) -> Case:
    """A case that exists, locked. Whoever also needs its order locks that first."""
    found = await tx.execute(_LOCKED, {"store_id": store_id, "case_id": case_id})
    return _case(found.mappings().one())


def _case(row: RowMapping) -> Case:
    return msgspec.convert(dict(row), Case)


async def insert(tx: Transaction, case: Case, lines: Sequence[Asked]) -> None:
    """Keep a new case and its lines."""
    await tx.execute(_INSERT, _values(case))
    await tx.execute(
        text(
            """
            INSERT INTO case_lines (store_id, case_id, line_id, quantity)
            SELECT :store_id, :case_id, line_id, quantity FROM unnest(
                cast(:line_ids AS text[]), cast(:quantities AS integer[])
            ) AS asked (line_id, quantity)
            """
        ),
        {
            "store_id": case.store_id,
            "case_id": case.case_id,
            "line_ids": [line.line_id for line in lines],
            "quantities": [line.quantity for line in lines],
        },
    )


async def update(tx: Transaction, case: Case) -> None:
    """Write a locked case back."""
    await tx.execute(_UPDATE, _values(case))


def _values(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in _FIELDS}


async def append(tx: Transaction, case: Case, entries: Sequence[Entry]) -> None:
    """Add to a case's history; it is never changed."""
    await tx.execute(
        text(
            """
            INSERT INTO case_events
                (store_id, case_id, version, type, at, by_kind, by_id, state, detail)
            VALUES (:store_id, :case_id, :version, :type, :at, :by_kind, :by_id, :state,
                    cast(:detail AS jsonb))
            """
        ),
        [
            {
                "store_id": case.store_id,
                "case_id": case.case_id,
                "version": entry.version,
                "type": entry.type,
                "at": entry.at,
                "by_kind": entry.by.kind,
                "by_id": entry.by.id,
                "state": entry.state,
                "detail": msgspec.json.encode(entry.detail).decode(),
            }
            for entry in entries
        ],
    )


async def history(tx: Transaction, case: Case) -> list[Entry]:
    """A case's history, oldest first."""
    found = await tx.execute(
        text(
            """
            SELECT version, type, at, by_kind, by_id, state, detail FROM case_events
            WHERE store_id = :store_id AND case_id = :case_id ORDER BY version
            """
        ),
        {"store_id": case.store_id, "case_id": case.case_id},
    )
    return [
        msgspec.convert(
            {
                "version": row.version,
                "type": row.type,
                "at": row.at,
                "by": {"kind": row.by_kind, "id": row.by_id},
                "state": row.state,
                "detail": row.detail,
            },
            Entry,
        )
        for row in found
    ]


async def lines(tx: Transaction, case: Case) -> tuple[Asked, ...]:
    """What a case is about."""
    found = await tx.execute(
        text(
            """
            SELECT line_id, quantity FROM case_lines
            WHERE store_id = :store_id AND case_id = :case_id ORDER BY line_id
            """
        ),
        {"store_id": case.store_id, "case_id": case.case_id},
    )
    return tuple(Asked(line_id=row.line_id, quantity=row.quantity) for row in found)


async def taken(tx: Transaction, store_id: StoreId, order_id: OrderId) -> dict[str, int]:
    """How many pieces of each line other cases hold; the caller has locked the order."""
    found = await tx.execute(
        text(
            """
            SELECT line_id, sum(quantity) AS quantity
            FROM case_lines JOIN cases USING (store_id, case_id)
            WHERE store_id = :store_id AND order_id = :order_id AND state = ANY(:states)
            GROUP BY line_id
            """
        ),
        {"store_id": store_id, "order_id": order_id, "states": sorted(HOLDS_GOODS)},
    )
    return {row.line_id: row.quantity for row in found}


async def overdue(tx: Transaction, now: datetime) -> int:
    """Open cases whose statutory refund deadline has passed."""
    found = await tx.scalar(
        text(
            """
            SELECT count(*) FROM cases
            WHERE refund_due < :now AND refund_due IS NOT NULL
              AND state NOT IN ('declined', 'closed')
            """
        ),
        {"now": now},
    )
    return int(found or 0)


class Answered(Struct, frozen=True, kw_only=True):
    """A request that was answered before."""

    case_id: CaseId
    fingerprint: str


async def take_key(
    tx: Transaction, store_id: StoreId, *, caller: str, key: str, new: Answered, at: datetime
) -> Answered | None:
    """Take a caller's idempotency key for `new`; what it was used for, if it was.

    Of two requests with one key at the same time the second waits here for the first.
    """
    names = {"store_id": store_id, "caller": caller, "key": key}
    took = await tx.execute(
        text(
            """
            INSERT INTO requests (store_id, caller, key, fingerprint, case_id, heard_at)
            VALUES (:store_id, :caller, :key, :fingerprint, :case_id, :at)
            ON CONFLICT DO NOTHING
            """
        ),
        {**names, "fingerprint": new.fingerprint, "case_id": new.case_id, "at": at},
    )
    if took.rowcount:
        return None
    found = await tx.execute(
        text(
            """
            SELECT case_id, fingerprint FROM requests
            WHERE store_id = :store_id AND caller = :caller AND key = :key
            """
        ),
        names,
    )
    return msgspec.convert(dict(found.mappings().one()), Answered)
