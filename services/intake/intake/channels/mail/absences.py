"""Notes of absence that only their subject gives away: `Urlaub: Re: Lamp`, `On vacation`.

Customers write such subjects too, of a parcel that comes while they are away. So a note is a
machine's only where it asks nothing and speaks of nothing that a shop does. Of somebody else's
absence (`The caretaker is on vacation`) they write of much: there the text must tell of it too.
"""
# ruff: noqa: E501 - a phrase a line

import re

_I_AM_AWAY = (
    r"ooo|(?:i(?:'| a)m |we(?:'| a)re |am )?(?:currently )?(?:on (?:vacation|holidays?|(?:annual |maternity |parental |sick )?leave|business travel)|"
    r"away from (?:my|the) (?:mail|desk|office)(?: reply)?|away|traveling|travelling)|vacation|holiday notice|absent|"
    r"(?:ich bin |wir sind )?(?:zurzeit |derzeit )?(?:im urlaub|abwesend|nicht im (?:büro|haus)|nicht erreichbar|außer haus)|abwesenheit|urlaub|urlaubs(?:meldung|notiz|zeit)|betriebsferien|"
    r"(?:je suis )?(?:absen(?:ce|te?)(?: du bureau)?|en (?:vacances|congés?))|congés?|"
    r"(?:estoy )?(?:de vacaciones|ausente)|vacaciones|(?:estou )?(?:de férias|ausente)|férias|ausência|"
    r"(?:sono )?(?:in ferie|assente)|ferie|chiusura (?:estiva|per ferie)|"
    r"(?:ik ben )?(?:afwezig|op vakantie|met vakantie|niet op kantoor)|afwezigheid|vakantie|"
    r"(?:jestem )?na urlopie|urlop|nieobecność|nieobecn[ay]|(?:я )?в отпуске|отпуск|нет на месте|у відпустці|"
    r"semester|på semester|frånvaro|ej på kontoret|fravær|på ferie|ikke på kontoret|(?:olen )?lomalla|loma|poissa|"
    r"izindeyim|tatildeyim|dovolená|szabadság|szabadságon|în concediu|concediu|σε άδεια|"
    r"休暇(?:中|のお知らせ)?|不在(?:のお知らせ|通知|連絡)?|外出中|休假(?:中|通知)?|外出|(?:휴가|부재|출장) ?중?(?: ?안내)?|في إجازة|בחופשה"
)
_SOMEBODY_IS = (
    r"(?:annual|maternity|parental) leave|"
    r"[\w'./-]{1,30}(?: [\w'./-]{1,30}){0,4} (?:is (?:currently )?(?:out of (?:the )?office|on (?:vacation|leave))|ist (?:nicht im (?:büro|haus)|außer haus|abwesend|im urlaub)|"
    r"est absente?(?: du bureau)?|está ausente|è assente|is afwezig|är inte på kontoret|er ikke på kontoret)"
)
_OR_ELSE = (
    r"(?:[\])*>]{1,3}|\s*(?:$|[:：;!.,|/–—-]|\(|（)|"
    r"\s+(?:\d|until|till|from|bis|vom|ab|jusqu|du|hasta|del|até|fino|dal|tot|van|do|od|до|с|till|från|til|fra)\b)"
)
_ANSWERING = r"\s+(?:re|aw|antw|sv|vs|odp)\s?:"
_SUBJECT = re.compile(rf"^[\s\[(*<]{{0,4}}(?:{_I_AM_AWAY}){_OR_ELSE}", re.IGNORECASE)
_MAYBE_SUBJECT = re.compile(
    rf"^[\s\[(*<]{{0,4}}(?:(?:{_I_AM_AWAY}){_ANSWERING}|(?:{_SOMEBODY_IS})(?:{_OR_ELSE}|{_ANSWERING}))",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"out of (?:the |my |our )?office|\baway\b|\babsent|\bon (?:\w+ )?(?:leave|vacation|holidays?|business|travel)|\b(?:am|be|being) back\b|\breturning\b|"
    r"\b(?:I|we|will|shall) return\b|\baccess to|\bin urgent|\burgent (?:matter|case|issue)|not (?:be )?(?:available|reachable|in the)|"
    r"nicht (?:im (?:büro|haus)|erreichbar)|außer haus|abwesen|\burlaub|\bwieder (?:da|im|ab|am|erreichbar|zurück)|zurück\b|in dringend|"
    r"absente?s?\b|absence|de retour|congés?\b|vacances|d['’]urgence|joignable|\bau bureau\b|"
    r"ausente|de vuelta|regres[ao]|vacaciones|la oficina|casos? urgente|\bassent|rientr|\btorner|\bferie\b|in ufficio|casi urgenti|"
    r"afwezig|\bterug\b|vakantie|verlof|spoedgeval|op kantoor|"
    r"tillbaka|semester|frånvar|kontoret|brådskande|tilbage|tilbake|fravær|"
    r"férias|ausência|\bretorno\b|\bvolt(?:o|arei|amos)\b|nieobecn|\bwr[aó]c|urlop|poissa|lomalla|palaa|отсутств|отпуск|\bвернусь|відпуст|"
    r"休暇|不在|外出|休假|휴가|부재|출장|إجازة|חופשה|izind|tatil|dovolen|szabads|concediu|άδεια",
    re.IGNORECASE,
)
"""What a note of absence tells, by whomever it is written."""
OF_A_SHOP = re.compile(
    r"[?？¿]|neighbou?r|nachbar|voisin|vecin[oa]|vizinh|vicin[oa]\b|\bburen|buur(?:man|vrouw)|sąsiad|сосед|сусід|"
    r"grann|\bnabo|naapuri|komşu|soused|szomszéd|隣|邻居|鄰居|이웃|\bleave (?:it|the|my|them)\b|"
    r"\bgarde[rz]\b|\bguard(?:ar|en|em)\b|aufbewahr|bewaren|przechow|задерж|\bhold (?:it|the|my)\b|\border|parcel|package|deliver|shipment|shipping|\bshipped|refund|invoice|tracking|\bpaid\b|"
    r"bestell|auftrag|paket|päckchen|liefer|zustell|zugestellt|retour|erstatt|rechnung|"
    r"commande|colis|livr|rembours|pedido|paquete|env[íi]o|entreg|reembols|factura|encomenda|fatura|"
    r"\bordin|pacco|conseg|spedi|rimbors|fattura|bezorg|levering|factuur|zamówieni|paczk|dostaw|zwrot|faktur|"
    r"заказ|посылк|достав|возврат|замовлен|beställ|leverans|\bordre|pakke|tilau|toimitu|lähety|sipariş|kargo|"
    r"objednávk|zásilk|balík|rendelés|csomag|comand|colet|παραγγελ|δέμα|"
    r"\bbroken?\b|\bleak|defect|\bdamage|\bfaulty|kaputt|undicht|beschädigt|cass[ée]e?s?\b|\bfuit\b|en panne|\brot[oa]s?\b|\brott[oa]\b|quebrad|\bstuk\b|"
    r"kapot|zepsut|uszkodz|trasig|ödelagd|ødelagt|rikki|сломан|разбит|зламан|壊れ|割れ|破損|坏了|壞了|고장|깨졌|"
    r"注文|荷物|配送|返品|配達|订单|包裹|快递|发货|退款|訂單|貨|주문|택배|배송|환불|طلب|שילוח|הזמנה",
    re.IGNORECASE,
)
"""What a customer asks a shop, or speaks to it of."""
_LONGEST = 2_000


def may_be_absence(subject: str) -> bool:
    """Whether a subject is nothing but somebody's absence."""
    return bool(_SUBJECT.match(subject) or _MAYBE_SUBJECT.match(subject))


def is_absence(subject: str, text: str) -> bool:
    """Whether a mail of such a subject, with this new text, is a note of absence and no more."""
    return says_only_that(text) and bool(_SUBJECT.match(subject) or _AWAY.search(text))


def tells_of_absence(text: str) -> bool:
    """Whether a text, which asks nothing of a shop, tells that somebody is away."""
    return says_only_that(text) and bool(_AWAY.search(text))


def says_only_that(text: str) -> bool:
    """Whether the new text of such a mail asks nothing and speaks of no shop's doings."""
    return 0 < len(text.strip()) <= _LONGEST and not OF_A_SHOP.search(text)
