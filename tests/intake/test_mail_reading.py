"""A mail by SMTP, read: its writer, its words, its thread, and what no person wrote."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID, uuid4

import pytest

from intake.channels import mail
from intake.channels.mail import Envelope, OurOwn
from intake.domain.items import Inbound, Known, Odd, Reading, StatusNews
from shared.contracts.base import encode
from shared.contracts.intake import Delivery
from shared.tokens import Tokens

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
HELP, VENTAS = "help@aurora.example", "ventas@aurora.example"


def written(text: str = "Hello", **headers: str) -> bytes:
    made = {
        "From": "Ana Pérez <ana@example.org>",
        "To": HELP,
        "Subject": "Lamp",
        "Date": "Mon, 04 May 2026 13:50:00 +0200",
        "Message-ID": "<1@example.org>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    message = EmailMessage(policy=SMTP)
    for name, value in made.items():
        if value:
            message[name] = value
    message.set_content(text)
    return message.as_bytes()


def our_id(tokens: Tokens, kind: str, about: UUID, notification: UUID | None = None) -> str:
    """A Message-ID of ours."""
    sent = tokens.sign("notification", notification or uuid4())
    return f"<{sent}.{tokens.sign(kind, about)}@aurora.example>"


Read = Callable[..., Reading]


@pytest.fixture
def read(own: OurOwn) -> Read:
    def read_(octets: bytes, *to: str, sender: str = "ana@example.org") -> Reading:
        found = [own.mailboxes.find(address) for address in (to or (HELP,))]
        recipients = tuple(one for one in found if one)
        return mail.read(octets, Envelope(sender, recipients), own, AT)

    return read_


def only(reading: Reading) -> Inbound:
    [found] = reading.items
    assert isinstance(found, Inbound)
    return found


def status(reading: Reading) -> StatusNews:
    [found] = reading.items
    assert isinstance(found, StatusNews)
    return found


def why(reading: Reading) -> str:
    assert reading.items == ()
    found: list[Known | Odd] = [*reading.known, *reading.odd]
    assert len(found) == 1
    return found[0].why


def test_a_mail_becomes_a_message_with_all_that_an_answer_needs(read: Read) -> None:
    octets = written(
        "Hola\n", References="<a@x.example> <b@x.example>", In_Reply_To="<b@x.example>"
    )

    found = only(read(octets))

    event, route = found.event, found.event.reply_route
    assert (event.text, event.subject) == ("Hola", "Lamp")
    assert (event.mail, event.sender_name) == ("ana@example.org", "Ana Pérez")
    assert event.occurred_at == datetime(2026, 5, 4, 11, 50, tzinfo=UTC)
    assert (event.store_id, event.account_id, event.external_id) == (
        "aurora",
        "help",
        "<1@example.org>",
    )
    assert (route.peer, route.subject, route.in_reply_to) == (
        "ana@example.org",
        "Lamp",
        "<1@example.org>",
    )
    assert route.references == ("<a@x.example>", "<b@x.example>", "<1@example.org>")
    assert found.answers == "<b@x.example>"
    assert found.contact.address == "ana@example.org"


def test_a_long_chain_of_references_keeps_its_first_and_its_newest(read: Read) -> None:
    chain = " ".join(f"<{n}@x.example>" for n in range(60))

    route = only(read(written(References=chain))).event.reply_route

    assert len(route.references) == 20
    assert route.references[0] == "<0@x.example>"
    assert route.references[-2:] == ("<59@x.example>", "<1@example.org>")


@pytest.mark.parametrize(
    ("date", "minutes"),
    [
        ("Mon, 04 May 2026 11:00:00 +0000", 60),
        ("Mon, 04 May 2026 23:00:00 +0000", 0),
        ("Thu, 01 Jan 1970 00:00:00 +0000", 0),
        ("yesterday", 0),
        ("", 0),
    ],
)
def test_a_date_is_believed_within_reason(read: Read, date: str, minutes: int) -> None:
    event = only(read(written(Date=date))).event

    assert event.occurred_at == AT - timedelta(minutes=minutes)


def test_a_form_on_a_page_has_the_customer_in_reply_to(read: Read) -> None:
    octets = written(From="Web form <form@host.example>", Reply_To="Eva <Eva@Example.org>")

    found = only(read(octets))

    assert found.event.reply_route.peer == found.contact.address == "eva@example.org"
    assert found.event.sender_name == "Eva"


def test_our_own_address_in_reply_to_is_no_writer(read: Read) -> None:
    assert only(read(written(Reply_To=VENTAS))).contact.address == "ana@example.org"


def test_a_mail_without_from_has_its_envelopes_sender(read: Read) -> None:
    assert only(read(written(From=""))).contact.address == "ana@example.org"
    nobody = only(read(b"\r\nhello", sender="nobody"))
    assert nobody.event.mail is None
    assert nobody.contact.address.endswith("@sender.invalid")


def test_the_same_mail_in_two_mailboxes_is_one_message(read: Read) -> None:
    octets = written()

    first, second = only(read(octets, HELP)), only(read(octets, VENTAS))

    assert first.event.message_id == second.event.message_id
    assert first.event.thread_id == second.event.thread_id


def test_line_ends_and_a_trailing_empty_line_make_no_other_mail(read: Read) -> None:
    octets = written()

    changed = octets.replace(b"\r\n", b"\n") + b"\n\n"

    assert only(read(octets)).event.message_id == only(read(changed)).event.message_id


def test_one_message_id_on_two_mails_makes_two_messages(read: Read) -> None:
    one, other = only(read(written("one"))), only(read(written("other")))

    assert one.event.external_id == other.event.external_id
    assert one.event.message_id != other.event.message_id


def test_a_reply_to_our_address_goes_into_its_thread(read: Read, tokens: Tokens) -> None:
    thread = uuid4()
    tag = tokens.sign("thread", thread)

    by_envelope = only(read(written(), f"help+{tag}@aurora.example"))
    by_header = only(read(written(Cc=f"HELP+{tag.upper()}@Aurora.example"), VENTAS))

    assert by_envelope.claims == by_header.claims == (thread,)


def test_a_reply_to_our_mail_goes_by_its_message_id(read: Read, tokens: Tokens) -> None:
    thread = uuid4()
    ours = our_id(tokens, "thread", thread)

    by_answer = only(read(written(In_Reply_To=ours)))
    by_chain = only(read(written(References=f"<x@y.example> {ours} <z@y.example>")))

    assert by_answer.claims == by_chain.claims == (thread,)


def test_a_message_id_that_a_program_folded_is_whole_again(read: Read, tokens: Tokens) -> None:
    thread = uuid4()
    ours = our_id(tokens, "thread", thread)
    head = b"From: ana@example.org\r\nMessage-ID: <1@x.example>\r\nReferences: "

    for cut in (45, 60, 95):
        folded = f"{ours[:cut]}\r\n {ours[cut:]}\r\n\r\nHello".encode()
        assert only(read(head + folded)).claims == (thread,)


@pytest.mark.parametrize("kind", ["order", "shipment", "case"])
def test_an_answer_to_a_notice_is_about_its_subject(read: Read, tokens: Tokens, kind: str) -> None:
    subject = uuid4()
    address = f"help+{tokens.sign(kind, subject)}@aurora.example"

    first, second = only(read(written("one"), address)), only(read(written("two"), address))
    stranger = only(read(written("one", From="eva@example.org"), address))

    assert first.event.about is not None
    assert (first.event.about.kind, first.event.about.id) == (kind, str(subject))
    assert first.event.thread_id == second.event.thread_id
    assert first.event.thread_id != stranger.event.thread_id


def test_the_newest_reference_counts_before_older_ones(read: Read, tokens: Tokens) -> None:
    old, new = uuid4(), uuid4()
    ids = [our_id(tokens, "thread", one) for one in (old, new)]

    assert only(read(written(References=" ".join(ids)))).claims == (new,)


def test_a_stranger_who_quotes_what_he_saw_begins_a_thread_of_his_own(
    read: Read, tokens: Tokens
) -> None:
    other_key = Tokens([b"another installation's key"])
    token, notification = tokens.sign("thread", uuid4()), tokens.sign("notification", uuid4())
    forged = other_key.sign("thread", uuid4())
    flipped = ("b" if token[0] == "a" else "a") + token[1:]
    quotes = [
        {"In_Reply_To": "<1@example.org>", "References": "<1@example.org>"},
        {"Subject": "Re: order #1001"},
        {"In_Reply_To": f"<{notification}.{flipped}@aurora.example>"},
        {"In_Reply_To": f"<{forged}.{forged}@aurora.example>"},
        {"In_Reply_To": f"<{notification}@aurora.example>"},
        {"Cc": f"help+{flipped}@aurora.example"},
        {"Cc": f"help+{token}@elsewhere.example"},
    ]
    for headers in quotes:
        found = only(read(written(**headers)))

        assert found.claims == ()
        assert found.event.about is None


def test_a_token_of_another_stores_address_counts_for_nothing(read: Read, tokens: Tokens) -> None:
    tag = tokens.sign("thread", uuid4())

    assert only(read(written(Cc=f"help+{tag}@borealis.example"))).claims == ()


def bounce(
    report: str, *, returned: str = "Message-ID: <x@aurora.example>", text: str = "Sorry."
) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: x@aurora.example\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example\r\n\r\n{report}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()


FAILED = "Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\n"


@pytest.mark.parametrize(
    ("report", "status_", "code", "permanent"),
    [
        (FAILED + "Status: 5.1.1", Delivery.BOUNCED, "5.1.1", True),
        (FAILED + "Status: 5.0.0\r\nDiagnostic-Code: 550 5.7.1", Delivery.BOUNCED, "5.7.1", True),
        (FAILED + "Status: 4.2.2 (full)", Delivery.BOUNCED, "4.2.2", False),
        (FAILED, Delivery.BOUNCED, None, None),
        ("Status: 5.4.4", Delivery.BOUNCED, "5.4.4", True),
        ("Action: delivered\r\nStatus: 2.0.0", Delivery.DELIVERED, "2.0.0", None),
    ],
)  # fmt: skip
def test_a_bounce_tells_what_became_of_the_notification(
    read: Read,
    tokens: Tokens,
    report: str,
    status_: Delivery,
    code: str | None,
    permanent: bool | None,
) -> None:
    notification = uuid4()
    to = f"help+{tokens.sign('notification', notification)}@aurora.example"

    event = status(read(bounce(report), to, sender="")).event

    assert (event.status, event.reason, event.is_permanent) == (status_, code, permanent)
    assert event.notification_id == notification
    assert event.external_id == "<x@aurora.example>"
    assert event.thread_id is None


def test_a_bounce_to_the_plain_address_is_known_by_the_returned_message_id(
    read: Read, tokens: Tokens
) -> None:
    notification = uuid4()
    ours = our_id(tokens, "order", uuid4(), notification)

    event = status(
        read(bounce(FAILED + "Status: 5.1.1", returned=f"Message-ID: {ours}"), sender="")
    ).event

    assert (event.notification_id, event.external_id) == (notification, ours)


def test_a_delay_says_nothing_and_a_strangers_bounce_is_odd(read: Read, tokens: Tokens) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"

    assert why(read(bounce("Action: delayed\r\nStatus: 4.4.1"), to, sender="")).endswith("late")
    assert why(read(bounce(FAILED), sender="")) == "a bounce of no mail of ours"


@pytest.mark.parametrize(
    ("text", "code", "permanent"),
    [
        ("The user does not exist. 550 5.1.1 unknown", "5.1.1", True),
        ("452 mailbox full, giving up", None, False),
        ("It could not be delivered.", None, None),
    ],
)
def test_a_bounce_in_prose_is_one_too(
    read: Read, tokens: Tokens, text: str, code: str | None, permanent: bool | None
) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"
    octets = written(text, From="Mail Delivery System <MAILER-DAEMON@mx.example>", Message_ID="")

    event = status(read(octets, to, sender="")).event

    assert (event.status, event.reason, event.is_permanent) == (Delivery.BOUNCED, code, permanent)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Auto_Submitted": "auto-replied"}, "an automatic reply"),
        ({"Auto_Submitted": "auto-generated; owner=x"}, "an automatic reply"),
        ({"Precedence": "auto_reply"}, "an automatic reply"),
        ({"X_Autoreply": "yes"}, "an automatic reply"),
        ({"X_Autorespond": "away"}, "an automatic reply"),
        ({"Precedence": "bulk"}, "a mailing list"),
        ({"List_Id": "<news.example.org>"}, "a mailing list"),
        ({"From": "MAILER-DAEMON@mx.example"}, "a mail system's own"),
    ],
)
def test_what_no_person_wrote_is_no_message(
    read: Read, tokens: Tokens, headers: dict[str, str], expected: str
) -> None:
    assert why(read(written("I am away", **headers))) == expected


def test_an_automatic_reply_to_the_envelope_sender_is_no_bounce(read: Read, tokens: Tokens) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"

    assert why(read(written("away", Auto_Submitted="auto-replied"), to, sender="")) == (
        "an automatic reply"
    )


def test_a_person_who_answers_the_envelope_sender_is_heard(read: Read, tokens: Tokens) -> None:
    to = f"help+{tokens.sign('notification', uuid4())}@aurora.example"

    assert only(read(written("Thanks!"), to)).event.text == "Thanks!"


def test_auto_submitted_no_is_a_persons(read: Read) -> None:
    assert only(read(written(Auto_Submitted="no"))).event.text == "Hello"


def test_our_own_mail_that_comes_back_says_nothing(read: Read, tokens: Tokens) -> None:
    ours = our_id(tokens, "order", uuid4())

    assert why(read(written(Message_ID=ours))) == "a mail of our own that came back"


def multipart(*parts: str, kind: str = "alternative", boundary: str = "b") -> bytes:
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return (
        f"From: ana@example.org\r\nMessage-ID: <1@x.example>\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/{kind}; boundary="b"\r\n\r\n{inner}--{boundary}--\r\n'
    ).encode()


PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\nplain"
HTML = "Content-Type: text/html\r\n\r\n<p>html</p>"
QUOTING = "Content-Type: text/html\r\n\r\n<p>new</p><div class=gmail_quote>On Mon wrote: old</div>"
FILE = (
    "Content-Type: image/png\r\n"
    'Content-Disposition: attachment; filename="=?utf-8?q?l=C3=A1mpara.png?="\r\n'
    "Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
)


@pytest.mark.parametrize(
    ("octets", "text", "files"),
    [
        (multipart(PLAIN, HTML), "plain", 0),
        (multipart(HTML), "html", 0),
        (multipart("Content-Type: text/plain\r\n\r\nnew\r\n> old\r\n> old", QUOTING), "new", 0),
        (multipart(PLAIN, FILE, kind="mixed"), "plain", 1),
        (multipart(FILE, kind="mixed"), "[lámpara.png]", 1),
        (multipart(PLAIN, boundary="other"), "plain", 0),
        (multipart("Content-Type: text/plain; charset=\"\r\n\r\nx"), "x", 0),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8gV29ybGQhA",
         "Hello World!", 0),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nnot encoded at all",
         "not encoded at all", 0),
        (b"Subject: only this\r\n\r\n", "", 0),
        (b"", "", 0),
        (b"no header at all", "", 0),
        (b"\r\n\r\n\xff\xfe\x00", "", 0),
    ],
)  # fmt: skip
def test_whatever_its_parts_the_mail_is_read(
    read: Read, octets: bytes, text: str, files: int
) -> None:
    event = only(read(octets)).event

    assert event.text == text or not text
    assert len(event.attachments) == files


def test_a_file_has_name_type_and_size(read: Read) -> None:
    [file] = only(read(multipart(PLAIN, FILE, kind="mixed"))).event.attachments

    assert (file.name, file.media_type, file.size) == ("lámpara.png", "image/png", 8)


def test_a_forwarded_mail_comes_whole(read: Read) -> None:
    text = "See:\n\nOn Mon, May 4, 2026 at 10:12 AM Aurora <a@b.example> wrote:\n> one\n> two"

    assert only(read(written(text, Subject="Fwd: your order"))).event.text == text
    assert only(read(written(text, Subject="Re: your order"))).event.text == "See:"


def test_a_bottomless_mail_ends(read: Read) -> None:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    nested = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)
        for n in range(2_000)
    )
    wrapped = b"Content-Type: message/rfc822\r\n\r\n" * 5_000
    many = b"--b0\r\n\r\na\r\n" * 100_000
    for octets in (head + nested, b"From: a@b.example\r\n" + wrapped + b"hi", head + many):
        assert only(read(octets)).event.mail == "a@b.example"


SEEDS = [
    multipart(PLAIN, FILE, kind="mixed"),
    multipart(PLAIN, QUOTING),
    bounce(FAILED + "Status: 5.1.1"),
    written("Hola ¿qué tal? – ☺", Subject="=?utf-8?b?SG9sYQ==?=", References="<a@b> <c@d>"),
]


@pytest.mark.parametrize("seed", range(40))
def test_no_mutilated_mail_raises_or_is_lost(read: Read, tokens: Tokens, seed: int) -> None:
    chance = random.Random(seed)
    to = f"help+{tokens.sign('notification', UUID(int=seed))}@aurora.example"
    for octets in SEEDS:
        changed = bytearray(octets)
        for _ in range(chance.randint(1, 30)):
            at = chance.randrange(len(changed))
            match chance.randrange(3):
                case 0:
                    changed[at] = chance.randrange(256)
                case 1:
                    del changed[at : at + chance.randint(1, 20)]
                case _:
                    changed[at:at] = changed[: chance.randint(1, 50)]
            changed = changed or bytearray(b"x")

        reading = read(bytes(changed), chance.choice([HELP, to]))

        assert len(reading.items) + len(reading.known) + len(reading.odd) == 1
        for item in reading.items:
            assert not isinstance(item, Inbound | StatusNews) or encode(item.event)
