"""Orders with their fulfilments and refunds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text

from intake.domain.orders import FulfilmentNews, Known, OrderNews, RefundNews, Snapshot
from shared.contracts.base import OrderId, StoreId
from shared.db import Transaction


class OrderKey(NamedTuple):
    """An order of a store."""

    store_id: StoreId
    order_id: OrderId


@dataclass(frozen=True)
class Locked:
    """An order whose row is locked; `version` is that of its latest event."""

    known: Known
    version: int


_STUBS = text(
    """
    INSERT INTO orders (store_id, order_id, channel, account_id, external_id, first_heard_at)
    SELECT store_id, order_id, channel, account_id, external_id, :at
    FROM unnest(
        cast(:store_ids AS text[]), cast(:order_ids AS uuid[]), cast(:channels AS text[]),
        cast(:account_ids AS text[]), cast(:external_ids AS text[])
    ) AS told (store_id, order_id, channel, account_id, external_id)
    ORDER BY store_id, order_id
    ON CONFLICT (store_id, order_id) DO NOTHING
    """
)

_LOCK = text(
    """
    SELECT o.store_id, o.order_id, o.version, cast(o.snapshot AS text) AS snapshot,
        cast(o.said AS text) AS said
    FROM orders o
    JOIN unnest(cast(:store_ids AS text[]), cast(:order_ids AS uuid[]))
        AS told (store_id, order_id) USING (store_id, order_id)
    ORDER BY o.store_id, o.order_id
    FOR UPDATE OF o
    """
)

_PARTS = text(
    """
    SELECT p.kind, p.store_id, p.order_id, p.part_id, p.told
    FROM unnest(cast(:store_ids AS text[]), cast(:order_ids AS uuid[])) AS o (store_id, order_id)
    CROSS JOIN LATERAL (
        SELECT 'fulfilment' AS kind, f.store_id, f.order_id, f.fulfilment_id AS part_id,
            cast(f.told AS text) AS told
        FROM fulfilments f WHERE f.store_id = o.store_id AND f.order_id = o.order_id
        UNION ALL
        SELECT 'refund', r.store_id, r.order_id, r.external_refund_id, cast(r.told AS text)
        FROM refunds r WHERE r.store_id = o.store_id AND r.order_id = o.order_id
    ) AS p
    """
)

_WRITE = text(
    """
    UPDATE orders o SET
        contact_id = coalesce(told.contact_id, o.contact_id),
        version = told.version,
        snapshot = cast(told.snapshot AS jsonb),
        said = cast(told.said AS jsonb)
    FROM unnest(
        cast(:store_ids AS text[]), cast(:order_ids AS uuid[]), cast(:contact_ids AS uuid[]),
        cast(:versions AS int[]), cast(:snapshots AS text[]), cast(:said AS text[])
    ) AS told (store_id, order_id, contact_id, version, snapshot, said)
    WHERE o.store_id = told.store_id AND o.order_id = told.order_id
    """
)

_PART = """
    INSERT INTO {table} (store_id, order_id, {id}, told)
    SELECT store_id, order_id, part_id, cast(told AS jsonb)
    FROM unnest(
        cast(:store_ids AS text[]), cast(:order_ids AS uuid[]), cast(:part_ids AS text[]),
        cast(:tolds AS text[])
    ) AS part (store_id, order_id, part_id, told)
    ON CONFLICT (store_id, order_id, {id}) DO UPDATE SET told = excluded.told
