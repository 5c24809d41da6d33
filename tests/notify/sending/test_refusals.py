"""Mail servers that refuse, hang or are away; addresses that are none; what breaks in ourselves."""

from datetime import timedelta
from typing import Any

import pytest

from notify.workers.sender import Sender
from shared import testing
from shared.contracts.base import Money
from shared.contracts.logistics_watch import (
    ShipmentRegistered,
)
from shared.contracts.notify import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)

EUR = Money(amount=100, currency="EUR")


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
    assert (row["why"], row["attempts"], row["unknowns"]) == (why, 1, 0)
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
    assert row["unknowns"] == 0


async def test_no_answer_after_the_mail_was_handed_over_is_repeated_under_the_same_id(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.answers.append(("DATA", "hang"))
    await office.hear(make.placed())
    await office.start(is_impatient=True)
    await office.until("unknowns > 0")
    await office.hurry()

    first, second = await mail_server.mails(2)

    await office.ended("order_confirmation", "sent")
    assert first.message_id == second.message_id
    (said,) = await office.said(NotificationSent)
    assert said.is_repeat


async def test_no_answer_before_that_is_no_repeat(office: Any, make: Any, mail_server: Any) -> None:
    mail_server.answers.append(("RCPT", "hang"))
    await office.hear(make.placed())
    await office.start(is_impatient=True)
    await office.until("why = 'server_away'")
    await office.hurry()

    await mail_server.mails(1)

    await office.ended("order_confirmation", "sent")
    (said,) = await office.said(NotificationSent)
    assert not said.is_repeat


async def test_a_customer_gets_no_endless_copies_from_a_server_that_never_answers(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.answers.extend([("DATA", "hang")] * 5)
    await office.hear(make.placed())
    await office.start(is_impatient=True)
    for attempt in range(1, 6):
        await office.until("unknowns = :attempt AND state = 'queued'", attempt=attempt)
        await office.hurry()

    row = await office.ended("order_confirmation", "failed")

    assert row["why"] == "outcome_unknown"
    assert len({got.message_id for got in mail_server.got}) == 1
    assert len(mail_server.got) == 5
    (said,) = await office.said(NotificationFailed)
    assert said.why == "outcome_unknown"


async def test_a_login_that_is_refused_is_our_matter_and_waits(
    office: Any, make: Any, mail_server: Any
) -> None:
    mail_server.password = "right"
    account = office.stores.account("mail", "aurora")
    wrong = {"smtp_username": "aurora", "smtp_password": ("wrong",)}
    object.__setattr__(account, "__dict__", {**account.__dict__, **wrong})
    await office.hear(make.placed())
    await office.start()
    row = await office.until("why LIKE 'login_refused%'")
    assert (row["state"], row["why"]) == ("queued", "login_refused 535")

    object.__setattr__(account, "__dict__", {**account.__dict__, "smtp_password": ("right",)})
    await office.hurry()

    await office.ended("order_confirmation", "sent")
    assert len(mail_server.got) == 1


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
    assert (row["state"], row["unknowns"]) == ("queued", 0)
