"""How mail systems and mail programs say things, in the languages they say them in."""
# ruff: noqa: E501 - a phrase a line, and characters of East Asia count twice

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


DAEMON = _any(
    r"mailer[-_. ]?daemon",
    r"\bpost[-_]?master\b",
    r"\bmail[-_. ]?(?:deliver(?:y)?)?[-_. ]?(?:sub)?system\b",
    r"\bmail deliver(?:y|er)?\b",
    r"\bmdaemon\b",
    r"\bmail administrator\b",
    r"\bmicrosoft ?outlook\b.*@|\bmicrosoftexchange[0-9a-f]{16,}",
    r"\bsystem administrator\b",
    r"\bdelivery[-_. ](?:subsystem|service|agent)\b",
    r"\binternet mail delivery\b",
    r"\bbounces?@|\bbounce[-_.]?notif\w*@|\bno-?reply-?bounces?@",
    r"系统退信|邮件系统",
)
"""The names that mail systems write under."""

FAILED_SUBJECT = _any(
    r"^\W*(?:undeliver(?:able|ed)|returned (?:e-?)?mail|failure notice|mail failure|failed mail|rejected mail)\b",
    r"\bdelivery (?:status notification|failure|failed|error|report|problem|has failed)",
    r"\b(?:mail|message|e-?mail) (?:delivery (?:failed|failure|error|problem)|system error)",
    r"\b(?:mail|message|e-?mail)[^:]{0,30}(?:could not be|couldn't be|not|un-?)\s?deliver(?:ed|able)",
    r"\bmessage you sent (?:was )?blocked\b",
    r"\bnon-?deliver(?:y|able)\b|\bunable to deliver\b|\bundeliverable\b|\bnondeliverable\b",
    r"\baddress not found\b|\buser unknown\b|\bmailbox (?:is )?(?:full|unavailable)\b",
    r"^\W*(?:unzustellbar|nicht zustellbar|zustellung fehlgeschlagen|nachricht nicht zugestellt)\b",
    r"^\W*(?:non remis|non distribuable|échec de (?:la )?(?:remise|distribution)|courrier non)",
    r"^\W*(?:no se puede entregar|no entregado|no se pudo entregar|mensaje (?:no entregado|devuelto))",
    r"^\W*(?:não é possível entregar|não entregue|falha na entrega|mensagem devolvida)",
    r"^\W*(?:non recapitabile|impossibile recapitare|mancato recapito|mancata consegna)",
    r"^\W*(?:onbestelbaar|niet bezorgd|kan niet worden bezorgd)",
    r"^\W*(?:niedostarczaln|nie można dostarczyć|niedostarczon|zwrot poczty)",
    r"^\W*(?:недоставленное|не доставлено|не удается доставить|недоставлен)",
    r"^\W*(?:kan inte levereras|det gick inte att leverera|olevererbar)",
    r"^\W*(?:kan ikke leveres|ikke leveret|ikke levert|uleverbar|olevereret)",
    r"^\W*(?:ei voi toimittaa|toimittaminen epäonnistui|toimittamaton)",
    r"配信不能|配信できません|配信エラー|送信エラー|送信できません|エラーメール|戻りメール",
    r"退信|未送达|無法傳遞|无法投递|投递失败|投遞失敗|無法投遞|傳遞失敗",
    r"배달되지 않|배달할 수 없|반송|전송 실패|발송 실패",
)
"""How bounces begin, or name themselves."""

LATE_SUBJECT = _any(
    r"\(delay\)|\bdelivery delayed\b|\bdelayed mail\b|\bmessage delayed\b|\(délai\)|\(verzögerung\)",
    r"\bwarning: (?:could not send|message .{0,60}delayed|mail delay)|\bmail delivery warning\b",
    r"^\W*delayed\b|\bdelivery (?:is )?delay",
)

DELAYED = _any(
    r"\bwill (?:continue|keep|be) (?:to )?(?:try|retri|attempt)",
    r"\bdelivery attempts will (?:continue|be made)",
    r"\bno action is required\b.{0,80}\bdeliver",
    r"\bdo not need to (?:re-?)?send\b",
    r"\b(?:has|have) not (?:yet )?been delivered .{0,80}\bstill\b",
    r"\bthis is a warning message only\b",
)

