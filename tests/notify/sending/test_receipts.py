"""What vendors and mail servers tell afterwards, or before we know ourselves."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from notify.workers.sweeper import Sweeper
from shared import testing
from shared.contracts.base import AccountId, Channel, StoreId
from shared.contracts.intake import Delivery, MessageStatusChanged
from shared.contracts.logistics_watch import ShipmentRegistered
from shared.contracts.notify import (
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)

DAY = timedelta(days=1)


@pytest.fixture
def sweep(office: Any) -> Any:
    """Do once what the sweeper does every second."""
    sweeper = Sweeper(db=office.db, order_awaited=DAY)
    return sweeper.sweep


def status(make: Any, word: Delivery, **given: Any) -> MessageStatusChanged:
    fields = {
        "occurred_at": make.now,
        "store_id": StoreId("aurora"),
        "version": 1,
        "channel": Channel("whatsapp"),
        "account_id": AccountId("105551234567"),
        "external_id": "wamid.1",
        "status": word,
    }
    return MessageStatusChanged(**fields | given)


def bounce(make: Any, notification_id: UUID, **given: Any) -> MessageStatusChanged:
    fields = {
        "channel": Channel("mail"),
        "account_id": AccountId("aurora"),
        "external_id": "<dsn@mail.example>",
        "notification_id": notification_id,
        "is_permanent": True,
    }
    return status(make, Delivery.BOUNCED, **fields | given)


async def test_delivered_and_read_are_said_once_each_whatever_comes_twice(
    office: Any, make: Any
) -> None:
    await office.start()
    await office.hear(make.reply("whatsapp"))
    await office.ended("reply", "sent")

    for word in (Delivery.SENT, Delivery.DELIVERED, Delivery.DELIVERED, Delivery.READ):
        await office.hear(status(make, word))
    await office.hear(status(make, Delivery.READ), status(make, Delivery.DELIVERED))

    said = await office.said(NotificationDelivered)
    assert [(each.version, each.is_read) for each in said] == [(2, False), (3, True)]
    (row,) = await office.find()
    assert (row["state"], row["is_read"]) == ("delivered", True)


async def test_a_failure_told_afterwards_reaches_routing(office: Any, make: Any) -> None:
    reply = make.reply("whatsapp")
    await office.start()
    await office.hear(reply)
    await office.ended("reply", "sent")

    await office.hear(status(make, Delivery.FAILED, reason="131026"))

    (said,) = await office.said(NotificationFailed)
    assert (said.why, said.reply_id) == ("undeliverable", reply.reply_id)


async def test_prose_of_a_mail_server_is_not_passed_on(
    office: Any, make: Any, mail_server: Any
) -> None:
    await office.start()
    await office.hear(make.placed())
    row = await office.ended("order_confirmation", "sent")

    reason = "smtp; 550 5.1.1 <ana@buyer.example>: Ana Ruiz is unknown here"
    await office.hear(bounce(make, row["notification_id"], reason=reason))

    (said,) = await office.said(NotificationFailed)
    assert said.why == "bounced 5.1.1"


async def test_after_a_hard_bounce_no_notice_goes_to_that_address(
    office: Any, make: Any, mail_server: Any
) -> None:
    await office.start()
    await office.hear(make.placed(mail="Ana@Buyer.example"))
    row = await office.ended("order_confirmation", "sent")
    await office.hear(bounce(make, row["notification_id"]))

    await office.hear(make.parcel_event(ShipmentRegistered, is_watched=True))
    await office.hear(make.placed("order-2", mail="other@buyer.example"))

    suppressed = await office.ended("shipping_notice", "suppressed")
    assert suppressed["why"] == "address_bounces"
    assert (await mail_server.mails(2))[1].recipients == ["other@buyer.example"]


async def test_a_soft_bounce_changes_nothing(office: Any, make: Any) -> None:
    await office.start()
    await office.hear(make.placed())
    row = await office.ended("order_confirmation", "sent")

    await office.hear(bounce(make, row["notification_id"], reason="4.2.2", is_permanent=False))

    assert (await office.find())[0]["state"] == "sent"
    assert await testing.rows(office.db, "SELECT 1 FROM suppressions") == []


async def test_a_receipt_that_comes_before_the_send_is_recorded_is_applied_then(
    office: Any, make: Any, graph: Any, sweep: Any
) -> None:
    await office.hear(status(make, Delivery.DELIVERED), status(make, Delivery.READ))
    await sweep()
    await office.start()
    await office.hear(make.reply("whatsapp"))
    await office.ended("reply", "sent")

    await sweep()

    said = await office.said()
    assert [type(each) for each in said] == [
        NotificationSent,
        NotificationDelivered,
        NotificationDelivered,
    ]
    assert [each.version for each in said] == [1, 2, 3]
    assert await testing.rows(office.db, "SELECT 1 FROM receipts") == []


async def test_a_bounce_while_the_mail_is_being_sent_is_kept_for_it(
    office: Any, make: Any, mail_server: Any, sweep: Any
) -> None:
    mail_server.hold.clear()
    await office.hear(make.placed())
    await office.start()
    row = await office.ended("order_confirmation", "sending")

    await office.hear(bounce(make, row["notification_id"]))
    await sweep()
    assert (await office.find())[0]["state"] == "sending"
    mail_server.hold.set()
    await office.ended("order_confirmation", "sent")
    await sweep()

    said = await office.said()
    assert [type(each) for each in said] == [NotificationSent, NotificationFailed]


@pytest.mark.parametrize(
    ("word", "state", "says"),
    [
        (Delivery.DELIVERED, "delivered", [NotificationSent, NotificationDelivered]),
        (Delivery.SENT, "sent", [NotificationSent]),
    ],
)
async def test_a_receipt_settles_an_attempt_whose_outcome_nobody_knew(
    office: Any, make: Any, graph: Any, word: Delivery, state: str, says: list[type]
) -> None:
    graph.answers.append("hang")
    await office.start(is_impatient=True)
    await office.hear(make.reply("whatsapp"))
    row = await office.until("unknowns > 0 AND state = 'queued'")

    await office.hear(
        status(make, word, external_id="wamid.x", notification_id=row["notification_id"])
    )

    (row,) = await office.find()
    assert (row["state"], row["external_id"]) == (state, "wamid.x")
    assert [type(each) for each in await office.said()] == says
    await office.hurry()
    await office.stop()
    assert len(graph.calls) == 1, "it is not sent again"


async def test_receipts_of_one_message_heard_by_many_at_once_take_effect_once(
    office: Any, make: Any
) -> None:
    await office.start()
    await office.hear(make.reply("whatsapp"))
    await office.ended("reply", "sent")

    async with asyncio.TaskGroup() as group:
        for word in (Delivery.DELIVERED, Delivery.READ) * 5:
            group.create_task(office.hear(status(make, word)))

    said = await office.said(NotificationDelivered)
    versions = [each.version for each in said]
    assert versions == list(range(2, 2 + len(said)))
    assert said[-1].is_read
    assert sum(each.is_read for each in said) == 1


async def test_another_stores_receipt_changes_nothing(office: Any, make: Any) -> None:
    await office.start()
    await office.hear(make.placed())
    row = await office.ended("order_confirmation", "sent")

    await office.hear(bounce(make, row["notification_id"], store_id=StoreId("borealis")))

    assert (await office.find())[0]["state"] == "sent"


async def test_receipts_nobody_claims_are_dropped_after_a_day(
    office: Any, make: Any, sweep: Any
) -> None:
    await office.hear(status(make, Delivery.FAILED, external_id="of another tool"))
    await sweep()
    assert len(await testing.rows(office.db, "SELECT 1 FROM receipts")) == 1
    await testing.rows(
        office.db, "UPDATE receipts SET kept_at = now() - interval '25 hours' RETURNING 1"
    )

    await sweep()

    assert await testing.rows(office.db, "SELECT 1 FROM receipts") == []


async def test_a_notice_whose_order_never_comes_is_given_up_and_that_is_said(
    office: Any, make: Any, sweep: Any
) -> None:
    await office.hear(make.parcel_event(ShipmentRegistered, is_watched=True))
    await sweep()
    assert (await office.find())[0]["state"] == "pending"
    await testing.rows(
        office.db, "UPDATE notifications SET created_at = now() - interval '25 hours' RETURNING 1"
    )

    await sweep()

    (row,) = await office.find()
    assert (row["state"], row["why"]) == ("suppressed", "no_order")
    (said,) = await office.said(NotificationSuppressed)
    assert said.why == "no_order"


async def test_a_notice_that_was_given_up_is_queued_when_its_order_is_told_of_after_all(
    office: Any, make: Any, sweep: Any
) -> None:
    await office.hear(make.parcel_event(ShipmentRegistered, is_watched=True))
    await testing.rows(
        office.db, "UPDATE notifications SET created_at = now() - interval '25 hours' RETURNING 1"
    )
    await sweep()
    assert (await office.find())[0]["why"] == "no_order"

    await office.hear(make.placed("order-2"))
    assert (await office.find("template = 'shipping_notice'"))[0]["state"] == "suppressed"
    await office.hear(make.placed())

    (row,) = await office.find("template = 'shipping_notice'")
    assert (row["state"], row["why"], row["ended_at"]) == ("queued", None, None)


async def test_a_status_of_a_thread_we_never_wrote_to_is_no_trouble(office: Any, make: Any) -> None:
    await office.hear(status(make, Delivery.SENT, thread_id=uuid4()))

    assert await testing.rows(office.db, "SELECT 1 FROM receipts") == []
    assert await office.said() == []
