"""New text without the signature under it.

A signature is what programs put under every mail: behind the delimiter (`-- `, RFC 3676 §4.3), in a
line of a telephone's, or behind a closing and a name. Where the block could say something of its
own (a question, a postscript, an order) it stays: a line too much costs less than a line too few.
"""
# ruff: noqa: E501 - a phrase a line

import re

_DELIMITER = re.compile(r"^--\s{0,2}$")
_DASHES = re.compile(r"^---\s{0,2}$")
_RULE = re.compile(r"^\s*([-_=*━─＝＊~～—–]\s?){4,}$|^__+\s*$")
_CONTACT = re.compile(
    r"@|https?://|www\.|\btel\b|\bfax\b|〒|電話|phone|mobile|\+\d|mailing list|unsubscribe|confidential|"
    r"intended recipient|vertraulich|confidenti|riservat|poufn|конфиденциал|vertrouwelijk",
    re.IGNORECASE,
)
_SAYS_MORE = re.compile(
    r"\?\s*$|？\s*$|^\W*(?:p\.? ?s\.?|n\.?b\.?|edit|update)\b\s*[:.,]|"
    r"\b(?:order|bestell|auftrag|commande|pedido|encomenda|ordine|bestelling|zam[oó]wieni|ordre|best[äa]llning|"
    r"tilaus|tracking|invoice|rechnung|facture|factura|fattura|faktur)\w*\b.{0,30}\d|заказ|注文|订单|訂單|주문",
    re.IGNORECASE | re.MULTILINE,
)
_MOST = 500_000
_MOST_LINES = 30
_MOST_BLOCKS = 2
"""Under a name a company's program may put a block of its own."""
_LONGEST_NAME = 60
_LONGEST_CLOSING = 80
_LONG_RULE = 10

_DEVICE = (
    r"ios|i-?phon\w{0,8}|i-?pad\w{0,6}|i-?pod|apple watch|android|black-?berry|smart-?phone|mobile|handy|phone|m[óo]vil|"
    r"celular|t[ée]l[ée]phone|cellulare|telefo[nó]\w*|tablet\w*|samsung|galaxy|huawei|honor|xiaomi|redmi|htc|lg|"
    r"nokia|sony|xperia|pixel|oneplus|oppo|motorola|lumia|windows|icloud|outlook|yahoo|typeapp|"
    r"(?:mobilen? |mobile )?e?mail[- ]app|mailbox|boxer|libero|proton ?mail|blue ?mail|mail(?: app)? (?:for|für|pour|para|per|voor)|gmail|gmx|web\.de|aol|spark|mailbird|"
    r"airmail|newton|edison|thunderbird|k-9|mail\.ru|yandex|puhel\w*|почт\w*|телефон\w*|устройств\w*|手机|手機|スマートフォン|携帯"
)
_SENT = (
    r"sent (?:wirelessly )?(?:from|via|with|using|by)|get\b|gesendet (?:von|vom|mit|aus|über)|"
    r"(?:diese nachricht wurde )?von meine[mr]\b|outlook für|holen sie sich|envoy[ée]+ (?:sans fil )?(?:de|depuis|à partir|avec|via|par)|"
    r"t[ée]l[ée]charge[rz]|obtenir|obten(?:er|ga)|obt(?:er|enha)|enviad[oa] (?:desde|do|da|de|a partir|con|com|por|via|pelo)|"
    r"inviat[oa] (?:da|dal|dall|con|tramite)|ottieni|scarica|ver(?:stuurd|zonden) (?:vanaf|vanuit|met|via|van)|download|"
    r"wys[łl]an[eoy] (?:z|ze|za|przez)|pobierz|отправлено (?:с|из|от|через)|скачать|получите|skicka(?:t|des) från|hämta|"
    r"sendt (?:fra|med|via)|hent|lähetetty|hanki|gönderildi|odesláno (?:z|ze|přes)|发自|發自|从我的|從我的|"
    r"odoslané z|trimis de (?:pe|la)|στάλθηκε από|נשלח מ|م[ُ]?رسل من|أ[ُ]?رسلت من|đã gửi từ|ส่งจาก|dikirim dari|poslano [sz]|mandato d(?:a|al)|"
    r"надіслано (?:з|із|через)|изпратено от|enviat des de|获取|取得|provenance ?:"
)
_MOBILE = re.compile(
    rf"^(?!.*,\s)\W*(?:(?:{_SENT}).{{0,40}}?(?<![a-z])(?:{_DEVICE})(?![a-z]).{{0,30}}|.{{0,30}}(?:から送信(?:されました)?|에서 보(?:냄|냈습니다)|gesendet|gönderildi|küldve)"
    rf"|.{{0,20}}(?:{_DEVICE}).{{0,20}}(?:gesendet|から送信(?:されました)?|에서 보(?:냄|냈습니다)|发送|傳送|lähetetty|"
    rf"beziehen|herunterladen|downloaden|скачать|を入手|다운로드|받기|edinin))"
    rf"\W*$",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"^\W*!?\[[^\]]*\](?:\([^()\s]*\))?\W*$|^\W*<https?://\S+>\W*$")
