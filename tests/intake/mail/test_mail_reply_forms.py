"""Replies as more mail programs lay them out, and notices that gateways put around them."""

from collections.abc import Callable
from typing import Any

import pytest

from intake.channels.mail.bodies import texts_of
from intake.channels.mail.html import text_of
from intake.channels.mail.quotes import new_text
from intake.channels.mail.structure import take_apart

Written = Callable[..., bytes]
NEW = "The lamp flickers.\n\nIs there a spare bulb?"
OLD = "Dear Ana,\nyour parcel is on its way."
AURORA = "Aurora <help@aurora.example>"
LRM = "\u200e"
"""Mail for Windows puts this mark of writing direction around the parts of a date."""


@pytest.mark.parametrize(
    "said",
    [
        f"Op 4 mei 2026 om 10:12 heeft {AURORA} het volgende geschreven:",
        "W dniu 04.05.2026 o 10:12, Aurora pisze:",
        f"Wiadomość napisana przez {AURORA} w dniu 04.05.2026, o godz. 10:12:",
        f"{AURORA} hat am 04.05.2026 10:12 CEST geschrieben:",
        f"{AURORA} wrote:",
        f"Quoting {AURORA}:",
        "--- In lamps@groups.example, Aurora <help@...> wrote:",
        "4. Mai 2026, 10:12 von help@aurora.example:",
        "May 4, 2026, 10:12 by help@aurora.example:",
        "2026-05-04 10:12 GMT+03:00 Aurora <\nhelp@aurora.example>:",
        "------On 5/4/2026 10:12 AM, Aurora wrote-----",
        "---- El lun, 04 may 2026 10:12:09 +0200 Aurora escribió ----",
        f"Gesendet: Montag, 4. Mai 2026 um 10:12 Uhr\nVon: {AURORA}\nAn: Ana\nBetreff: Lampe",
        f"Date: Mon, 4 May 2026 10:12:09 +0200\nFrom: {AURORA}\nTo: Ana\nSubject: Lamp",
        f"-------- Original-Nachricht --------\nBetreff: Lampe\nVon: {AURORA}",
        f"---- Replied Message ----\nFrom {AURORA}\nDate 05/04/2026 10:12",
        f"---- 回复的原邮件 ----\n发件人 {AURORA}",
        f"--------- 원본 이메일 ---------\n발신: {AURORA}",
        f"---Original---\nFrom: {AURORA}",
        "---- Aurora wrote ----",
        "El El lun, 4 may 2026 a las 10:12, Aurora <\nhelp@aurora.example> escribió:",
        "help@aurora.example wrote:",
        "help@aurora.example schrieb:",
        "Date: Mon, 4 May 2026 10:12:09 +0200 From: help@aurora.example To: Ana Subject: Lamp",
        f"From: {AURORA}\nDate: Mon, 04 May 2026 10:12:09 +0200",
        f"Von: Aurora\nGesendet: {LRM}4. Mai 2026{LRM} {LRM}10{LRM}:{LRM}12\nAn: Ana",
    ],
)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_more_programs_mark_the_earlier_mail(said: str, mark: str) -> None:
    quoted = "\n".join(mark + line for line in OLD.split("\n"))

    assert new_text(f"{NEW}\n\n{said}\n\n{quoted}\n") == (NEW, True)


def test_what_is_written_before_it_on_the_same_line_stays() -> None:
    said = "On Mon, May 4, 2026 at 10:12 AM, help@aurora.example wrote:\n> Dear Ana"

    assert new_text(f"Yes, please {said}") == ("Yes, please", True)
    assert new_text(f"Yes,\nplease--- {said}") == ("Yes,\nplease", True)


def test_a_quoted_line_that_was_broken_belongs_to_the_quote() -> None:
    long = "> a line of the earlier mail that was too long for the program that sent it and"
    quoted = f"On 4 May 2026 at 10:12, Aurora wrote:\n{long}\nbroke there\n> the end"

    assert new_text(f"{NEW}\n\n{quoted}") == (NEW, True)
    assert "yes, red" in new_text(f"{NEW}\n\n{quoted.replace(' and', '?')}\nyes, red")[0]
    assert "the red one" in new_text(f"{quoted.replace(' and', '?')[:-20]}\nthe red one\n> ok")[0]


