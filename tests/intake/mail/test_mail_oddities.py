"""What was repaired in a mail or left out of it is told, and nothing is told of a sound mail."""

from typing import Any

import pytest

from .conftest import write

DATED = b"From: Ana <ana@example.org>\r\nDate: Mon, 04 May 2026 13:50:00 +0200\r\n"
PLAIN = DATED + b"\r\nWhere is it?\r\n"
REPLY = (
    "Yes, please.\n\nOn Mon, 4 May 2026 at 10:00, Aurora <help@aurora.example> wrote:\n> Which?\n"
)
PAGE = b"Content-Type: text/html\r\n\r\n<p>Hi</p>"
MIXED = b"Content-Type: multipart/mixed; boundary="
PART = b"\r\nContent-Type: text/plain\r\n\r\nHi\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        PLAIN,
        write("Where is it?\n\nAnd when?"),
        DATED + PAGE + b"<style>p { color: red }</style><img src='cid:1'><p>on sale = now</p>",
        DATED + MIXED + b"b\r\n\r\n--b" + PART + b"--b--\r\n",
        DATED + b"Content-Transfer-Encoding: 8BIT\r\n\r\nHi",
        PLAIN.replace(b"13:50:00", b"14:04:00"),  # its clock runs ahead of ours
        PLAIN.replace(b"13:50:00 +0200", b"11:50:00 GMT"),
    ],
)
def test_nothing_is_told_of_a_sound_mail(read: Any, octets: bytes) -> None:
    assert read(octets).notes == ()


@pytest.mark.parametrize(
    ("octets", "note"),
    [
        (write(Date=""), "it has no Date: the time of its receipt stands for it"),
        (
            PLAIN.replace(b"Mon, 04 May 2026 13:50:00 +0200", b"soon"),
            "it has a Date that cannot be read: the time of its receipt stands for it",
        ),
        (
            PLAIN.replace(b"2026", b"2099"),
            "its Date is later than its receipt, which stands for it",
        ),
        (
            PLAIN.replace(b"2026", b"1999"),
            "its Date is too long before its receipt, which stands for it",
        ),
        (
            DATED + b"Content-Transfer-Encoding: x-own\r\n\r\nHi",
            "a transfer encoding of no known name was read by what it looks like",
        ),
        (
            DATED + b"Content-Type: words\r\n\r\nHi",
            "a Content-Type that is none was taken as plain text",
        ),
        (
            DATED + b"Content-Type: text/plain charset=utf-8\r\n\r\nHi",
            "a Content-Type without a semicolon was read up to its first space",
        ),
        (
            DATED + b"Content-Transfer-Encoding: base64\r\n\r\nWhere is my lamp?",
            "its text is labelled base64, and is not or not all of it",
        ),
        (PLAIN.replace(b"is", b"i\0s"), "NUL characters were taken out of its text"),
        (
            b"From ana@example.org Mon May  4 13:50:00 2026\r\n" + PLAIN,
            "the line of a mailbox file above its header was left out",
        ),
        (
            DATED + MIXED + b"b\r\n\r\n--b" + PART,
            "its last part does not end: it was taken up to the end of the mail",
        ),
        (
            DATED + MIXED + b'""\r\n\r\n--' + PART + b"----\r\n",
            "the boundary between its parts is empty",
        ),
        (write(REPLY), "the earlier mail in it was left out of its text"),
        (
            DATED + PAGE + b'<blockquote type="cite">Which?</blockquote>',
            "the earlier mail in it was left out of its text",
        ),
        (write("Hi\n\n-- \nAna"), "a signature or notice was left out of its text"),
        (
            DATED + PAGE + b"<script>run()</script>",
            "script, forms or frames were taken out of its HTML",
        ),
        (
            DATED + PAGE + b"<img src='https://example.org/1.png'>",
            "images that lie elsewhere are off in its HTML",
        ),
        (
            write("Hello there. " * 4_000),
            "its text is longer than a message may be: the end of it is left out",
        ),
    ],
)
def test_what_was_repaired_or_left_out_is_the_one_note(read: Any, octets: bytes, note: str) -> None:
    assert read(octets).notes == (note,)


def test_text_that_no_label_says_is_encoded_is_told_as_decoded(read: Any) -> None:
    told = read(DATED + b"\r\nGr=C3=B6=C3=9Fe").notes

    assert "its text was decoded, though no label says that it is encoded" in told


@pytest.mark.parametrize(
    ("field", "sender", "note"),
    [
        (b"", "", "it has no From: nobody can be answered"),
        (b"From: ?\r\n", "", "it has a From without an address: nobody can be answered"),
        (b"", "ana@example.org", "it has no From: another field or its envelope tells who wrote"),
    ],
)
def test_a_mail_that_names_no_sender_tells_who_stands_for_him(
    read: Any, field: bytes, sender: str, note: str
) -> None:
    octets = field + PLAIN.partition(b"\r\n")[2]

    assert read(octets, sender=sender).notes == (note,)


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_text_whose_type_lacks_its_semicolon_is_no_file(read: Any, kind: str) -> None:
    label = f"Content-Type: {kind} charset=utf-8\r\n\r\n".encode()
    event = read.message(DATED + label + "Größe".encode()).event

    assert (event.text, event.attachments) == ("Größe", ())