"""A line of nothing but a picture or a link, as HTML becomes text."""
_SPEAKS = re.compile(
    r"\b(?:(?-i:I|I'm|I've)|my|we|could you|can you|please|ich|mir|mich|mein\w*|bitte|könn(?:en|ten) sie|je|j'ai|mon|mes|pouvez|pourriez|"
    r"yo|quiero|necesito|pueden?|podrían?|eu|meu|minha|podem|preciso|io|mio|vorrei|potete|ik|mijn|kunt|graag|proszę|chcę|mój|moje|"
    r"я|мне|мой|моя|хочу|можете|jag|mitt|jeg|mig|meg|minun|haluan|voitteko)\b|ください|でしょうか|ました|请问|我|주세요|습니다|나요",
    re.IGNORECASE,
)
"""What a person says, and no business card."""
_LEAST_WORDS = 6
_LINK = re.compile(r"[<(]https?://[^<>()\s]{1,150}[>)]|[\[\]]")
_FROM_MINE = re.compile(
    r"^(?:(?:sent )?from my|envoy[ée] (?:de|depuis) mon|enviado (?:desde|do|pelo) (?:mi|meu)|verstuurd vanaf mijn|"
    r"verzonden (?:vanaf|met) mijn|gesendet von meine[mr]|inviato dal mio|wysłan[eo] z moje(?:go|j)|отправлено с моего|"
    r"skickat från min|sendt fra min|envoyé depuis l'application|sent via the|发自(?:我的)?|來自我的|来自我的|"
    r"(?:sent from )?yahoo mail: search, organize,)\s?[^\s,.;!?]{1,25}(?: [^\s,.;!?]{1,15}){0,4}(?:, (?:an? |(?-i:[A-Z]))[^,.]{1,30}(?:phone|device|tablet))?(?:[,.] (?:please )?(?:excuse|forgive|pardon) .{1,40})?[.!]?$"
    r"|^virus-free\.? ?(?:<?(?:https?://)?www\.avast\.com\S{0,200})?$|^从.{1,20}发来的邮件$",
    re.IGNORECASE,
)
"""Lines of devices and programs that name any device after such words."""
_NAME = re.compile(r"^[^\W\d_][\w'.-]{0,20}(?: [^\W\d_][\w'.-]{0,20}){0,3}$")
_CAPITAL = r"(?-i:[A-ZÀ-ÞĀĂĄĆČĎĐĒĘĚĢĪĶŁĻŃŇŌŐŘŚŞŠŤŪŮŰŹŻŽΑ-ΩА-ЯЁІЇЄ])"
_PERSON = rf"{_CAPITAL}[\w'.-]{{0,20}}(?: {_CAPITAL}[\w'.-]{{0,20}}){{0,2}}"
_NAME_ALONE = re.compile(
    rf"^(?:/ ?|-- ?|[~—–] ?){_PERSON}$|^[^\W\d_a-z]{{2,5}} ?(?:드림|올림|배상)[.]?$"
)
_HYPHENED = re.compile(rf"^[-–—](?=\w{{3}}){_PERSON}$")
"""How a name stands under a text: behind a stroke, as in Sweden and Denmark, or with Korea's bow."""
_THANKS = r"(?:(?:many |with )?thanks(?: and|,? &)|(?:vielen )?dank(?:e)? und|merci et|gracias y|grazie e|bedankt en|obrigad[oa] e|dziękuję i|спасибо и|tack och|tak og|takk og) "
_CLOSINGS = (
    rf"(?:{_THANKS})?(?:"
    r"(?:with )?(?:my |our )?(?:(?:very )?(?:kind(?:est)?|best|warm(?:est)?|many|sincere|friendly) )?(?:regards|wishes|greetings)|rgds|"
    r"all (?:the|my) (?:very )?best|with best|take care|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|respectfully(?: yours)?|cordially|cheers|best|"
    r"mit (?:freundliche[mn]|besten?|lieben|herzlichen|vielen) gr(?:ü|ue)(?:ß|ss)e?n?|"
    r"(?:(?:viele|liebe|beste|schöne|freundliche|herzliche|sonnige) )?gr(?:ü|ue)(?:ß|ss)(?:e|le|li)?|gru(?:ß|ss)|mfg|lg|vg|hochachtungsvoll|"
    r"(?:bien |très )?cordialement|(?:(?:sincères|cordiales|meilleures) )?salutations(?: distinguées)?|bien à (?:vous|toi)|cdlt|"
    r"(?:un |muchos )?(?:cordial(?:es)? |atentos? )?saludos?(?: cordial(?:es)?)?|(?:muy )?atentamente|cordialmente|"
    r"atenciosamente|(?:com os )?(?:melhores |meus )?cumprimentos|(?:um )?abraços?|att\.?|"
    r"(?:cordiali|distinti|i miei migliori|un cordiale) salut[io]|(?:un )?salut[io]|"
    r"(?:met )?(?:vriendelijke|hartelijke|beste) groet(?:en)?|groet(?:en|jes)?|mvg|"
    r"z (?:poważaniem|powazaniem|wyrazami szacunku)|pozdrawiam(?: serdecznie)?|pozdrowienia|"
    r"с уважением|с наилучшими пожеланиями|всего (?:доброго|наилучшего)|з повагою|"
    r"(?:med )?(?:vänliga?|bästa|varma) hälsning(?:ar)?|hälsningar|mvh|vh|"
    r"(?:med )?(?:venlige?|vennlige?|kærlig|bedste|beste|de bedste) hils(?:en|ner)|hils(?:en|ner)|kh|"
    r"(?:ystävällisin|parhain) terveisin|terveisin|terv\.?|saygılar(?:ımla)?|s pozdravem|[üu]dv[öo]zlettel|tisztelettel|köszönettel|[üu]dv|cu (?:stimă|respect)|"
    r"iyi çalışmalar|s pozdravom|lp|lep pozdrav|srdačan pozdrav|с поздрави|с повагою|salam(?: hangat)?|hormat kami|"
    r"με εκτίμηση|此致|敬礼|敬禮|祝好|顺祝商祺|順頌商祺|trân trọng|hormat saya|בברכה|مع (?:أطيب )?(?:ال)?تحيات(?:ي)?)"
    r"(?: (?:aus|from|uit|desde|dal|da|de|z|из|från|fra) (?:\w{2,20} )?\w{2,20})?"
)
_CLOSING = re.compile(
    rf"^\W*{_CLOSINGS}(?:\s*[/|&]\s*{_CLOSINGS})?[\s,.!;:،，。！*]*$", re.IGNORECASE
)
_CLOSING_AND_NAME = re.compile(
    rf"^\W{{0,3}}(?!(?:lg|vg|kh|vh|att|best|cheers|lp|salam|de)\b){_CLOSINGS}[,.!]? (?:[-–] )?{_PERSON}\W{{0,3}}$|"
    rf"^\W{{0,3}}(?:best|cheers|vg|kh|vh|att|thanks|thank you|danke|merci|gracias|obrigad[oa]|grazie|bedankt|"
    rf"dzięki|спасибо|tack|tak|takk|kiitos), ?{_PERSON}\W{{0,3}}$",
    re.IGNORECASE,
)
"""Both in one line; without the short ones, which name other things too."""
_PARTED = (
    r"have a (?:great|good|nice|lovely) (?:day|evening|weekend|week|one)|good ?bye|bye|see you|talk soon|"
    r"auf wiedersehen|tschüss?|(?:einen )?schönen? (?:tag|abend|woche|wochenende)(?: noch)?|bis (?:bald|dann)|"
    r"au revoir|(?:bonne|belle|excellente) (?:journée|soirée|semaine|fin de journée)|à bientôt|adiós|hasta (?:pronto|luego)|(?:que tenga )?buen día|"
    r"adeus|até (?:breve|logo)|(?:tenha um )?bom dia|arrivederci|a presto|buona (?:giornata|serata)|tot ziens|(?:een )?fijne (?:dag|avond)(?: verder)?|"
    r"do (?:widzenia|usłyszenia)|miłego dnia|до свидания|хорошего дня|hej då|ha det (?:bra|godt|gott)|(?:hav|ha) en (?:god|bra|fin) dag|farvel|"
    r"hyvästi|näkemiin|hyvää (?:päivän|illan|viikon)jatkoa|mukavaa (?:päivää|viikonloppua)"
)
_THANKED = re.compile(
    rf"^\W{{0,3}}(?:{_PARTED}|"
    r"(?:many |much )?thanks(?: (?:again|a lot|so much|very much|in advance|for your (?:help|time|reply)))?|thx|tia|"
    r"thank you(?: (?:again|so much|very much|in advance|for your (?:help|time)))?|"
    r"(?:(?:vielen|besten|herzlichen|schönen) )?dank(?:e(?:schön)?)?(?: (?:im voraus|vorab|ihnen))?|(?:un grand )?merci(?: (?:beaucoup|bien|encore|d'avance|par avance|à vous))?|"
    r"(?:muchas |mil )?gracias(?: (?:de antemano|por (?:su|tu) ayuda))?|(?:muito )?obrigad[oa](?: (?:desde já|pela ajuda))?|desde já,? (?:muito )?obrigad[oa]|"
    r"(?:molte )?grazie(?: (?:mille|in anticipo|ancora))?|(?:alvast |hartelijk )?bedankt|(?:alvast |hartelijk )?dank(?: (?:u|je)(?: wel)?)?|"
    r"(?:z góry |bardzo )?(?:dziękuję|dzięki)|(?:заранее |большое )?(?:спасибо|благодарю)(?: заранее)?|(?:щиро |заздалегідь )?дякую|"
    r"tack(?: (?:så mycket|på förhand))?|(?:mange |på forhånd )?tak|(?:mange |tusen |på forhånd )?takk(?: på forhånd)?|(?:paljon )?kiitos(?: (?:etukäteen|paljon))?|"
    r"(?:şimdiden )?teşekkür(?:ler| ederim)|(?:předem )?(?:děkuji|díky)|(?:előre is )?köszönöm|mulțumesc(?: anticipat)?|ευχαριστώ|谢谢|謝謝|感谢|감사합니다)[\s,.!。！]*$",
    re.IGNORECASE,
)
_PARTICLE = r"(?:(?:v[ao]n(?: de[rnm]?)?|de(?: la| los| las)?|d[aeiou]s?|del|della|di|le|la|el|al|af|av|bin|ter|ten|zu) )?"
_NAMED = re.compile(
    rf"^{_CAPITAL}[\w'.-]{{0,20}}(?: {_PARTICLE}{_CAPITAL}[\w'.-]{{0,20}}){{0,3}}$|^[^\W\d_]{{2,12}}$|"
    r"^[\u4e00-\u9fff\uac00-\ud7a3]{2,4}(?: ?(?:드림|올림))?$"
)
"""A name under thanks, which end a signed mail as they end an unsigned one."""
_DASHED_NAME = re.compile(rf"^--\s?{_PERSON}$")
_ENDING = re.compile(f"{_CLOSING.pattern}|{_THANKED.pattern}", re.IGNORECASE)
_RULES = (_DELIMITER, _DASHES, _RULE)
_BEGINNINGS = (*_RULES, _CLOSING, _THANKED, _DASHED_NAME)


