"""Words under a false label, or under none, are read as they were written; true labels stay."""

import base64
import unicodedata
from typing import Any

import pytest

from intake.channels.mail.charsets import decoded, read
from intake.channels.mail.guesses import best_guess

WEST = "cp1252"
SENTENCES = {
    "cp1252": [
        "Où est ma commande ?",
        "La taglia è sbagliata, si può cambiare? Più tardi va bene.",
        "Ik ben geïnteresseerd in één financiële vraag",
        "Përshëndetje, kur do të vijë porosia ime? Kam dy javë që pres.",
        "Não é só você: põe as informações, por favor",
        "Kas te võiksite muuta tarneaadressi? Kolisin Põlvasse.",
        "Jeg ønsker pengene tilbage, for pakken er ødelagt",
        "Hvenær kemur pöntunin mín? Það er ekki gott.",
        "3º piso, Nº 12, España",
        "Größe",
    ],
    "cp1250": [
        "Két hete várok rá, és nem kapok időpontot. Előre is köszönöm.",
        "Az esernyő törött",
        "Zły rozmiar",
        "Kiedy dotrze moje zamówienie? Proszę o zwrot pieniędzy.",
        "Zboží je poškozené, žádám vrácení peněz",
        "Nesprávna veľkosť, ďakujem",
        "Aştept de două săptămâni şi nu am primit nimic, mulţumesc",
        "Oštećen paket, molim vraćanje novca što prije",
    ],
    "iso8859-2": [
        "Možecie zmienić adres, zanim wyślecie przesyłkę?",
        "Boxul este prea greu, vă rog",
    ],
    "cp1254": ["Siparişim hâlâ gelmedi", "Yanlış renk, iade istiyorum", "Ürün kırık geldi"],
    "cp1257": ["Kur mano užsakymas? Ačiū", "Sūtījums pienāca bojāts, vēlos saņemt naudu atpakaļ"],
    "cp1258": ["Đơn hàng của tôi đâu? Tôi đã đợi hai tuần rồi"],
    "cp1251": ["Где мой заказ?", "Верните деньги", "Добар дан, када стиже моја поруџбина?"],
    "koi8-u": ["Де моє замовлення?", "Неверный размер"],
    "cp1253": ["Πού είναι η παραγγελία μου;", "Λάθος μέγεθος"],
    "cp1255": ["איפה ההזמנה שלי?", "אני רוצה החזר"],
    "cp1256": ["أين طلبي؟", "متى يصل طلبي؟ أنتظر منذ أسبوعين"],
    "cp874": ["สินค้าอยู่ไหน", "ขอคืนเงิน"],
    "cp932": ["返品したいです", "まだ届きません"],
    "euc_jp": ["返品したいです", "注文した商品がまだ届いていません"],
    "gb18030": ["我要退款", "订单在哪里", "什么时候发货"],
    "big5": ["我要退款", "訂單在哪裡", "什麼時候出貨"],
    "cp949": ["환불 해주세요", "주문한 상품이 언제 도착하나요?"],
}
WRITTEN = [(codec, text) for codec, texts in SENTENCES.items() for text in texts]


def octets_of(text: str, codec: str) -> bytes:
    """As its writer's program has it: Vietnamese with its tones behind their letters."""
    if codec != "cp1258":
        return text.encode(codec)
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    apart = [unicodedata.normalize("NFD", one) for one in text]
    return "".join(
        unicodedata.normalize("NFC", "".join(c for c in one if c not in tones))
        + "".join(c for c in one if c in tones)
        for one in apart
    ).encode(codec)


@pytest.mark.parametrize("label", [None, "us-ascii", "iso-8859-1", "utf-8", "x-unknown"])
@pytest.mark.parametrize(("codec", "text"), WRITTEN)
def test_a_label_that_is_on_everything_costs_no_letter(
    codec: str, text: str, label: str | None
) -> None:
    assert decoded(octets_of(text, codec), label) == text


@pytest.mark.parametrize(("codec", "text"), WRITTEN)
def test_a_true_label_costs_no_letter_and_says_nothing(codec: str, text: str) -> None:
    label = {"cp932": "shift_jis", "cp949": "ks_c_5601-1987", "cp874": "tis-620"}.get(codec, codec)
    found = read(octets_of(text, codec), label)

    assert (found.text, found.note(label)) == (text, None)


@pytest.mark.parametrize(
    ("codec", "label", "text"),
    [
        ("cp1251", "koi8-r", "Здравствуйте, когда придёт мой заказ?"),
        ("koi8-r", "windows-1251", "Здравствуйте, когда придёт мой заказ?"),
        ("iso8859-5", "windows-1251", "Где мой заказ?"),
        ("cp1250", "iso-8859-2", "Wyślecie jeszcze dziś? Ťažko"),
        ("iso8859-2", "windows-1250", "Dąbrowa, wyślecie jeszcze dziś?"),
        ("cp1253", "iso-8859-7", "Άλλο μέγεθος, παρακαλώ"),
        ("big5", "gb2312", "您好，我的訂單什麼時候到？"),
        ("gb18030", "big5", "您好，我的订单什么时候到？"),
        ("euc_jp", "shift_jis", "商品が破損していたので、返金をお願いします。"),
        ("cp932", "iso-2022-jp", "商品が破損していたので、返金をお願いします。"),
        ("cp949", "gb2312", "상품이 파손되어 도착했습니다."),
        ("utf-8", "windows-1251", "Größe"),
        ("utf-8", "windows-1250", "Zły rozmiar"),
        ("utf-8", "gb2312", "dov è il mio ordine?"),
    ],
)
def test_a_label_of_another_charset_is_seen_through(codec: str, label: str, text: str) -> None:
    found = read(text.encode(codec), label)

    assert found.text == text
    assert found.note(label)


