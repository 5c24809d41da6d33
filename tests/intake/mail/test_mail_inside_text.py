"""What lies inside other things: texts in a signature, files in the text."""

from base64 import encodebytes
from typing import Any

import pytest

from intake.channels.mail.bodies import texts_of
from intake.channels.mail.smime import signed_content
from intake.channels.mail.structure import take_apart

INNER = (
    b'Content-Type: multipart/mixed; boundary="i"\r\n\r\n--i\r\n\r\nIs it on its way?\r\n--i\r\n'
)
INNER += b'Content-Type: text/csv; name="a.csv"\r\n\r\n1,2\r\n--i--\r\n'
SIGNED, DATA = bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d010701")
ENVELOPED = bytes.fromhex("2a864886f70d010703")


def item(tag: int, *inside: bytes, is_open: bool = False) -> bytes:
    """One item of BER, with its length or with an end mark."""
    value = b"".join(inside)
    if is_open:
        return bytes((tag, 0x80)) + value + b"\0\0"
    length = len(value)
    return bytes((tag, length) if length < 0x80 else (tag, 0x82, length >> 8, length & 255)) + value


def signed(content: bytes, *, is_open: bool = False, kind: bytes = SIGNED) -> bytes:
    """CMS SignedData without a signer."""
    octets = item(0x04, content)
    if is_open:
        halves = (item(0x04, content[:20]), item(0x04, content[20:]))
        octets = item(0x24, *halves, is_open=True)
    told = item(0x30, item(0x06, DATA), item(0xA0, octets, is_open=is_open), is_open=is_open)
    data = item(0x30, item(0x02, b"\1"), item(0x31), told, item(0x31), is_open=is_open)
    return item(0x30, item(0x06, kind), item(0xA0, data, is_open=is_open), is_open=is_open)


def smime(octets: bytes, media_type: str = "application/pkcs7-mime") -> bytes:
    head = "From: ana@example.org\r\nSubject: Lamp\r\n"
    head += f'Content-Type: {media_type}; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n'
    return head.encode() + b"\r\n" + encodebytes(octets)


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("media_type", ["application/pkcs7-mime", "application/octet-stream"])
def test_what_is_signed_as_one_piece_is_read(media_type: str, is_open: bool, read: Any) -> None:
    event = read.message(smime(signed(INNER, is_open=is_open), media_type)).event

    assert event.text == "Is it on its way?"
    assert [file.name for file in event.attachments] == ["smime.p7m", "a.csv"]


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"0\x80",
        b"\x30\x82\xff\xff",
        signed(INNER, kind=ENVELOPED),
        signed(INNER)[:40],
        b"\x30" * 99,
    ],
)
def test_what_is_encrypted_or_broken_stays_a_file(octets: bytes) -> None:
    found = take_apart(smime(octets))

    assert found.plain == []
    assert [file.name for file in found.files] == ["smime.p7m"]


def test_a_signed_mail_in_a_signed_mail_stays_a_file() -> None:
    found = take_apart(smime(signed(smime(signed(INNER)))))

    assert (found.plain, len(found.files)) == ([], 2)


def test_items_without_end_do_not_keep_us_busy() -> None:
    assert signed_content(b"\x30\x80" * 50_000) is None


def test_files_that_are_written_into_the_text_are_taken_out(read: Any, written: Any) -> None:
    text = "See this.\n\nbegin 644 cat.txt\n#0V%T\n`\nend\n\nAnd that?"

    event = read.message(written(text)).event

    assert event.text == "See this.\n\nAnd that?"
    assert [(file.name, file.size) for file in event.attachments] == [("cat.txt", 3)]


@pytest.mark.parametrize(
    "text",
    ["begin 644 things\nwith an\nend", "We begin 644 times and end", "begin 644 a\n~~~\nend"],
)
def test_what_only_begins_like_such_a_file_stays(text: str, read: Any, written: Any) -> None:
    event = read.message(written(text)).event

    assert (event.text, event.attachments) == (text, ())


def test_armour_in_armour_is_taken_off() -> None:
    inner = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nThe lamp flickers.\n"
        "-----BEGIN PGP SIGNATURE-----\n\naa\n-----END PGP SIGNATURE-----\n"
    )
    escaped = inner.replace("-----BEGIN", "- -----BEGIN").replace("-----END", "- -----END")
    octets = inner.replace("The lamp flickers.\n", escaped).encode()

    assert texts_of(take_apart(b"Subject: Lamp\r\n\r\n" + octets))[0] == "The lamp flickers."
