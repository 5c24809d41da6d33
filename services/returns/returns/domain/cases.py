"""A case's states, who may move it from one to the next, and what each refund may be.

The table is the whole truth: what stands in no row cannot happen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from returns.domain.policy import Limits
from shared.contracts.base import ActorKind, By


class State(StrEnum):
    """Where a case stands."""

    REQUESTED = "requested"
    """No rule may decide it; a person must."""
    AUTHORISED = "authorised"
    DECLINED = "declined"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    DISPUTED = "disputed"
    """Inspected, but not as it should be; a person settles it."""
    REFUNDING = "refunding"
    CLOSED = "closed"


class Step(StrEnum):
    """What can be done to a case."""

    AUTHORISE = "authorise"
    DECLINE = "decline"
    RECEIVE = "receive"
    ACCEPT = "accept"
    DISPUTE = "dispute"
    REFUND = "refund"
    PAY = "pay"


SYSTEM = "system"
"""The role of the machine itself: the policy file, the automatic limit, the shop's answer."""


@dataclass(frozen=True)
class Doer:
    """Who acts, and in which role."""

    by: By
    role: str


MACHINE = Doer(By(kind=ActorKind.SERVICE, id="returns"), SYSTEM)
"""This service, where no person decides."""

_DECIDERS = frozenset({"agent", "lead", "admin"})
_INSPECTORS = frozenset({"warehouse", "appraiser", "admin"})

TRANSITIONS: dict[tuple[State, Step], tuple[State, frozenset[str]]] = {
    (State.REQUESTED, Step.AUTHORISE): (State.AUTHORISED, _DECIDERS | {SYSTEM}),
    (State.REQUESTED, Step.DECLINE): (State.DECLINED, _DECIDERS | {SYSTEM}),
    (State.DECLINED, Step.AUTHORISE): (State.AUTHORISED, frozenset({"lead", "admin"})),
    (State.AUTHORISED, Step.RECEIVE): (State.RECEIVED, frozenset({"warehouse", "admin"})),
    (State.RECEIVED, Step.ACCEPT): (State.ACCEPTED, _INSPECTORS),
    (State.RECEIVED, Step.DISPUTE): (State.DISPUTED, _INSPECTORS),
    (State.ACCEPTED, Step.REFUND): (
        State.REFUNDING,
        frozenset({SYSTEM, "agent", "lead", "finance", "admin"}),
    ),
    (State.DISPUTED, Step.REFUND): (State.REFUNDING, frozenset({"lead", "admin"})),
    (State.REFUNDING, Step.PAY): (State.CLOSED, frozenset({SYSTEM})),
}

HOLDS_GOODS = frozenset(State) - {State.DECLINED}
"""States in which a case's pieces cannot be asked for in another case."""


@dataclass(frozen=True)
class Impossible:
    """The step does not lead anywhere from where the case stands."""

    state: State
    step: Step


@dataclass(frozen=True)
class Forbidden:
    """The step is possible, but not for this actor; `why` tells."""

    why: str


def move(state: State, step: Step, role: str) -> State | Impossible | Forbidden:
    """The state after a step by an actor of some role.

    >>> move(State.AUTHORISED, Step.RECEIVE, "warehouse").value
    'received'
    >>> move(State.AUTHORISED, Step.RECEIVE, "finance")
    Forbidden(why='receive is for admin, warehouse')
    >>> move(State.CLOSED, Step.REFUND, "finance")
    Impossible(state=<State.CLOSED: 'closed'>, step=<Step.REFUND: 'refund'>)
    """
    row = TRANSITIONS.get((state, step))
    if row is None:
        return Impossible(state, step)
    after, roles = row
    if role not in roles:
        return Forbidden(f"{step} is for {', '.join(sorted(roles - {SYSTEM}))}")
    return after


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some pieces of one line: the shop's id of the line, how many, and what one was sold for, as
    presented to the buyer, in minor units."""

    line_id: str
    quantity: int
    price: int


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What a whole order cost, in minor units: as presented, and in the shop's currency."""

    presented: int
    shop: int


@dataclass(frozen=True, kw_only=True)
class Amount:
    """What a refund gives back, minor units: to the buyer, and its worth in the shop's currency."""

    presented: int
    shop: int


def worth_of(
    pieces: Sequence[Piece], *, remaining: int, is_whole_order: bool, refunds_delivery: bool
) -> int:
    """What giving these pieces back is worth, never more than `remaining` of what was captured.

    A withdrawal from the whole order gives back all that was paid, outbound delivery included
    (Dir. 2011/83/EU art. 13(1)); else it is the price of the pieces.

    >>> ring = Piece(line_id="1", quantity=1, price=9_000)
    >>> worth_of((ring,), remaining=9_500, is_whole_order=True, refunds_delivery=True)
    9500
    >>> worth_of((ring,), remaining=9_500, is_whole_order=True, refunds_delivery=False)
    9000
    """
    if is_whole_order and refunds_delivery:
        return remaining
    return min(sum(piece.quantity * piece.price for piece in pieces), remaining)


def in_both(presented: int, totals: Totals) -> Amount:
    """An amount and its worth in the shop's currency, at the rate of its order.

    Rounded up, so that no limit is passed by rounding.

    >>> in_both(9_500, Totals(presented=19_000, shop=20_001))
    Amount(presented=9500, shop=10001)
    """
    if totals.presented <= 0:
        return Amount(presented=presented, shop=presented)
    return Amount(presented=presented, shop=-(-presented * totals.shop // totals.presented))


def may_refund(
    amount: Amount, limits: Limits, *, role: str, minor_per_major: int, is_inspector: bool
) -> Forbidden | None:
    """Whether an actor may order a refund alone: within his limit, and not who inspected it.

    >>> limits = Limits(system=50, agent=200, lead=1000, finance=5000, admin=20000)
    >>> ring = Amount(presented=5_001, shop=5_001)
    >>> may_refund(ring, limits, role="system", minor_per_major=100, is_inspector=False)
    Forbidden(why='above the limit of system')
    >>> may_refund(ring, limits, role="finance", minor_per_major=100, is_inspector=False)
    >>> may_refund(ring, limits, role="finance", minor_per_major=100, is_inspector=True)
    Forbidden(why='who inspected a return does not order its refund')
    """
    if is_inspector:
        return Forbidden("who inspected a return does not order its refund")
    if amount.shop > getattr(limits, role, 0) * minor_per_major:
        return Forbidden(f"above the limit of {role}")
    return None
