"""The new text of a mail, in the languages that mail programs speak."""

import time

import pytest

from intake.channels.mail.html import text_of
from intake.channels.mail.quotes import new_text

NEW = "Thank you, but the lamp is broken.\nPlease send another one.\n\nAna"
OLD = ["Dear Ana,", "your parcel is on its way.", "", "Aurora"]


@pytest.mark.parametrize(
    "said",
    [
        "On Mon, May 4, 2026 at 10:12 AM Aurora <help@aurora.example> wrote:",
        "On 4 May 2026, at 10:12, Aurora <help@aurora.example> wrote:",
        "On Mon, May 4, 2026 at 10:12 AM Aurora\n<help@aurora.example> wrote:",
        "Am Mo., 4. Mai 2026 um 10:12 Uhr schrieb Aurora <help@aurora.example>:",
        "Am 04.05.2026 um 10:12 schrieb Aurora:",
        "El lun, 4 may 2026 a las 10:12, Aurora (<help@aurora.example>) escribió:",
        "El 4/5/26 a las 10:12, Aurora escribió:",
        "Le lun. 4 mai 2026 à 10:12, Aurora <help@aurora.example> a écrit :",
        "Missatge de Aurora <help@aurora.example> del dia dl., 4 de maig 2026 a les 10:12:",
        "Em seg., 4 de mai. de 2026 às 10:12, Aurora <help@aurora.example> escreveu:",
        "Il giorno lun 4 mag 2026 alle ore 10:12 Aurora <help@aurora.example> ha scritto:",
        "Op ma 4 mei 2026 om 10:12 schreef Aurora <help@aurora.example>:",
        "pon., 4 maj 2026 o 10:12 Aurora <help@aurora.example> napisał(a):",
        "W dniu 2026-05-04 10:12, Aurora napisał:",
        "пн, 4 мая 2026 г. в 10:12, Aurora <help@aurora.example>:",
        "4 мая 2026 г., 10:12 пользователь Aurora <help@aurora.example> написал:",
        "2026年5月4日(月) 10:12 Aurora <help@aurora.example>:",
        "2026/05/04 10:12、Aurora <help@aurora.example>のメール:",
        "Aurora <help@aurora.example> 于2026年5月4日周一 10:12写道：",
        "在 2026年5月4日，10:12，Aurora <help@aurora.example> 写道：",
        "Aurora <help@aurora.example> 於 2026年5月4日 週一 上午10:12寫道：",
        "2026년 5월 4일 (월) 오전 10:12, Aurora <help@aurora.example>님이 작성:",
        "Den mån 4 maj 2026 kl 10:12 skrev Aurora <help@aurora.example>:",
        "Den man. 4. maj 2026 kl. 10.12 skrev Aurora <help@aurora.example>:",
        "man. 4. mai 2026 kl. 10:12 skrev Aurora <help@aurora.example>:",
        "ma 4. toukok. 2026 klo 10.12 Aurora (help@aurora.example) kirjoitti:",
        "Aurora <help@aurora.example>, 4 May 2026 Pzt, 10:12 tarihinde şunu yazdı:",
        "في الاثنين، 4 مايو 2026 في 10:12 ص كتب Aurora <help@aurora.example>:",
    ],
)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_the_earlier_mail_is_left_out(said: str, mark: str) -> None:
    quoted = "\n".join(mark + line for line in OLD)

    assert new_text(f"{NEW}\n\n{said}\n\n{quoted}\n") == (NEW, True)


