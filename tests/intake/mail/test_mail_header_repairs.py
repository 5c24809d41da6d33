"""Headers that programs break, put right before a mail is read; and names that go with them."""

from typing import Any

import pytest

from intake.channels.mail.headers import came_at
from intake.channels.mail.people import domain

SPACED = (
    b"From : Ana <ana@example.org>\r\nSubject\t: Lamp\r\nDate  : Mon, 4 May 2026 10:00:00 +0200\r\n"
    b"Content-Type : multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type : text/html\r\n\r\n"
    b"<p>Is it red?</p>\r\n--b--\r\n"
)
CUT = (
    b"MIME-Version: 1.0\r\nMessage-ID: <1@example.org>\r\n\r\n  \r\n\r\n"
    b"Content-Type: text/html\r\nFrom: Ana <ana@example.org>\r\nSubject: Lamp\r\n"
    b"Date: Mon, 4 May 2026 10:00:00 +0200\r\n\r\n<p>Is it red?</p>\r\n"
)


@pytest.mark.parametrize("octets", [SPACED, CUT, CUT.replace(b"\r", b""), b"From x y\n" + CUT])
def test_a_broken_header_is_read(octets: bytes, read: Any) -> None:
    event = read.message(octets).event

    assert (event.mail, event.sender_name, event.subject) == ("ana@example.org", "Ana", "Lamp")
    assert event.text == "Is it red?"
    assert event.occurred_at.isoformat() == "2026-05-04T08:00:00+00:00"
    assert came_at(octets) == event.occurred_at


@pytest.mark.parametrize(
    "octets",
    [
        b"From: ana@example.org\n\nFrom: bo@example.org\nSubject: Chair\n\nIs it mine?\n",
        b"MIME-Version: 1.0\n\nFrom: my kitchen\nSubject: Chair\n\nIs it mine?\n",
        b"MIME-Version: 1.0\n\nAna: where is it?\nSubject: Chair\n\nIs it mine?\n",
    ],
)
def test_fields_in_a_text_are_no_header(octets: bytes, read: Any) -> None:
    event = read.message(octets).event

    assert event.subject is None
    assert "Chair" in event.text


def test_a_field_that_runs_on_from_the_date_is_left_out(read: Any) -> None:
    octets = (
        b"Date: Mon, 4 May 2026 10:00:00 +0200Received: from mx.example\n (x)\nSubject: a\n\nHi"
    )

    assert read.message(octets).event.occurred_at.isoformat() == "2026-05-04T08:00:00+00:00"


def test_a_form_of_another_owner_in_the_same_land_is_a_customers(read: Any, written: Any) -> None:
    form = {"From": "form@pages.co.uk", "Reply-To": "ana@lamps.co.uk"}
    octets = written(**form, List_Unsubscribe="<mailto:out@pages.co.uk>")

    assert read.message(octets).event.mail == "ana@lamps.co.uk"
    assert domain("a@co.uk") == "co.uk"
