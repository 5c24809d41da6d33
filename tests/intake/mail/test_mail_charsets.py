"""Octets to text, whatever the label says."""

import pytest

from intake.channels.mail.charsets import decoded
from intake.channels.mail.encoded_words import words
from intake.channels.mail.headers import Headers

JA = "お世話になっております。先日注文した商品がまだ届いていません。"
ZH = "您好，我的订单什么时候发货？已经等了两个星期了，请尽快回复。"
ZH_HANT = "您好，我的訂單甚麼時候寄出？已經等了兩個星期，請盡快回覆。"
KO = "안녕하세요, 주문한 상품이 아직 도착하지 않았습니다. 확인 부탁드립니다."
RU = "Здравствуйте, мой заказ ещё не пришёл. Когда он будет доставлен?"
AR = "مرحبا، طلبي لم يصل بعد. متى سيصل؟ شكرا جزيلا"
TH = "สวัสดีค่ะ สินค้าที่สั่งไปยังไม่ถึง รบกวนตรวจสอบให้หน่อยค่ะ"
HE = "שלום, ההזמנה שלי עדיין לא הגיעה. מתי היא תגיע?"
DE = "Schöne Grüße, können Sie bitte prüfen?"
ES = "¿Cuándo llegará mi pedido? Gracias, señor."
PL = "Dzień dobry, moja paczka jeszcze nie dotarła. Proszę o odpowiedź."
TR = "Siparişim hâlâ gelmedi, teşekkür ederim."


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (JA, "iso2022_jp", "ISO-2022-JP"),
        (JA, "cp932", "Shift_JIS"),
        (JA, "euc_jp", "EUC-JP"),
        (JA + "①", "cp932", "x-sjis"),
        (JA + "①", "iso2022_jp_2004", "iso-2022-jp"),
        (ZH, "gb18030", "GB2312"),
        (ZH + "㐀镕", "gb18030", "gbk"),
        (ZH_HANT, "big5hkscs", "Big5"),
        (KO, "cp949", "EUC-KR"),
        (KO + "뷁", "cp949", "ks_c_5601-1987"),
        (RU, "cp1251", "windows-1251"),
        (RU, "koi8_r", "KOI8-R"),
        (AR, "cp1256", "windows-1256"),
        (TH, "cp874", "TIS-620"),
        (TH, "cp874", "windows-874"),
        (HE, "cp1255", "windows-1255"),
        (HE, "iso8859-8", "iso-8859-8-i"),
        (PL, "iso8859-2", "iso-8859-2"),
        (PL, "cp1250", '"windows-1250"'),
        (TR, "cp1254", "iso-8859-9"),
        (DE + " – €", "cp1252", "iso-8859-1"),
        (ES, "latin-1", "us-ascii"),
        ("Hi Mom ☺", "utf-7", "unicode-1-1-utf-7"),
    ],
)
def test_a_true_label_is_believed(text: str, codec: str, label: str) -> None:
    assert decoded(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "label", [None, "", "x-unknown", "us-ascii", "default", "utf-8\x00", "rot13"]
)
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (JA, "iso2022_jp"),
        (JA, "cp932"),
        (ZH, "gb18030"),
        (ZH_HANT, "big5hkscs"),
        (KO, "cp949"),
        (RU, "cp1251"),
        (RU, "koi8_r"),
        (AR, "cp1256"),
        (TH, "cp874"),
        (DE, "cp1252"),
        (DE, "utf-8"),
        (JA, "utf-8"),
    ],
)
def test_a_missing_or_senseless_label_is_repaired(text: str, codec: str, label: str | None) -> None:
    assert decoded(text.encode(codec), label) == text


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (JA, "utf-8", "iso-2022-jp"),
        (ZH, "utf-8", "gb2312"),
        (DE, "utf-8", "iso-8859-1"),
        (JA, "cp932", "utf-8"),
        (RU, "cp1251", "iso-8859-1"),
        (RU, "cp1251", "koi8-r"),
        (RU, "koi8-r", "windows-1251"),
        (RU, "koi8-r", "koi8-r"),
        (DE, "cp1252", "utf-8"),
        (f"{TR} Siparişim hâlâ gelmedi, yardım eder misiniz?", "cp1254", "iso-8859-1"),
    ],
)
def test_a_wrong_label_is_repaired(text: str, codec: str, label: str) -> None:
    assert decoded(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "label", [None, "utf-8", "gb2312", "iso-2022-jp", "euc-kr", "utf-16", "hz"]
)
def test_any_octets_are_some_text(label: str | None) -> None:
    for octets in (b"", b"\x00", b"\xff" * 50, bytes(range(256)), b"\x1b$B\xff", b"~{~", b"+AGE"):
        assert isinstance(decoded(octets, label), str)