def test_a_header_with_empty_lines_above_the_text_is_its_own() -> None:
    fields = (
        "**Gesendet:** 4. Mai 2026 um 10:12",
        f"**Von:** {AURORA}",
        "**An:** Ana",
        "**Betreff:** Lampe",
    )
    header = "\n\n".join(fields)

    assert NEW in new_text(f"{header}\n\n{NEW}")[0]


def test_a_line_that_only_begins_like_a_header_is_no_header() -> None:
    text = "From: Madrid\nThe lamp flickers.\n\nIs there a bulb?"
    header = f"From: {AURORA}\nSent: Monday, 4 May 2026 10:12\nTo: Ana\nSubject: Lamp"

    assert new_text(f"{text}\n\n{header}\n\nold") == (text, True)


def test_a_mail_that_begins_with_its_own_header_is_read_below_it() -> None:
    header = "Od: Ana <ana@example.org>\nWysłano: 4 maja 2026 10:12\nDo: Aurora\nTemat: Lampa"
    text = f"{header}\n\n{NEW}\n\nDnia 3 maja 2026 14:00 {AURORA} napisał(a):\n> OLD"

    assert new_text(text) == (f"{header}\n\n{NEW}", True)


@pytest.mark.parametrize(
    "text",
    [
        "A question from the page.\n\nFrom: Ana <ana@example.org>\nSubject: lamp\n"
        "Date: 4 May 2026 10:12\nMessage: it flickers",
        "Name: Ana\nFrom: Madrid\nSubject: lamp\nDate: 4 May 2026 10:12",
        "Please send it.\nFrom: Berlin\nTo: Paris\nDate: 4 May 2026\n\nThank you",
        "I was told on 4 May 2026, 10:12 at help@aurora.example:\nnothing",
    ],
)
def test_what_is_written_into_a_form_stays(text: str) -> None:
    assert new_text(text) == (text, False)


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my Wiko View 5",
        "Envoyé de mon Wiko",
        "Sent via the Samsung Galaxy S21 5G, an AT&T 5G smartphone",
        "Yahoo Mail: Search, Organize, Conquer",
        "Virus-free.www.avast.com",
        "Virenfrei.www.avg.com <https://www.avg.com>",
        "Libre de virus.www.avast.com",
        "Ottenere Outlook per iOS",
        "Получить Outlook для iOS",
        "Tap here to get Outlook",
        "Envoyé depuis l’application Mail Orange",
        "Lähetetty Windowsin Sähköpostista",
        "スマートフォンから送信しました",
        "Avant d'imprimer, pensez à l'environnement.",
        "Rispetta l'ambiente: non stampare questa mail se non è necessario.",
        "[cid:image001.png@01DA1234.5678ABCD]",
        "[https://lamps.example/in.png]<https://in.example>  [https://lamps.example/fb.png]",
        "このメールには機密情報が含まれています。誤って受信された場合は、送信者にご連絡のうえ、"
        "直ちに削除してください。よろしくお願いいたします。",
        "本邮件含有保密信息,仅限于发送给上面地址中列出的个人或群组。如果您错收了本邮件,"
        "请您立即通知发件人并删除本邮件!",
        "iPhoneから送信されました",
        "发自网易邮箱大师",
        "Sent wirelessly from my BlackBerry device on the Bell network.\n"
        "Envoyé sans fil par mon terminal mobile BlackBerry sur le réseau de Bell.",
        "---\nAna Pérez",
        "Disclaimer\n\nThis message is confidential. If you are not the intended recipient, "
        "you are asked to notify the sender and to delete it.",
        "Diese E-Mail enthält vertrauliche Informationen. Sind Sie nicht der richtige Adressat, so "
        "informieren Sie bitte den Absender und vernichten Sie diese Nachricht.",
        "Ce message est confidentiel. Si vous n'en êtes pas le destinataire, merci de le détruire "
        "et d'en avertir l'expéditeur.",
    ],
)
def test_what_programs_and_gateways_add_is_left_out(line: str, written: Written) -> None:
    assert texts_of(take_apart(written(f"{NEW}\n\n{line}\n")))[0] == NEW


def test_the_banner_of_a_gateway_is_left_out(written: Written) -> None:
    banner = "CAUTION: This email came from outside the organisation. Do not click links."

    assert texts_of(take_apart(written(f"{banner}\n\n{NEW}")))[0] == NEW
    assert texts_of(take_apart(written(banner)))[0] == banner


