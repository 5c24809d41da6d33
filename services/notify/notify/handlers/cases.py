"""Returns, step by step."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

from notify.domain.notices import notice_of
from notify.handlers.telling import Caused, tell
from notify.store import orders
from shared.bus import Heard, Said, batch
from shared.contracts.returns import (
    RefundIssued,
    RefundOrdered,
    ReturnAuthorised,
    ReturnDeclined,
    ReturnInspected,
    ReturnReceived,
    ReturnRequested,
)
from shared.db import Transaction

CaseEvent: TypeAlias = (
    ReturnRequested
    | ReturnAuthorised
    | ReturnDeclined
    | ReturnReceived
    | ReturnInspected
    | RefundOrdered
    | RefundIssued
)


@batch
async def on_case(
    heard: Sequence[Heard[CaseEvent]], tx: Transaction, *, late_after: timedelta
) -> Sequence[Said]:
    """Tell the buyer each step, at once or when his order is known."""
    caused = [
        Caused(each, notice) for each in heard if (notice := notice_of(each.message)) is not None
    ]
    known = await orders.lock(tx, {(each.notice.store_id, each.notice.order_id) for each in caused})
    return await tell(tx, caused, known=known, late_after=late_after)