"""
_WRITE_FULFILMENTS = text(_PART.format(table="fulfilments", id="fulfilment_id"))
_WRITE_REFUNDS = text(_PART.format(table="refunds", id="external_refund_id"))

_PENDING = text("SELECT count(*) FROM orders WHERE snapshot IS NULL AND first_heard_at < :before")

_read_snapshot = msgspec.json.Decoder(Snapshot).decode
_read_said = msgspec.json.Decoder(frozenset[str]).decode
_read_fulfilment = msgspec.json.Decoder(FulfilmentNews).decode
_read_refund = msgspec.json.Decoder(RefundNews).decode


async def lock(tx: Transaction, news: Sequence[OrderNews], at: datetime) -> dict[OrderKey, Locked]:
    """Lock the orders that these tell of, in the order of their ids; unknown ones become stubs."""
    found = {OrderKey(one.store_id, one.order_id): one for one in news}
    if not found:
        return {}
    keys = _keys(found)
    await tx.execute(
        _STUBS,
        {
            "at": at,
            **keys,
            "channels": [one.channel for one in found.values()],
            "account_ids": [one.account_id for one in found.values()],
            "external_ids": [one.external_id for one in found.values()],
        },
    )
    rows = (await tx.execute(_LOCK, keys)).all()
    # Only now: what another transaction wrote before it let the row go must be seen.
    parts = (await tx.execute(_PARTS, keys)).all()
    return {OrderKey(row.store_id, row.order_id): _locked(row, parts) for row in rows}


def _locked(row: Row[Any], parts: Sequence[Row[Any]]) -> Locked:
    own = [part for part in parts if (part.store_id, part.order_id) == (row.store_id, row.order_id)]
    known = Known(
        snapshot=_read_snapshot(row.snapshot) if row.snapshot else None,
        fulfilments={p.part_id: _read_fulfilment(p.told) for p in own if p.kind == "fulfilment"},
        refunds={p.part_id: _read_refund(p.told) for p in own if p.kind == "refund"},
        said=_read_said(row.said),
    )
    return Locked(known, row.version)


async def write(
    tx: Transaction, orders: Mapping[OrderKey, Locked], news: Iterable[OrderNews]
) -> None:
    """Write locked orders back, with the parts that the news tell of."""
    if not orders:
        return
    told = list(news)
    buyers = {
        OrderKey(one.store_id, one.order_id): one.contact.contact_id for one in told if one.contact
    }
    await tx.execute(
        _WRITE,
        {
            **_keys(orders),
            "contact_ids": [buyers.get(key) for key in orders],
            "versions": [one.version for one in orders.values()],
            "snapshots": [
                _written(one.known.snapshot) if one.known.snapshot else None
                for one in orders.values()
            ],
            "said": [_written(sorted(one.known.said)) for one in orders.values()],
        },
    )
    parcels = {
        (OrderKey(one.store_id, one.order_id), each.fulfilment.fulfilment_id)
        for one in told
        for each in one.fulfilments
    }
    refunds = {
        (OrderKey(one.store_id, one.order_id), each.external_refund_id)
        for one in told
        for each in one.refunds
    }
    if parcels:
        rows = [(key, id, orders[key].known.fulfilments[id]) for key, id in sorted(parcels)]
        await tx.execute(_WRITE_FULFILMENTS, _part_rows(rows))
    if refunds:
        back = [(key, id, orders[key].known.refunds[id]) for key, id in sorted(refunds)]
        await tx.execute(_WRITE_REFUNDS, _part_rows(back))


async def count_pending(tx: Transaction, before: datetime) -> int:
    """Orders of which only parts are known, and that since before a moment."""
    found: int = await tx.scalar(_PENDING, {"before": before}) or 0
    return found


def _part_rows(rows: Sequence[tuple[OrderKey, str, object]]) -> dict[str, list[object]]:
    return {
        "store_ids": [key.store_id for key, _, _ in rows],
        "order_ids": [key.order_id for key, _, _ in rows],
        "part_ids": [part_id for _, part_id, _ in rows],
        "tolds": [_written(told) for _, _, told in rows],
    }


def _written(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _keys(keys: Iterable[OrderKey]) -> dict[str, list[object]]:
    found = list(keys)
    return {
        "store_ids": [key.store_id for key in found],
        "order_ids": [key.order_id for key in found],
    }
