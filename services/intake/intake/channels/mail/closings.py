"""How people close a mail and telephones sign it, in the languages that they speak."""
# ruff: noqa: E501 - a phrase a line, and characters of East Asia count twice

import re

_DEVICE = (
    r"ios|i-?phon\w{0,8}|i-?pad\w{0,6}|i-?pod|apple watch|android|black-?berry|smart-?phone|mobile|handy|phone|m[óo]vil|"
    r"celular|t[ée]l[ée]phone|cellulare|telefo[nó]\w*|tablet\w*|samsung|galaxy|huawei|honor|xiaomi|redmi|htc|lg|"
    r"nokia|sony|xperia|pixel|oneplus|oppo|motorola|lumia|windows|icloud|outlook|yahoo|typeapp|"
    r"(?:mobilen? |mobile )?e?mail[- ]app|mailbox|boxer|libero|proton ?mail|blue ?mail|mail(?: app)? (?:for|für|pour|para|per|voor)|gmail|gmx|web\.de|aol|spark|mailbird|"
    r"airmail|newton|edison|thunderbird|k-9|mail\.ru|yandex|puhel\w*|почт\w*|телефон\w*|устройств\w*|手机|手機|スマートフォン|携帯"
)
_SENT = (
    r"sent (?:wirelessly )?(?:from|via|with|using|by)|(?:tap here to )?get\b|gesendet (?:von|vom|mit|aus|über)|"
    r"(?:diese nachricht wurde )?von meine[mr]\b|outlook für|holen sie sich|envoy[ée]+ (?:sans fil )?(?:de|depuis|à partir|avec|via|par)|"
    r"t[ée]l[ée]charge[rz]|obtenir|obten(?:er|ga)|obt(?:er|enha)|enviad[oa] (?:desde|do|da|de|a partir|con|com|por|via|pelo)|"
    r"inviat[oa] (?:da|dal|dall|con|tramite)|ottieni|ottenere|scarica|ver(?:stuurd|zonden) (?:vanaf|vanuit|met|via|van)|download|"
    r"wys[łl]an[eoy] (?:z|ze|za|przez)|pobierz|отправлено (?:с|из|от|через)|скачать|получит[ье]|skicka(?:t|des) från|hämta|"
    r"sendt (?:fra|med|via)|hent|lähetetty|hanki|gönderildi|odesláno (?:z|ze|přes)|发自|發自|从我的|從我的|"
    r"odoslané z|trimis de (?:pe|la)|στάλθηκε από|נשלח מ|م[ُ]?رسل من|أ[ُ]?رسلت من|đã gửi từ|ส่งจาก|dikirim dari|poslano [sz]|mandato d(?:a|al)|"
    r"надіслано (?:з|із|через)|изпратено от|enviat des de|获取|取得|provenance ?:"
)
MOBILE = re.compile(
    rf"^(?!.*,\s)\W*(?:(?:{_SENT}).{{0,40}}?(?<![a-z])(?:{_DEVICE})(?![a-z]).{{0,30}}|.{{0,30}}(?:から送信(?:されました|しました)?|에서 보(?:냄|냈습니다)|gesendet|gönderildi|küldve)"
    rf"|.{{0,20}}(?:{_DEVICE}).{{0,20}}(?:gesendet|から送信(?:されました|しました)?|에서 보(?:냄|냈습니다)|发送|傳送|lähetetty|"
    rf"beziehen|herunterladen|downloaden|скачать|を入手|다운로드|받기|edinin))"
    rf"\W*$",
    re.IGNORECASE,
)
PICTURE = re.compile(r"^\W*!?\[[^\]]*\](?:\([^()\s]*\))?\W*$|^\W*<https?://\S+>\W*$")
"""A line of nothing but a picture or a link, as HTML becomes text."""
SPEAKS = re.compile(
    r"\b(?:(?-i:I|I'm|I've)|my|we|could you|can you|please|ich|mir|mich|mein\w*|bitte|könn(?:en|ten) sie|je|j'ai|mon|mes|pouvez|pourriez|"
    r"yo|quiero|necesito|pueden?|podrían?|eu|meu|minha|podem|preciso|io|mio|vorrei|potete|ik|mijn|kunt|graag|proszę|chcę|mój|moje|"
    r"я|мне|мой|моя|хочу|можете|jag|mitt|jeg|mig|meg|minun|haluan|voitteko)\b|ください|でしょうか|ました|请问|我|주세요|습니다|나요",
    re.IGNORECASE,
)
"""What a person says, and no business card."""
LOGO = re.compile(
    r"^\s*(?:\[(?:cid:image\d{3}\.(?:png|jpe?g|gif)@[\w.]{1,40}|https?://[^\]\s]{1,300})\](?:<[^<>\s]{1,300}>)?\s*){1,10}$"
)
"""What Outlook makes of pictures in a signature: a line of them and of what they lead to."""
LINK = re.compile(r"[<(]https?://[^<>()\s]{1,150}[>)]|[\[\]]")
FROM_MINE = re.compile(
    r"^(?:(?:sent )?from my|envoy[ée] (?:de|depuis) mon|enviado (?:desde|do|pelo) (?:mi|meu)|verstuurd vanaf mijn|"
    r"verzonden (?:vanaf|met) mijn|gesendet von meine[mr]|inviato dal mio|wysłan[eo] z moje(?:go|j)|отправлено с моего|"
    r"skickat från min|sendt fra min|envoyé depuis l['’]application|sent via the|发自(?:我的)?|來自我的|来自我的|"
    r"(?:sent from )?yahoo mail: search, organize,)\s?[^\s,.;!?]{1,25}(?: [^\s,.;!?]{1,15}){0,4}(?:, (?:an? |(?-i:[A-Z]))[^,.]{1,30}(?:phone|device|tablet))?(?:[,.] (?:please )?(?:excuse|forgive|pardon) .{1,40})?[.!]?$"
    r"|^(?:virus-free|virenfrei|libre de virus|sans virus|exempt de virus|privo di virus|virusvrij|sem vírus|livre de vírus|bez wirusów)"
    r"\.? ?(?:<?(?:https?://)?www\.(?:avast|avg)\.com\S{0,200}(?: <\S{1,200}>)?)?$|^yahoo mailをスマホで送信$|^lähetetty windowsin sähköpostista$|"
    r"^wysłane z aplikacji mobilnej .{2,30}$|^verstuurd via .{2,20}webmail$|^从.{1,20}发来的邮件$",
    re.IGNORECASE,
)
"""Lines of devices and programs that name any device after such words."""
NAME = re.compile(r"^[^\W\d_][\w'.-]{0,20}(?: [^\W\d_][\w'.-]{0,20}){0,3}$")
_CAPITAL = r"(?-i:[A-ZÀ-ÞĀĂĄĆČĎĐĒĘĚĢĪĶŁĻŃŇŌŐŘŚŞŠŤŪŮŰŹŻŽΑ-ΩА-ЯЁІЇЄ])"
_PERSON = rf"{_CAPITAL}[\w'.-]{{0,20}}(?: {_CAPITAL}[\w'.-]{{0,20}}){{0,2}}"
NAME_ALONE = re.compile(
    rf"^(?:/ ?|-- ?|[~—–] ?){_PERSON}$|^[^\W\d_a-z]{{2,5}} ?(?:드림|올림|배상)[.]?$"
)
HYPHENED = re.compile(rf"^[-–—](?=\w{{3}}){_PERSON}$")
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
CLOSING = re.compile(
    rf"^\W*{_CLOSINGS}(?:\s*[/|&]\s*{_CLOSINGS})?[\s,.!;:،，。！*]*$", re.IGNORECASE
)
CLOSING_AND_NAME = re.compile(
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
THANKED = re.compile(
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
NAMED = re.compile(
    rf"^{_CAPITAL}[\w'.-]{{0,20}}(?: {_PARTICLE}{_CAPITAL}[\w'.-]{{0,20}}){{0,3}}$|^[^\W\d_]{{2,12}}$|"
    r"^[\u4e00-\u9fff\uac00-\ud7a3]{2,4}(?: ?(?:드림|올림))?$"
)
"""A name under thanks, which end a signed mail as they end an unsigned one."""
DASHED_NAME = re.compile(rf"^--\s?{_PERSON}$")