@pytest.mark.parametrize(
    "text",
    [
        "Warning: the box has external damage.\n\nWhat do I do?",
        "Hello,\n\nthe recipient of the message is my neighbour and the price is confidential, so "
        "please do not print it on the parcel that goes to him.",
        "I want these:\n\n---\nred lamp, two pieces\nblue lamp",
        "看一下:\n\n收件人的信息需要保密,请删除。",
        "See the picture:\n\n[image: lamp.png]",
    ],
)
def test_what_only_looks_like_a_notice_stays(text: str, written: Written) -> None:
    assert texts_of(take_apart(written(text)))[0] == text


def test_answers_between_the_lines_stay_in_gmails_html() -> None:
    said = '<div class="gmail_attr">On Mon, Aurora wrote:</div>'
    quote = '<blockquote class="gmail_quote">OLD</blockquote>'
    top = '<p>Top</p><div class="gmail_quote gmail_quote_container">'

    assert text_of(f"{top}{said}{quote}</div>") == ("Top", True)
    between = text_of(f"{top}{said}{quote}<div>One</div>{quote}<div>Two</div></div>")
    assert between == ("Top\n\nOne\nTwo", True)


def test_what_gmail_passes_on_stays(read: Any, written: Written) -> None:
    passed_on = '<div class="gmail_quote">---------- Forwarded message ---------<br>From: B</div>'

    assert "From: B" in text_of(f"<p>Look</p>{passed_on}")[0]


@pytest.mark.parametrize(
    "added",
    [
        "<details class='wb-quote'><summary>…</summary><blockquote>Dear Ana</blockquote></details>",
        "<div name='messageSignatureSection'><br>Ana, Madrid</div>",
        "<div class='domino-section'><table><tr><td>Von:</td><td>A</td></tr></table>Hallo</div>",
        "<hr style='width: 210px; height: 1px'><div>ana@example.org</div>",
        "<blockquote>&gt; Message du 04/05/26 10:12<br>&gt; De : A<p>Dear Ana</p></blockquote>",
    ],
)
def test_what_other_programs_mark_in_html_is_left_out(added: str) -> None:
    assert text_of(f"<p>Is it on its way?</p>{added}")[0] == "Is it on its way?"


@pytest.mark.parametrize(
    "line",
    [
        "##- Please type your reply above this line -##",
        "Please reply above this line",
        "— Reply above this line to comment —",
        "## Bitte gib deine Antwort oberhalb dieser Zeile ein. ##",
        "##- Saisissez votre réponse au-dessus de cette ligne -##",
        "##- Escriba su respuesta por encima de esta línea -##",
        "##- Digite sua resposta acima desta linha -##",
        "##- Digita la risposta sopra questa riga -##",
        "##- Typ je antwoord boven deze regel -##",
        "##- Wpisz odpowiedź powyżej tej linii -##",
        "##- Введите ответ над этой строкой -##",
        "##- この行より上に返信を入力してください -##",
        "##- 请在此行上方输入您的回复 -##",
        "##- 이 줄 위에 답장을 입력하세요 -##",
        "##- Skriv ditt svar ovanför den här raden -##",
        "##- Skriv dit svar over denne linje -##",
        "##- Kirjoita vastauksesi tämän rivin yläpuolelle -##",
    ],
)
def test_a_helpdesk_asks_to_answer_above_its_line(line: str) -> None:
    assert new_text(f"{NEW}\n\n{line}\n\nDear Ana") == (NEW, True)


def test_a_line_that_somebody_speaks_of_is_none() -> None:
    said = f"{NEW}\n- the name above this line is wrong\nPlease print it above this line: Ana"

    assert new_text(said) == (said, False)


@pytest.mark.parametrize(
    "said",
    [
        "My mail said:\n\n##- please type your reply above this line -##\n\nWhat does it mean?",
        "In uw mail staat:\n\n--- typ je antwoord boven deze regel ---\n\nWat is dat?",
        "Recebi isto\n=== acima desta linha ===\nO que significa?",
        "설명서에\n\n--- 이 줄 위 ---\n\n라고 되어 있는데 무슨 뜻인가요?",
        "说明书上写着\n--- 此线以上 ---\n请问是什么意思？",
        "Det står\n\n-- över denna raden --\n\nvad betyder det?",
        "На этикетке\n\n--- выше этой строки ---\n\nЧто это?",
        "Bitte senden:\n\n| Ware | Zahl |\n| Lampe | 2 |\n| Stuhl | 1 |",
        "I need these today\n| lamp | 2 |\n| chair | 1 |\nThanks, Ana",
        "What I want\n\n> two lamps red\n\n> one chair blue\n\n> a table\n\nWhen will it come?",
    ],
)
def test_what_a_customer_shows_and_lists_is_no_earlier_mail(said: str) -> None:
    assert new_text(said) == (said, False)


