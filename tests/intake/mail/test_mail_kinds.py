"""What no person wrote, told by kind; and persons who only sound like it."""

from typing import Any

import pytest

HELP = "help@aurora.example"


def kind(reading: Any) -> str:
    """What a mail is: a message, or the kind of what says nothing."""
    return reading.known[0].kind if reading.known else "message"


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Your order",
        "Auto-Reply: Your order",
        "Out of Office",
        "Out of Office AutoReply: Lamp",
        "I am out of the office: back on Monday",
        "Automatische Antwort: Ihre Bestellung",
        "Abwesenheitsnotiz: Lampe",
        "Abwesend: Lampe",
        "Automatické odpovědi: Lampa",
        "Réponse automatique : votre commande",
        "Respuesta automática: su pedido",
        "Fuera de la oficina",
        "Resposta automática: pedido",
        "Risposta automatica: ordine",
        "Fuori ufficio: ordine",
        "Automatisch antwoord: bestelling",
        "Automatyczna odpowiedź: zamówienie",
        "Автоматический ответ: заказ",
        "自動応答: ご注文",
        "【自動返信】お問い合わせ",
        "「自動返信メール」ご注文",
        "การตอบกลับอัตโนมัติ: คำสั่งซื้อ",
        "自动回复: 订单",
        "자동 회신: 주문",
        "Autosvar: beställning",
        "Automatisk svar: ordre",
        "Automaattinen vastaus: tilaus",
        "Otomatik Yanıt: sipariş",
        "[Auto-Reply] Lamp",
        "AUTO: Ana Pérez is out of the office (returning 05/05/2026)",
        "Urlaub: Re: Lampe",
        "I am on vacation",
        "On vacation until 5 May",
        "Abwesenheit",
        "Je suis en congés du 1 au 9 mai",
        "De vacaciones: Re: su lámpara",
        "Op vakantie",
        "Jestem na urlopie",
        "В отпуске до 5 мая",
        "休暇のお知らせ",
        "부재중 안내",
        "Automatická odpoveď: Lampa",
        "Automatski odgovor: Lampa",
    ],
)
def test_automatic_replies_show_in_their_subject(read: Any, written: Any, subject: str) -> None:
    assert kind(read(written("Back on Monday.", Subject=subject))) == "auto-reply"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Auto_Submitted": "auto-replied (vacation)"}, "auto-reply"),
        ({"Auto_Submitted": "auto-notified"}, "auto-reply"),
        ({"X_Autoreply": "yes"}, "auto-reply"),
        ({"X_Apple_Action": "VACATION"}, "auto-reply"),
        ({"X_POST_MessageClass": "9; Autoresponder"}, "auto-reply"),
        ({"X_MS_Exchange_Inbox_Rules_Loop": "ana@example.org"}, "auto-reply"),
        ({"X_MS_Exchange_Inbox_Rules_Loop": "info@corp.example"}, "message"),
        (
            {"X_MS_Exchange_Inbox_Rules_Loop": "ana@example.org", "Subject": "FW: Lamp"},
            "message",
        ),
        ({"X_FC_MachineGenerated": "true"}, "auto-reply"),
        ({"Precedence": "vacation"}, "auto-reply"),
        ({"X_Precedence": "auto_reply"}, "auto-reply"),
        ({"List_Post": "<mailto:club@list.example>"}, "list"),
        ({"X_BeenThere": "club@list.example"}, "list"),
        ({"Mailing_List": "list club@groups.example"}, "list"),
        ({"List_Unsubscribe": "<https://news.example/u>"}, "list"),
        ({"Precedence": "bulk"}, "list"),
        ({"Precedence": "bulk", "In_Reply_To": "<1@aurora.example>"}, "list"),
        ({"Sender": "club-bounces@list.example"}, "list"),
        ({"X_Mailer": "vacation 1.2.7"}, "auto-reply"),
        ({"X_Mailer": "Vacation Rental Manager"}, "message"),
        ({"Auto_Submitted": "no"}, "message"),
        ({"X_Autoreply": "no"}, "message"),
        ({"X_Auto_Response_Suppress": "All"}, "message"),
        ({"Precedence": "normal"}, "message"),
        ({"List_Id": "Help <help.aurora.example>", "Precedence": "list"}, "message"),
        ({"List_Post": f"<mailto:{HELP}>", "Mailing_List": "list x@aurora.example"}, "message"),
        ({"Precedence": "bulk", "Reply_To": "eva@other.example"}, "message"),
        ({"Auto_Submitted": "auto-generated", "Reply_To": "eva@other.example"}, "message"),
    ],
)
def test_headers_tell_the_kind(
    read: Any, written: Any, headers: dict[str, str], expected: str
) -> None:
    assert kind(read(written("Hello", **headers))) == expected


