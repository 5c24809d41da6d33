"""New text without the signature, in the languages that people and telephones sign in."""

import time
from typing import Any

import pytest

from intake.channels.mail.html import text_of
from intake.channels.mail.signatures import without_signature

TEXT = "The lamp is broken.\nPlease send another one."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAna Pérez\nAvenida 3\n+34 600 111 222",
        "--\nAna",
        "Best regards,\nAna Pérez",
        "Mit freundlichen Grüßen\n\nAnna Maier\nTel. 030 1234",
        "Cordialement,\nAnne",
        "Un saludo,\nAna",
        "Atenciosamente\nAna Souza",
        "Cordiali saluti\nAnna Rossi",
        "Met vriendelijke groet,\nAnna de Vries",
        "Z poważaniem\nAnna Nowak",
        "С уважением,\nАнна Петрова",
        "Med vänliga hälsningar\nAnna Berg",
        "Med venlig hilsen\nAnna Holm",
        "Med vennlig hilsen\nAnna Dahl",
        "Ystävällisin terveisin\nAnna Niemi",
        "━━━━━━━━\n山田花子\n〒100-0001 東京都\nhanako@example.jp",
        "此致\n敬礼！\n王芳",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Wysłane z iPhone'a",
        "Отправлено с iPhone",
        "iPhoneから送信",
        "发自我的iPhone",
        "나의 iPhone에서 보냄",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Get Outlook for Android<https://example.org/x>",
        "Best regards,\nAna\n\nSent from my Galaxy",
        "Thanks and kind regards,\nAna",
        "Thanks,\nAna",
        "Many thanks\n\nAna Pérez\nLamps Ltd\n+34 600 111 222",
        "Thank you!\nana",
        "Vielen Dank im Voraus\nAnna Maier",
        "Merci d'avance,\nAnne",
        "Muchas gracias.\nAna",
        "Obrigada,\nAna Souza",
        "Grazie mille\nAnna",
        "Alvast bedankt,\nAnna de Vries",
        "Z góry dziękuję\nAnna Nowak",
        "Заранее спасибо,\nАнна",
        "Tack på förhand\nAnna",
        "På forhånd tak\nAnna",
        "Takk på forhånd\nAnna",
        "Kiitos etukäteen\nAnna Niemi",
        "谢谢\n王芳",
        "감사합니다.\n김지수 드림",
        "Thanks, Ana",
        "Cheers, Ana",
        "All the best,\n\nAna\n\n* * *\n\nLamps since 1900",
        "Have a nice day\nAna",
        "Auf Wiedersehen\nAnna Maier",
        "Bonne journée,\nAnne",
        "Do widzenia,\nAnna",
        "Mit freundlichen Grüßen",
        "Cordialement,",
        "Med venlig hilsen / Kind regards\n\nAnna Holm\nCEO",
        "Kind Regards\n\n![](https://lamps.example/sign.png)",
        "Grüßle - Anna\n_________________\n\nDr. Anna Maier\nwww.lamps.example",
        "-Ana Pérez",
        "Regards,\nAna\n\n**Ana Pérez**,\nLamp Maker\n[picture]",
        "Gesendet mit der mobilen Mail App",
        "Sent from my phone, please excuse any typos.",
        "Poslano z iPhone",
        "Mandato da Libero Mobile",
        "Android için Outlook'u edinin",
        "Tisztelettel,\nSzabó Anna",
        "Udv\nAnna",
        "——————————————\n\n小满\n活动协调人",
        "Vielen Dank und viele Grüße aus Berlin\nAna",
        "С уважением, Анна Петрова",
        "Hilsen Ana",
        "--Ana Pérez\nLAMPS, S.L.",
        "김지수 드림",
        "Odoslané z iPhonu",
        "Az iPhone-omról küldve",
        "Trimis de pe iPhone-ul meu",
        "Στάλθηκε από το iPhone μου",
        "נשלח מה-iPhone שלי",
        "مُرسل من الـ iPhone",
        "Đã gửi từ iPhone của tôi",
        "ส่งจาก iPhone ของฉัน",
        "Dikirim dari iPhone saya",
        "Надіслано з iPhone",
        "Outlook für iOS<https://example.org/x> beziehen",
        "Outlook for iOS を入手",
        "获取 Outlook for iOS",
        "iOS용 Outlook 다운로드",
        "Sent from my Verizon, Samsung Galaxy smartphone",
        "Enviado desde Correo para Windows",
        "Provenance : Courrier pour Windows 10",
        "Sent with [Proton Mail](https://example.org/) secure email.",
    ],
)
def test_the_signature_is_left_out(signature: str) -> None:
    assert without_signature(f"{TEXT}\n\n{signature}\n") == TEXT


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\n\nRegards,\nAna\n\nPS: and a bulb",
        f"{TEXT}\n\nRegards,\nAna\nOrder 1001",
        f"{TEXT}\n\nBest,\nwhat colour is it?",
        f"{TEXT}\n\nThanks,\nI will wait for it.",
        f"{TEXT}\n\nThank you\nplease send two",
        f"{TEXT}\n\nThanks\nAna\nIt was the red one that came broken, not the blue one.",
        f"{TEXT}\n\nThanks for the lamp\nAna",
        f"{TEXT}\n\nThanks,\nInvoice 2024-11",
        f"{TEXT}\n\nBest wishes,\nAna\n\nBut what do I do with the old one? It works",
        f"{TEXT}\n\nRegards,\nAna\n\nPlease send the new one to my brother in Porto",
        f"{TEXT}\n\nMit freundlichen Grüßen\nAnna\n\nIch bin ab Montag verreist, leider länger",
        f"{TEXT}\n\nIt is this one:\nLG",
        f"{TEXT}\n\nIt came without\n-Shade\n-Bulb",
        "Thanks,\nAna",
        f"{TEXT}\n\nSent from my desk, where it is quiet.",
        f"{TEXT}\n\n----\n\n1. one\n2. two",
        "With regards to the lamp:\nit is broken",
        "I sent from my phone the picture that you wanted.",
        "-- first point\n-- second point",
        f"{TEXT}\n\nSent from China, it came broken",
        f"{TEXT}\n\nSent from my shop, by far the best place for a telephone",
        f"{TEXT}\n\nGesendet vom Lager am Montag",
        f"{TEXT}\n\nОтправлено с задержкой",
        f"{TEXT}\n\nEnviado desde Madrid el lunes",
        f"{TEXT}\n\nLG TV",
        f"{TEXT}\n\n--------------\n\nred, two of it\nblue",
        f"{TEXT}\n\n--Ana\nsays so\nand Eva\nand Bo\nand all\nof us",
        f"{TEXT}\n\nBest wishes for the lamp",
        f"{TEXT}\n\n取得しました",
        "-- \nAna",
        "Saludos",
        "",
    ],
)
def test_what_only_looks_like_a_signature_stays(text: str) -> None:
    assert without_signature(text) == text


