"""The mail itself: headers by which answers and bounces find back, and nothing a stranger adds."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import msgspec
import pytest

from notify.channels.mime import BadAddress, Mail, address, compose
from notify.channels.outgoing import Content
from shared.contracts.base import About, AccountId, ReplyRoute
from shared.stores import MailAccount
from shared.tokens import Tokens

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKENS = Tokens([b"a key that only this test knows"])
CONTENT = Content(
    text="Hola\n", html="<p>Hola</p>", subject="Su pedido", language="es", is_automatic=True
)


@pytest.fixture
def account() -> MailAccount:
    return MailAccount(
        channel="mail",
        account_id=AccountId("aurora"),
        address="nineteen-characters@aurora.example",
        from_name="Aurora, «Ñandú» 宝石",
        smtp_host="127.0.0.1",
        smtp_port=25,
        smtp_tls="none",
    )


def parsed(mail: Mail) -> EmailMessage:
    found = email.message_from_bytes(mail.octets, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def tokens_of(message_id: str) -> list[tuple[str, UUID] | None]:
    left = message_id.removeprefix("<").partition("@")[0]
    return [TOKENS.read(token) for token in left.split(".")]


@pytest.mark.parametrize(
    ("template", "kind", "field"),
    [
        ("order_confirmation", "order", "order_id"),
        ("shipping_notice", "order", "order_id"),
        ("delivered", "order", "order_id"),
        ("return_authorised", "case", "case_id"),
        ("refund_issued", "case", "case_id"),
    ],
)
def test_an_answer_or_a_bounce_says_by_itself_what_it_is_about(
    make: Any, account: MailAccount, template: str, kind: str, field: str
) -> None:
    due = make.due(template)

    mail = compose(due, account, CONTENT, TOKENS, NOW)

    about = (kind, getattr(due, field))
    notification = ("notification", due.notification_id)
    headers = parsed(mail)
    assert tokens_of(mail.message_id) == [notification, about]
    assert headers["Message-ID"] == mail.message_id
    mailbox, _, token = headers["Reply-To"].addresses[0].username.partition("+")
    assert (mailbox, TOKENS.read(token)) == ("nineteen-characters", about)
    assert headers["Reply-To"].addresses[0].domain == "aurora.example"
    mailbox, _, token = mail.sender.partition("@")[0].partition("+")
    assert (mailbox, TOKENS.read(token)) == ("nineteen-characters", notification)
    assert len(mail.sender.partition("@")[0]) <= 64, "RFC 5321 §4.5.3.1.1"


def test_every_attempt_at_one_notification_has_the_same_message_id(
    make: Any, account: MailAccount
) -> None:
    due = make.due("delivered")
    again = msgspec.structs.replace(due, attempt=2, unknowns=1)

    first = compose(due, account, CONTENT, TOKENS, NOW)
    second = compose(again, account, CONTENT, TOKENS, NOW.replace(hour=13))

    assert first.message_id == second.message_id


def test_a_notice_is_marked_as_automatic_and_a_persons_reply_is_not(
    make: Any, account: MailAccount
) -> None:
    notice = parsed(compose(make.due("delivered"), account, CONTENT, TOKENS, NOW))
    reply = make.due("reply", text="Hola", route=route(), facts={})
    by_person = msgspec.structs.replace(CONTENT, is_automatic=False)
    answer = parsed(compose(reply, account, by_person, TOKENS, NOW))

    assert notice["Auto-Submitted"] == "auto-generated"
    assert "Auto-Submitted" not in answer
    assert "X-Auto-Response-Suppress" not in answer
    assert notice["Content-Language"] == answer["Content-Language"] == "es"
    assert notice["Date"].datetime == NOW
    assert notice.get_content_type() == "multipart/alternative"
    assert notice["From"].addresses[0].display_name == "Aurora, «Ñandú» 宝石"


def route(**given: Any) -> ReplyRoute:
    fields = {"channel": "mail", "account_id": "aurora", "peer": "ana@buyer.example"}
    return ReplyRoute(**fields | given)


def test_a_reply_joins_the_thread_of_the_mail_it_answers(make: Any, account: MailAccount) -> None:
    thread_id = UUID(int=9)
    long = f"<{'r' * 150}@mail.example>"
    reply = make.due(
        "reply",
        text="Hola",
        thread_id=thread_id,
        facts={},
        route=route(in_reply_to="<q@buyer.example>", references=(long, "<q@buyer.example>")),
    )

    mail = compose(reply, account, CONTENT, TOKENS, NOW)

    headers = parsed(mail)
    assert headers["In-Reply-To"] == "<q@buyer.example>"
    assert headers["References"].split() == [long, "<q@buyer.example>"]
    assert long.encode() in mail.octets, "an encoded identifier would thread nowhere"
    assert tokens_of(mail.message_id)[1] == ("thread", thread_id)


@pytest.mark.parametrize("kind", ["order", "shipment", "case"])
def test_a_reply_without_a_thread_is_about_what_the_conversation_is_about(
    make: Any, account: MailAccount, kind: str
) -> None:
    about = About(kind=kind, id=str(UUID(int=3)))
    reply = make.due("reply", text="Hola", about=about, route=route(), facts={})

    mail = compose(reply, account, CONTENT, TOKENS, NOW)

    assert tokens_of(mail.message_id)[1] == (kind, UUID(int=3))


@pytest.mark.parametrize(
    "about", [None, About(kind="order", id="no uuid"), About(kind="x", id="1")]
)
def test_a_reply_about_nothing_we_know_is_about_itself(
    make: Any, account: MailAccount, about: About | None
) -> None:
    reply = make.due("reply", text="Hola", about=about, route=route(), facts={})

    mail = compose(reply, account, CONTENT, TOKENS, NOW)

    assert tokens_of(mail.message_id)[1] == ("notification", reply.notification_id)


def test_of_very_many_references_the_first_and_the_newest_stay(
    make: Any, account: MailAccount
) -> None:
    many = tuple(f"<{number}@buyer.example>" for number in range(200))
    reply = make.due("reply", text="Hola", route=route(references=many), facts={})

    found = parsed(compose(reply, account, CONTENT, TOKENS, NOW))["References"].split()

    assert found[0] == many[0]
    assert found[1:] == list(many[-11:])


INJECTIONS = [
    "x\r\nBcc: evil@x.example",
    "x\nBcc: evil@x.example",
    "x\rBcc: evil@x.example",
    "x\r\n\r\n<script>",
    "x\u2028Bcc: evil@x.example",
    "x\x00\x0b\x0cBcc: evil@x.example",
]


@pytest.mark.parametrize("evil", INJECTIONS)
def test_nothing_a_stranger_wrote_adds_a_header(make: Any, account: MailAccount, evil: str) -> None:
    account = account.model_copy(update={"from_name": f"Aurora {evil}"})
    content = msgspec.structs.replace(CONTENT, subject=f"Re: {evil}")
    evil_route = route(in_reply_to=f"<a@b>{evil}", references=(f"<c@d>{evil}", evil))
    reply = make.due("reply", text=evil, route=evil_route, facts={})

    mail = compose(reply, account, content, TOKENS, NOW)

    headers = parsed(mail)
    assert "Bcc" not in headers
    assert headers["In-Reply-To"] == "<a@b>"
    references = headers["References"].split()
    assert (references[0], references[-1]) == ("<c@d>", "<a@b>")
    assert len(headers["From"].addresses) == 1
    head = mail.octets.partition(b"\r\n\r\n")[0]
    names = {line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")}
    assert names == {
        b"From", b"To", b"Reply-To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To",
        b"References", b"MIME-Version", b"Content-Type", b"Content-Language", b"Auto-Submitted",
        b"X-Auto-Response-Suppress",
    }  # fmt: skip


@pytest.mark.parametrize("evil", [*INJECTIONS, "a@b.example,c@d.example", "<a@b.example>"])
def test_an_address_that_is_more_than_one_is_none(
    make: Any, account: MailAccount, evil: str
) -> None:
    due = make.due("delivered", recipient={"mail": f"ana@buyer.example{evil}"})

    with pytest.raises(BadAddress):
        compose(due, account, CONTENT, TOKENS, NOW)


@pytest.mark.parametrize(
    "text",
    ["", "ana", "@x.example", "ana@", "a b@x.example", "ana@x..example", "ana@-x-.example",
     "añá@x.example", f"{'a' * 65}@x.example", "a@b@x.example", "ana@x.example>"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        address(text)


def test_subjects_in_any_script_survive_and_every_line_fits(
    make: Any, account: MailAccount
) -> None:
    subject = "ご注文 #1001 のお荷物は税関で手続き中です " + "طرد طلبكم رقم \u2066#1001\u2069 " * 4
    content = msgspec.structs.replace(CONTENT, subject=subject.strip())

    mail = compose(make.due("delivered"), account, content, TOKENS, NOW)

    assert parsed(mail)["Subject"] == subject.strip()
    lines = mail.octets.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert mail.octets.isascii()
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
