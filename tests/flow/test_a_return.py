"""Story 4: a return goes from request to refund, and one that no rule decides to a person."""

from collections import Counter
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from deploy.demo.stories.messages import PEOPLE
from deploy.demo.stories.returns import Returned, Undecided
from deploy.demo.stories.stage import Stage
from shared.contracts.notify import NotificationSent
from shared.contracts.returns import Basis, RefundIssued, ReturnAuthorised, ReturnDeclined
from shared.contracts.routing import OpenedBy

Both = tuple[Returned, Undecided]


def test_the_law_of_the_buyers_country_decides(returned: Both) -> None:
    case, _ = returned

    assert (case.requested.country, case.requested.needs_person) == ("DE", False)
    assert case.authorised.basis is Basis.WITHDRAWAL
    assert "de-bgb" in case.authorised.policy
    assert case.authorised.send_by is not None
    last_day = case.authorised.send_by.astimezone(ZoneInfo("Europe/Berlin"))
    requested = case.requested.occurred_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert last_day.date() - requested.date() >= timedelta(days=14)
    assert case.authorised.send_by.tzinfo == UTC


def test_each_step_tells_the_buyer_once_in_her_language(returned: Both, stage: Stage) -> None:
    case, _ = returned

    sent = stage.tail.all(
        NotificationSent, lambda message: message.order_id == case.requested.order_id
    )

    told = Counter(seen.message.template for seen in sent)
    assert told == Counter(
        [
            "order_confirmation",
            "shipping_notice",
            "delivered",
            "return_requested",
            "return_authorised",
            "return_received",
            "return_inspected",
            "refund_ordered",
            "refund_issued",
        ]
    )
    assert {notice.mail.language for notice in case.notices} == {"de"}


def test_the_shop_repays_once_what_was_paid(returned: Both, stage: Stage) -> None:
    case, _ = returned

    assert case.repayment.key == str(case.ordered.refund_id) == str(case.issued.refund_id)
    assert case.repayment.asked == 1
    assert case.ordered.amount == case.issued.amount == case.sent.bought.placed.order.total
    assert case.issued.external_refund_id.endswith(case.repayment.refund_id)
    issued = stage.tail.all(RefundIssued, lambda message: message.case_id == case.issued.case_id)
    assert len(issued) == 1


def test_a_country_without_a_row_goes_to_a_person(returned: Both, stage: Stage) -> None:
    _, open_case = returned

    assert open_case.requested.needs_person
    assert open_case.requested.why
    for verdict in (ReturnAuthorised, ReturnDeclined):
        assert not stage.tail.all(
            verdict, lambda message: message.case_id == open_case.requested.case_id
        )
    opened = open_case.given.opened
    assert (opened.opened_by, opened.language, opened.region) == (OpenedBy.CASE, "ar", "AE")
    assert "returns" in opened.skills
    agent = PEOPLE[open_case.given.assigned.agent_id]
    assert "ar" in agent.languages
    assert "returns" in agent.skills


def test_arabic_is_written_from_right_to_left(returned: Both) -> None:
    _, open_case = returned

    for notice in (open_case.bought.confirmation, open_case.notice):
        assert (notice.mail.language, notice.mail.direction) == ("ar", "rtl")