@pytest.mark.parametrize(
    ("label", "written", "text"),
    [
        ("us-ascii", b"~{NRR*MK?n~} today", "我要退款 today"),
        (None, b"\x1b$)C\x0eH/:R\x0f", "환불"),
        ("iso-8859-1", b"Colis ab+AO4-m+AOk, rembours+AOk !", "Colis abîmé, remboursé !"),
        ("us-ascii", "Lämpa".encode("utf-16-le") + "trasig".encode("utf-16-le"), "Lämpatrasig"),
    ],
)
def test_charsets_that_hide_in_ascii_are_found(
    label: str | None, written: bytes, text: str
) -> None:
    if "환불" in text:
        written = "환불".encode("iso2022_kr")

    assert decoded(written, label) == text


@pytest.mark.parametrize(
    "text",
    [
        "call +34600111222 or +49-30-1234567, 1+1=2, C++",
        "see ~{a} and ~{ab~",
        "SKU+AB12 costs 5",
        "https://shop.example/?q=a+bcd+efg",
    ],
)
def test_what_only_looks_like_them_stays(text: str) -> None:
    for label in (None, "us-ascii", "utf-8", "iso-8859-1"):
        assert decoded(text.encode(), label) == text


@pytest.mark.parametrize("codec", ["cp1252", "cp1251", "cp1250", "koi8-r"])
def test_what_was_written_twice_is_read_once(codec: str) -> None:
    text = "Zażółć, Größe" if codec == "cp1250" else "Größe"
    text = "Где мой заказ" if codec in ("cp1251", "koi8-r") else text
    twice = text.encode().decode(codec).encode()

    assert decoded(twice, "utf-8") == text
    assert "written twice" in str(read(twice, "utf-8").note("utf-8"))


def test_half_width_kana_and_what_koreans_laugh_with_are_believed() -> None:
    assert decoded("ﾊｲ ﾜｶﾘﾏｼﾀ".encode("cp932"), "shift_jis") == "ﾊｲ ﾜｶﾘﾏｼﾀ"
    assert decoded("ㅇㅋ 감사".encode("cp949"), "euc-kr") == "ㅇㅋ 감사"


def test_octets_that_say_nothing_are_no_charset() -> None:
    assert best_guess(b"\x81\x8d\x8f\x90\x9d" * 3) is None


@pytest.fixture
def mail(read: Any) -> Any:
    """Reads a mail of a subject, a name and a text as octets."""

    def make(subject: bytes, text: bytes, kind: str) -> Any:
        head = b"From: %b <ana@example.org>\r\nSubject: %b\r\n" % (subject, subject)
        head += b"Date: Mon, 04 May 2026 13:50:00 +0200\r\nContent-Type: "
        reading = read(head + kind.encode() + b"\r\n\r\n" + text)
        [found] = reading.items
        return found.event, reading.notes

    return make


def test_repairs_are_told_by_what_was_declared_and_what_was_read(mail: Any) -> None:
    text = "Két hete várok rá, és nem kapok időpontot."
    subject = b"=?iso-8859-1?b?" + base64.b64encode("Az esernyő".encode("cp1250")) + b"?="
    event, notes = mail(subject, text.encode("cp1250"), "text/plain; charset=iso-8859-1")

    assert (event.text, event.subject, event.sender_name) == (text, "Az esernyő", "Az esernyő")
    assert set(notes) == {
        "declared iso-8859-1, read as windows-1250",
        "its subject: declared iso-8859-1, read as windows-1250",
        "its sender's name: declared iso-8859-1, read as windows-1250",
    }


def test_nothing_is_told_of_what_was_declared_truly(mail: Any) -> None:
    subject = "=?iso-8859-2?q?Z=B3y?="
    event, notes = mail(subject.encode(), "Zły rozmiar".encode(), "text/plain; charset=UTF-8")

    assert (event.subject, event.text, notes) == ("Zły", "Zły rozmiar", ())


def test_octets_without_a_label_in_a_header_are_read_as_the_text_is(mail: Any) -> None:
    subject = "谢谢".encode("gb18030")
    event, notes = mail(subject, "什么时候发货？".encode("gb18030"), "text/plain; charset=gbk")

    assert (event.subject, event.sender_name) == ("谢谢", "谢谢")
    assert "its subject: declared no charset, read as gb18030" in notes
    event, notes = mail("Größe".encode(), b"hi", "text/plain")
    assert (event.subject, notes) == ("Größe", ())


@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii", "x-none", "utf-8"])
def test_a_page_that_names_its_own_charset_is_heard(mail: Any, label: str) -> None:
    page = '<html><head><meta charset="{}"></head><body><p>Kąt</p></body></html>'
    octets = page.format("iso-8859-2").encode("iso-8859-2")
    event, notes = mail(b"x", octets, f"text/html; charset={label}")

    assert event.text == "Kąt"
    assert f"declared {label}, read as iso-8859-2" in notes
    wrong = page.format("windows-1251").encode()
    assert mail(b"x", wrong, "text/html; charset=utf-8")[0].text == "Kąt"


def test_a_label_of_a_stranger_is_told_without_what_breaks_a_line(mail: Any) -> None:
    _, notes = mail(b"x", "Größe".encode("cp1252"), 'text/plain; charset="<b>\x1b[1m;x"')

    assert "declared b1mx, read as windows-1252" in notes
