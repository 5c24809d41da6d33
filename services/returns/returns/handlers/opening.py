"""A buyer asks to give something back: the pieces are held, the policy file decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from returns import metrics
from returns.domain import goods, judging, orders, reasons
from returns.domain.cases import MACHINE, State, Step
from returns.domain.judging import Authorised, Declined, NeedsPerson
from returns.domain.orders import Asked, OrderCopy
from returns.domain.policy import Policies
from returns.handlers.answers import InConflict, NotKnown
from returns.handlers.requests import Act
from returns.handlers.telling import Telling
from returns.store import cases
from returns.store import orders as order_store
from returns.store.cases import Case
from shared.bus import cause_of
from shared.contracts.base import CaseId, Message, OrderId, StoreId
from shared.contracts.returns import CaseLine, ReturnAuthorised, ReturnDeclined, ReturnRequested
from shared.db import Transaction
from shared.errors import Refused
from shared.i18n.zones import zone_of


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is asked for. `lines` None: everything that is left of the order.

    `noticed_at` is when the buyer sent his notice, where that was before the request: sent in time
    is enough (Dir. 2011/83/EU art. 11(2)).
    """

    store_id: StoreId
    order_id: OrderId | None
    order_number: str | None
    lines: tuple[Asked, ...] | None
    reason: str
    noticed_at: datetime | None = None
    told_of_right: bool | None = None
    told_of_return_cost: bool | None = None


@dataclass(frozen=True)
class Opened:
    """The case, what is to be said, and whether the request made it or was a repetition."""

    case: Case
    messages: list[Message]
    is_new: bool


async def open_case(tx: Transaction, opening: Opening, act: Act, policies: Policies) -> Opened:
    """Open a case, or give back the one that the same request opened before.

    Raises `NotKnown` for an order we have not heard of (a later request may find it), `InConflict`
    when pieces are not left, `Refused` for a time that cannot be.
    """
    case_id = _case_id(opening, act)
    before = await act.is_repeated(tx, opening.store_id, case_id)
    if before is not None:
        return Opened(await cases.locked(tx, opening.store_id, before), [], is_new=False)
    order = await _order(tx, opening)
    lines = await _lines(tx, opening, order)
    arrived = await order_store.deliveries(tx, order.store_id, order.order_id)
    request = _request(opening, order, lines, act.at, arrived)
    telling = Telling(_new_case(case_id, request, order), order, act.at)
    _tell(telling, judging.judge(request, policies), act, lines)
    await cases.insert(tx, telling.case, lines)
    await telling.write_history(tx)
    metrics.opened.labels(reasons.REASONS[opening.reason], telling.case.state).inc()
    return Opened(telling.case, telling.messages, is_new=True)


def _case_id(opening: Opening, act: Act) -> CaseId:
    if act.key is None:
        return CaseId(uuid4())
    return CaseId(cause_of("case", opening.store_id, act.key.caller, act.key.key))


async def _order(tx: Transaction, opening: Opening) -> OrderCopy:
    order_id = opening.order_id
    if order_id is None:
        numbered = await order_store.numbered(tx, opening.store_id, opening.order_number or "")
        if len(numbered) > 1:
            raise InConflict("several orders have this number; name the order by its id")
        order_id = numbered[0] if numbered else None
    order = order_id and await order_store.locked(tx, opening.store_id, order_id)
    if not order:
        raise NotKnown("no such order, or it has not been heard of yet")
    return order


async def _lines(tx: Transaction, opening: Opening, order: OrderCopy) -> tuple[Asked, ...]:
    """What is asked for, while the order is locked and every piece is still there."""
    taken = await cases.taken(tx, order.store_id, order.order_id)
    left = orders.left(order.lines, taken)
    asked = opening.lines or tuple(
        Asked(line_id=line_id, quantity=quantity) for line_id, quantity in left.items() if quantity
    )
    if not asked:
        raise InConflict("nothing of this order is left to return")
    if line_id := orders.too_many(asked, left):
        raise InConflict(f"line {line_id} has {left.get(line_id, 0)} pieces left to return")
    return asked


def _request(
    opening: Opening,
    order: OrderCopy,
    lines: tuple[Asked, ...],
    at: datetime,
    arrived: Mapping[str, datetime],
) -> judging.Request:
    requested_at = opening.noticed_at or at
    if opening.noticed_at and not order.placed_at <= opening.noticed_at <= at:
        raise Refused("noticed_at lies before the order or in the future")
    asked = {line.line_id for line in lines}
    return judging.Request(
        store_id=order.store_id,
        country=order.country,
        region=order.region,
        zone=ZoneInfo(zone_of(order.country, order.region) if order.country else "UTC"),
        reason=opening.reason,
        requested_at=requested_at,
        placed_at=order.placed_at,
        received_at=goods.received_at(order.lines, order.parcels, arrived),
        has_custom_made=any(line.is_custom_made for line in order.lines if line.line_id in asked),
        is_order_cancelled=order.is_cancelled,
        told_of_right=opening.told_of_right,
        told_of_return_cost=opening.told_of_return_cost,
    )


def _new_case(case_id: CaseId, request: judging.Request, order: OrderCopy) -> Case:
    return Case(
        store_id=order.store_id,
        case_id=case_id,
        order_id=order.order_id,
        contact_id=order.contact_id,
        version=0,
        state=State.REQUESTED,
        reason=request.reason,
        requested_at=request.requested_at,
        country=order.country,
        language=order.language,
        time_zone=request.zone.key,
    )


def _tell(telling: Telling, decision: judging.Decision, act: Act, lines: tuple[Asked, ...]) -> None:
    why = decision.why if isinstance(decision, NeedsPerson) else None
    telling.know(why=why)
    telling.tell(
        ReturnRequested,
        act.doer,
        reason=telling.case.reason,
        lines=tuple(CaseLine(line_id=line.line_id, quantity=line.quantity) for line in lines),
        needs_person=why is not None,
        why=why,
    )
    match decision:
        case Authorised():
            telling.know(
                basis=decision.basis,
                policy=decision.policy,
                closes_at=decision.closes_at,
                send_by=decision.send_by,
                refund_due=decision.refund_due,
                buyer_pays_return=decision.buyer_pays_return,
                refunds_delivery=decision.refunds_delivery,
            )
            telling.step(
                Step.AUTHORISE,
                MACHINE,
                says=ReturnAuthorised,
                basis=decision.basis,
                policy=decision.policy,
                send_by=decision.send_by,
                buyer_pays_return=decision.buyer_pays_return,
                refund_due=decision.refund_due,
            )
        case Declined():
            telling.know(why=decision.why, policy=decision.policy, closes_at=decision.closes_at)
            telling.step(
                Step.DECLINE,
                MACHINE,
                says=ReturnDeclined,
                why=decision.why,
                policy=decision.policy,
            )
