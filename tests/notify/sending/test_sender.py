"""Sending by mail: once, in order, again when it must, and never by surprise."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from notify.workers.sender import Sender
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
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)

EUR = Money(amount=100, currency="EUR")


async def test_an_order_is_confirmed_to_its_buyer_at_once(
    office: Any, make: Any, mail_server: Any
) -> None:
    await office.start()

    await office.hear(make.placed())

    (got,) = await mail_server.mails(1)
    row = await office.ended("order_confirmation", "sent")
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

    await office.start(in_flight_each=3, call_timeout=timedelta(seconds=20),
                              mail_timeout=timedelta(seconds=20))  # fmt: skip

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


@pytest.mark.parametrize(
    ("step", "reply", "why"),
    [
        ("MAIL", "451 4.7.1 greylisted", "sender_refused 451"),
        ("MAIL", "550 5.7.1 not yours", "sender_refused 550"),
        ("RCPT", "450 4.2.1 busy", "recipient_refused 450 4.2.1"),
        ("DATA", "452 4.3.1 full", "content_refused 452 4.3.1"),
        ("DATA", "421 closing", "content_refused 421"),
    ],
)
async def test_what_is_refused_for_now_is_tried_again(
    office: Any, make: Any, mail_server: Any, step: str, reply: str, why: str
) -> None:
    mail_server.answers.append((step, reply))
    await office.hear(make.placed())
    await office.start()
    await office.until("why IS NOT NULL")
    row = await office.ended("order_confirmation", "queued")
    assert (row["why"], row["attempts"], row["is_unknown"]) == (why, 1, False)
    assert row["due_at"] > make.now + timedelta(seconds=2)
    assert await office.said() == []

    await office.hurry()

    await mail_server.mails(1)
    row = await office.ended("order_confirmation", "sent")
    assert (row["why"], row["attempts"]) == (None, 2)


@pytest.mark.parametrize(
    ("answer", "why", "is_dead"),
    [
        (("RCPT", "550 5.1.1 no such ana@buyer.example"), "recipient_refused 550 5.1.1", True),
        (("RCPT", "550 no such user"), "recipient_refused 550", True),
        (("RCPT", "552 5.2.2 mailbox full"), "recipient_refused 552 5.2.2", False),
        (("RCPT", "554 5.7.1 your network is blocked"), "recipient_refused 554 5.7.1", False),
        (("DATA", "554 5.6.0 looks like spam"), "content_refused 554 5.6.0", False),
    ],
)
async def test_what_is_refused_for_good_fails_without_telling_whose_address(
    office: Any, make: Any, mail_server: Any, answer: tuple[str, str], why: str, is_dead: bool
) -> None:
    mail_server.answers.append(answer)
    await office.hear(make.placed())
    await office.start()

    row = await office.ended("order_confirmation", "failed")

    assert row["why"] == why
    (said,) = await office.said(NotificationFailed)
    assert said.why == why
    assert b"buyer.example" not in str(said).encode()
    suppressed = await testing.rows(office.db, "SELECT address FROM suppressions")
    assert [each["address"] for each in suppressed] == (["ana@buyer.example"] if is_dead else [])


async def test_no_notice_goes_to_an_address_that_is_dead_but_a_persons_reply_does(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.answers.append(("RCPT", "550 5.1.1 no such user"))
    await office.hear(make.placed(mail="Ana@Buyer.example"))
    await office.start()
    await office.ended("order_confirmation", "failed")

    await office.hear(make.parcel_event(ShipmentRegistered, is_watched=True))
    await office.hear(make.reply())

    row = await office.ended("shipping_notice", "suppressed")
    (got,) = await mail_server.mails(1)
    assert row["why"] == "address_bounces"
    assert "Auto-Submitted" not in got.mail
    (said,) = await office.said(NotificationSuppressed)
    assert said.why == "address_bounces"


async def test_a_server_that_is_away_is_waited_for(
    office: Any, make: Any, mail_server: Any
) -> None:
    account = office.stores.account("mail", "aurora")
    object.__setattr__(account, "__dict__", {**account.__dict__, "smtp_port": 9})
    await office.hear(make.placed())
    await office.start()
    await office.until("why = 'server_away'")

    object.__setattr__(account, "__dict__", {**account.__dict__, "smtp_port": mail_server.port})
    await office.hurry()

    await mail_server.mails(1)
    row = await office.ended("order_confirmation", "sent")
    assert not row["is_unknown"]


async def test_no_answer_after_the_mail_was_handed_over_is_repeated_under_the_same_id(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.answers.append(("DATA", "hang"))
    await office.hear(make.placed())
    await office.start()
    await office.until("is_unknown")
    await office.hurry()

    first, second = await mail_server.mails(2)

    await office.ended("order_confirmation", "sent")
    assert first.message_id == second.message_id
    (said,) = await office.said(NotificationSent)
    assert said.is_repeat


async def test_no_answer_before_that_is_no_repeat(office: Any, make: Any, mail_server: Any) -> None:
    mail_server.answers.append(("RCPT", "hang"))
    await office.hear(make.placed())
    await office.start()
    await office.until("why = 'server_away'")
    await office.hurry()

    await mail_server.mails(1)

    await office.ended("order_confirmation", "sent")
    (said,) = await office.said(NotificationSent)
    assert not said.is_repeat


async def test_trying_ends_after_the_limit(office: Any, make: Any, mail_server: Any) -> None:
    mail_server.answers.append(("DATA", "451 not now"))
    await office.hear(make.placed())

    await office.start(give_up_after=timedelta(0))

    row = await office.ended("order_confirmation", "failed")
    assert row["why"] == "content_refused 451"


@pytest.mark.parametrize("mail", [None, ""])
async def test_a_buyer_without_an_address_is_not_told_and_that_is_said(
    office: Any, make: Any, mail: str | None
) -> None:
    await office.hear(make.placed(mail=mail))

    await office.start()

    assert (await office.ended("order_confirmation", "suppressed"))["why"] == "no_address"


async def test_an_address_that_is_none_fails(office: Any, make: Any) -> None:
    await office.hear(make.placed(mail="ana@buyer.example\r\nBcc: x@y.example"))

    await office.start()

    assert (await office.ended("order_confirmation", "failed"))["why"] == "bad_address"


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


async def test_a_sender_that_breaks_on_one_notice_sends_the_others(
    office: Any, make: Any, mail_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender: Sender = office.sender()
    letters = sender._attempts._letters
    render = letters.notice

    def breaks_on_the_first(due: Any, store: Any) -> Any:
        if due.order_id == make.order_id("order-1"):
            raise ZeroDivisionError
        return render(due, store)

    monkeypatch.setattr(letters, "notice", breaks_on_the_first)
    await office.hear(make.placed("order-1"), make.placed("order-2"))

    await office.start(sender)

    await mail_server.mails(1)
    row = await office.until("why = 'bug ZeroDivisionError'")
    assert (row["state"], row["is_unknown"]) == ("queued", False)


async def test_stopping_lets_what_is_on_its_way_land(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.hold.clear()
    await office.hear(make.placed())
    slow = timedelta(seconds=20)
    await office.start(call_timeout=slow, mail_timeout=slow, lease=slow)

    async def there() -> bool:
        return bool(mail_server.at_once)

    await testing.eventually(there)
    ending = asyncio.create_task(office.stop())
    mail_server.hold.set()
    await ending

    assert [row["state"] for row in await office.find()] == ["sent"]
