"""Story 3: customs hold the parcel, then silence; the buyer hears of it before he asks."""

from dataclasses import dataclass

from deploy.demo.installation import SHOPS
from deploy.demo.stories.messages import Given, given
from deploy.demo.stories.orders import Sent
from deploy.demo.stories.stage import WITHIN, DidNotHappen, Fact, Stage, Stopwatch, Title
from deploy.demo.stories.told import Told, told
from deploy.demo.tail import Seen
from deploy.demo.world.shapes import Scan
from shared.contracts.logistics_watch import CustomsHeld, ShipmentMoved, ShipmentStalled

WAY = (
    Scan(tag="InTransit", subtag="InTransit_002", message="Admitido", location="Madrid, ES"),
    Scan(tag="InTransit", subtag="InTransit_001", message="En tránsito", location="Madrid, ES"),
    Scan(tag="InTransit", subtag="InTransit_006", message="税関検査中", location="川崎東, JP"),
)
HOLD = Scan(tag="Exception", subtag="Exception_004", message="税関で保留中", location="川崎東, JP")


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What came of a parcel in trouble."""

    held: CustomsHeld
    stalled: ShipmentStalled
    given: Given
    notices: tuple[Told, Told]


async def play(stage: Stage, sent: Sent, *, silence: float) -> Trouble:
    """The carrier scans, customs hold, then nothing for `silence` seconds, which is too long."""
    stage.tell(Title(3, "The parcel is held at customs and falls silent"))
    for step in WAY:
        await scan(stage, sent, step)
    watch = Stopwatch()
    account = SHOPS[sent.bought.store_id].aftership
    await stage.world.scan(account, sent.tracking.number, HOLD)
    held = await stage.see(
        "logistics-watch",
        CustomsHeld,
        lambda message: message.order_id == sent.bought.order_id,
        "Customs hold the parcel",
    )
    said = f"CustomsHeld: {held.message.exception_kind}"
    stage.tell(Fact(who="logistics-watch", what=said, milliseconds=watch.at(held.at)))
    first = await _told(stage, "customs_held", sent, watch)
    shipment_id = str(held.message.shipment_id)
    to_agent = await given(
        stage,
        lambda message: message.about is not None and message.about.id == shipment_id,
        "The alarm",
        watch,
    )
    stalled = await stage.see(
        "logistics-watch",
        ShipmentStalled,
        lambda message: message.order_id == sent.bought.order_id,
        f"A silence of {silence:g} s is noticed",
        within=WITHIN + silence,
    )
    said = f"ShipmentStalled: silent at {stalled.message.milestone} past its due time"
    late = (stalled.at - stalled.message.due_at).total_seconds() * 1000
    stage.tell(Fact(who="logistics-watch", what=said, milliseconds=round(late, 1)))
    second = await _told(stage, "shipment_stalled", sent, Stopwatch(stalled.at))
    await _joined(stage, to_agent)
    return Trouble(
        held=held.message,
        stalled=stalled.message,
        given=to_agent,
        notices=(first, second),
    )


async def scan(stage: Stage, sent: Sent, step: Scan) -> ShipmentMoved:
    """A carrier scans; wait until the parcel has moved."""
    watch = Stopwatch()
    account = SHOPS[sent.bought.store_id].aftership
    before = len(_moves(stage, sent))
    webhook = await stage.world.scan(account, sent.tracking.number, step)
    if not webhook.is_taken:
        raise DidNotHappen(f"logistics-watch took no webhook of AfterShip: {webhook.tries}")
    await stage.wait_for(
        "logistics-watch",
        lambda: _has(len(_moves(stage, sent)) > before),
        f"The scan {step.subtag} moves the parcel",
    )
    moved = _moves(stage, sent)[before]
    said = f"ShipmentMoved to {moved.message.milestone}, {step.location}"
    stage.tell(Fact(who="logistics-watch", what=said, milliseconds=watch.at(moved.at)))
    return moved.message


async def _told(stage: Stage, template: str, sent: Sent, watch: Stopwatch) -> Told:
    return await told(
        stage,
        template,
        lambda message: message.order_id == sent.bought.order_id,
        to=sent.bought.mailbox,
        since=watch,
        is_quoted=True,
    )


async def _joined(stage: Stage, to_agent: Given) -> None:
    """Wait until the conversation knows of both alarms."""
    conversation_id = to_agent.opened.conversation_id

    async def both() -> list[str] | None:
        async with stage.service(stage.addresses.routing, to_agent.assigned.agent_id) as routing:
            shown = await routing.get(f"/conversations/{conversation_id}")
        alarms = [entry["what"] for entry in shown["history"] if "parcel" in entry["what"]]
        return alarms if len(alarms) > 1 else None

    alarms = await stage.wait_for("routing", both, "The second alarm joins the conversation")
    said = f"one conversation of the parcel: {', '.join(alarms)}"
    stage.tell(Fact(who="routing", what=said))


def _moves(stage: Stage, sent: Sent) -> list[Seen[ShipmentMoved]]:
    return stage.tail.all(ShipmentMoved, lambda message: message.order_id == sent.bought.order_id)


async def _has(fact: bool) -> bool:
    return fact