@pytest.mark.parametrize(
    "header",
    [
        "From: Aurora <help@aurora.example>\nSent: May 4, 2026 10:12 AM\nTo: Ana\nSubject: Order",
        "Von: Aurora <help@aurora.example>\nGesendet: 4. Mai 2026 10:12\nAn: Ana\nBetreff: Lampe",
        "De: Aurora <help@aurora.example>\nEnviado: 4 de mayo de 2026\nPara: Ana\nAsunto: Pedido",
        "De : Aurora <help@aurora.example>\nEnvoyé : 4 mai 2026 10:12\nÀ : Ana\nObjet : Commande",
        "发件人: Aurora <help@aurora.example>\n发送时间: 2026年5月4日\n收件人: Ana\n主题: 订单",
        "差出人: Aurora <help@aurora.example>\n日時: 2026年5月4日 10:12\n宛先: Ana\n件名: 注文",
        "보낸 사람: Aurora <a@aurora.example>\n날짜: 2026년 5월\n받는 사람: Ana\n제목: 주문",
        "*From:* Aurora <help@aurora.example>\n*Date:* 4 May 2026\n*Subject:* Your order",
        "-----Original Message-----\nFrom: Aurora",
        "-----Ursprüngliche Nachricht-----\nVon: Aurora",
        "------------------ 原始邮件 ------------------\n发件人: x",
    ],
)
def test_the_copied_header_of_the_earlier_mail_ends_the_new_one(header: str) -> None:
    assert new_text(f"{NEW}\n\n{header}\n\n" + "\n".join(OLD)) == (NEW, True)


def test_answers_below_and_between_the_quotes_are_kept() -> None:
    text = (
        "On Mon, May 4, 2026 at 10:12 AM Aurora <help@aurora.example> wrote:\n"
        "> Is it broken?\n> Or bent?\n\nBroken.\n\n> Where?\n> And how?\n\nAt the foot."
    )

    assert new_text(text) == ("Broken.\n\nAt the foot.", True)


@pytest.mark.parametrize(
    "text",
    [
        "My friend wrote:\nbuy this lamp",
        "From: Madrid\nTo: Berlin\nplease",
        "The date: 4 May 2026\nThe colour: red",
        "In 2024 my wife wrote a letter. It said: hello",
        "> only one line quoted",
        "5 > 3\nand\n3 < 5",
        "Order #1001 placed 10:12\nI want:\n- a lamp\n- a bulb",
        "我在2024年写道歉信给你们，没有回复",
    ],
)
def test_what_only_looks_like_an_earlier_mail_stays(text: str) -> None:
    assert new_text(text)[0] == text


def test_a_mail_that_is_only_an_earlier_one_comes_whole() -> None:
    text = "On Mon, May 4, 2026 at 10:12 AM Aurora wrote:\n> one\n> two"

    assert new_text(text) == (text, False)
    assert new_text("") == ("", False)


def test_what_is_forwarded_comes_whole() -> None:
    header = "From: x@y.example\nDate: 4 May 2026\nSubject: a"
    text = f"See below.\n\n---------- Forwarded message ----------\n{header}\n\nbody"

    assert new_text(text) == (text, False)


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div>On Mon A wrote:</div><blockquote>OLD</blockquote></div>',
        '<blockquote type="cite"><div>OLD</div></blockquote>',
        '<div class="moz-cite-prefix">On Mon:</div><blockquote type="cite">OLD</blockquote>',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: A</div><div>OLD</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>From: A</p></div><p>OLD</p>',
        '<div class="yahoo_quoted">OLD</div>',
        '<div class="protonmail_quote">OLD</div>',
        "<includetail><div>OLD</div></includetail>",
        "<div name='messageReplySection'><p>OLD</p></div>",
    ],
)
def test_html_shows_where_the_earlier_mail_is(quote: str) -> None:
    new = "<head><style>p{}</style></head><body><p>New&nbsp;<b>text</b></p><p>Ana</p>"

    assert text_of(f"<html>{new}{quote}</body></html>") == ("New text\n\nAna", True)


def test_html_is_laid_out_as_it_is_seen() -> None:
    html = (
        "<!-- no --><script>alert(1)</script><div>One<br>two</div><ul><li>a<li>b</ul>"
        "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table><p hidden>x</p>&lt;ok&gt;"
    )

    assert text_of(html) == ("One\ntwo\n\n- a\n- b\n\n1 2\n3\n\n<ok>", False)


