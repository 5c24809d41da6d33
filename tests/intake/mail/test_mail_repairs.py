"""Fields and parts that programs write by no rule, and what they still say."""

import base64
import quopri
from datetime import UTC, datetime
from typing import Any

import pytest

from intake.channels.mail.charsets import decoded
from intake.channels.mail.encoded_words import words
from intake.channels.mail.headers import Headers

TEN = datetime(2026, 5, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Mon, 4 May 2026 10:00:00 +0200",
        "Mon, 4 May 2026 10:00:00 +0200 (Mitteleuropäische Sommerzeit)",
        "Mon, 4 May 2026 10:00:00 CEST",
        "Mon, 4 May 2026 17:00:00 JST",
        "Mon, 4 May 2026 10:00:00 UTC+0200",
        "Mon, 4 May 2026 10:00:00 GMT+02:00",
        "Mon, 4 May 2026 10:00:00 GMT+2",
        "Mon, 4 May 2026 08:00:00 AM +0000",
        "Mon, 4 May 2026 8:00 pm +1200",
        "Mo, 4. Mai 2026 10:00:00 +0200",
        "lun., 4 mai 2026 10:00:00 +0200",
        "lun, 4 mag 2026 10:00:00 +0200",
        "Пн, 4 мая 2026 11:00:00 MSK",
        "2026-05-04T10:00:00+02:00",
        "2026-05-04 10:00:00 +0200",
        "2026-05-04 08:00:00",
    ],
)
def test_a_moment_is_read_in_any_lands_way(written: str) -> None:
    assert Headers([("Date", written)]).date() == TEN


@pytest.mark.parametrize(
    "written", ["4 May 2026 25:61 pm", "13:00 pm", "31 Feb 2026 10:00 CEST", "Mai", "+2", "GMT+2"]
)
def test_what_tells_no_moment_is_none(written: str) -> None:
    assert Headers([("Date", written)]).date() is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Pérez, Ana <ana@example.org>", "Pérez, Ana"),
        ("Shop: Ana <ana@example.org>", "Shop: Ana"),
        ("Ana [Madrid] <ana@example.org>", "Ana [Madrid]"),
        ("Ana <<ana@example.org>>", "Ana"),
        ("Ana <mailto:ana@example.org>", "Ana"),
        ("Ana <ana@example.org.>", "Ana"),
        ("'Ana' <ana@example.org>", "Ana"),
        ("'Ana' of <ana@example.org>", "'Ana' of"),
        ("=?utf-8?q?P=C3=A9rez=2C_Ana_=3Cana=40example=2Eorg=3E?=", "Pérez, Ana"),
        ("Team: ana@example.org;", None),
        ("ana@work <ana@example.org>", "ana@work"),
        ("bo@example.org <ana@example.org>", "bo@example.org"),
    ],
)
def test_a_person_is_found_without_quotes_round_the_name(written: str, name: str | None) -> None:
    assert Headers([("From", written)]).mailboxes("from") == [(name, "ana@example.org")]


def test_a_local_part_in_quotes_is_an_address() -> None:
    found = Headers([("From", 'Ana <"ana..p."@mobile.example>')]).mailboxes("from")

    assert found == [("Ana", '"ana..p."@mobile.example')]


@pytest.mark.parametrize(
    "written",
    [
        "=?utf-8?Q?Gr=C3=BC=C3=9Fe",
        "=?utf-8?Q?Gr=C3=BC=C3=9Fe?",
        "=?utf-8?B?R3LDvMOf?= =?utf-8?B?Z?= =?utf-8?B?Q==?=",
        "=?utf-8?Q?=3D=3Futf-8=3FQ=3FGr=3DC3=3DBC=3DC3=3D9Fe=3F=3D?=",
    ],
)
def test_encoded_words_are_read_though_they_are_cut_or_written_twice(written: str) -> None:
    assert words(written) == "Grüße"


def test_an_encoded_word_in_what_is_told_stays_as_it_is_told() -> None:
    assert words("Re: =?utf-8?Q?why_=3D=3Futf-8=3FQ=3Fx=3F=3D=3F?=") == "Re: why =?utf-8?Q?x?=?"