FAILED_TEXT = _any(
    r"\b(?:could|can|was|were|has|have|did|does|is|are)(?: ?not|n't)(?: yet)?(?: be(?:en)?)?"
    r"(?: able to)? (?:deliver|reach|send|sent|accept|recogni[sz]ed|exist|find|found)",
    r"\bdelivery (?:has failed|failed|to the following|of .{0,60}failed|failure|error)",
    r"\b(?:unable|failed) to (?:be )?deliver",
    r"\bdelivery errors?\b|\berror delivering\b|\bpermanent(?: fatal)? errors?\b",
    r"\bundeliver(?:able|ed)\b|\bnon-?delivery\b|\breturned to sender\b",
    r"\b(?:user|recipient|mailbox|address|host|domain|account)\b.{0,40}\b(?:unknown|not found|"
    r"full|disabled|unavailable|invalid|does not exist|over quota|rejected|denied|refused)\b",
    r"\b(?:unknown|no such|invalid)\b.{0,30}\b(?:user|recipient|mailbox|address|host|domain|userid)",
    r"\bfailure reasons?\b|\bsmtp error\b|\bmessage (?:rejected|refused|bounced)\b",
    r"(?<![\d.])5[0-5]\d[ -]#?5\.\d{1,3}\.\d{1,3}(?![\d.])|\(#[45]\.\d\.\d\)",
    r"\bnicht (?:zugestellt|erreicht|übermittelt)\b|\bunzustellbar\b",
    r"\bn'a pas pu être (?:remis|distribu|envoy|délivr)|\bnon remis\b|échec de la remise",
    r"\bno (?:se )?(?:pudo|ha podido|puede)(?: ser)? entreg|\bno se ha entregado\b",
    r"\bnão (?:pôde|foi possível|pode)(?: ser)? entreg|\bnon (?:è stato|può essere) (?:possibile )?"
    r"(?:recapita|consegna)",
    r"\bkon niet worden (?:bezorgd|afgeleverd)|\bnie (?:mogła|może|można) .{0,30}dostarcz",
    r"не (?:может|удалось|было|могло).{0,30}доставл|не доставлен",
    r"kunde inte levereras|kunne ikke leveres|ei voitu toimittaa",
    r"送信できませんでした|配信できません|届きませんでした|見つかりません|宛先.{0,20}(?:不明|存在しません)",
    r"无法投递|未能送达|投递失败|退信|不存在|無法傳遞|無法投遞|전송(?:하지 못|되지 않)|배달(?:되지 않|하지 못)",
)
"""How bounces say in prose that a mail did not arrive."""

MAIL_FAILED = _any(
    r"\b(?:messages?|mail|e-?mail)\b(?s:.{0,160})\b(?:could not|couldn't|cannot|was not|has not) (?:yet )?"
    r"(?:be(?:en)? )?delivered",
    r"\bunable to deliver (?:your |the |this )?(?:message|mail|e-?mail)",
    r"\bfailed recipients?\b|\bthis message was created automatically by mail delivery software",
    r"\bvotre message n'a pas pu (?:ê|e)tre (?:d[ée]livr|remis)",
    r"\bihre (?:nachricht|e-?mail)\b.{0,80}\bnicht zugestellt",
    r"\bsu (?:mensaje|correo)\b.{0,80}\bno (?:se pudo|ha podido|pudo)\b.{0,20}entreg",
    r"\bil (?:suo )?messaggio\b.{0,80}\bnon (?:è stato|può essere)\b.{0,20}(?:consegnat|recapitat)",
    r"\bsua mensagem\b.{0,80}\bnão (?:pôde|foi)\b.{0,20}entreg",
)
"""How a machine begins to tell that a mail, no parcel, did not arrive."""

RECIPIENTS_BELOW = _any(
    r"\bfollowing (?:e-?mail )?(?:recipient|address|user|destination|mailbox)",
    r"\bfailed (?:recipients?|address(?:es)?)\b|\bdid(?: not|n't) reach\b",
    r"\b(?:not|n't|cannot) (?:be )?(?:delivere?d?|sent) (?:your \w+ |the \w+ )?to\b",
    r"\byour (?:message|mail|e-?mail) was addressed\b|\bundeliverable (?:address|to)\b|\b(?:error-for|recipient address|intended recipient)\s*:",
    r"\b(?:folgende[nr]?|nachfolgende[nr]?) (?:empfänger|adresse)",
    r"\b(?:destinataires?|adresses?) suivante?s?\b|\bpu être \w+ (?:à|a)\b|\bpu etre \w+ a\b",
    r"\b(?:siguientes?|seguintes?|seguenti?) (?:destinatari|direcci|endereç|indirizz)",
    r"\b(?:destinatari|direcci|endereç|indirizz)\w* (?:siguientes?|seguintes?|seguenti?)\b",
    r"\bvolgende (?:ontvanger|adres)|\bnastępując\w+ (?:odbiorc|adres)|следующ\w+ (?:адрес|получател)",
    r"以下のメールアドレス|次の受信者|次の宛先|下列(?:收件人|地址)|以下(?:收件人|邮箱|地址)|다음 (?:수신자|받는 사람|주소)",
)
"""After what the recipients stand."""

PERMANENT = _any(
    r"\bpermanent(?:ly)?\b|\bfatal\b|\bgiv(?:en|ing) up\b|\bgave up\b|\bendgültig|\bdauerhaft",
    r"\bpermanente?s?\b|\bdéfinitive?",
)

