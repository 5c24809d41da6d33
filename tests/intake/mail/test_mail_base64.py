"""Texts in base64 that something happened to on their way."""

import base64
from textwrap import wrap
from typing import Any

import pytest

HEAD = (
    b"From: ana@example.org\r\nMessage-ID: <1@x.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
)
SAID = "Mi pedido llegó roto. La caja estaba abierta y falta una taza, ¿qué hacemos ahora?"
LINES = wrap(base64.b64encode(SAID.encode()).decode(), 40)


def mail(body: str) -> bytes:
    return HEAD + body.encode("latin-1") + b"\r\n"


@pytest.mark.parametrize("noise", "!*,.->=\x80~")
@pytest.mark.parametrize("place", [1, 7, 39])
def test_a_character_that_is_no_digit_is_passed_over(read: Any, noise: str, place: int) -> None:
    for n, line in enumerate(LINES):
        broken = [*LINES[:n], line[:place] + noise + line[place:], *LINES[n + 1 :]]

        assert read.message(mail("\r\n".join(broken))).event.text == SAID


@pytest.mark.parametrize("noise", "!*->")
def test_one_long_line_with_noise_is_read_whole(read: Any, noise: str) -> None:
    line = "".join(LINES)

    assert read.message(mail(line[:9] + noise + line[9:])).event.text == SAID


def test_blocks_that_were_put_together_are_all_read(read: Any) -> None:
    blocks = [base64.b64encode(text.encode()).decode() for text in ("Hola:\n\n", SAID * 2)]
    assert blocks[0].endswith("=")

    assert read.message(mail("\r\n".join(blocks))).event.text == f"Hola:\n\n{SAID * 2}"


def test_a_line_that_was_quoted_on_its_way_is_read(read: Any) -> None:
    quoted = [LINES[0], f"> {LINES[1]}", *LINES[2:]]

    assert read.message(mail("\r\n".join(quoted))).event.text == SAID


@pytest.mark.parametrize(
    "footer",
    ["--\r\nThis mail was scanned", "_____\r\nlist mailing list\r\nhttps://lists.example.org/a"],
)
def test_a_footer_of_words_is_no_digits(read: Any, footer: str) -> None:
    body = "\r\n".join(LINES) + "\r\n" + footer

    assert read.message(mail(body)).event.text.startswith(SAID)


@pytest.mark.parametrize(
    "words", ["Hello, my cup is broken", "Wo bleibt\r\nmeine Bestellung denn?"]
)
def test_words_that_nobody_encoded_are_words(read: Any, words: str) -> None:
    assert read.message(mail(words)).event.text == words.replace("\r\n", "\n")


@pytest.mark.parametrize("label", [b"; charset=utf-8", b"; charset=us-ascii", b""])
@pytest.mark.parametrize(
    "words",
    [
        "我的包裹在哪里?请尽快回复我。",
        "พัสดุของฉันอยู่ที่ไหน",
        "Здравствуйте!\nПомогите",
        "¿Dónde está mi pedido, señor?",
    ],
)
def test_words_that_nobody_encoded_need_no_spaces_to_be_words(
    read: Any, words: str, label: bytes
) -> None:
    head = HEAD.replace(b"; charset=utf-8", label)

    assert read.message(head + words.encode() + b"\r\n").event.text == words
