"""A case as callers see it."""

from returns.api.bodies import CaseOut, EntryOut, LineOut, RefundOut
from returns.domain.cases import State
from returns.store import cases, refunds
from returns.store.cases import Case, Entry
from returns.store.refunds import Refund
from shared.db import Transaction


async def view(tx: Transaction, case: Case) -> CaseOut:
    """The whole case: its row, lines, refund and history."""
    lines = await cases.lines(tx, case)
    refund = await refunds.of_case(tx, case.store_id, case.case_id)
    history = await cases.history(tx, case)
    return CaseOut(
        case_id=case.case_id,
        store_id=case.store_id,
        order_id=case.order_id,
        state=case.state,
        reason=case.reason,
        requested_at=case.requested_at,
        needs_person=case.state is State.REQUESTED,
        why=case.why,
        basis=case.basis,
        policy=case.policy,
        closes_at=case.closes_at,
        send_by=case.send_by,
        refund_due=case.refund_due,
        buyer_pays_return=case.buyer_pays_return,
        country=case.country,
        language=case.language,
        time_zone=case.time_zone,
        grade=case.grade,
        lines=[LineOut(line_id=line.line_id, quantity=line.quantity) for line in lines],
        refund=_refund(refund) if refund else None,
        history=[_entry(entry) for entry in history],
    )


def _refund(refund: Refund) -> RefundOut:
    return RefundOut(
        refund_id=refund.refund_id,
        amount=refund.amount,
        currency=refund.currency,
        state=refund.state,
        attempts=refund.attempts,
        external_refund_id=refund.external_refund_id,
        why=refund.why,
    )


def _entry(entry: Entry) -> EntryOut:
    return EntryOut(
        version=entry.version,
        type=entry.type,
        at=entry.at,
        by=f"{entry.by.kind}/{entry.by.id}",
        state=entry.state,
        detail=entry.detail,
    )