RETURNED_BELOW = re.compile(
    r"^[ \t>*=-]*(?:original message(?: headers?)?(?: follows)?|returned message|message headers? "
    r"follow|below this line is a copy|this is a copy of the message|included is a copy|"
    r"(?:unsent )?message follows|begin message|text of message|"
    r"header of the original|----- message header|undelivered message|"
    r"ursprüngliche nachricht|original message text|-------original message)[^\n]{0,80}$"
    r"|^(?:Received|Return-Path|Message-ID|DKIM-Signature|MIME-Version|Date|From):[ \t]?\S[^\n]*\n"
    r"(?:[ \t][^\n]*\n){0,6}[A-Za-z][\w-]{1,40}:",
    re.IGNORECASE | re.MULTILINE,
)
"""Where, in a bounce's text, the mail that came back begins."""

NOT_THE_RECIPIENT = re.compile(
    r"(?:mailer-?daemon|post-?_?master|abuse|noc|support|help(?:desk)?|no-?reply|mail-?admin)@"
    r"|.*\.(?:png|gif|jpe?g)$",
    re.IGNORECASE,
)

AUTOMATIC_SUBJECT = re.compile(
    r"^[\s\[(*<【（「『＜]{0,4}(?:"
    r"auto(?:matic|mated|matically generated)?[- ]?(?:reply|response|answer|responder|antwort)|"
    r"auto ?: .{1,80}(?:out of (?:the )?office|\bis away|abwesend|nicht im (?:büro|haus)|absent|fuori (?:sede|ufficio))\b.*|"
    r"(?:i(?:'| a)m |am )?(?:currently )?out of (?:the )?office(?: auto[- ]?(?:reply|response)| "
    r"(?:reply|notification|message|notice))?|vacation (?:reply|response|notice|message)|"
    r"automatische antwort|automatische(?: abwesenheits?)?nachricht|abwesenheits?(?:notiz|"
    r"nachricht|meldung|assistent|benachrichtigung)|urlaubs?(?:benachrichtigung|nachricht)|"
    r"réponse automatique|message d'absence|notification d'absence|"
    r"respuesta autom[aá]tica|fuera de (?:la )?oficina|ausente de la oficina|resposta automàtica|"
    r"resposta autom[aá]tica|fora do escrit[oó]rio|ausente do escrit[oó]rio|ausência tempor[aá]ria|"
    r"risposta automatica|fuori (?:sede|ufficio)|assente dall'ufficio|"
    r"automatisch (?:antwoord|bericht)|afwezigheids?(?:bericht|assistent|melding)|"
    r"automatyczna odpowied[zź]|odpowied[zź] automatyczna|autoodpowied[zź]|"
    r"poza biurem|автоматический ответ|автоответ(?:чик)?|отсутствие на рабочем месте|"
    r"автоматична відповідь|автоматичен отговор|autosvar|automatisk[t]? svar|frånvaromeddelande|"
    r"fravær(?:smelding|sbesked)|automaattinen vastaus|poissaoloilmoitus|"
    r"automaattivastaus|poissa toimistosta|otomatik (?:yanıt|cevap)|automatick(?:á odpov[eě][dď]|é odpovědi)|"
    r"automatski odgovor|samodejni odgovor|automaatvastus|automātiskā atbilde|automatinis atsakymas|"
    r"automatikus válasz|răspuns automat|αυτόματη απάντηση|رد تلقائي|(?:תשובה|מענה) אוטומטי\w*|"
    r"(?:การ|ข้อความ)?ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis|自動(?:応答|返信|送信)メール|自動(?:応答|返信|回覆|回复)|自动(?:回复|答复|应答)|"
    r"不在応答|자동 ?(?:회신|응답|답장)|부재중 ?자동 ?(?:회신|응답)"
    r")(?:[\])*>】）」』＞]{1,3}|\s*(?:$|[:：;!.,|/–—-]|\(|（)|\s+(?:re|aw|antw|sv|vs|odp)\s?:)",
    re.IGNORECASE,
)
"""How automatic replies begin their subject. What follows must not go on with the sentence."""

CHALLENGE = _any(
    r"\b(?:added? to|put (?:you )?on) (?:the recipient'?s?|my|his|her|their|our) (?:allowed|approved|accepted|white|safe)[- ]?(?:senders?'?)? ?list",
    r"\bclick (?:on )?(?:the |this )?(?:following )?(?:link|button)?[^.]{0,60}\bto (?:verify|prove|confirm|show) (?:that )?you (?:are|'re) (?:a (?:real )?(?:person|human)|human|not a (?:spammer|machine|robot))",
    r"\bmessage (?:will be|is being|has been) held (?:until|because)[^.]{0,120}\b(?:verif|confirm|authenticat|approv)",
    r"\bprotected by [\w ]{2,30}\. +(?:please|to) (?:click|verify|confirm)",
    r"\bspam ?arrest\b[^.]{0,80}\bverif|\bresponder (?:este|a este) (?:e-?mail|mensagem|correo)[^.]{0,60}\b(?:antispam|anti-spam)",
)
"""How filters ask who writes to prove himself before they pass his mail on."""