@pytest.mark.parametrize("mark", ["Sent from my iPhone", "Gesendet mit iPhone"])
def test_the_line_of_a_device_above_the_text_is_left_out(mark: str) -> None:
    assert without_signature(f"{mark}\n\n{TEXT}") == TEXT
    assert without_signature(f"{mark}\n{TEXT}") == f"{mark}\n{TEXT}"


@pytest.mark.parametrize(
    ("mark", "below"),
    [
        ("Sent from my iPhone", "Blue please, and two of them."),
        ("Von meinem iPhone gesendet", "Ach ja, und bitte auch den Stuhl zurücknehmen."),
        ("Envoyé de mon iPhone", "Et quand arrive la chaise ?"),
        ("iPhoneから送信", "椅子も返品したいです。"),
    ],
)
def test_what_is_written_on_under_the_line_of_a_device_stays(mark: str, below: str) -> None:
    assert without_signature(f"{TEXT}\n\n{mark}\n\n{below}").endswith(below)


def test_the_marks_of_programs_show_it_in_html() -> None:
    html = "<p>New</p><div class='gmail_signature'>Ana, Madrid</div>"

    assert text_of(html) == ("New", False)
    assert text_of("<div class='moz-signature'>Ana</div>") == ("Ana", False)


def test_a_rule_above_the_earlier_mail_is_no_text(read: Any, written: Any) -> None:
    header = "From: A <a@b.example>\nSent: May 4, 2026\nTo: b\nSubject: x"
    text = f"{TEXT}\n\n________________________________\n{header}\n\nold"

    assert read.message(written(text)).event.text == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "x\n" + "-" * 500_000,
        "x\n" + "- " * 200_000 + "x",
        "x\nbest" + " " * 300_000,
        "Sent from " * 50_000,
        "x\n" + "-- \n" * 20_000,
        "x\n" + "[https://a]<b>\n" * 20_000,
        "x\n" + "[cid:image001.png@a]" * 20_000,
    ],
)
def test_no_signature_keeps_us_busy(text: str) -> None:
    begun = time.process_time()

    without_signature(text)

    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("said", "signature"),
    [
        ("Please call me back.", "Best regards,\nAna\n+34 600 111 222"),
        ("Rufen Sie mich bitte an.", "LG\nAnna\n0170 1234567"),
        ("Appelez-moi, merci.", "Cordialement,\nAnne\n06 12 34 56 78"),
        ("Llámeme, por favor.", "Un saludo,\nAna\n600 111 222"),
        ("Позвоните мне, пожалуйста.", "С уважением,\nАнна\n+7 900 123-45-67"),
        ("Send it to my new address.", "Thank you\nAna Pérez\nAvenida 3\n28001 Madrid"),
        ("Please use the address below.", "-- \nAna Pérez\nAvenida 3\n28001 Madrid"),
        ("Unsere neue Adresse steht hier.", "Viele Grüße\nAnna Maier\nGasse 7\n80331 München"),
        ("Mon adresse a changé.", "Cordialement\nAnne\n3 rue Haute\n75001 Paris"),
        ("Zmieniłam adres, jest poniżej.", "Pozdrawiam\nAnna Nowak\nul. Krótka 3\n00-001 Warszawa"),
    ],
)
def test_a_signature_that_the_text_points_at_stays(said: str, signature: str) -> None:
    whole = f"{said}\n\n{signature}"

    assert without_signature(whole) == whole
    assert without_signature(f"{TEXT}\n\n{signature}") == TEXT


def test_a_marked_signature_that_the_text_points_at_stays_too() -> None:
    signature = "<div class='gmail_signature'>Ana<br>+34 600 111 222</div>"

    assert "600 111" in text_of(f"<p>Please call me.</p>{signature}")[0]
    assert text_of(f"<p>Is it red?</p>{signature}")[0] == "Is it red?"
    assert text_of("<p>Is it red?</p><div class='io-ox-signature'>Ana</div>")[0] == "Is it red?"
