"""New text without what a company's gateway writes above and below every mail.

Above: that the mail came from outside. Below: for whom it is meant, that it was scanned. A paragraph
goes only where it speaks of the mail itself, no person speaks in it and something else is left.
"""
# ruff: noqa: E501 - a phrase a line

import re

from intake.channels.mail.absences import OF_A_SHOP
from intake.channels.mail.speakers import OF_HIMSELF

_OUTSIDE = (
    r"(?:outside|external\w*|extern\w*|extérieur\w*|esterno|externo|exterior|fuera|fora|buiten|spoza|zewn\w+|извне|внешн\w+|ulkopuol\w+|udefra|"
    r"utifrån|utanför|utenfra|ekstern\w*)"
)
_MAIL = (
    r"(?:e-?mails?|messages?|senders?|sources?|organi[sz]ation\w*|company|network|domain|nachricht|absenders?|mail|unternehmens?|"
    r"courriel|expéditeurs?|entreprise|mensaje|correo|remitentes?|organización|empresa|mensagem|remetentes?|organização|messaggio|"
    r"mittent[ei]|organizzazione|azienda|bericht|afzenders?|organisatie|wiadomość|nadawc\w+|organizacji|сообщени\w*|письмо|"
    r"отправител\w*|организации|meddelande|avsändare|organisationen|melding|avsender|afsender|viesti|lähettäjä\w*|organisaatio\w*)"
)
_HEADED = re.compile(
    r"^\W*(?:caution|warning|attention|achtung|vorsicht|external|extern|externe|importante?|atenci[óo]n|atenção|attenzione|let op|uwaga|"
    r"внимание|varning|advarsel|huomio|this (?:e-?mail|message) (?:came|was sent|originated|is) from)\b",
    re.IGNORECASE,
)
_FROM_OUTSIDE = re.compile(
    rf"^(?=.{{20,620}}$).{{0,400}}?\b(?:{_OUTSIDE}\b.{{0,30}}\b{_MAIL}|{_MAIL}\b.{{0,30}}\b{_OUTSIDE})\b|"
    r"^\W{0,3}external(?: e-?mail| sender| message)?\W{0,3}$",
    re.IGNORECASE | re.DOTALL,
)
"""That the mail itself came from outside: a customer warns of a thing that is external."""
_OF_A_DEVICE = re.compile(
    r"\b(?:display|screen|monitor|bildschirm|écran|pantalla|schermo|scherm|beeldscherm|tela|ekran\w*|экран\w*|skärm\w*|skjerm\w*|skærm\w*|näytt\w*|"
    r"error|fehler\w*|erreur|fout\w*|errore|erro|błąd\w*|ошибк\w*|felmeddelande\w*|feilmelding\w*|fejl\w*|battery|akku\w*|batterie|batería|batteria|bateria)\b",
    re.IGNORECASE,
)
"""Such things give messages too, and have parts that are outside."""
_FOR_WHOM = tuple(
    tuple(re.compile(words, re.IGNORECASE) for words in signs)
    for signs in (
        (
            r"\b(?:confidential|privileged|vertraulich\w*|confidentiel\w*|confidenciale?s?|confidencial\w*|riservat\w*|confidenzial\w*|"
            r"vertrouwelijk\w*|poufn\w*|конфиденциальн\w*|fortrolig\w*|konfidensiel\w*|konfidentiel\w*|luottamuksel\w*)\b",
            r"\b(?:recipients?|addressees?|use of the|empfänger\w*|adressat\w*|destinataires?|destinatari\w*|destinatário\w*|geadresseerde\w*|ontvanger\w*|adresat\w*|"
            r"получател\w*|адресат\w*|modtager\w*|mottaker\w*|mottagare\w*|vastaanottaj\w*)\b",
            r"\b(?:e-?mails?|messages?|communication|information\w*|nachricht|message|courriel|mensaje|correo|mensagem|messaggio|bericht|wiadomość|сообщени\w*|письмо|meddelelse|melding|meddelande|viesti)\b",
            r"\berror\b|prohibit|unauthori|notif|delet|solely|irrtum|vernicht|lösch|unbefugt|ausschlie|erreur|détrui|supprim|interdi|exclusi|elimin|"
            r"prohib|\berro\b|apag|proib|errore|cancell|vietat|\bfout|verwijder|verboden|uitsluitend|błęd|usuni|zabron|wyłącznie|ошибк|удал|запрещ|исключительно|"
            r"\bfejl|slette?\b|\bfeil|\bfel\b|radera|virhe|poista",
        ),
        (
            r"机密|保密|機密|秘密|기밀|비밀",
            r"收件人|接收者|受信|宛先|受取人|발신인|수신|发送给|發送給|送信者|[错錯誤误]收",
            r"删除|刪除|削除|破棄|삭제",
            r"[邮郵信]件|信息|[資资][讯訊]|メール|通信|情報|이?메일|메시지|정보",
        ),
    )
)
"""What a notice says of the mail, all of one row somewhere in it: that it is secret, whose it is,
what it is, what must not be done. One pattern would try each word from each place to the end."""
_PRESENT = re.compile(
    r"\bgifts?\b|\bgeschenk|\bcadeaux?\b|\bregal[oi]s?\b|\bprezent|подар[ко]|\bgåva|\bgave\b|\blahja",
    re.IGNORECASE,
)
"""Whose price the shop is to keep secret from the recipient: no notice speaks of it."""
_OF_MACHINES = re.compile(
    r"^\W*(?:(?:this|the) (?:e-?mail|message) (?:has been|was) (?:scanned|checked)|diese e-?mail wurde (?:von|auf viren)|"
    r"cet e-?mail a été vérifié|el software de antivirus|este (?:correo|e-?mail|mensaje) (?:ha sido|foi) (?:analizado|verificado)|"
    r"questa e-?mail è stata controllata|deze e-?mail is gecontroleerd|please consider the environment before printing|"
    r"(?:bitte )?(?:denken|prüfen) sie (?:an die umwelt|,? ob)|pensez à l['’]environnement avant|"
    r"(?:avant d['’]imprimer|rispetta l['’]ambiente|antes de imprimir|prima di stampare))",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^\W*(?:(?:legal )?disclaimer|(?:confidentiality|legal|privacy) (?:notice|note|statement)|haftungsausschluss|"
    r"vertraulichkeitshinweis|avis de confidentialité|aviso (?:legal|de confidencialidad|de confidencialidade)|"
    r"avviso di riservatezza|klauzula poufności)\W*$",
    re.IGNORECASE,
)
_LEAST = 80
_LEAST_OF_EAST_ASIA = 40
"""A character there says as much as two letters."""
_MOST = 500_000


def without_notices(text: str) -> str:
    """The text between the notices; all of it where nothing else is there."""
    if len(text) > _MOST:
        return text
    paragraphs = re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.strip("\n"))
    first, last = 0, len(paragraphs)
    if _is_banner(paragraphs[0][:1_000]):
        first = 1
    while last > first and _is_notice(paragraphs[last - 1]):
        last -= 1
    if (first, last) == (0, len(paragraphs)) or not any(map(_says, paragraphs[first:last])):
        return text
    return "\n\n".join(paragraphs[first:last])


def _is_banner(paragraph: str) -> bool:
    if not (_HEADED.match(paragraph) and _FROM_OUTSIDE.match(paragraph)):
        return False
    said = (OF_HIMSELF, OF_A_SHOP, _OF_A_DEVICE)
    return not any(signs.search(paragraph) for signs in said)


def _is_notice(paragraph: str) -> bool:
    told = paragraph.strip()
    least = _LEAST if told.isascii() or told[:1] < "\u2e80" else _LEAST_OF_EAST_ASIA
    is_long = len(told) >= least and _is_for_whom(told[:4_000])
    is_line = "\n" not in told and bool(_HEADING.match(told[:80]))
    return not _says(told) or is_line or is_long or bool(_OF_MACHINES.match(told[:200]))


def _is_for_whom(told: str) -> bool:
    if not any(all(sign.search(told) for sign in signs) for signs in _FOR_WHOM):
        return False
    return not (_PRESENT.search(told) or OF_HIMSELF.search(told))


def _says(paragraph: str) -> bool:
    """Whether it is more than a rule."""
    return any(map(str.isalnum, paragraph))
