"""Copies of a mail's header in a text, as programs put them above the mail that is answered."""

import re

from intake.channels.mail.attributions import DIRECTIONS

_SENDER = (
    r"from|von|de|message du|expéditeur|da|van|od|от|від|发件人|發件人|寄件者|寄件人|差出人|送信者|"
    r"보낸 ?사람|fra|från|lähettäjä|kimden|gönderen|من|מאת|từ|จาก|dari|feladó|από|odes[íi]l?atel|"
    r"odosielateľ|expeditor|de la|šalje|pošiljatelj"
)
_OTHERS = (
    r"sent|date|to|cc|subject|gesendet|datum|an|betreff|enviado(?: el)?|fecha|para|asunto|envoyé|"
    r"date|à|a|objet|sujet|copie à|enviada(?: em)?|data|assunto|inviato|oggetto|verzonden|aan|"
    r"onderwerp|wysłano|do|temat|отправлено|дата|кому|копия|тема|发送时间|发送日期|日期|收件人|抄送|"
    r"主题|主旨|寄件日期|傳送日期|副本|日時|送信日時|宛先|件名|날짜|보낸 ?날짜|받는 ?사람|참조|"
    r"제목|sendt|til|emne|skickat|till|ämne|lähetetty|vastaanottaja|aihe|gönderildi|tarih|kime|konu|"
    r"تاريخ|التاريخ|تم الإرسال|إلى|الموضوع|נשלח|אל|נושא|odesláno|odeslat|odoslané|komu|předmět|"
    r"predmet|elküldve|küldve|dátum|címzett|tárgy|trimis|către|subiect|στάλθηκε|ημερομηνία|προς|"
    r"θέμα|ส่ง|วันที่|ถึง|เรื่อง|đã gửi|ngày|đến|chủ đề|dikirim|tanggal|kepada|subjek|perihal|"
    r"poslano|prima|za|надіслано|изпратено|до|относно|alıcı|日付|"
    r"reply[- ]to|antwort(?: an)?|répondre à|responder a|rispondi a|antwoord(?: aan)?|"
    r"odpowied[zź](?: do)?|"
    r"ответить|返信先|回复(?:地址)?|답장|svar(?:a)? til(?:l)?|vastaus(?:osoite)?"
)
_SENDER_FIELD = re.compile(rf"^[\s>*]*(?:{_SENDER})\s{{0,20}}\*?\s{{0,20}}[:：]", re.IGNORECASE)
_OTHER_FIELD = re.compile(rf"^[\s>*]*(?:{_OTHERS})\s{{0,20}}\*?\s{{0,20}}[:：]", re.IGNORECASE)
_ONE_LINE = re.compile(
    rf"^[\s>*]*(?:(?:{_SENDER}|{_OTHERS})\s?[:：]\s?\S.{{0,120}}?\s){{2,4}}(?:{_SENDER}|{_OTHERS})\s?[:：]",
    re.IGNORECASE,
)
"""All fields in one line, as programs write them that drop line ends."""
_WHO_AND_WHEN = re.compile(
    rf"^[\s>*]*(?:{_SENDER})\s?[:：]\s?\S.{{0,120}}?\s\*?(?:{_OTHERS})\s?[:：].{{0,30}}\b\d{{4}}\b.{{0,12}}\d{{1,2}}:\d{{2}}:\d{{2}}",
    re.IGNORECASE,
)
_OF_MAIL_ALONE = re.compile(
    r"^[\s>*]*(?:sent|gesendet|enviad[oa](?: e[lm])?|envoyé|inviato|verzonden|wysłano|отправлено|"
    r"надіслано|изпратено|发送时间|寄件日期|傳送日期|送信日時|보낸 ?날짜|sendt|skickat|lähetetty|"
    r"gönderildi|odesl[aá]no|odoslané|elküldve|trimis|στάλθηκε|đã gửi|dikirim|poslano|נשלח|"
    r"subject|betreff|asunto|objet|sujet|assunto|oggetto|onderwerp|"
    r"temat|тема|主题|主旨|件名|제목|emne|ämne|aihe|konu|předmět|predmet|tárgy|subiect|θέμα|เรื่อง|"
    r"chủ đề|subjek|относно|נושא|الموضوع)\s{0,20}\*?\s{0,20}[:：]",
    re.IGNORECASE,
)
"""When it was sent, or on what: of a journey one says neither."""
_DAY_AND_TIME = re.compile(
    r"(?:(?<!\d)\d{4}(?!\d)|\d[./-]\d{1,2}[./-]\d\d(?!\d)).{0,30}\d[:.h]\d{2}(?!\d)|"
    r"\d[:.h]\d{2}(?!\d).{0,30}(?<!\d)\d{4}(?!\d)"
)
"""A whole date, with its year: who writes of a journey or a visit names none."""
_INSTANT = re.compile(r"\b\d{4}\b.{0,12}\d{1,2}:\d{2}:\d{2}.{0,4}(?:[+-]\d{4}|GMT|UTC)")
"""A date as mail systems write it (RFC 5322 §3.3)."""
FORM_FIELD = re.compile(
    r"^(?:name|first name|phone|message|comments?|question|vorname|telefon|nachricht|"
    r"nom|prénom|téléphone|nombre|teléfono|mensaje|nome|telefone|mensagem|"
    r"telefono|messaggio|naam|telefoon|bericht|imię|wiadomość|имя|телефон|сообщение|"
    r"お名前|電話番号|お問い合わせ内容|姓名|电话|留言|이름|문의 ?내용|"
    r"namn|navn|besked|melding|meddelande|nimi|viesti|order ?(?:no|number|id)?)\s?[:：]",
    re.IGNORECASE,
)
"""What a form on a web page asks for: its mail is no copy of another."""


