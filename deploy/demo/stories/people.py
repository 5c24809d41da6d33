"""The people of the stories: who writes or buys, where, and in what words."""

from dataclasses import dataclass
from decimal import Decimal

from deploy.demo.installation import AURORA, KAEDE
from deploy.demo.world.shapes import Buyer, Line


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A customer who writes, and what an agent answers him."""

    name: str
    store_id: str
    channel: str
    address: str
    """Phone (E.164) or mail address; empty for a chat's visitor."""
    text: str
    answer: str
    subject: str | None = None
    locale: str | None = None


LUCIA = Writer(
    name="Lucía Fernández",
    store_id=AURORA,
    channel="whatsapp",
    address="+34612345678",
    text=(
        "Hola, compré unos pendientes hace dos semanas y todavía no me han llegado. "
        "¿Me podéis decir dónde están?"
    ),
    answer="Hola, Lucía: tu paquete salió ayer y llega mañana. Te aviso en cuanto lo entreguen.",
)
SIU_MING = Writer(
    name="陳小明",
    store_id=KAEDE,
    channel="whatsapp",
    address="+85251234567",
    text="你好，我上個禮拜買咗隻茶杯，而家仲未收到，係咪寄漏咗呀？唔該幫我睇吓。",
    answer="你好，隻茶杯琴日已經寄出咗，聽日應該會到，唔使擔心。",
)
YUKI = Writer(
    name="佐藤 由紀",
    store_id=KAEDE,
    channel="mail",
    address="yuki.sato@example.jp",
    subject="注文した湯呑みについて",
    text=(
        "お世話になっております。\n"
        "先日注文した湯呑みが届いたのですが、箱を開けたら縁が欠けていました。\n"
        "交換していただくことはできますか。\n"
    ),
    answer="ご不便をおかけして申し訳ございません。新しい湯呑みを本日お送りいたします。",
)
MARYAM = Writer(
    name="مريم",
    store_id=AURORA,
    channel="chat",
    address="",
    locale="ar",
    text="مرحبا، أريد أن أعرف هل يمكنكم تغيير مقاس الخاتم بعد الشراء؟",
    answer="أهلاً مريم، نعم نغيّر مقاس الخاتم مجاناً خلال ثلاثين يوماً من الشراء.",
)
SOMCHAI = Writer(
    name="สมชาย",
    store_id=KAEDE,
    channel="whatsapp",
    address="+66812345678",
    text="สวัสดีครับ ผมสั่งกาน้ำชาไปเมื่ออาทิตย์ที่แล้วแต่ยังไม่ได้รับของเลยครับ ช่วยเช็คให้หน่อยได้ไหมครับ",
    answer="Hello, your teapot left our warehouse yesterday and should arrive on Friday.",
)

WRITERS = (LUCIA, SIU_MING, YUKI, MARYAM, SOMCHAI)

HARUTO = Buyer(
    first_name="陽翔",
    last_name="田中",
    mail="haruto.tanaka@example.jp",
    phone="+819012345678",
    locale="ja",
    street="銀座1-2-3",
    city="東京都中央区",
    postal_code="104-0061",
    country="JP",
)
"""Buys from Aurora, in Spain."""
RING = Line(title="Anillo Alba", sku="AU-RING-54", quantity=1, price=Decimal("189.00"))

KLARA = Buyer(
    first_name="Klara",
    last_name="Brandt",
    mail="klara.brandt@example.de",
    phone="+4915112345678",
    locale="de-DE",
    street="Lindenweg 7",
    city="Leipzig",
    postal_code="04109",
    country="DE",
)
"""Buys from Kaede, in Japan."""
TEAPOT = Line(title="南部鉄器 急須", sku="KA-POT-2", quantity=1, price=Decimal(18800))

NOURA = Buyer(
    first_name="نورة",
    last_name="المنصوري",
    mail="noura@example.ae",
    phone="+971501234567",
    locale="ar",
    street="شارع الوصل 18",
    city="دبي",
    postal_code="00000",
    country="AE",
)
"""Buys from Aurora in a country for which the policy file has no row."""
PENDANT = Line(title="Colgante Luna", sku="AU-PEND-1", quantity=1, price=Decimal("95.00"))
