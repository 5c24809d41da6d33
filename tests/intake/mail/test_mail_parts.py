"""A mail's parts, however they are put together or torn apart."""

import random
from base64 import encodebytes
from typing import Any
from uuid import UUID

import pytest

from intake.channels.mail.flowed import together
from intake.domain.items import Inbound, StatusNews
from shared.contracts.base import encode
from shared.tokens import Tokens

HELP = "help@aurora.example"


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
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         + encodebytes(b"Is there a bulb that fits into the lamp which I bought?")
         + b"Sent to the club: visit us\r\n",
         "Is there a bulb that fits into the lamp which I bought?\nSent to the club: visit us",
         0),
        (multipart("Content-Type: text/markdown\r\n\r\n**new**"), "**new**", 0),
        (multipart(PLAIN, "Content-Type: text/markdown\r\n\r\n**new**"), "plain", 0),
        (multipart("Content-Type: text/enriched\r\n\r\n<bold>new</bold>", PLAIN), "plain", 0),
        (multipart(PLAIN, "Content-Type: text/x-amp-html\r\n\r\n<p>new</p>", HTML), "plain", 0),
        (multipart("Content-Type: text/plain\r\n\r\nYour program does not show HTML.", HTML),
         "html", 0),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LD\r\nvMOf ZQ==",
         "Grüße", 0),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
         b"SXMgaXQgcmVkIG9yIGJsdWU/IQ==\r\n\r\nSent to the club: visit us\r\n",
         "Is it red or blue?!\n\nSent to the club: visit us", 0),
        (multipart("Content-Type: application/xhtml+xml\r\n\r\n<p>new</p>"), "new", 0),
        (b"Subject: only this\r\n\r\n", "", 0),
        (b"", "", 0),
        (b"no header at all", "", 0),
        (b"\r\n\r\n\xff\xfe\x00", "", 0),
    ],
)  # fmt: skip
def test_whatever_its_parts_the_mail_is_read(
    read: Any, octets: bytes, text: str, files: int
) -> None:
    event = read.message(octets).event

    assert event.text == text or not text
    assert len(event.attachments) == files


def test_a_file_has_name_type_and_size(read: Any) -> None:
    [file] = read.message(multipart(PLAIN, FILE, kind="mixed")).event.attachments

    assert (file.name, file.media_type, file.size) == ("lámpara.png", "image/png", 8)


def test_a_forwarded_mail_comes_whole(read: Any, written: Any) -> None:
    text = "See:\n\nOn Mon, May 4, 2026 at 10:12 AM Aurora <a@b.example> wrote:\n> one\n> two"

    assert read.message(written(text, Subject="Fwd: your order")).event.text == text
    assert read.message(written(text, Subject="Re: your order")).event.text == "See:"


def test_a_bottomless_mail_ends(read: Any) -> None:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    nested = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)
        for n in range(800)
    )
    wrapped = b"Content-Type: message/rfc822\r\n\r\n" * 2_000
    many = b"--b0\r\n\r\na\r\n" * 30_000
    for octets in (head + nested, b"From: a@b.example\r\n" + wrapped + b"hi", head + many):
        assert read.message(octets).event.mail == "a@b.example"


@pytest.mark.parametrize("seed", range(40))
def test_no_mutilated_mail_raises_or_is_lost(
    read: Any, written: Any, bounce: Any, tokens: Tokens, seed: int
) -> None:
    chance = random.Random(seed)
    seeds = [
        multipart(PLAIN, FILE, kind="mixed"),
        multipart(PLAIN, QUOTING),
        bounce("Action: failed\r\nStatus: 5.1.1"),
        written("Hola ¿qué tal? ☺", Subject="=?utf-8?b?SG9sYQ==?=", References="<a@b> <c@d>"),
    ]
    to = f"help+{tokens.sign('notification', UUID(int=seed))}@aurora.example"
    for octets in seeds:
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


FLOWED = (
    "The lamp \r\nflickers.\r\n\r\n From May on.\r\n> is it \r\n> old?\r\n"
    "On 5/4/2026 10:12, \r\nAurora wrote:\r\n-- \r\nAna \r\nPérez\r\n"
)


def test_flowed_text_is_put_together() -> None:
    expected = (
        "The lamp flickers.\n\nFrom May on.\n> is it \n> old?\n"
        "On 5/4/2026 10:12, Aurora wrote:\n-- \nAna Pérez\n"
    )

    assert together(FLOWED, drops_spaces=False) == expected
    assert together("灯 \r\n坏了。", drops_spaces=True) == "灯坏了。"


def test_a_part_tells_that_it_is_flowed(read: Any) -> None:
    plain = "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nThe lamp  \r\nflickers."
    fixed = plain.replace("format=flowed", "format=fixed")

    assert read.message(multipart(plain)).event.text == "The lamp flickers."
    assert read.message(multipart(fixed)).event.text == "The lamp  \nflickers."


@pytest.mark.parametrize(
    "said",
    [
        "Your invoice was sent in HTML and nobody here can open it.",
        "I can't read HTML. The lamp fell off.",
        "Die Rechnung kommt ohne HTML-Ansicht nicht an, bitte als PDF.",
        "Ma commande est en format HTML, illisible.",
    ],
)
def test_who_writes_of_html_himself_is_heard(said: str, read: Any) -> None:
    octets = multipart(f"Content-Type: text/plain\r\n\r\n{said}", HTML)

    assert read.message(octets).event.text == said