def is_field(line: str) -> bool:
    """Whether a line is a field of a header, in any language that programs write them in."""
    if ":" not in line and "：" not in line:
        return False
    return bool(_OTHER_FIELD.match(line) or _SENDER_FIELD.match(line))


def copied_header(lines: list[str], at: int) -> int:
    """How many lines from here are a copy of a header, 0 for none.

    The sender and two other fields in a few lines, with an address, a time or a subject: who
    writes where a parcel goes from and to has none of these. An address and a whole date are
    enough alone. What a form asked is no header.
    """
    if not is_field(lines[at]):
        return 0
    if "@" in lines[at] and (_ONE_LINE.match(lines[at][:500]) or _WHO_AND_WHEN.match(lines[at])):
        return 1
    block = lines[at : at + 8]
    senders = [n for n, line in enumerate(block) if _SENDER_FIELD.match(line)]
    if len(senders) > 1 and not all(map(is_field, block[: senders[1]])):
        block = block[: senders[1]]
    fields = [n for n, line in enumerate(block) if _OTHER_FIELD.match(line)]
    sender = next(iter(senders), None)
    if sender is None or sender > 4 or any(not line.strip() for line in block[1:sender]):
        return 0
    is_form = any(map(FORM_FIELD.match, [*lines[max(0, at - 1) : at], *block]))
    others = [] if is_form else [n for n in fields if n != sender]
    told = [line.translate(DIRECTIONS) for line in block]
    is_short = len(others) == 1 and "@" in told[sender] and bool(_INSTANT.search(told[others[0]]))
    if not is_short and len(others) < 2:
        return 0
    end = max(sender, *others) + 1
    # What the last of them says may stand on a line of its own; below begins a customer's text.
    is_broken = told[end - 1].rstrip().endswith((":", "："))
    return end if is_short or _is_of_a_mail(told[: end + is_broken]) else 0


def _is_of_a_mail(block: list[str]) -> bool:
    if any("@" in line for line in block):
        return True
    is_mails = any(map(_OF_MAIL_ALONE.match, block))
    return is_mails and any(map(_DAY_AND_TIME.search, block))