GERMAN = "Grüße aus Köln, wo ist mein Paket? Ich warte schon lange darauf."


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("quoted-printable ", quopri.encodestring(GERMAN.encode())),
        ("Quoted-Printable; x", quopri.encodestring(GERMAN.encode())),
        ("8bit", quopri.encodestring(GERMAN.encode())),
        ("7bit", quopri.encodestring(GERMAN.encode("latin-1"))),
        ("base64;", base64.encodebytes(GERMAN.encode())),
        ("7bit", base64.encodebytes(GERMAN.encode())),
        ("7bit", base64.b64encode(GERMAN.encode())),
    ],
)
def test_a_text_is_decoded_though_its_label_is_odd_or_lost(
    read: Any, encoding: str, body: bytes
) -> None:
    head = f"From: ana@example.org\nContent-Transfer-Encoding: {encoding}\n\n".encode()

    assert read.message(head + body).event.text == GERMAN


@pytest.mark.parametrize(
    "said",
    [
        "size=20 colour=30 width=40",
        "a=b is what I set, and x=FF too",
        "https://lamps.example/?q=C3x&r=20",
        "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
        "TG9yZW0gaXBzdW0",
        "=C3=BC is how your shop writes my name: a=b",
    ],
)
def test_what_only_looks_encoded_stays(read: Any, said: str) -> None:
    assert read.message(b"From: ana@example.org\n\n" + said.encode()).event.text == said


def test_a_character_of_windows_does_not_spoil_a_text_in_utf_8() -> None:
    mixed = "Grüße, es kostet ".encode() + b"5\x80 \x96 \xfcbel" + "… über zwanzig Größen".encode()

    assert decoded(mixed, "utf-8") == "Grüße, es kostet 5€ – übel… über zwanzig Größen"
    assert decoded("Grüße aus Köl".encode() + b"\xc3", "utf-8") == "Grüße aus Köl\ufffd"


@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_a_text_that_was_made_utf_8_twice_is_put_right(codec: str) -> None:
    twice = "Größe für zwölf".encode().decode(codec).encode()

    assert decoded(twice, "utf-8") == "Größe für zwölf"
    assert decoded("Ã is a letter, and so is ß".encode(), "utf-8") == "Ã is a letter, and so is ß"
    assert decoded("SÃO PAULO, 5 £".encode(), "utf-8") == "SÃO PAULO, 5 £"


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("filename*=''%E8%AB%8B%E6%B1%82.pdf", "請求.pdf"),
        ('filename="Rechnung%20f%C3%BCr.pdf"', "Rechnung für.pdf"),
        ("filename='bill.pdf'", "bill.pdf"),
        ('filename="C:\\\\Users\\\\Ana\\\\bill.pdf"', "bill.pdf"),
        ('filename="/home/ana/bill.pdf"', "bill.pdf"),
        ('filename="1/2 bill.pdf"', "1/2 bill.pdf"),
        ('filename="100%25 off.pdf"', "100%25 off.pdf"),
    ],
)
def test_a_file_has_the_name_that_was_meant(read: Any, field: str, name: str) -> None:
    head = "From: ana@example.org\nContent-Type: application/pdf\n"
    found = read.message(f"{head}Content-Disposition: attachment; {field}\n\nx".encode())

    assert [file.name for file in found.event.attachments] == [name]


@pytest.mark.parametrize("label", ["", "Content-Type: text/plain; charset=utf-8\n"])
def test_a_page_that_is_labelled_as_text_is_a_page(read: Any, label: str) -> None:
    page = "<!DOCTYPE html><html><body><p>Where is <b>it</b>?</p></body></html>"
    found = read.message(f"From: ana@example.org\n{label}\n{page}".encode())

    assert (found.event.text, found.html is not None) == ("Where is it?", True)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_mail_that_windows_saved_as_its_own_text_is_read(read: Any, codec: str) -> None:
    mark = "" if codec == "utf-16" else "\ufeff"
    found = read.message(f"{mark}From: Ana <ana@example.org>\r\n\r\nGrüße".encode(codec))

    assert (found.event.sender_name, found.event.text) == ("Ana", "Grüße")


def test_a_mail_in_a_spam_filters_report_is_read_as_it_was(read: Any) -> None:
    date = "Date: Mon, 04 May 2026 13:50:00 +0200"
    inner = f"From: Ana <ana@example.org>\nSubject: Lamp\n{date}\n\nWhere is it?"
    report = (
        "From: Ana <ana@example.org>\nSubject: Lamp\nX-Spam-Flag: YES\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        "Spam detection software has judged this.\n\n--b\n"
        f"Content-Type: message/rfc822; x-spam-type=original\n\n{inner}\n--b--\n"
    )
    reading = read(report.encode())
    [found] = reading.items

    assert (found.event.text, found.event.attachments) == ("Where is it?", ())
    assert reading.notes == ("it was taken out of a spam filter's report",)
    assert "judged" in read.message(report.replace("X-Spam-Flag", "X-Flag").encode()).event.text