def test_bulk_with_a_null_return_path_is_an_answer(read: Any, written: Any) -> None:
    bulk = written("Thank you for your mail.", Precedence="bulk")
    lists = written("Hello", Precedence="bulk", List_Unsubscribe="<https://news.example/u>")

    assert kind(read(bulk, sender="")) == "auto-reply"
    assert kind(read(lists, sender="")) == "list"


@pytest.mark.parametrize(
    "text",
    [
        "To reach me, click the link below and be added to the recipient's allowed list.",
        "Please click on the following link to verify that you are a human: https://f.example",
        "Your message is being held until you confirm it.",
        "This address is protected by Doorman. Please click https://f.example",
    ],
)
def test_who_must_prove_himself_was_answered_by_a_filter(
    read: Any, written: Any, text: str
) -> None:
    assert kind(read(written(text, Subject="RE: Your order"))) == "auto-reply"
    assert (
        kind(read(written("Is the lamp held until I pay?", Subject="RE: Your order"))) == "message"
    )


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office chair, when will you have it?",
        "Automatic reply to my order?",
        "Re: Automatic reply: Your order",
        "Automatic watch broken",
        "Auto: Ersatzteil gesucht",
        "Abwesenheit bei der Zustellung",
        "不在通知が入っていました",
        "Vacation rental lamp",
        "OOOH so nice",
        "Fuera de servicio",
        "Absence de réponse à ma commande",
    ],
)
def test_a_person_who_only_sounds_like_it_is_heard(read: Any, written: Any, subject: str) -> None:
    assert kind(read(written("Please answer.", Subject=subject))) == "message"


def parts(kind: str, *inside: str, subject: str = "Report", sender: str = "x@isp.example") -> bytes:
    """A mail of parts."""
    joined = "".join(f"--b\r\n{part}\r\n" for part in inside)
    head = f"From: {sender}\r\nTo: {HELP}\r\nSubject: {subject}\r\nMessage-ID: <9@isp.example>\r\n"
    return f'{head}Content-Type: {kind}; boundary="b"\r\n\r\n{joined}--b--\r\n'.encode()


TEXT = "Content-Type: text/plain\r\n\r\nSee below."
OURS = "Content-Type: message/rfc822\r\n\r\n{}From: a@b.example\r\nTo: c@d.example\r\n\r\nx"


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (
            parts(
                "multipart/report; report-type=feedback-report",
                TEXT,
                "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse",
            ),
            "feedback",
        ),
        (
            parts(
                "multipart/mixed",
                TEXT,
                "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse",
            ),
            "feedback",
        ),
        (
            parts(
                "multipart/mixed",
                OURS.format("X-HmXmrOriginalRecipient: eva@live.example\r\n"),
                subject="complaint about message from 192.0.2.1",
            ),
            "feedback",
        ),
        (parts("multipart/mixed", TEXT, OURS.format(""), sender="scomp@aol.example"), "feedback"),
        (
            parts(
                "multipart/report; report-type=disposition-notification",
                TEXT,
                "Content-Type: message/disposition-notification\r\n\r\nDisposition: displayed",
            ),
            "event",
        ),
        (
            parts(
                "multipart/mixed",
                TEXT,
                subject="Report domain: aurora.example Submitter: isp.example Report-ID: <17>",
            ),
            "feedback",
        ),
        (parts("multipart/mixed", TEXT, subject="Report on your domain: it is slow"), "message"),
        (parts("multipart/mixed", TEXT, OURS.format(""), subject="Is this mail yours?"), "message"),
    ],
)
def test_reports_are_told_by_what_is_in_them(read: Any, octets: bytes, expected: str) -> None:
    assert kind(read(octets)) == expected


@pytest.mark.parametrize(
    ("part", "note"),
    [
        ("Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR", "calendar"),
        ("Content-Type: application/pkcs7-signature; name=s.p7s\r\n\r\nx", "S/MIME"),
        ("Content-Type: application/pgp-signature\r\n\r\nx", "PGP"),
        ("Content-Type: text/plain; charset=klingon\r\n\r\n\xfc", "charset"),
    ],
)
def test_notes_tell_what_came_with_it(read: Any, part: str, note: str) -> None:
    reading = read(parts("multipart/mixed", TEXT, part))

    assert reading.items[0].event.text.startswith("See below.")
    assert any(note in each for each in reading.notes)