def test_encoded_words_are_joined_before_they_are_decoded() -> None:
    # given one character cut in two by its writer
    halves = "=?utf-8?b?44GC44E=?= =?utf-8?b?hA==?="

    assert words(halves) == "あい"
    assert words("=?utf-8?q?a?= b =?utf-8?q?c?=") == "a b c"
    assert words("=?iso-2022-jp?b?GyRCJCIbKEI=?= =?utf-8?q?_x?=") == "あ x"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?x-none?q?caf=E9?=", "café"),
        ("=?utf-8?b?!!!?=", ""),
        ("=?utf-8?b?Y2Fmw6k?=", "café"),
        ("=?utf-8*es?q?ma=C3=B1ana?=", "mañana"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("no words", "no words"),
        ("=?utf-8?q?=ZZ?=", "=ZZ"),
    ],
)
def test_broken_words_are_read_as_far_as_they_go(written: str, read: str) -> None:
    assert words(written) == read


def test_raw_octets_in_a_header_are_read_by_their_looks() -> None:
    def subject(octets: bytes) -> str | None:
        raw = octets.decode("ascii", "surrogateescape")
        return Headers([("Subject", raw)]).text("subject")

    assert subject("¿Dónde está?".encode()) == "¿Dónde está?"
    assert subject("Grüße".encode("latin-1")) == "Grüße"
    assert subject(JA.encode("iso2022_jp")) == JA


def test_people_are_found_however_they_are_written() -> None:
    headers = Headers(
        [
            ("From", '"Pérez, Ana" <Ana@Example.org>'),
            ("To", "=?utf-8?q?P=C3=A9rez=2C_Eva?= <eva@example.org>, bare@example.org"),
            ("Cc", "undisclosed-recipients:;"),
            ("Bcc", "broken <<x@y.example"),
        ]
    )

    assert headers.mailboxes("from") == [("Pérez, Ana", "ana@example.org")]
    assert headers.mailboxes("to") == [
        ("Pérez, Eva", "eva@example.org"),
        (None, "bare@example.org"),
    ]
    assert headers.mailboxes("cc") == []
    assert [box.address for box in headers.mailboxes("bcc")] == ["x@y.example"]


