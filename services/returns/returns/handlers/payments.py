"""The shop paid: told by its answer to our worker or by its webhook, whichever comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from returns.domain import orders
from returns.domain.cases import MACHINE, Step
from returns.handlers.telling import Telling
from returns.store import cases, refunds
from returns.store import orders as order_store
from returns.store.orders import ShopRefund
from returns.store.refunds import Refund, RefundState
from shared.contracts.base import Message, Money, OrderId, RefundId, StoreId
from shared.contracts.intake import OrderRefunded
from shared.contracts.returns import RefundIssued, ReturnClosed
from shared.db import Transaction

log = structlog.get_logger()

REFUNDED = "refunded"
"""The outcome of a case that ended with the money back."""


@dataclass(frozen=True, kw_only=True)
class Paid:
    """A refund of ours that the shop made; `external_refund_id` is the shop's id of it."""

    store_id: StoreId
    order_id: OrderId
    refund_id: RefundId
    external_refund_id: str
    at: datetime


async def on_order_refunded(message: OrderRefunded, tx: Transaction) -> Sequence[Message]:
    """The shop gave money back: count it on the order and, if it is a refund of ours, close.

    A refund that no money went with (its payment is pending or failed) closes nothing: the shop's
    answer to the worker tells what became of it.
    """
    copy = orders.copy_of(message.order, store_id=message.store_id, version=message.version)
    await order_store.keep(tx, [copy])
    await order_store.locked(tx, message.store_id, message.order_id)
    external_id = plain_id(message.external_refund_id)
    ours = message.refund_id and await refunds.of_order(
        tx, message.store_id, message.order_id, message.refund_id
    )
    if message.refund_id and not ours:
        log.warning("a refund's note names none of ours", refund_id=str(message.refund_id))
    made = ShopRefund(
        external_refund_id=external_id,
        amount=message.amount.amount,
        refund_id=ours.refund_id if ours else None,
        noted_at=message.occurred_at,
    )
    await order_store.note_refund(tx, message.store_id, message.order_id, made)
    if not ours or message.amount.amount <= 0:
        return []
    return await _close(tx, ours, external_id, message.occurred_at)


async def mark_paid(tx: Transaction, paid: Paid) -> Sequence[Message]:
    """The shop's answer says it paid. Returns what to say: nothing if its webhook was quicker."""
    await order_store.locked(tx, paid.store_id, paid.order_id)
    refund = await refunds.of_order(tx, paid.store_id, paid.order_id, paid.refund_id)
    if refund is None:
        raise LookupError(f"refund {paid.refund_id} is gone")
    made = ShopRefund(
        external_refund_id=plain_id(paid.external_refund_id),
        amount=refund.amount,
        refund_id=refund.refund_id,
        noted_at=paid.at,
    )
    await order_store.note_refund(tx, paid.store_id, paid.order_id, made)
    return await _close(tx, refund, made.external_refund_id, paid.at)


async def _close(
    tx: Transaction, refund: Refund, external_refund_id: str, at: datetime
) -> Sequence[Message]:
    """Mark a locked refund paid and say so, unless that was done."""
    if refund.state is RefundState.PAID:
        return []
    order = await order_store.locked_known(tx, refund.store_id, refund.order_id)
    case = await cases.locked(tx, refund.store_id, refund.case_id)
    await refunds.mark_paid(tx, refund, external_refund_id=external_refund_id, at=at)
    telling = Telling(case, order, at)
    telling.step(
        Step.PAY,
        MACHINE,
        says=RefundIssued,
        refund_id=refund.refund_id,
        amount=Money(amount=refund.amount, currency=refund.currency),
        external_refund_id=external_refund_id,
    )
    telling.tell(ReturnClosed, MACHINE, outcome=REFUNDED)
    await telling.write(tx)
    return telling.messages


def plain_id(shop_id: str) -> str:
    """The shop's id without its global prefix: answers and webhooks write it differently.

    >>> plain_id("gid://shopify/Refund/929361464"), plain_id("929361464")
    ('929361464', '929361464')
    """
    return shop_id.rpartition("/")[2]
