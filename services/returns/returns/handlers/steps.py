"""What people do to a case after it was opened: decide, receive, inspect, refund."""

from dataclasses import dataclass

from returns.domain import cases as rules
from returns.domain import money, orders
from returns.domain.cases import MACHINE, Amount, Doer, Piece, State, Step, Totals
from returns.domain.policy import Policies
from returns.handlers.answers import InConflict, NotAllowed, NotKnown
from returns.handlers.requests import Act
from returns.handlers.telling import Telling
from returns.store import cases, refunds
from returns.store import orders as order_store
from returns.store.cases import Case
from returns.store.refunds import Refund, RefundState
from shared import db
from shared.bus import cause_of
from shared.contracts.base import CaseId, Message, Money, RefundId
from shared.contracts.returns import (
    Basis,
    RefundOrdered,
    ReturnAuthorised,
    ReturnDeclined,
    ReturnInspected,
    ReturnReceived,
)
from shared.db import Transaction

REFUNDS = "refunds"
"""What the worker that pays is woken by."""

BY_PERSON = "person"
"""Where an event names the policy that decided: a person did; `by` tells who."""


@dataclass(frozen=True)
class Done:
    """The case after a step, and what is to be said: nothing for a request answered before."""

    case: Case
    messages: list[Message]


async def authorise(
    tx: Transaction, case_id: CaseId, act: Act, *, basis: Basis, buyer_pays_return: bool | None
) -> Done:
    """A person lets the goods come back. Raises `NotKnown`, `InConflict` or `NotAllowed`."""
    telling = await _opened(tx, case_id, act)
    if isinstance(telling, Done):
        return telling
    if telling.case.state is State.DECLINED:
        await _refuse_if_taken(tx, telling)
    telling.know(basis=basis, policy=BY_PERSON, buyer_pays_return=buyer_pays_return)
    telling.step(
        Step.AUTHORISE,
        act.doer,
        says=ReturnAuthorised,
        basis=basis,
        policy=BY_PERSON,
        buyer_pays_return=buyer_pays_return,
        refund_due=telling.case.refund_due,
    )
    return await _done(tx, telling)


async def _refuse_if_taken(tx: Transaction, telling: Telling) -> None:
    """While a case was declined, its pieces may have been asked for in another."""
    case = telling.case
    taken = await cases.taken(tx, case.store_id, case.order_id)
    asked = await cases.lines(tx, case)
    if orders.too_many(asked, orders.left(telling.order.lines, taken)):
        raise InConflict("the pieces belong to another case by now")


async def decline(tx: Transaction, case_id: CaseId, act: Act, *, why: str) -> Done:
    """A person declines. Raises `NotKnown`, `InConflict` or `NotAllowed`."""
    telling = await _opened(tx, case_id, act)
    if isinstance(telling, Done):
        return telling
    telling.know(why=why, policy=BY_PERSON)
    telling.step(Step.DECLINE, act.doer, says=ReturnDeclined, why=why, policy=BY_PERSON)
    return await _done(tx, telling)


async def receive(tx: Transaction, case_id: CaseId, act: Act) -> Done:
    """The warehouse has the goods. Raises `NotKnown`, `InConflict` or `NotAllowed`."""
    telling = await _opened(tx, case_id, act)
    if isinstance(telling, Done):
        return telling
    telling.step(Step.RECEIVE, act.doer, says=ReturnReceived)
    return await _done(tx, telling)


async def inspect(
    tx: Transaction,
    case_id: CaseId,
    act: Act,
    policies: Policies,
    *,
    grade: str,
    is_accepted: bool,
) -> Done:
    """The goods were looked at. What the machine may refund by itself it orders at once.

    Raises `NotKnown`, `InConflict` or `NotAllowed`.
    """
    telling = await _opened(tx, case_id, act)
    if isinstance(telling, Done):
        return telling
    telling.know(grade=grade, inspected_by=act.doer.by.id)
    telling.step(
        Step.ACCEPT if is_accepted else Step.DISPUTE,
        act.doer,
        says=ReturnInspected,
        grade=grade,
        is_accepted=is_accepted,
    )
    if is_accepted:
        amount = await _worth(tx, telling)
        if amount.presented > 0 and _forbidden(telling, amount, MACHINE, policies) is None:
            await _order_refund(tx, telling, amount, MACHINE)
    return await _done(tx, telling)


