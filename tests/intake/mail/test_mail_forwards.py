"""Mails that are passed on come whole, in the languages that programs say it in."""

from typing import Any

import pytest

from intake.channels.mail.forwards import is_passed_on
from intake.channels.mail.html import text_of
from intake.channels.mail.quotes import new_text

EARLIER = "From: Bo <bo@lamps.example>\nDate: 4 May 2026 10:12\nSubject: Lamp\n\nIt is on its way."


@pytest.mark.parametrize(
    "said",
    [
        "---------- Forwarded message ---------",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Mensaje reenviado ---------",
        "-------- Message transféré --------",
        "---------- Mensagem encaminhada ---------",
        "----- Messaggio inoltrato -----",
        "----- Doorgestuurd bericht -----",
        "----- Przekazana wiadomość -----",
        "-------- Пересылаемое сообщение --------",
        "-------- Välitetty viesti --------",
        "----- Edelleenlähetetty viesti -----",
        "----- Vidarebefordrat meddelande -----",
        "----- Videresendt meddelelse -----",
        "---------- 转发的邮件 ---------",
        "---------- 전달된 메일 ---------",
        "-------- Přeposlaná zpráva --------",
        "-------- Továbbított üzenet --------",
        "-------- İletilmiş İleti --------",
        "---------- رسالة معاد توجيهها ---------",
        "Begin forwarded message:",
        "Forwarded message:",
        "Weitergeleitete Nachricht:",
        "Message transféré :",
        "Messaggio inoltrato:",
        "Anfang der weitergeleiteten E-Mail:",
        "Inicio del mensaje reenviado:",
        "Välitetty viesti alkaa:",
        "Videresendt melding:",
        "Vidarebefordrat mejl:",
        "Początek przekazywanej wiadomości:",
        "転送されたメッセージ：",
    ],
)
def test_what_is_passed_on_stays(said: str) -> None:
    text = f"Please see below.\n\n{said}\n\n{EARLIER}"

    assert new_text(text) == (text, False)


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Fwd: Lamp", "", True),
        ("WG: Lampe", "", True),
        ("VL: Lamppu", "", True),
        ("VS: Lampe", "Fra: Bo\nSendt: 4. mai", True),
        ("VS: Lamppu", "Kiitos\n\nLähettäjä: Bo", False),
        ("İLT: Lamba", "", True),
        ("YNT: Lamba", "", False),
        ("Re: Fwd: Lamp", "", False),
        ("Forward light", "", False),
    ],
)
def test_a_subject_tells_it(subject: str, text: str, expected: bool) -> None:
    assert is_passed_on(subject, text) is expected


def test_a_finnish_answer_comes_without_its_quote(read: Any, written: Any) -> None:
    quote = "Lähettäjä: Aurora <help@aurora.example>\nLähetetty: 4. toukokuuta 2026\nAihe: Lamppu"

    found = read.message(written(f"Kiitos!\n\n{quote}\n\nvanha", Subject="VS: Lamppu"))

    assert found.event.text == "Kiitos!"


def test_apples_page_says_it_above_the_quote() -> None:
    page = "<div>Anfang der weitergeleiteten Nachricht:</div><blockquote type=cite>OLD</blockquote>"

    assert "OLD" in text_of(f"<p>Top</p>{page}")[0]
    assert text_of(f"<p>Top</p>{page.replace('Anfang', 'Zum Anfang')}")[0].count("OLD") == 0
