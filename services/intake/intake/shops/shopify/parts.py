"""Shopify's fulfilment and refund objects, which come alone and inside an order."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from intake.domain.orders import FulfilmentNews, RefundNews
from intake.domain.shapes import Object, objects, text
from intake.domain.texts import line
from intake.domain.times import from_iso, not_later
from intake.shops.shopify.amounts import is_done, transaction
from shared.contracts.base import RefundId
from shared.contracts.intake import Fulfilment

_GONE = ("cancelled", "error", "failure")


def fulfilment(told: Object, received_at: datetime) -> FulfilmentNews | None:
    """A parcel; None without id."""
    fulfilment_id = line(told.get("id"), 100)
    if fulfilment_id is None:
        return None
    created_at = from_iso(told.get("created_at"))
    line_ids = (line(each.get("id"), 100) for each in objects(told.get("line_items")))
    return FulfilmentNews(
        fulfilment=Fulfilment(
            fulfilment_id=fulfilment_id,
            carrier=line(told.get("tracking_company"), 100),
            number=next(_each(told, "tracking_number", 100), None),
            tracking_url=next(filter(_is_link, _each(told, "tracking_url", 1000)), None),
            shipped_at=not_later(created_at, received_at) if created_at else None,
            line_ids=tuple(each for each in line_ids if each),
        ),
        updated_at=from_iso(told.get("updated_at")) or received_at,
        is_cancelled=text(told.get("status")) in _GONE,
    )


def _each(told: Object, name: str, limit: int) -> Iterator[str]:
    """`name` and everything in the list of its plural, where there is anything."""
    several = told.get(f"{name}s")
    for value in (told.get(name), *(several if isinstance(several, list) else ())):
        if (found := line(value, limit)) is not None:
            yield found


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


_OURS = re.compile(r"meridian:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
"""What returns writes into the note of a refund it asks for."""


def refund(told: Object, received_at: datetime) -> RefundNews | None:
    """Money given back; None without id. A refund may move no money at all (restocking only)."""
    external_refund_id = line(told.get("id"), 100)
    if external_refund_id is None:
        return None
    moves = [
        each
        for each in objects(told.get("transactions"))
        if str(each.get("kind")).lower() == "refund"
    ]
    sums = [transaction(each) for each in moves if is_done(each)]
    shop_sums = [shop for _, shop in sums if shop]
    at = from_iso(told.get("processed_at")) or from_iso(told.get("created_at"))
    ours = _OURS.search(text(told.get("note")) or "")
    return RefundNews(
        external_refund_id=external_refund_id,
        refunded_at=not_later(at, received_at),
        amounts=tuple(amount for amount, _ in sums if amount),
        shop_amounts=tuple(shop_sums) if len(shop_sums) == len(sums) else (),
        refund_id=RefundId(UUID(ours[1])) if ours else None,
        is_settled=not any(str(each.get("status")).lower() == "pending" for each in moves),
    )