@pytest.mark.parametrize(
    "said",
    [
        "Hello,\n\nthis is a gift, so keep the price confidential: the recipient must not get any "
        "e-mail from you. Please delete his address and notify only me.",
        "您好，\n\n这是送给朋友的礼物，请对价格保密，收件人改成李明，并且请删除包裹里发票上的价格，"
        "不要让他看到多少钱，谢谢您的帮助。",
        "こんにちは。\n\n贈り物なので値段は秘密にしてください。宛先は田中さんに変更して、箱の中の納品書は"
        "破棄するか、入れないようにお願いいたします。",
        "안녕하세요.\n\n선물이라 가격은 비밀로 해 주세요. 수신인은 이영희로 바꿔 주시고 "
        "상자 안의 영수증은 삭제해 주시면 정말 감사하겠습니다. 빨리요.",
    ],
)
def test_a_present_whose_price_is_a_secret_is_no_notice(said: str, written: Written) -> None:
    assert texts_of(take_apart(written(said)))[0] == said


ABOVE = "<p>Top</p><div>On 4 May 2026, Aurora &lt;help@aurora.example&gt; wrote:</div>"
CITED = "<br><blockquote type='cite'>OLD</blockquote>"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (f"{ABOVE}{CITED}", "Top"),
        (f"{ABOVE}{CITED}<p>Below</p>", "Top\n\nBelow"),
        (f"{ABOVE}{CITED}<p>One</p>{CITED}<p>Two</p>", "Top\n\nOne\n\nTwo"),
        (f"<p>Look:</p>{CITED}<p>Below</p>", "Look:\n\nBelow"),
        (
            f"<p>Top</p><div>Begin forwarded message:</div>{CITED}",
            "Top\n\nBegin forwarded message:\n\nOLD",
        ),
    ],
)
def test_what_stands_below_a_quote_in_html_stays(read: Any, page: str, text: str) -> None:
    head = b"From: ana@example.org\r\nContent-Type: text/html\r\n\r\n"

    assert read.message(head + page.encode()).event.text == text


@pytest.mark.parametrize(
    "below",
    [
        f"{AURORA} ---04/05/2026 10:12:07---Dear Ana\n\nyour parcel",
        "----- Mail original -----\nDear Ana",
        "----邮件原文----\n您好",
        f"04.05.2026, 10:12, {AURORA}\n> Dear Ana",
    ],
)
def test_more_lines_stand_above_the_earlier_mail(below: str) -> None:
    assert new_text(f"{NEW}\n\n{below}") == (NEW, True)


def test_what_is_shown_in_a_few_marked_lines_stays() -> None:
    error = "I get this error:\n> TypeError: x\n> in the cart\nWhat shall I do?"
    asked = "Aurora:\n> Which one?\n> The red?\nYes."

    assert new_text(error) == (error, False)
    assert new_text(asked) == ("Aurora:\nYes.", True)


def test_the_delimiter_goes_with_the_device_below_a_quote(read: Any, written: Written) -> None:
    quote = f"On 4 May 2026 10:12 {AURORA} wrote:\n> Dear Ana\n"
    found = read.message(written(f"{NEW}\n\n{quote}\n-- \nSent from my phone with K-9 Mail."))

    assert found.event.text == NEW


def test_single_quoted_lines_go_where_they_are_quotes_for_sure() -> None:
    said = f"On 4 May 2026 at 10:12, {AURORA} wrote:"
    between = f"{said}\n> Which one?\nThe red.\n\n> How many?\nTwo."
    last = f"{NEW}\n\n> Are you free on Monday?"
    middle = "See <https://lamps.example/a/long/one\n> and tell me."

    assert new_text(between) == ("The red.\n\nTwo.", True)
    assert new_text("> Is it red?\n\nYes.\n\n> How many?\n\nTwo.") == ("Yes.\n\nTwo.", True)
    assert new_text("I want:\n\n> red\n\n> blue\n\nThank you")[1] is False
    assert new_text(last) == (NEW, True)
    assert new_text(middle) == (middle, False)
    assert new_text("Aurora napisał(a):\n> old\n\nnew") == ("new", True)
