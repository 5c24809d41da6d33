"""What a file is, and that no picture tells where it was taken."""

import struct
import time
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from intake.domain.files import A_PROGRAM, AN_ARCHIVE, EMPTY, TOO_LARGE, judge
from intake.domain.places import without_place
from shared.tokens import Tokens

ID = UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def zipped(**files: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def told_by_itself(kind: str, how: int = zipfile.ZIP_STORED) -> bytes:
    """A document whose first member says what it is."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        archive.writestr("mimetype", kind)
    return out.getvalue()


WORD = {"[Content_Types]_dot_xml": "<a/>", "word__document_dot_xml": "<a/>"}


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("octets", "name", "refused"),
    [
        (b"MZ" + bytes(80), "holiday.jpg", A_PROGRAM),
        (b"\x7fELF" + bytes(80), None, A_PROGRAM),
        (b"#!/bin/sh\nrm", "a.txt", A_PROGRAM),
        (b"anything", "invoice.pdf.exe", A_PROGRAM),
        (b"anything", "invoice.bat. .", A_PROGRAM),
        (OLE + "_VBA_PROJECT".encode("utf-16-le"), "a.xls", A_PROGRAM),
        (OLE + b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "a.png", A_PROGRAM),
        (b"LZIP\1" + bytes(40), "a.png", AN_ARCHIVE),
        (b"\x22\x22-lh5-" + bytes(40), "a.png", AN_ARCHIVE),
        (zipped(**WORD, word__vbaProject_dot_bin="x"), "a.docx", A_PROGRAM),
        (zipped(a_dot_txt="x"), "a.zip", AN_ARCHIVE),
        (zipped(a_dot_txt="x"), "a.docx", AN_ARCHIVE),
        (b"PK\x03\x04 cut off", "a.docx", AN_ARCHIVE),
        (told_by_itself("application/epub+zip\0\r\nx: y"), "a.epub", AN_ARCHIVE),
        (told_by_itself("application/epub+zip", zipfile.ZIP_DEFLATED), "a.epub", AN_ARCHIVE),
        (told_by_itself("application/epub+zip")[:-9], "a.epub", AN_ARCHIVE),
        (b"Rar!\x1a\x07\x00" + bytes(20), None, AN_ARCHIVE),
        (b"\x1f\x8b\x08" + bytes(20), None, AN_ARCHIVE),
        (bytes(257) + b"ustar\0" + bytes(200), None, AN_ARCHIVE),
        (b"", "a.txt", EMPTY),
        (b"x" * 2000, "a.txt", TOO_LARGE),
    ],
)
def test_what_is_not_taken_in_is_told_why(octets: bytes, name: str | None, refused: str) -> None:
    assert judge(octets, name, "image/jpeg", 1500).refused == refused


@pytest.mark.parametrize(
    ("octets", "name", "declared", "media_type"),
    [
        (b"%PDF-1.7\nrest", "a.exe-free", "image/png", "application/pdf"),
        ("schöne Grüße".encode(), "a.txt", None, "text/plain"),
        (b"a;b\n1;2\n", "a.csv", "text/csv", "text/csv"),
        (bytes(range(200, 256)), "a.dat", "text/plain", "application/octet-stream"),
        (told_by_itself("application/epub+zip"), "a", None, "application/epub+zip"),
        (zipped(**WORD), "a.docx", None,
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_octets_say(
    octets: bytes, name: str, declared: str | None, media_type: str
) -> None:
    verdict = judge(octets, name, declared, 10_000)

    assert (verdict.media_type, verdict.refused) == (media_type, None)


@given(st.binary(max_size=300), st.none() | st.text(max_size=20))
def test_whatever_comes_is_judged(octets: bytes, name: str | None) -> None:
    assert judge(octets, name, None, 200).media_type
    assert len(without_place(octets)) == len(octets)


def picture(format: str) -> bytes:
    """A picture, taken in Munich, that is to be shown turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (48.0, 8.0, 12.5), "E", (11.0, 34.0, 1.0)
    out = BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, format, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_the_place_is_taken_out_and_the_rest_stays(format: str) -> None:
    before = picture(format)

    after = without_place(before)

    assert dict(Image.open(BytesIO(before)).getexif().get_ifd(0x8825))[2] == (48.0, 8.0, 12.5)
    shown = Image.open(BytesIO(after))
    shown.load()
    assert shown.getpixel((3, 3)) == Image.open(BytesIO(before)).getpixel((3, 3))
    assert shown.getexif()[0x0112] == 6
    told = shown.getexif().get_ifd(0x8825)
    assert not any(48.0 in value for value in told.values() if isinstance(value, tuple))


def test_the_place_in_xmp_is_taken_out_too() -> None:
    before = b'\xff\xd8<x:xmpmeta exif:GPSLatitude="48,8.2N" a="b"><exif:GPSLongitude>11,34E</exif'

    after = without_place(before)

    assert b"48,8" not in after
    assert b"11,34" not in after
    assert b'a="b"' in after


def test_a_zip_that_breaks_anywhere_is_judged() -> None:
    for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        whole = told_by_itself("application/vnd.oasis.opendocument.text", how)
        for n in range(4, len(whole)):
            broken = whole[:n] + bytes([whole[n] ^ 0xFF]) + whole[n + 1 :]
            verdict = judge(broken, "a.odt", None, 10_000)
            assert verdict.refused or verdict.media_type.startswith("application/")


DIRECTORY = struct.pack("<HHII", 0x8825, 4, 1, 8) * 512


@pytest.mark.parametrize(
    "picture",
    [
        b" GPSa>" * 300_000,
        b" GPSa='" * 300_000,
        b" GPSa" + b" " * 2_000_000,
        b"Exif\0\0II*\0\x08\0\0\0\0\2" * 20_000 + DIRECTORY,
        b"Exif\0\0II*\0\x08\0\0\0\0\2" + DIRECTORY + bytes(1_000_000),
    ],
    ids=["open marks", "open quotes", "spaces", "directories", "places"],
)
def test_a_picture_made_to_keep_us_busy_is_done_soon(picture: bytes) -> None:
    begun = time.process_time()

    assert len(without_place(picture)) == len(picture)

    assert time.process_time() - begun < 2


def test_a_link_is_read_until_it_is_forged() -> None:
    tokens, until = Tokens([b"k" * 32]), NOW + timedelta(days=7)
    link = tokens.sign_until("file", ID, until)

    assert tokens.read_until(link) == ("file", ID, until)
    assert Tokens([b"n" * 32, b"k" * 32]).read_until(link) is not None
    assert Tokens([b"n" * 32]).read_until(link) is None
    for n in range(len(link)):
        other = "A" if link[n] != "A" else "B"
        assert tokens.read_until(link[:n] + other + link[n + 1 :]) is None
    assert tokens.read_until("é" * 51) is None
    assert tokens.read_until("") is None
