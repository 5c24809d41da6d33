"""Mails with octets changed anywhere give one line each; harmless changes cost no word.

The project's own mails always, and the collected ones where they lie. Seeded: what fails once
fails again.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from intake.domain.items import Inbound
from intake.handlers import mails
from intake.handlers.readings import line

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
OUTCOMES = {"message", "bounce", "status", "auto-reply", "list", "feedback", "event"}
COLLECTED = Path(__file__).parents[4] / "shared/samples/mails"
BODY = "Két hete várok rá, és nem kapok időpontot."
OWN = {
    "plain": f"From: Ana <ana@example.org>\nSubject: Lamp\n\n{BODY}\n".encode(),
    "indented": f" From: Ana <ana@example.org>\nSubject: Lamp\nTo: x@y.z\n\n{BODY}\n".encode(),
    "labelled": (
        b"From: =?iso-8859-2?q?Gy=F5z=F5?= <ana@example.org>\nSubject: =?utf-8?b?TMOhbXBh?=\n"
        b"Content-Type: text/plain; charset=iso-8859-2\nContent-Transfer-Encoding: 8bit\n\n"
        + BODY.encode("iso-8859-2")
    ),
    "page": (
        b"From: ana@example.org\nSubject: x\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/alternative; boundary="b"\n\n--b\n'
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        b"S8OpdCBoZXRlIHbDoXJvaw==\n--b\n"
        b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"<p>K=C3=A9t hete v=C3=A1rok</p><blockquote type=3Dcite>r=C3=A9gi</blockquote>\n--b--\n"
    ),
    "files": (
        b"From: ana@example.org\nSubject: =?gb18030?b?xOO6ww==?=\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        b"On Mon, 4 May 2026 at 10:12 Aurora <help@aurora.example> wrote:\n> old\n\nIt is broken.\n"
        b"--b\nContent-Type: message/rfc822\n\nFrom: e@f.example\nSubject: in\n\ninner\n--b\n"
        b"Content-Type: application/ms-tnef; name*0*=utf-8''w%C3%AD; name*1=n.dat\n\nx\n--b--\n"
    ),
    "bounce": (
        b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\n'
        b"Sorry, ana@example.org: 550 no such user\n--b\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ana@example.org\nAction: failed\n"
        b"Status: 5.1.1\n\n--b--\n"
    ),
    "away": (
        b"From: ana@example.org\nSubject: Out of office\nAuto-Submitted: auto-replied\n\n"
        b"I am away until 5 May.\n"
    ),
}
PIECES = [
    *(b"=?utf-8?b?", b"?=", b"\r", b"\n", b"\n\n", b"\0", b"--", b"--b", b"\x1b$B", b"\x1b$)C"),
    *(b"<", b">", b'"', b";", b":", b"(", b"@", b"%", b"*0*=", b"=\n", b"+AOk-", b"~{", b"\xa0"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xe3\x81", b"&#x110000;", b"<!--", b"begin 644 x\n"),
    *(b"charset=utf-7\n", b"charset=x", b"boundary=", b"Content-Type: multipart/mixed\n"),
    *(b"Content-Transfer-Encoding: base64\n", b"message/rfc822", b"\xe2\x80\xae", b"> "),
]


def worse(octets: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """The mail with some of its octets changed, cut out, put in, or those of another."""
    found = bytearray(octets)
    for _ in range(chance.randint(1, 6)):
        size = max(len(found), 1)
        # Half of the changes are in the header and shortly below it.
        at = chance.randrange(size if chance.random() < 0.5 else min(size, 800))
        match chance.randrange(7):
            case 0:
                found[at:at] = chance.choice(PIECES)
            case 1:
                del found[at : at + chance.randint(1, 80)]
            case 2:
                found[at : at + 1] = chance.randbytes(chance.randint(1, 3))
            case 3:
                del found[at + 1 :]
            case 4:
                found[at:] = (other := chance.choice(others))[chance.randrange(len(other)) :]
            case 5:
                found[at:at] = found[at : at + chance.randint(1, 200)] * chance.randint(1, 9)
            case _:
                lines = bytes(found).split(b"\n")
                one, other_ = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[one], lines[other_] = lines[other_], lines[one]
                found = bytearray(b"\n".join(lines))
    return bytes(found)


def check(octets: bytes) -> None:
    """One line, of a known outcome, that JSON, a database and a reader can bear."""
    reading = mails.alone(octets, AT)
    shown = line("x", "mail", reading)

    assert shown["outcome"] in OUTCOMES, shown
    assert not reading.odd
    assert "\0" not in json.dumps(shown, ensure_ascii=False).encode().decode()
    for item in reading.items:
        if isinstance(item, Inbound):
            for each in item.local:
                assert isinstance(each.octets(), bytes)


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_mail_of_ours_broken_anywhere_has_an_outcome(name: str) -> None:
    chance, others = random.Random(name), list(OWN.values())
    for _ in range(60):
        check(worse(OWN[name], others, chance))


def collected() -> list[bytes]:
    """The mails that others collected; of the large ones a mutation is as good as of the others."""
    files = sorted(each for each in COLLECTED.glob("*") if each.is_file())
    return [octets for each in files if 0 < len(octets := each.read_bytes()) < 60_000]


have_collected = pytest.mark.skipif(
    not COLLECTED.exists(), reason="the collected mails are not on this machine"
)


@have_collected
def test_a_collected_mail_broken_anywhere_has_an_outcome() -> None:
    found, chance, begun = collected(), random.Random(5), time.monotonic()
    for octets in found:
        if time.monotonic() - begun > 20:
            return
        check(worse(octets, found, chance))


def parts(octets: bytes) -> tuple[bytes, bytes]:
    """The header, and what stands from its last line end on."""
    end = re.search(rb"\r?\n\r?\n", octets)
    return (octets[: end.start()], octets[end.start() :]) if end else (octets, b"")


def names(changed: Callable[[bytes], bytes], octets: bytes) -> bytes:
    """The mail with the names of its fields written another way."""
    head, rest = parts(octets)
    return re.sub(rb"(?m)^[!-9;-~]+(?=:)", lambda name: changed(name[0]), head) + rest


def harmless(octets: bytes) -> Iterator[bytes]:
    """The same mail, as other programs hand it on."""
    plain = octets.replace(b"\r\n", b"\n")
    yield plain
    yield plain.replace(b"\n", b"\r\n")
    yield names(bytes.upper, octets)
    yield names(bytes.lower, octets)
    yield b"X-Trace: a b\n" + plain
    yield b"Received: from a (a [192.0.2.1])\n\tby b; Mon, 4 May 2026 10:00:00 +0000\n" + plain
    yield b"From a@b.example Mon May  4 10:00:00 2026\n" + plain
    yield b"\xef\xbb\xbf" + octets
    yield octets + b"\r\n\r\n"


def said(octets: bytes) -> list[Any]:
    """What a reader sees of it."""
    shown = line("x", "mail", mails.alone(octets, AT))
    told = [
        (each.get("subject"), each.get("sender_name"), each.get("mail"), each.get("address"))
        for each in shown["messages"]
    ]
    texts = [str(each.get("text", "")).split() for each in shown["messages"]]
    return [shown["outcome"], told, texts]


@pytest.mark.parametrize("name", sorted(OWN))
def test_harmless_changes_cost_no_word(name: str) -> None:
    as_written = said(OWN[name])

    for changed in harmless(OWN[name]):
        assert said(changed) == as_written


@have_collected
def test_harmless_changes_to_a_collected_mail_cost_no_word() -> None:
    for octets in collected()[::3]:
        as_written = said(octets)
        for changed in harmless(octets):
            assert said(changed) == as_written
