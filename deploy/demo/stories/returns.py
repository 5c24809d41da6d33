"""Story 4: a delivered order is returned and refunded; and a return that no rule may decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from deploy.demo.installation import AURORA, KAEDE, SHOPS
from deploy.demo.stories.messages import Given, given
from deploy.demo.stories.orders import Bought, Sent, buy, send
from deploy.demo.stories.people import KLARA, NOURA, PENDANT, TEAPOT
from deploy.demo.stories.stage import Fact, Stage, Stopwatch, Title
from deploy.demo.stories.told import Told, told
from deploy.demo.world.shapes import Parcel, Repayment, Scan
from shared.contracts.base import CaseId
from shared.contracts.logistics_watch import ShipmentDelivered
from shared.contracts.notify import NotificationSent
from shared.contracts.returns import (
    RefundIssued,
    RefundOrdered,
    ReturnAuthorised,
    ReturnClosed,
    ReturnInspected,
    ReturnReceived,
    ReturnRequested,
)

AboutCase = (
    ReturnRequested
    | ReturnAuthorised
    | ReturnReceived
    | ReturnInspected
    | RefundOrdered
    | RefundIssued
    | ReturnClosed
    | NotificationSent
)
C = TypeVar("C", bound=AboutCase)

_QUOTED = frozenset({"return_requested", "return_authorised", "refund_issued"})

DELIVERED = Scan(tag="Delivered", subtag="Delivered_001", message="Zugestellt", location="Leipzig")


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A return from request to refund."""

    sent: Sent
    requested: ReturnRequested
    authorised: ReturnAuthorised
    received: ReturnReceived
    inspected: ReturnInspected
    ordered: RefundOrdered
    issued: RefundIssued
    closed: ReturnClosed
    repayment: Repayment
    notices: tuple[Told, ...]


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """A return for which the policy file has no row."""

    bought: Bought
    requested: ReturnRequested
    notice: Told
    given: Given


async def play(stage: Stage, number: str) -> tuple[Returned, Undecided]:
    """A buyer in Germany returns what she got; one in the Emirates asks to."""
    stage.tell(Title(4, "A German buyer returns what she bought in Japan, and is repaid"))
    bought = await buy(stage, KAEDE, KLARA, TEAPOT, presented="EUR")
    sent = await send(stage, bought, Parcel(carrier="DHL Express", number=number))
    arrival = await _deliver(stage, sent)
    returned = await _give_back(stage, sent, arrival)
    return returned, await _ask_in_vain(stage)


async def _deliver(stage: Stage, sent: Sent) -> Told:
    watch, bought = Stopwatch(), sent.bought
    await stage.world.scan(SHOPS[bought.store_id].aftership, sent.tracking.number, DELIVERED)
    delivered = await stage.see(
        "logistics-watch",
        ShipmentDelivered,
        lambda message: message.order_id == bought.order_id,
        "The parcel is delivered",
    )
    stage.tell(
        Fact(who="logistics-watch", what="ShipmentDelivered", milliseconds=watch.at(delivered.at))
    )
    return await told(
        stage,
        "delivered",
        lambda message: message.order_id == bought.order_id,
        to=bought.mailbox,
        since=watch,
    )


async def _give_back(stage: Stage, sent: Sent, arrival: Told) -> Returned:
    steps = Steps(stage, sent.bought)
    await steps.request("no_longer_wanted")
    requested = await steps.see(ReturnRequested, "return_requested")
    authorised = await steps.see(ReturnAuthorised, "return_authorised")
    await steps.do("receive", by="warehouse")
    received = await steps.see(ReturnReceived, "return_received")
    await steps.do("inspect", by="warehouse", body={"grade": "A", "is_accepted": True})
    inspected = await steps.see(ReturnInspected, "return_inspected")
    await steps.do("refund", by="finance")
    ordered = await steps.see(RefundOrdered, "refund_ordered")
    repayment = await stage.wait_for(
        "returns", lambda: _repayment(stage, ordered), "The shop makes the refund"
    )
    said = f"refundCreate made {repayment.amount} {repayment.currency}, key {repayment.key}"
    stage.tell(Fact(who="shopify", what=said))
    issued = await steps.see(RefundIssued, "refund_issued")
    closed = await steps.see(ReturnClosed, None)
    return Returned(
        sent=sent,
        requested=requested,
        authorised=authorised,
        received=received,
        inspected=inspected,
        ordered=ordered,
        issued=issued,
        closed=closed,
        repayment=repayment,
        notices=(arrival, *steps.notices),
    )


async def _ask_in_vain(stage: Stage) -> Undecided:
    bought = await buy(stage, AURORA, NOURA, PENDANT, presented="USD")
    steps = Steps(stage, bought)
    await steps.request("no_longer_wanted")
    requested = await steps.see(ReturnRequested, "return_requested")
    case_id = str(requested.case_id)
    to_agent = await given(
        stage,
        lambda message: message.about is not None and message.about.id == case_id,
        "The request",
        steps.watch,
    )
    return Undecided(bought=bought, requested=requested, notice=steps.notices[0], given=to_agent)


class Steps:
    """A case, step by step; each measured from the request that caused it."""

    def __init__(self, stage: Stage, bought: Bought) -> None:
        self.notices: list[Told] = []
        self.watch = Stopwatch()
        self._stage = stage
        self._bought = bought
        self._case_id: CaseId | None = None

    async def request(self, reason: str) -> None:
        """The customers' page asks for a return of everything."""
        body = {
            "store_id": self._bought.store_id,
            "order_id": str(self._bought.order_id),
            "reason": reason,
        }
        case = await self._post("/cases", "page", body)
        self._case_id = CaseId(case["case_id"])
        said = f"POST /cases: {case['state']}"
        if case["policy"]:
            said += f" by {case['policy']}"
        if case["why"]:
            said += f", {case['why']}"
        self._stage.tell(Fact(who="returns", what=said, milliseconds=self.watch.now()))

    async def do(self, step: str, *, by: str, body: Mapping[str, object] | None = None) -> None:
        """Somebody takes the case a step further."""
        case = await self._post(f"/cases/{self._case_id}/{step}", by, body)
        said = f"POST /cases/…/{step} by {by}: {case['state']}"
        self._stage.tell(Fact(who="returns", what=said, milliseconds=self.watch.now()))

    async def see(self, kind: type[C], template: str | None) -> C:
        """Wait for what the step says, and for the mail that tells the buyer."""
        seen = await self._stage.see(
            "returns",
            kind,
            self._is_ours,
            f"The case comes to {kind.__name__}",
        )
        self._stage.tell(
            Fact(who="returns", what=kind.__name__, milliseconds=self.watch.at(seen.at))
        )
        if template:
            self.notices.append(
                await told(
                    self._stage,
                    template,
                    self._is_ours,
                    to=self._bought.mailbox,
                    since=self.watch,
                    is_quoted=template in _QUOTED,
                )
            )
        return seen.message

    def _is_ours(self, message: AboutCase) -> bool:
        return str(message.case_id) == str(self._case_id)

    async def _post(self, path: str, caller: str, body: Mapping[str, object] | None) -> Any:
        self.watch = Stopwatch()
        async with self._stage.service(self._stage.addresses.returns, caller) as service:
            return await service.post(path, body, key=str(uuid4()))


async def _repayment(stage: Stage, ordered: RefundOrdered) -> Repayment | None:
    key = str(ordered.refund_id)
    return next((made for made in await stage.world.refunds() if made.key == key), None)
