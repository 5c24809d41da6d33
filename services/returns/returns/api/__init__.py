"""The API of returns: open a case, look at it, decide, receive, inspect, refund.

Every POST takes an `Idempotency-Key`; opening a case needs one. What a caller may not see is 404.
"""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

from returns.api.bodies import CaseIn, CaseOut, DecisionIn, InspectionIn, LineIn, RefundIn
from returns.api.views import view
from returns.domain.cases import Doer
from returns.domain.orders import Asked
from returns.domain.policy import Policies
from returns.handlers import opening, steps
from returns.handlers.answers import InConflict, NotAllowed, NotKnown
from returns.handlers.opening import Opening
from returns.handlers.requests import Act, Key
from returns.handlers.steps import Done
from returns.store import cases
from shared import clock, http
from shared.bus import cause_of, say
from shared.callers import Actor, Callers
from shared.contracts.base import CaseId, OrderId, StoreId
from shared.contracts.returns import Basis
from shared.db import Database, Transaction
from shared.http import Caller, IdempotencyKey, require

OptionalKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$"),
]
Step = Callable[[Transaction, CaseId, Act], Awaitable[Done]]


def app(
    db: Database, policies: Policies, callers: Callers, ready: http.Ready | None = None
) -> FastAPI:
    """The application; no route is public."""
    shell = http.shell("returns", callers=callers, ready=ready)
    routes = _Routes(db, policies)
    shell.post("/cases", status_code=201)(routes.open_case)
    shell.get("/cases/{case_id}")(routes.look)
    shell.post("/cases/{case_id}/decide")(routes.decide)
    shell.post("/cases/{case_id}/receive")(routes.receive)
    shell.post("/cases/{case_id}/inspect")(routes.inspect)
    shell.post("/cases/{case_id}/refund")(routes.refund)
    return shell


class _Routes:
    def __init__(self, db: Database, policies: Policies) -> None:
        self._db = db
        self._policies = policies

    async def open_case(
        self, body: CaseIn, actor: Caller, key: IdempotencyKey, response: Response
    ) -> CaseOut:
        """Open a case: judged at once by the law and the shop's terms, or left to a person.

        404 also for an order not heard of yet: try again later. 409 when pieces are not left, or
        the key was used for something else. The same request again: the same case, 200.
        """
        require(actor, "agent", "lead", "admin")
        if not actor.sees(body.store_id):
            raise HTTPException(404, "no such store")
        act = _act(actor, key, "open", body)
        async with self._db.transaction() as tx:
            with _problems():
                opened = await opening.open_case(tx, _opening(body), act, self._policies)
            cause = cause_of("case", opened.case.case_id, "opened")
            await say(tx, opened.messages, cause=cause)
            response.status_code = 201 if opened.is_new else 200
            return await view(tx, opened.case)

    async def look(self, case_id: UUID, actor: Caller) -> CaseOut:
        """The case with its lines, refund and history."""
        async with self._db.transaction() as tx:
            case = await cases.find(tx, case_id, actor.stores)
            if case is None:
                raise HTTPException(404, "no such case")
            return await view(tx, case)

    async def decide(
        self, case_id: UUID, body: DecisionIn, actor: Caller, key: OptionalKey = None
    ) -> CaseOut:
        """A person authorises or declines; after a decline only a lead may still authorise."""

        async def step(tx: Transaction, case_id: CaseId, act: Act) -> Done:
            if body.decision == "decline":
                return await steps.decline(tx, case_id, act, why=body.why)
            return await steps.authorise(
                tx,
                case_id,
                act,
                basis=Basis(body.basis),
                buyer_pays_return=body.buyer_pays_return,
            )

        return await self._do(step, case_id, _act(actor, key, f"decide/{case_id}", body))

    async def receive(self, case_id: UUID, actor: Caller, key: OptionalKey = None) -> CaseOut:
        """The warehouse has the goods."""
        return await self._do(steps.receive, case_id, _act(actor, key, f"receive/{case_id}"))

    async def inspect(
        self, case_id: UUID, body: InspectionIn, actor: Caller, key: OptionalKey = None
    ) -> CaseOut:
        """The goods were looked at; a small refund is ordered at once."""

        async def step(tx: Transaction, case_id: CaseId, act: Act) -> Done:
            return await steps.inspect(
                tx,
                case_id,
                act,
                self._policies,
                grade=body.grade,
                is_accepted=body.is_accepted,
            )

        return await self._do(step, case_id, _act(actor, key, f"inspect/{case_id}", body))

    async def refund(
        self,
        case_id: UUID,
        actor: Caller,
        body: RefundIn | None = None,
        key: OptionalKey = None,
    ) -> CaseOut:
        """Order the refund, within the caller's limit; finance or a lead may set the amount."""
        wanted = body or RefundIn()
        if wanted.amount is not None:
            require(actor, "lead", "finance", "admin")

        async def step(tx: Transaction, case_id: CaseId, act: Act) -> Done:
            return await steps.refund(tx, case_id, act, self._policies, amount=wanted.amount)

        return await self._do(step, case_id, _act(actor, key, f"refund/{case_id}", wanted))

    async def _do(self, step: Step, case_id: UUID, act: Act) -> CaseOut:
        async with self._db.transaction() as tx:
            with _problems():
                done = await step(tx, CaseId(case_id), act)
            # The version makes the cause: the same step cannot be taken twice from one version.
            await say(tx, done.messages, cause=cause_of("case", case_id, done.case.version))
            return await view(tx, done.case)


def _act(actor: Actor, key: str | None, what: str, body: BaseModel | None = None) -> Act:
    asked = f"{what}\n{body.model_dump_json() if body else ''}"
    return Act(
        doer=Doer(actor.by, actor.role),
        stores=actor.stores,
        at=clock.now(),
        key=Key(actor.id, key, hashlib.sha256(asked.encode()).hexdigest()) if key else None,
    )


def _opening(body: CaseIn) -> Opening:
    return Opening(
        store_id=StoreId(body.store_id),
        order_id=OrderId(body.order_id) if body.order_id else None,
        order_number=body.order_number,
        lines=_asked(body.lines) if body.lines else None,
        reason=body.reason,
        noticed_at=body.noticed_at,
        told_of_right=body.informed.of_right,
        told_of_return_cost=body.informed.of_return_cost,
    )


def _asked(lines: Iterable[LineIn]) -> tuple[Asked, ...]:
    """Each line once; what is asked for twice of one is asked for together."""
    pieces: Counter[str] = Counter()
    for line in lines:
        pieces[line.line_id] += line.quantity
    return tuple(Asked(line_id=line_id, quantity=many) for line_id, many in pieces.items())


@contextmanager
def _problems() -> Iterator[None]:
    """What a handler cannot do, as HTTP says it."""
    try:
        yield
    except NotKnown as why:
        raise HTTPException(404, str(why)) from None
    except NotAllowed as why:
        raise HTTPException(403, str(why)) from None
    except InConflict as why:
        raise HTTPException(409, str(why)) from None
