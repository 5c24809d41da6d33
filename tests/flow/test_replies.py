"""Story 5: an agent's answer goes out by the channel that the customer wrote on."""

import pytest

from deploy.demo.stories.people import LUCIA, MARYAM, SIU_MING, SOMCHAI, YUKI, Writer
from deploy.demo.stories.replies import Answer
from deploy.demo.stories.stage import Stage
from shared.contracts.notify import NotificationSent


@pytest.mark.parametrize(
    "writer", [LUCIA, SIU_MING, YUKI, MARYAM, SOMCHAI], ids=lambda w: f"{w.store_id}-{w.channel}"
)
def test_the_answer_arrives_where_the_customer_wrote(
    answers: list[Answer], writer: Writer, stage: Stage
) -> None:
    answer = next(answer for answer in answers if answer.talk.writer is writer)

    assert writer.answer in answer.text
    assert answer.replied.agent_id == answer.talk.given.assigned.agent_id
    assert answer.answered.is_first
    assert answer.answered.is_met
    sent = stage.tail.all(
        NotificationSent, lambda message: message.reply_id == answer.replied.reply_id
    )
    assert [seen.message.channel for seen in sent] == [writer.channel]


def test_a_mail_is_answered_in_its_thread(answers: list[Answer]) -> None:
    answer = next(answer for answer in answers if answer.talk.writer is YUKI)
    asked, mail = answer.talk.written.mail, answer.mail

    assert asked is not None
    assert mail is not None
    assert mail.in_reply_to == asked["Message-ID"]
    assert asked["Message-ID"] in (mail.references or "")
    assert "湯呑み" in mail.subject
    assert mail.sender.startswith("Kaede Goods")


def test_a_whatsapp_answer_comes_from_the_number_that_was_written_to(
    answers: list[Answer],
) -> None:
    for writer in (LUCIA, SIU_MING, SOMCHAI):
        answer = next(answer for answer in answers if answer.talk.writer is writer)
        assert answer.phone is not None
        assert answer.phone.phone_number_id == answer.talk.received.account_id