def without_signature(text: str) -> str:
    """The text above the signature; all of it where there is none, or nothing above."""
    if len(text) > _MOST:
        return text
    lines = _without_first_mark(text.rstrip().split("\n"))
    for _ in range(_MOST_BLOCKS):
        end = _end_of_text(lines)
        if end == len(lines) or not any(map(str.strip, lines[:end])):
            break
        lines = "\n".join(lines[:end]).rstrip().split("\n")
    above = "\n".join(lines).rstrip()
    return above if above.strip() else text


def _without_first_mark(lines: list[str]) -> list[str]:
    """Without the line of a device above the text, where some programs put it."""
    is_first = len(lines) > 2 and not lines[1].strip() and _is_mobile(lines[0])
    return lines[2:] if is_first else lines


def without_last_rule(text: str) -> str:
    """The text without the line that a program draws above the earlier mail."""
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and (_RULE.match(lines[-1][:200]) or lines[-1].strip() in ("", ">", "--")):
        lines.pop()
    return "\n".join(lines)


def _end_of_text(lines: list[str]) -> int:
    """The number of lines above the signature."""
    end = len(lines)
    for at in range(len(lines) - 1, max(0, len(lines) - 200), -1):
        if _stands_alone(lines, at) and _is_mobile(lines[at]):
            end = at
    while end > 1 and not lines[end - 1].strip():
        end -= 1
    if end > 1 and _is_bare_closing(lines[end - 1]):
        return end - 1
    if end > 1 and (_is_signed(lines[end - 1]) or _is_hyphened(lines, end - 1)):
        above = next((n for n in range(end - 2, 0, -1) if lines[n].strip()), 0)
        is_closed = above > 0 and bool(_ENDING.match(lines[above][:80]))
        end = above if is_closed else end - 1
    for at in range(max(1, end - _MOST_LINES), end):
        if _begins_signature(lines, at, end):
            return at
    return end


