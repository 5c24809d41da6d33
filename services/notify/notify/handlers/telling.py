"""From an event to a notice that is kept, once, and due as soon as its order is known."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from notify import metrics
from notify.domain.events import event
from notify.domain.notices import Notice, is_late
from notify.store import notifications, orders
from notify.store.notifications import New
from notify.store.orders import OrderKey
from shared import clock
from shared.bus import Heard, Said
from shared.contracts.base import Channel
from shared.contracts.notify import NotificationSuppressed
from shared.db import Transaction

MAIL = Channel("mail")


class Caused(NamedTuple):
    """A notice and what caused it."""

    heard: Heard[Any]
    notice: Notice


async def tell(
    tx: Transaction,
    caused: Sequence[Caused],
    *,
    known: Collection[OrderKey],
    late_after: timedelta,
) -> list[Said]:
    """Keep these notices; what has no order yet stays pending on the order's stub.

    The caller holds the locks of the orders' rows. What is too late to be told
    (`domain.notices.is_late`) is kept too, as suppressed.
    """
    if not caused:
        return []
    now = clock.now()
    since = await orders.installed_at(tx) - late_after
    news = [
        _new(
            each,
            known,
            is_too_late=is_late(
                each.notice, each.heard.said_at, since=since, late_after=late_after
            ),
        )
        for each in caused
    ]
    kept = await notifications.keep(tx, news, now=now)
    said = []
    for each, new in zip(caused, news, strict=True):
        if new.state == "suppressed" and new.notification_id in kept:
            metrics.suppressed.labels(new.template, new.why).inc()
            told = event(NotificationSuppressed, new, version=1, at=now, why=str(new.why))
            said.append(Said(told, each.heard.id, each.heard.correlation_id))
    return said


def _new(caused: Caused, known: Collection[OrderKey], *, is_too_late: bool) -> New:
    heard, notice = caused
    state = "queued" if (notice.store_id, notice.order_id) in known else "pending"
    return New(
        notification_id=notice.notification_id,
        store_id=notice.store_id,
        template=notice.template,
        subject_id=notice.subject_id,
        detail=notice.detail,
        lane=f"order:{notice.order_id}",
        channel=MAIL,
        state="suppressed" if is_too_late else state,
        why="late" if is_too_late else None,
        version=1 if is_too_late else 0,
        subject_version=notice.subject_version,
        correlation_id=heard.correlation_id,
        occurred_at=notice.occurred_at,
        said_at=heard.said_at,
        language=notice.language,
        order_id=notice.order_id,
        shipment_id=notice.shipment_id,
        case_id=notice.case_id,
        contact_id=notice.contact_id,
        facts=notice.facts,
    )
