"""No mail stops the reader: whatever is broken, it gives an outcome, and soon."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.domain.items import Inbound
from intake.handlers import mails
from intake.handlers.readings import line

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
HEAD = b"From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain\r\n"
MAILS = [
    """From: =?utf-8?b?QW5h?= <ana@example.org>
To: Ö <x@y.example>
Subject: Lámpara
Message-ID: <1@example.org>
References: <a@b> <c@d>
Date: Mon, 04 May 2026 10:00:00 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: base64

xOO6ww==
--c
Content-Type: text/html

<p>Hola<blockquote type=cite>old</blockquote>
--c--
--b
Content-Type: message/rfc822

From: e@f.example
Subject: in

inner
--b
Content-Type: application/ms-tnef; name*0*=utf-8''w%C3%AD; name*1=n.dat

x
--b--
""",
    """From: MAILER-DAEMON@mx.example
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Sorry, ana@example.org: 550 no such user
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1

--b--
""",
    """From: ana@example.org
Subject: =?iso-2022-jp?b?GyRCQ21KOBsoQg==?=
Content-Type: text/plain; charset=x-unknown
Content-Transfer-Encoding: quoted-printable

Broken =E4=

On Mon, 4 May 2026 at 10:12 Aurora <help@aurora.example> wrote:
> old
> older
--=20
Ana
""",
]
SNIPPETS = [b"=?utf-8?b?", b"?=", b"\r", b"\0", b"--b", b"\x1b$B", b"<", b'"', b";", b":", b"\n\n"]


def check(octets: bytes) -> None:
    """It is read, shown, and if it is a message it says something."""
    reading = mails.alone(octets, AT)
    shown = line("x", "mail", reading)
    assert not reading.odd
    assert "its text could not be told from what it quotes" not in shown["notes"]
    assert shown["outcome"] in ("message", "bounce", "list", "auto-reply", "feedback", "event")
    assert all(isinstance(one.event.text, str) for one in reading.items if isinstance(one, Inbound))


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A mail with octets changed, cut out, put in, or mixed with another's."""
    octets = bytearray(draw(st.sampled_from(MAILS)).encode())
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(octets)))
        match draw(st.integers(0, 4)):
            case 0:
                octets[at:at] = draw(st.sampled_from(SNIPPETS))
            case 1:
                del octets[at : at + draw(st.integers(1, 60))]
            case 2:
                octets[at : at + 1] = draw(st.binary(min_size=1, max_size=3))
            case 3:
                octets = octets[:at]
            case _:
                octets[at:] = draw(st.sampled_from(MAILS)).encode()[at // 2 :]
    return bytes(octets)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(broken())
def test_a_broken_mail_has_an_outcome(octets: bytes) -> None:
    check(octets)


@settings(max_examples=100)
@given(st.binary(max_size=2_000))
def test_octets_that_are_no_mail_have_one_too(octets: bytes) -> None:
    check(octets)


LINES = [
    *("", "\xa0", "\u3000", "\u200e", "> \xa0", ">", ">> old", "* \u200f *", "\x85", "--", "-- "),
    *(
        "On Mon, 4 May 2026 at 10:12",
        "Aurora <help@aurora.example>",
        "wrote:",
        "wrote",
        "<",
        ":",
        "：",
    ),
    *(
        "From: help@aurora.example",
        "Sent: 4 May 2026 10:12",
        "Subject: Lamp",
        "Best regards",
        "Ana",
    ),
    *("________________________________", "----- Original Message -----", "Sent from my iPhone"),
]


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(["x", "Urlaub", "Returned mail"])
)
def test_a_mail_of_odd_lines_is_told_from_its_quotes(lines: list[str], subject: str) -> None:
    text = "\n".join(lines).encode()
    head = HEAD.replace(b"Subject: x", f"Subject: {subject}".encode())

    check(head.replace(b"text/plain", b"text/plain; charset=utf-8") + b"\r\n" + text)


MB = 1024 * 1024