def _is_no_name(line: str) -> bool:
    return bool(_CLOSING.match(line[:80]) or _PICTURE.match(line[:1_000]))


def _is_card(lines: list[str]) -> bool:
    """Whether below a name stands what a business card has: short lines, no sentence."""
    return len(lines) <= 8 and all(len(one) <= 60 and one[-1] not in ".!?…" for one in lines[1:])


def _is_signed(line: str) -> bool:
    return len(line) <= 80 and bool(_NAME_ALONE.match(line) or _CLOSING_AND_NAME.match(line))


_DOUBTFUL = re.compile(r"^\W*(?:lg|vg|kh|vh|lp|att|best|with best|cheers|salam)\W*$", re.IGNORECASE)
"""Closings that name other things too."""


def _is_bare_closing(line: str) -> bool:
    """Whether a text ends with a closing that no name follows."""
    return len(line) <= 80 and bool(_CLOSING.match(line)) and not _DOUBTFUL.match(line)


def _is_hyphened(lines: list[str], at: int) -> bool:
    """Whether the name behind one hyphen ends the text, and is no item of a list."""
    is_alone = not any(line.lstrip().startswith("-") for line in lines[max(0, at - 5) : at])
    return not lines[at - 1].strip() and is_alone and bool(_HYPHENED.match(lines[at][:80]))


