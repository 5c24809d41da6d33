"""What vendors and mail servers tell of messages of ours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from notify import metrics
from notify.domain import receipts as rules
from notify.domain.events import event
from notify.domain.receipts import Change, Progress, Receipt
from notify.store import outcomes, receipts
from notify.store.receipts import Standing
from shared import clock
from shared.bus import Heard, Said, batch
from shared.contracts.base import Message
from shared.contracts.intake import Delivery, MessageStatusChanged
from shared.contracts.notify import (
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
)
from shared.db import Transaction


class Caused(NamedTuple):
    """A receipt and what brought it; the correlation is the notification's own."""

    receipt: Receipt
    cause: UUID


@batch
async def on_status(
    heard: Sequence[Heard[MessageStatusChanged]], tx: Transaction
) -> Sequence[Said]:
    """Apply receipts; those that came before the send was recorded are kept for it."""
    return await apply(tx, [Caused(rules.receipt_of(each.message), each.id) for each in heard])


async def apply(tx: Transaction, caused: Sequence[Caused]) -> list[Said]:
    """Change what these receipts are about, in their order, and say what follows."""
    now = clock.now()
    standings = await receipts.match(tx, [each.receipt for each in caused])
    said: list[Said] = []
    early: list[Receipt] = []
    for (receipt, cause), standing in zip(caused, standings, strict=True):
        if standing is None:
            # That it was taken matters only where we wait to hear it, by our own id.
            if receipt.status is not Delivery.SENT:
                early.append(receipt)
            continue
        change = rules.change(standing.progress, receipt)
        if isinstance(change, str):
            early.append(receipt)
        elif change is not None:
            messages = await _change(tx, standing, receipt, change, now)
            said += [Said(each, cause, standing.subject.correlation_id) for each in messages]
    await receipts.keep(tx, early)
    return said


async def _change(
    tx: Transaction, standing: Standing, receipt: Receipt, change: Change, now: datetime
) -> list[Message]:
    why = rules.why(receipt) if change.progress.state == "failed" else None
    standing.external_id = standing.external_id or receipt.external_id
    messages: list[Message] = []
    for name in change.says:
        standing.version += 1
        messages.append(_event(name, standing, receipt, change.progress, now))
    standing.progress = change.progress
    await receipts.change(tx, standing, why=why, now=now)
    if standing.address and rules.kills_address(receipt):
        await outcomes.suppress(tx, standing.subject, standing.address, str(why), now=now)
    if why:
        metrics.failed.labels(standing.subject.channel, standing.subject.template).inc()
    return messages


def _event(
    name: str, standing: Standing, receipt: Receipt, progress: Progress, now: datetime
) -> Message:
    given: dict[str, Any] = {"version": standing.version, "at": receipt.occurred_at}
    if name == "NotificationSent":
        given |= {"external_id": standing.external_id, "is_repeat": False, "at": now}
        return event(NotificationSent, standing.subject, **given)
    if name == "NotificationDelivered":
        return event(NotificationDelivered, standing.subject, **given, is_read=progress.is_read)
    return event(NotificationFailed, standing.subject, **given, why=rules.why(receipt))
