"""Replies out of mail programs that speak more languages than our buyers mostly write in."""

import pytest

from intake.channels.mail.quotes import new_text

NEW = "The lamp flickers.\n\nIs there a spare bulb?"
OLD = "Dear Ana,\nyour parcel is on its way."
AURORA = "Aurora <help@aurora.example>"


@pytest.mark.parametrize(
    "said",
    [
        f"2026년 5월 4일 월요일, {AURORA}님이 작성한 메시지:",
        "2026-05-04 오전 10:12에 Aurora 이(가) 쓴 글:",
        f"El dl., 4 de maig 2026, 10:12, {AURORA} va escriure:",
        f"ב-4 במאי 2026, בשעה 10:12, \u200f{AURORA} כתב/ה:",
        "\u202bבתאריך יום ב׳, 4 במאי 2026 ב-10:12 מאת "
        "\u202aAurora\u202c\u200f <\u202ahelp@aurora.example\u202c\u200f>:\u202c",
        f"ในวันที่ จ. 4 พ.ค. 2026 เวลา 10:12 {AURORA} เขียนว่า:",
        f"pon, 4. svi 2026. u 10:12 {AURORA} napisao je:",
        f"дана пон, 4. мај 2026. у 10:12 {AURORA} је написао/ла:",
        f"pirmd., 2026. g. 4. maijs, plkst. 10:12 — lietotājs {AURORA} rakstīja:",
        f"सोम, 4 मई 2026 को 10:12 am बजे को {AURORA} ने लिखा:",
        f"* {AURORA} [2026-05-04 10:12]:",
        "4 May 2026, 10:12 by help@aurora.example:",
        "Aurora (help@aurora.example) wrote:",
        f"-------- Původní zpráva --------\nOd: {AURORA}\nDatum: 04.05.26 10:12\nKomu: Ana",
        f"-------- Eredeti üzenet --------\nFeladó: {AURORA}\nDátum: 2026. 05. 04. 10:12",
        f"Feladó: {AURORA}\nElküldve: 2026. május 4., hétfő 10:12\nCímzett: Ana\nTárgy: Lámpa",
        f"Odesílatel: {AURORA}\nOdesláno: pondělí 4. května 2026 10:12\nKomu: Ana\nPředmět: Lampa",
        f"Expeditor: {AURORA}\nTrimis: luni, 4 mai 2026 10:12\nCătre: Ana\nSubiect: Lampa",
        f"Από: {AURORA}\nΣτάλθηκε: Δευτέρα, 4 Μαΐου 2026 10:12\nΠρος: Ana\nΘέμα: Λάμπα",
        f"จาก: {AURORA}\nส่ง: วันจันทร์ที่ 4 พฤษภาคม 2026 10:12\nถึง: Ana\nเรื่อง: โคมไฟ",
        f"Từ: {AURORA}\nĐã gửi: Thứ Hai, 4 Tháng Năm 2026 10:12\nĐến: Ana\nChủ đề: Đèn",
        f"Dari: {AURORA}\nDikirim: Senin, 4 Mei 2026 10.12\nKepada: Ana\nSubjek: Lampu",
        f">>> {AURORA} 04.05.2026 10:12 >>>",
        "##- Please type your reply above this line -##",
    ],
)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_the_earlier_mail_is_left_out(said: str, mark: str) -> None:
    quoted = "\n".join(mark + line for line in OLD.split("\n"))

    assert new_text(f"{NEW}\n\n{said}\n\n{quoted}\n") == (NEW, True)


def test_a_name_alone_says_who_wrote_what_is_quoted_below_it() -> None:
    said = "Aurora via Lamps & More wrote:"

    assert new_text(f"{NEW}\n\n{said}\n> Dear Ana\n> yes") == (NEW, True)
    assert new_text(f"{said}\nDear Ana") == (f"{said}\nDear Ana", False)


def test_what_the_writer_shows_between_marks_of_quotation_stays() -> None:
    shown = "Your page says this:\n\n> payment failed\n> error 17\n\nWhat now?"

    assert new_text(f"{shown}\n\nOn 4 May 2026 at 10:12, {AURORA} wrote:\n\n> Dear Ana") == (
        shown,
        True,
    )


@pytest.mark.parametrize(
    "begins", ["Begin forwarded message:", "Début du message réexpédié :", "転送されたメッセージ："]
)
def test_what_apples_mail_passes_on_comes_whole(begins: str) -> None:
    text = f"Please see below.\n\n{begins}\n\n> From: {AURORA}\n> Subject: Lamp\n>\n> Sent."

    assert new_text(text) == (text, False)
