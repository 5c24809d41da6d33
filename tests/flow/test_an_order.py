"""Stories 2 and 3: an order is confirmed and sent, and its parcel gets into trouble."""

from collections.abc import Callable, Coroutine
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import parse_qs, urlsplit

from deploy.demo.clients import send_mail
from deploy.demo.stories.alarms import Trouble
from deploy.demo.stories.messages import PEOPLE
from deploy.demo.stories.orders import Sent
from deploy.demo.stories.stage import Stage
from shared.contracts.base import About, Money
from shared.contracts.intake import MessageReceived
from shared.contracts.logistics_watch import Milestone, Purpose
from shared.contracts.notify import NotificationSent
from shared.contracts.routing import ConversationOpened, OpenedBy


def test_the_buyer_has_a_confirmation_in_his_language(sent: Sent) -> None:
    mail = sent.bought.confirmation.mail

    assert mail.language == "ja"
    assert sent.bought.ordered.number.strip("#") in mail.subject + mail.text
    assert mail.sender.startswith("Aurora Jewels")
    order = sent.bought.placed.order
    assert order.total == Money(amount=30_618, currency="JPY")
    assert order.shop_total == Money(amount=18_900, currency="EUR")


def test_the_parcel_is_registered_at_the_aggregator(sent: Sent) -> None:
    assert sent.tracking.number == sent.registered.number == sent.shipped.number
    assert sent.tracking.slug == "spain-correos-es"
    assert sent.registered.is_watched
    assert sent.registered.purpose is Purpose.OUTBOUND


def test_the_shipping_notice_leads_to_the_post_of_the_buyers_country(sent: Sent) -> None:
    link = urlsplit(sent.registered.tracking_url or "")

    assert link.hostname == "trackings.post.japanpost.jp"
    assert parse_qs(link.query)["reqCodeNo1"] == [sent.tracking.number]
    assert sent.notice.mail.language == "ja"
    assert sent.tracking.number in sent.notice.mail.text
    assert sent.registered.tracking_url in sent.notice.mail.text  # type: ignore[operator]


def test_the_buyer_is_told_of_customs_and_of_the_silence_before_he_asks(
    trouble: Trouble, sent: Sent
) -> None:
    held, silent = trouble.notices

    assert [held.mail.language, silent.mail.language] == ["ja", "ja"]
    assert held.mail.text != silent.mail.text
    assert held.mail.envelope_to == silent.mail.envelope_to == [sent.bought.mailbox]
    assert trouble.stalled.due_at > trouble.held.occurred_at


def test_one_conversation_about_the_parcel_is_opened_for_who_knows_parcels_and_japanese(
    trouble: Trouble, stage: Stage
) -> None:
    opened = trouble.given.opened

    assert (opened.opened_by, opened.language, opened.region) == (OpenedBy.ALARM, "ja", "JP")
    assert "parcels" in opened.skills
    agent = PEOPLE[trouble.given.assigned.agent_id]
    assert "parcels" in agent.skills
    assert "ja" in agent.languages
    of_parcel = stage.tail.all(ConversationOpened, lambda message: message.about == opened.about)
    assert len(of_parcel) == 1


def test_each_notice_of_the_parcel_goes_out_once(trouble: Trouble, stage: Stage) -> None:
    sent = stage.tail.all(
        NotificationSent, lambda message: message.order_id == trouble.held.order_id
    )

    assert sorted(seen.message.template for seen in sent) == [
        "customs_held",
        "order_confirmation",
        "shipment_stalled",
        "shipping_notice",
    ]
    assert trouble.stalled.milestone is Milestone.EXCEPTION


def test_an_answer_to_a_notice_comes_in_about_its_order(
    sent: Sent, stage: Stage, run: Callable[[Coroutine[Any, Any, MessageReceived]], MessageReceived]
) -> None:
    notice, buyer = sent.notice.mail, sent.bought.buyer
    answer = EmailMessage()
    answer["From"] = f"{buyer.first_name} <{buyer.mail}>"
    answer["To"] = notice.reply_to
    answer["Subject"] = f"Re: {notice.subject}"
    answer["In-Reply-To"] = notice.message_id
    answer["Message-ID"] = make_msgid(domain="example.jp")
    answer.set_content("ありがとうございます。荷物はいつ頃届きますか。")

    async def received() -> MessageReceived:
        await send_mail(stage.addresses.smtp_port, answer)
        seen = await stage.see(
            "intake",
            MessageReceived,
            lambda message: message.external_id.strip("<>") == answer["Message-ID"].strip("<>"),
            "The answer is received",
        )
        return seen.message

    message = run(received())

    assert message.store_id == sent.bought.store_id
    assert message.about == About(kind="order", id=str(sent.bought.order_id))
    assert message.reply_route.peer == buyer.mail