@pytest.mark.parametrize(
    "octets",
    [
        HEAD + b"\r\n" + b"x" * 10 * MB,
        HEAD + b"\r\n" + b" " * 10 * MB + b"x",
        HEAD + b"\r\n" + b">" * 5 * MB,
        HEAD + b"\r\n" + b"a\n" * 2 * MB,
        HEAD + b"\r\n" + b"-----BEGIN PGP SIGNED MESSAGE-----\n\n" * 50_000,
        HEAD + b"\r\n" + bytes(range(128, 256)) * 20_000,
        HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"*Q" * MB,
        b"".join(b"X-H%d: v\r\n" % n for n in range(100_000)) + HEAD + b"\r\nhi",
        b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n\r\nhi",
        b"From: " + b"(" * 200_000 + b"\r\n\r\nhi",
        b"References: " + b"<" * MB + b"\r\n\r\nhi",
        b"Content-Type: " + b"a;" * 500_000 + b"\r\n\r\nhi",
        b"Content-Type: multipart/mixed; " + b"boundary*0=a; " * 100_000 + b"\r\n\r\nhi",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 100_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 10_000 + b"hi",
        b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
            for n in range(4_000)
        ),
        b"From: MAILER-DAEMON\r\n\r\n" + b"From: x\nTo: y\n" * 200_000,
        b"From: MAILER-DAEMON\r\n\r\na@" + b"a." * 2 * MB,
    ],
    ids=range(18),
)
def test_no_mail_keeps_us_busy(octets: bytes) -> None:
    begun = time.process_time()

    check(octets)

    assert time.process_time() - begun < 5


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(900)
)


@pytest.mark.parametrize(
    "octets",
    [
        b"From: a@b.example\r\n" + NESTED + b"a\r\n" * (MB // 3),
        b"Subject: " + b"=?iso-8859-1?q?=E9?= =?koi8-r?q?=E9?= " * (MB // 40) + b"\r\n\r\nhi",
        HEAD + b"\r\n" + b"begin 644 a.txt\n#0V%T\n`\nend\n" * (MB // 28),
        HEAD.replace(b"plain", b"html") + b"\r\n" + b"<br>" * (MB // 4),
        HEAD + b"\r\n" + "Größe für é ".encode("latin-1") * (MB // 12),
        HEAD + b"\r\n" + b"+AOk- " * (MB // 6),
        HEAD + b"\r\n" + b"\n" * MB + b"<br>",
    ],
    ids=["nested", "words", "files", "lines", "letters", "utf-7", "blank"],
)
def test_a_mail_of_a_megabyte_takes_about_a_second_at_most(octets: bytes) -> None:
    begun = time.process_time()

    check(octets)

    assert time.process_time() - begun < 1.5


def test_words_in_parts_nested_too_deep_are_kept() -> None:
    octets = b"From: a@b.example\r\n" + NESTED + b"\r\nThe lamp came broken.\r\n"

    [message] = mails.alone(octets, AT).items
    assert isinstance(message, Inbound)
    assert "The lamp came broken." in message.text


def test_a_long_word_where_addresses_belong_is_read_in_no_time() -> None:
    begun = time.process_time()

    word = b"a." * 16_000
    check(b"From: %b\r\nReply-To: %b\r\nSender: %b\r\nTo: %b\r\n\r\nhello" % ((word,) * 4))

    assert time.process_time() - begun < 1


def test_a_long_paragraph_takes_no_longer_than_its_length() -> None:
    prose = b"the parcel has not come yet and nobody answers me; " * 80
    begun = time.process_time()

    check(HEAD + b"\r\n" + prose)

    assert time.process_time() - begun < 0.1


def test_words_under_very_many_files_are_read_and_what_is_left_out_is_told() -> None:
    file = "--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n\n1,2\n"
    head = "From: ana@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"
    text = "--b\nContent-Type: text/plain\n\nThe lamp came broken.\n--b--\n"

    shown = line("x", "mail", mails.alone((head + file * 400 + text).encode(), AT))

    [message] = shown["messages"]
    assert "The lamp came broken." in str(message)
    assert any("are left out" in note for note in shown["notes"]), shown["notes"]
    few = line("x", "mail", mails.alone((head + file * 3 + text).encode(), AT))
    assert not any("are left out" in note for note in few["notes"])


def test_very_many_parts_take_a_time_of_their_number() -> None:
    part = "--b\nContent-Type: text/plain\n\nHola\n"
    head = "From: ana@example.org\nContent-Type: multipart/mixed; boundary=b\n\n"

    check((head + part * 20_000 + "--b--\n").encode())