def _is_mobile(line: str) -> bool:
    if len(line) > 200:
        return False
    line = _LINK.sub("", line)
    return len(line) <= 120 and bool(_MOBILE.match(line) or _FROM_MINE.match(line.strip()))


def _stands_alone(lines: list[str], at: int) -> bool:
    """Whether a program put the line there: an empty one or the delimiter above, none goes on."""
    below = lines[at + 1] if at + 1 < len(lines) else ""
    is_last = at + 1 == len(lines) or (at + 2 == len(lines) and _is_mobile(below))
    is_above = not lines[at - 1].strip() or bool(_DELIMITER.match(lines[at - 1]))
    return is_last or (is_above and (not below.strip() or bool(_RULE.match(below))))


def _begins_signature(lines: list[str], at: int, end: int) -> bool:
    first = lines[at]
    marks = _BEGINNINGS if len(first) <= _LONGEST_CLOSING else _RULES
    if len(first) > 200 or not any(mark.match(first) for mark in marks):
        return False
    block = [line for line in lines[at + 1 : end] if line.strip()]
    if not block or _SAYS_MORE.search("\n".join(line[:300] for line in block)):
        return False
    if _DELIMITER.match(first) or _DASHES.match(first):
        is_name = bool(_NAME.match(block[0].strip()))
        return len(block) <= 15 and (is_name or not _DASHES.match(first))
    if _RULE.match(first):
        return _is_under_rule(first, block)
    return not any(map(_speaks, block)) and _is_under_closing(first, block)


def _is_under_rule(rule: str, block: list[str]) -> bool:
    is_long = len(rule.strip()) >= _LONG_RULE and len(block) <= 4
    return any(_CONTACT.search(line[:500]) for line in block) or (
        is_long and all(_NAME.match(line.strip()[:80]) for line in block)
    )


def _speaks(line: str) -> bool:
    """Whether a line is a sentence of a person's."""
    is_long = len(line.split()) >= _LEAST_WORDS or (not line.isascii() and len(line) > 12)
    return is_long and bool(_SPEAKS.search(line[:500])) and not _CONTACT.search(line[:500])


def _is_under_closing(closing: str, block: list[str]) -> bool:
    if _DASHED_NAME.match(closing):
        return len(block) <= 4
    names = [line.strip() for line in block if not _is_no_name(line)] or ["…"]
    if _THANKED.match(closing):
        return bool(_NAMED.match(names[0][:80].rstrip(","))) and _is_card(names)
    return len(names[0]) <= _LONGEST_NAME and names[0][-1] not in ".!。！" and len(block) <= 15
