"""Notes of absence that only their subject gives away: `Urlaub: Re: Lamp`, `On vacation`.

Customers write such subjects too, of a parcel that comes while they are away. So a note is a
machine's only where it asks nothing and speaks of nothing that a shop does.
"""
# ruff: noqa: E501 - a phrase a line

import re

_SUBJECT = re.compile(
    r"^[\s\[(*<]{0,4}(?:"
    r"ooo|(?:annual|maternity|parental) leave|(?:i(?:'| a)m |we(?:'| a)re |am )?(?:currently )?(?:on (?:vacation|holidays?|(?:annual |maternity |parental |sick )?leave|business travel)|"
    r"away from (?:my|the) (?:mail|desk|office)(?: reply)?|away|traveling|travelling)|vacation|holiday notice|absent|"
    r"(?:ich bin |wir sind )?(?:zurzeit |derzeit )?(?:im urlaub|abwesend|nicht im (?:büro|haus)|nicht erreichbar|außer haus)|abwesenheit|urlaub|urlaubs(?:meldung|notiz|zeit)|betriebsferien|"
    r"(?:je suis )?(?:absen(?:ce|te?)(?: du bureau)?|en (?:vacances|congés?))|congés?|"
    r"(?:estoy )?(?:de vacaciones|ausente)|vacaciones|(?:estou )?(?:de férias|ausente)|férias|ausência|"
    r"(?:sono )?(?:in ferie|assente)|ferie|chiusura (?:estiva|per ferie)|"
    r"(?:ik ben )?(?:afwezig|op vakantie|met vakantie|niet op kantoor)|afwezigheid|vakantie|"
    r"(?:jestem )?na urlopie|urlop|nieobecność|nieobecn[ay]|(?:я )?в отпуске|отпуск|нет на месте|у відпустці|"
    r"semester|på semester|frånvaro|ej på kontoret|fravær|på ferie|ikke på kontoret|(?:olen )?lomalla|loma|poissa|"
    r"izindeyim|tatildeyim|dovolená|szabadság|szabadságon|în concediu|concediu|σε άδεια|"
    r"[\w'./-]{1,30}(?: [\w'./-]{1,30}){0,4} (?:is (?:currently )?(?:out of (?:the )?office|on (?:vacation|leave))|ist (?:nicht im (?:büro|haus)|außer haus|abwesend|im urlaub)|"
    r"est absente?(?: du bureau)?|está ausente|è assente|is afwezig|är inte på kontoret|er ikke på kontoret)|"
    r"休暇(?:中|のお知らせ)?|不在(?:のお知らせ|通知|連絡)?|外出中|休假(?:中|通知)?|外出|(?:휴가|부재|출장) ?중?(?: ?안내)?|في إجازة|בחופשה"
    r")(?:[\])*>]{1,3}|\s*(?:$|[:：;!.,|/–—-]|\(|（)|\s+(?:\d|until|till|from|bis|vom|ab|jusqu|du|hasta|del|até|fino|dal|tot|van|do|od|до|с|till|från|til|fra)\b|"
    r"\s+(?:re|aw|antw|sv|vs|odp)\s?:)",
    re.IGNORECASE,
)
OF_A_SHOP = re.compile(
    r"[?？¿]|neighbou?r|nachbar|voisin|vecin[oa]|vizinh|vicin[oa]\b|\bburen|buur(?:man|vrouw)|sąsiad|сосед|сусід|"
    r"grann|\bnabo|naapuri|komşu|soused|szomszéd|隣|邻居|鄰居|이웃|\bleave (?:it|the|my|them)\b|"
    r"\bgarde[rz]\b|\bguard(?:ar|en|em)\b|aufbewahr|bewaren|przechow|задерж|\bhold (?:it|the|my)\b|\border|parcel|package|deliver|shipment|shipping|\bshipped|refund|invoice|tracking|\bpaid\b|"
    r"bestell|auftrag|paket|päckchen|liefer|zustell|zugestellt|retour|erstatt|rechnung|"
    r"commande|colis|livr|rembours|pedido|paquete|env[íi]o|entreg|reembols|factura|encomenda|fatura|"
    r"\bordin|pacco|conseg|spedi|rimbors|fattura|bezorg|levering|factuur|zamówieni|paczk|dostaw|zwrot|faktur|"
    r"заказ|посылк|достав|возврат|замовлен|beställ|leverans|\bordre|pakke|tilau|toimitu|lähety|sipariş|kargo|"
    r"objednávk|zásilk|balík|rendelés|csomag|comand|colet|παραγγελ|δέμα|"
    r"注文|荷物|配送|返品|配達|订单|包裹|快递|发货|退款|訂單|貨|주문|택배|배송|환불|طلب|שילוח|הזמנה",
    re.IGNORECASE,
)
"""What a customer asks a shop, or speaks to it of."""
_LONGEST = 2_000


def may_be_absence(subject: str) -> bool:
    """Whether a subject is nothing but somebody's absence."""
    return bool(_SUBJECT.match(subject))


def says_only_that(text: str) -> bool:
    """Whether the new text of such a mail asks nothing and speaks of no shop's doings."""
    return 0 < len(text.strip()) <= _LONGEST and not OF_A_SHOP.search(text)