def test_what_html_hides_is_not_read() -> None:
    hidden = '<div style="color:#fff;display:none;">Three days only</div>'

    assert text_of(f"{hidden}<p>Where is it?</p>") == ("Where is it?", False)
    assert text_of(f"{hidden}<p>Where is it?</p>", whole=True) == ("Where is it?", False)
    assert text_of(hidden) == ("Three days only", False)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 50_000,
        "<b>x</i>" * 50_000,
        "<blockquote type=cite>" * 20_000,
        "<" * 300_000,
        "<p>a" * 50_000,
        "<table><b>x" * 30_000,
        "<p>a:</p><blockquote type=cite>x</blockquote>" * 20_000,
    ],
)
def test_no_html_keeps_us_busy(html: str) -> None:
    begun = time.process_time()

    text_of(html)

    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "text",
    [
        "On\n" * 20_000,
        "On " + "a " * 200_000,
        ">\n" * 100_000,
        "a:\n" * 100_000,
        "From: x\n" * 20_000,
        ("On 1 2024 <a@b> " + "x" * 370 + ":\n") * 1_000,
        ("\n\n" + "_" * 40) * 3_000,
        "wrote " * 50_000,
        (" " * 900 + "\n") * 20,
        "-- \n" * 5_000,
        "From: a@b.example\nDate: x To: y Subject: z\n" * 10_000,
        "> an earlier line\n\n" * 60_000,
        "look:\n> one\n> two\n" * 30_000,
        "this is the error:\n> one two\n\n" * 30_000,
        "*" * 100_000,
        ("From" + " " * 50_000 + "x\n") * 4,
    ],
)
def test_no_text_keeps_us_busy(text: str) -> None:
    begun = time.process_time()

    new_text(text)

    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "text",
    [
        "De : Bo <bo@lamps.example>\nRépondre à : <shop@lamps.example>\nDate : 4 mai 2026 10:12\n"
        "À : ana@example.org\nObjet : Lampe\n\nElle est rouge ?",
        "-------- Ursprungsbrev --------\nÄmne: Lampa\nDatum: 4 maj 2026 10:12\n"
        "Från: Bo <bo@lamps.example>\n\nÄr den röd?",
    ],
)
def test_a_mail_that_begins_with_a_copy_of_a_header_comes_whole(text: str) -> None:
    assert new_text(text) == (text, False)


def test_a_line_of_who_and_when_stands_above_the_earlier_mail() -> None:
    below = "From: bo@lamps.example Date: Mon, 4 May 2026 10:12:07 +0200\nIt is on its way."
    route = "From: Berlin Date: 4 May 2026 at 10:12:07, by train"

    assert new_text(f"Is it red?\n\n{below}") == ("Is it red?", True)
    assert new_text(f"Is it red?\n\n{route}")[1] is False


@pytest.mark.parametrize(
    "said",
    [
        "Please collect it.\n\nFrom: Berlin\nTo: Munich\nDate: 4 May, 10:00\n\nIs that fine?",
        "Abholen:\nVon: Hamburg\nAn: Köln\nDatum: 4.5. um 10:00 Uhr\nBetreff: Umzug\n\nOK?",
        "I copied it:\n\nDate: 4 May 2026\nTo: Ana\nFrom: Aurora\nSubject: Lamp\n\nNo bulb?",
        "The box says\n-----Original-----\nbut is it one?",
        "Bitte holen:\n\nVon: Markt 5, Köln\nAn: Ihr Lager\nDatum: 12.03.2026\n"
        "Kontakt: ana@example.org\n\nDie Klingel geht nicht.",
        "Von: Montag an\nDatum: 4.5.\nAntwort: ja\nMail: ana@example.org\n\nUnd das Teil?",
    ],
)
def test_what_only_looks_like_the_head_of_a_mail_stays(said: str) -> None:
    assert new_text(said) == (said, False)


@pytest.mark.parametrize(
    "head",
    [
        "------------------ Original ------------------\nFrom: Aurora\nDate: Mon, May 4, 2026",
        '-----"Aurora" <help@aurora.example> wrote: -----\nTo: ana@example.org\nSubject: Lamp',
    ],
)
def test_the_same_words_above_an_earlier_mail_are_its_head(head: str) -> None:
    assert new_text(f"Is it red?\n\n{head}\n\nDear Ana") == ("Is it red?", True)


def test_the_last_line_of_a_copied_header_may_be_broken() -> None:
    head = "Date: 4 May 2026\nFrom: Aurora\nTo:\nana@example.org"

    assert new_text(f"Is it red?\n\n{head}\n\nDear Ana") == ("Is it red?", True)
