"""How mail programs show that a mail is passed on, not answered: in its subject, above the mail."""
# ruff: noqa: E501 - a language a line

import re

SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,30}\]\s*)?(?:fwd?|fw|wg|rv|tr|enc|res?env|i|vb|vs|vl|ilt|i̇lt|pd|fs|πρθ|doorst|továbbítás|转发|轉寄|転送|전달)"
    r"\s*[:：]",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"^[\s>*]*(?:lähettäjä\s*:|.{6,200} kirjoitti)", re.IGNORECASE | re.MULTILINE
)
"""VS is how Outlook begins an answer in Finnish, and what is passed on in Danish and Norwegian."""

_PASSED_ON = (
    r"forwarded|weitergeleitete|reenviado|transf[ée]ré|transmis|(?:en|re)(?:ca|en)minhad[ao]|reencaminhada|inoltrato|doorgestuurd|"
    r"przekazan[ae]|przekazywane\w*|пересланное|пересылаемое|перенаправленное|переслане|перенаправлене|препратено|"
    r"转发|轉寄|転送|전달|vidarebefordra[dt]|videresendt|välitetty|edelleenlähetetty|iletil(?:en|miş)|"
    r"přepos(?:laná|ílané)|prepos(?:laná|lanej)|továbbított|proslijeđena|redirecționat|προωθημένο|"
    r"chuyển tiếp|ที่ส่งต่อ|terusan|diteruskan|معاد توجيهها|مُعاد توجيهها|מועברת"
)
_BEGINS = (
    r"(?:begin )?forwarded message|weitergeleitete nachricht|message (?:transf[ée]ré|réexpédié)|mensaje reenviado|mensagem (?:re)?encaminhada|"
    r"messaggio inoltrato|doorgestuurd bericht|przekaz(?:ana|ywana) wiadomość|пересылаемое сообщение|пересланное сообщение|"
    r"anfang der weitergeleiteten (?:nachricht|e-mail)|début du message (?:réexpédié|transféré)|"
    r"inizio messaggio inoltrato|inicio del mensaje reenviado|início da mensagem (?:reencaminhada|encaminhada)|"
    r"begin doorgestuurd bericht|początek przekazywanej wiadomości|начало переадресованного сообщения|"
    r"початок листа, що пересилається|påbegynt vidarebefordrat|vidarebefordrat (?:brev|mejl|meddelande)|"
    r"start på videresendt(?: besked| melding)?|videresendt (?:melding|besked)|välitetty viesti(?: alkaa)?|"
    r"začátek přeposílané zprávy|začiatok preposlanej správy|továbbított levél kezdete|započni proslijeđenu poruku|"
    r"începe mesajul redirecționat|i̇leti başlangıcı|ileti başlangıcı|転送されたメッセージ|開始轉寄郵件|下面是被转发的邮件|전달된 메시지"
)
_LINE = re.compile(
    rf"^[\s>*]*-{{4,}}[^-\n]{{0,40}}(?:{_PASSED_ON})|^[\s>*]*(?:{_BEGINS})\s*[:：]\s*$",
    re.IGNORECASE,
)
_BEGINNING = re.compile(rf"\s*(?:{_BEGINS})", re.IGNORECASE)


def is_passed_on(subject: str, text: str) -> bool:
    """Whether a mail is passed on, by its subject; `text` is what stands in it."""
    found = SUBJECT.match(subject)
    if not found:
        return False
    return found[0].strip().lower() != "vs:" or not _ANSWERED.search(text)


def is_line(line: str) -> bool:
    """Whether a line stands above a mail that is passed on."""
    # Every line of every mail comes here: most are neither ruled nor a heading.
    told = line[:200].lstrip(" \t>*")
    return (told.startswith("----") or told.rstrip().endswith((":", "："))) and bool(
        _LINE.match(line[:200])
    )


def begins(text: str) -> bool:
    """Whether a text is Apple's heading above such a mail."""
    return bool(_BEGINNING.match(text))
