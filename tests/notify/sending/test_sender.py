"""Sending by mail: once, in order, again when it must, and never by surprise."""

import asyncio
from datetime import timedelta
from typing import Any

from shared import testing
from shared.contracts.base import About, Money
from shared.contracts.intake import OrderPaid, OrderRefunded
from shared.contracts.logistics_watch import (
    CustomsHeld,
    ExceptionKind,
    Milestone,
    ShipmentDelivered,
    ShipmentRecovered,
    ShipmentRegistered,
)
from shared.contracts.notify import (
    NotificationSent,
)

EUR = Money(amount=100, currency="EUR")


async def test_an_order_is_confirmed_to_its_buyer_at_once(
    office: Any, make: Any, mail_server: Any
) -> None:
    await office.start()

    await office.hear(make.placed())

    (got,) = await mail_server.mails(1)
    row = await office.ended("order_confirmation", "sent")
    await asyncio.wait_for(mail_server.said_goodbye.wait(), 5)
    assert got.recipients == ["ana@buyer.example"]
    assert got.mail["Subject"] == "Hemos recibido su pedido #1001"
    assert "Ring «Luna»" in got.part("plain")
    assert "<bdi>Ring «Luna»</bdi>" in got.part("html")
    assert row["external_id"] == got.message_id
    assert (row["account_id"], row["language"], row["attempts"]) == ("aurora", "es", 1)
    (said,) = await office.said(NotificationSent)
    assert isinstance(said, NotificationSent)
    assert said.external_id == got.message_id
    assert (said.version, said.is_repeat, said.language) == (1, False, "es")
    assert said.about == About(kind="order", id=str(make.order_id()))


async def test_each_store_writes_from_its_own_account(
    office: Any, make: Any, mail_server: Any
) -> None:
    await office.start()

    await office.hear(make.placed(store_id="borealis", language="ja", mail="hanako@buyer.example"))

    (got,) = await mail_server.mails(1)
    assert got.sender.startswith("hello+")
    assert got.sender.endswith("@borealis.example")
    assert got.mail["From"].addresses[0].display_name == "ボレアリス"


async def test_notices_of_one_order_go_out_in_the_order_of_their_facts(
    office: Any, make: Any, mail_server: Any
) -> None:
    later = make.now + timedelta(seconds=1)
    facts = [
        make.order_event(
            OrderRefunded,
            version=number + 2,
            external_refund_id=f"r{number}",
            amount=EUR,
            shop_amount=EUR,
            occurred_at=later + timedelta(seconds=number),
            order_number=f"#{number}",
        )
        for number in range(6)
    ]
    await office.hear(*facts[::-1])
    await office.hear(make.placed())

    await office.start()

    mails = await mail_server.mails(7)
    assert mails[0].mail["Subject"].startswith("Hemos recibido")
    sent_ids = [mail.message_id for mail in mails[1:]]
    assert len(set(sent_ids)) == 6
    assert mail_server.most_at_once == 1, "one after the other"


async def test_a_notice_waits_while_an_older_one_of_its_order_is_unsent(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.answers.append(("DATA", "451 not now"))
    await office.hear(make.placed())
    await office.start()
    await office.until("why LIKE 'content_refused%'")

    await office.hear(
        make.parcel_event(
            ShipmentRegistered, is_watched=True, occurred_at=make.now + timedelta(seconds=1)
        )
    )
    await office.hear(make.placed("order-2", mail="other@buyer.example"))
    (first,) = await mail_server.mails(1)
    assert first.recipients == ["other@buyer.example"], "other orders go on"
    assert (await office.find("template = 'shipping_notice'"))[0]["state"] == "queued"
    await office.hurry()

    mails = await mail_server.mails(3)
    assert ["pedido" in mail.mail["Subject"] for mail in mails[1:]] == [True, True]
    assert mails[2].mail["Subject"].startswith("El paquete")


async def test_many_go_out_at_once_but_no_more_than_the_account_takes(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.hold.clear()
    await office.hear(*(make.placed(f"order-{number}") for number in range(20)))

    await office.start(in_flight_each=3)  # fmt: skip

    async def three() -> bool:
        return bool(mail_server.at_once == 3)

    await testing.eventually(three)
    mail_server.hold.set()
    await mail_server.mails(20)
    assert mail_server.most_at_once == 3


async def test_two_senders_send_each_notice_once(office: Any, make: Any, mail_server: Any) -> None:
    await office.hear(*(make.placed(f"order-{number}") for number in range(60)))
    for _ in range(2):
        await office.start()

    await mail_server.mails(60, within=30)
    await office.stop()

    assert len(mail_server.got) == 60
    assert {row["state"] for row in await office.find()} == {"sent"}
    assert len(await office.said(NotificationSent)) == 60


async def test_shipped_is_not_told_after_delivered(
    office: Any, make: Any, mail_server: Any
) -> None:
    await office.start()
    await office.hear(make.order_event(OrderPaid))
    await office.hear(make.parcel_event(ShipmentDelivered, version=6))
    await office.ended("delivered", "sent")

    await office.hear(make.parcel_event(ShipmentRegistered, version=1, is_watched=True))

    row = await office.ended("shipping_notice", "suppressed")
    assert row["why"] == "superseded"
    assert len(mail_server.got) == 1


async def test_an_alarm_is_not_told_once_the_parcel_moves_again(
    office: Any, make: Any, mail_server: Any
) -> None:
    await office.hear(make.order_event(OrderPaid))
    await office.hear(
        make.parcel_event(CustomsHeld, version=2, exception_kind=ExceptionKind.CUSTOMS_HOLD)
    )
    await office.hear(
        make.parcel_event(ShipmentRecovered, version=3, milestone=Milestone.IN_TRANSIT)
    )

    await office.start()

    row = await office.ended("customs_held", "suppressed")
    assert (row["why"], mail_server.got) == ("superseded", [])


async def test_stopping_lets_what_is_on_its_way_land(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.hold.clear()
    await office.hear(make.placed())
    await office.start()

    async def there() -> bool:
        return bool(mail_server.at_once)

    await testing.eventually(there)
    ending = asyncio.create_task(office.stop())
    mail_server.hold.set()
    await ending

    assert [row["state"] for row in await office.find()] == ["sent"]