async def refund(
    tx: Transaction, case_id: CaseId, act: Act, policies: Policies, *, amount: int | None
) -> Done:
    """Order the refund: what the goods are worth, or `amount` (minor units, as presented).

    Raises `NotKnown`, `InConflict` when nothing or not so much is left of what was captured, or
    `NotAllowed` above the caller's limit.
    """
    telling = await _opened(tx, case_id, act)
    if isinstance(telling, Done):
        return telling
    telling.after(Step.REFUND, act.doer)
    worth = await _worth(tx, telling) if amount is None else await _given(tx, telling, amount)
    if worth.presented <= 0:
        raise InConflict("nothing is left to refund on this order")
    if forbidden := _forbidden(telling, worth, act.doer, policies):
        raise NotAllowed(forbidden.why)
    await _order_refund(tx, telling, worth, act.doer)
    return await _done(tx, telling)


async def _opened(tx: Transaction, case_id: CaseId, act: Act) -> Telling | Done:
    """The case, locked after its order; `Done` when the same request was answered before."""
    case = await cases.find(tx, case_id, act.stores)
    if case is None:
        raise NotKnown("no such case")
    if await act.is_repeated(tx, case.store_id, case_id) is not None:
        return Done(await cases.locked(tx, case.store_id, case_id), [])
    order = await order_store.locked_known(tx, case.store_id, case.order_id)
    return Telling(await cases.locked(tx, case.store_id, case_id), order, act.at)


async def _done(tx: Transaction, telling: Telling) -> Done:
    await telling.write(tx)
    return Done(telling.case, telling.messages)


async def _pieces(tx: Transaction, telling: Telling) -> tuple[Piece, ...]:
    by_id = {line.line_id: line for line in telling.order.lines}
    return tuple(
        Piece(
            line_id=asked.line_id,
            quantity=asked.quantity,
            price=by_id[asked.line_id].price,
        )
        for asked in await cases.lines(tx, telling.case)
        if asked.line_id in by_id
    )


async def _remaining(tx: Transaction, telling: Telling) -> int:
    order = telling.order
    given = await order_store.committed(tx, order.store_id, order.order_id)
    return max(0, order.captured - given)


async def _worth(tx: Transaction, telling: Telling) -> Amount:
    pieces = await _pieces(tx, telling)
    whole = {line.line_id: line.quantity for line in telling.order.lines}
    worth = rules.worth_of(
        pieces,
        remaining=await _remaining(tx, telling),
        is_whole_order={piece.line_id: piece.quantity for piece in pieces} == whole,
        refunds_delivery=telling.case.refunds_delivery,
    )
    return _in_both(telling, worth)


async def _given(tx: Transaction, telling: Telling, amount: int) -> Amount:
    if amount > await _remaining(tx, telling):
        raise InConflict("more than is left of what was captured")
    return _in_both(telling, amount)


def _in_both(telling: Telling, presented: int) -> Amount:
    order = telling.order
    return rules.in_both(presented, Totals(presented=order.total, shop=order.shop_total))


def _forbidden(
    telling: Telling, amount: Amount, doer: Doer, policies: Policies
) -> rules.Forbidden | None:
    currency = telling.order.shop_currency
    return rules.may_refund(
        amount,
        policies.limits_in(currency),
        role=doer.role,
        minor_per_major=money.minor_per_major(currency),
        is_inspector=doer.by.id == telling.case.inspected_by,
    )


async def _order_refund(tx: Transaction, telling: Telling, amount: Amount, doer: Doer) -> None:
    case, order = telling.case, telling.order
    refund_id = RefundId(cause_of("refund", case.store_id, case.case_id))
    telling.step(
        Step.REFUND,
        doer,
        says=RefundOrdered,
        refund_id=refund_id,
        amount=Money(amount=amount.presented, currency=order.currency),
    )
    await refunds.insert(
        tx,
        Refund(
            store_id=case.store_id,
            refund_id=refund_id,
            case_id=case.case_id,
            order_id=case.order_id,
            amount=amount.presented,
            currency=order.currency,
            state=RefundState.DUE,
            due_at=telling.at,
            ordered_at=telling.at,
        ),
    )
    db.wake(tx, REFUNDS)
