"""Which thread a mail goes into: by our own signed tokens, else by what its sender wrote before."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from shared.tokens import Tokens

VENTAS = "ventas@aurora.example"


def test_a_reply_to_our_address_goes_into_its_thread(
    read: Any, tokens: Tokens, written: Any
) -> None:
    thread = uuid4()
    tag = tokens.sign("thread", thread)

    by_envelope = read.message(written(), f"help+{tag}@aurora.example")
    by_header = read.message(written(Cc=f"HELP+{tag.upper()}@Aurora.example"), VENTAS)

    assert by_envelope.claims == by_header.claims == (thread,)


def test_a_reply_to_our_mail_goes_by_its_message_id(read: Any, written: Any, our_id: Any) -> None:
    thread = uuid4()
    ours = our_id("thread", thread)

    by_answer = read.message(written(In_Reply_To=ours))
    by_chain = read.message(written(References=f"<x@y.example> {ours} <z@y.example>"))

    assert by_answer.claims == by_chain.claims == (thread,)


def test_a_message_id_that_a_program_folded_is_whole_again(read: Any, our_id: Any) -> None:
    thread = uuid4()
    ours = our_id("thread", thread)
    head = b"From: ana@example.org\r\nMessage-ID: <1@x.example>\r\nReferences: "

    for cut in (45, 60, 95):
        folded = f"{ours[:cut]}\r\n {ours[cut:]}\r\n\r\nHello".encode()
        assert read.message(head + folded).claims == (thread,)


def test_nothing_that_cannot_be_stored_stands_in_ids_or_addresses(read: Any) -> None:
    head = b"From: An\0a <a\0na@example.org>\r\nMessage-ID: <1\0\x7f@x.example>\r\n"
    more = b"References: =?utf-8?q?=3C2=00@x.example=3E?=\r\nSubject: =?utf-8?q?a=00b?=\r\n"

    event = read.message(head + more + b"\r\nHello\0 there").event

    assert (event.external_id, event.mail) == ("<1@x.example>", "ana@example.org")
    assert "\\u0000" not in msgspec.json.encode(event).decode()
    assert (
        read.message(b"Subject: x\r\n\r\nHi", sender="a\0b@x.example").event.mail == "ab@x.example"
    )


def test_a_mail_inside_a_mail_may_name_a_charset_that_is_no_name(read: Any) -> None:
    inner = b"Content-Type: text/plain; charset=a\0b\r\nSubject: y\r\n\r\n\xe9"
    around = b"From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n"

    assert read.message(around + inner).event.text


@pytest.mark.parametrize("kind", ["order", "shipment", "case"])
def test_an_answer_to_a_notice_is_about_its_subject(
    read: Any, tokens: Tokens, kind: str, written: Any
) -> None:
    subject = uuid4()
    address = f"help+{tokens.sign(kind, subject)}@aurora.example"

    first, second = read.message(written("one"), address), read.message(written("two"), address)
    stranger = read.message(written("one", From="eva@example.org"), address)

    assert first.event.about is not None
    assert (first.event.about.kind, first.event.about.id) == (kind, str(subject))
    assert first.event.thread_id == second.event.thread_id
    assert first.event.thread_id != stranger.event.thread_id


def test_the_newest_reference_counts_before_older_ones(
    read: Any, written: Any, our_id: Any
) -> None:
    old, new = uuid4(), uuid4()
    ids = [our_id("thread", one) for one in (old, new)]

    assert read.message(written(References=" ".join(ids))).claims == (new,)


def test_a_stranger_who_quotes_what_he_saw_begins_a_thread_of_his_own(
    read: Any, tokens: Tokens, written: Any
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
        found = read.message(written(**headers))

        assert found.claims == ()
        assert found.event.about is None


def test_what_a_customer_writes_under_his_own_mails_is_one_thread_whichever_comes_first(
    read: Any, written: Any
) -> None:
    first = written("one", Message_ID="<1@x.example>")
    later = [
        written("two", Message_ID="<2@x.example>", In_Reply_To="<1@x.example>"),
        written("three", Message_ID="<3@x.example>", References="<1@x.example> <2@x.example>"),
    ]
    threads = [read.message(each).event.thread_id for each in (*later[::-1], first)]

    assert len(set(threads)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"From": "eva@example.org"},
        {"Reply_To": "eva@example.org"},
        {"From": "eva@example.org", "Reply_To": "ana@example.org"},
        {"From": "eva@example.org, ana@example.org", "Reply_To": "ana@example.org"},
        {"Authentication_Results": "mx.aurora.example; dmarc=fail header.from=example.org"},
    ],
)
def test_nobody_gets_into_a_thread_by_a_message_id_that_he_saw(
    read: Any, written: Any, other: dict[str, str]
) -> None:
    first = read.message(written("one", Message_ID="<1@x.example>")).event
    quoted = {"In_Reply_To": "<1@x.example>", "References": "<1@x.example>"}

    seen = read.message(written("two", Message_ID="<2@x.example>", **quoted, **other)).event

    assert seen.thread_id != first.thread_id


def test_two_mails_that_name_nothing_are_two_threads(read: Any, written: Any) -> None:
    first, second = (
        read.message(written(text, Message_ID=f"<{text}@x.example>")) for text in ("one", "two")
    )

    assert first.event.thread_id != second.event.thread_id


def test_a_token_of_another_stores_address_counts_for_nothing(
    read: Any, tokens: Tokens, written: Any
) -> None:
    tag = tokens.sign("thread", uuid4())

    assert read.message(written(Cc=f"help+{tag}@borealis.example")).claims == ()