@pytest.mark.parametrize(
    "written", ["", "soon", "Mon, 99 Foo 2026", "Mon, 04 May 2026 12:00", "9" * 400]
)
def test_a_date_that_is_none_is_none(written: str) -> None:
    found = Headers([("Date", written)]).date()

    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gb18030", "您好，我的订单还没有收到，请帮我查询一下物流信息"),
        ("big5", "您好，我的訂單還沒有收到，請幫我查詢一下物流資訊，謝謝"),
        ("shift_jis", "注文した商品がまだ届いていません。確認をお願いします。"),
        ("euc-jp", "注文した商品がまだ届いていません。確認をお願いします。"),
        ("euc-kr", "주문한 상품이 아직 도착하지 않았습니다. 확인 부탁드립니다."),
        ("cp1250", "Proszę o informację, kiedy wyślą państwo moją paczkę"),
        ("iso8859-2", "Proszę o informację, kiedy wyślą państwo moją paczkę"),
        ("cp1251", "Здравствуйте, мой заказ ещё не пришёл, когда вы его отправите?"),
        ("koi8-r", "Здравствуйте, мой заказ ещё не пришёл, когда вы его отправите?"),
        ("koi8-r", "Лампа не горит, что делать?"),
        ("cp1251", "Здравейте, кога ще пристигне пратката ми?"),
        ("koi8-u", "Вітаю, моє замовлення ще не прийшло, коли ви його відправите"),
        ("cp866", "Здравствуйте, мой заказ еще не пришел"),
        ("cp1252", "Grüße, où est ma commande “123” — señor"),
        ("iso8859-15", "Où est ma commande à 5 € ?"),
        ("cp1253", "Καλημέρα, πού είναι η παραγγελία μου;"),
        ("cp1254", "Merhaba, siparişim henüz gelmedi, ne zaman göndereceksiniz"),
        ("cp1255", "שלום, ההזמנה שלי עדיין לא הגיעה"),
        ("cp1256", "مرحبا، لم يصل طلبي بعد، متى سترسلونه"),
        ("cp1257", "Sveiki, mano užsakymas dar neatėjo, kada išsiųsite"),
        ("cp874", "สวัสดีค่ะ สินค้ายังไม่ได้รับ กรุณาตรวจสอบ"),
    ],
)
@pytest.mark.parametrize("label", [None, "us-ascii", "utf-8", "iso-8859-1", "klingon"])
def test_a_charset_shows_in_what_it_says(codec: str, text: str, label: str | None) -> None:
    assert decoded(text.encode(codec), label) == text


def test_a_label_of_the_west_is_believed_where_it_reads_well() -> None:
    for text in ("Ça va, à bientôt", "Jag är på väg, hälsa Åsa", "Não é só você", "Það er gott"):
        assert decoded(text.encode("cp1252"), "iso-8859-1") == text


@pytest.mark.parametrize("label", [None, "us-ascii", "utf-8", "klingon"])
def test_a_pair_of_polish_octets_is_no_chinese(label: str | None) -> None:
    text = "Dzień dobry, moje zamówienie jeszcze nie dotarło, proszę."

    assert decoded(text.encode("iso-8859-2"), label) == text


def test_what_windows_writes_as_iso_2022_jp_is_read() -> None:
    """NEC's row 13 and IBM's signs in two octets, half-width kana in one."""
    written = b"\x1b$B-!\x1b(B \x1b$B-j9C<R\x1b(B, \x1b(I2@\x1b(B, \x1b$B|b\x1b(J!"

    assert decoded(written, "iso-2022-jp") == "① ㈱甲社, ｲﾀ, 髙!"
    assert words("=?iso-2022-jp?B?GyRCLSEbKEIgGyRCNF0bKEI=?=") == "① 丸"


def test_two_stray_octets_before_ascii_are_no_mark_of_utf_16() -> None:
    assert "my order" in decoded(b"\xff\xfe\x00my order\r\n", None)


@pytest.mark.parametrize("text", ["破損していました", "Сломано", "broken lamp"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_text_in_utf_16_is_known_by_its_mark(text: str, codec: str) -> None:
    assert decoded(f"\ufeff{text}".encode(codec), None) == text


@pytest.mark.parametrize("label", ["utf-16", "us-ascii", None])
def test_a_mark_of_utf_16_is_believed_though_an_octet_is_missing(label: str | None) -> None:
    octets = "\ufeffLámpara rota".encode("utf-16-le")

    assert decoded(octets, label) == "Lámpara rota"
    assert decoded(octets[:-1], label).startswith("Lámpara rot")


@pytest.mark.parametrize("text", ["Où est mon colis ?", "Naïve", "Le coût, où ?", "un cœur"])
def test_a_letter_or_two_are_no_reason_to_doubt_a_label(text: str) -> None:
    assert decoded(text.encode("cp1252"), "iso-8859-1") == text


def test_no_word_goes_on_with_a_capital_behind_a_small_letter() -> None:
    assert decoded("¿Dónde está?".encode("latin-1"), None) == "¿Dónde está?"
