"""Plain text of a mail without the earlier mails under it.

What is cut away must be an earlier mail for sure: a line too much is read by an agent, a line too
few is lost to him. So each mark needs a second one beside it.
"""

import re
from functools import cache

from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]
from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]

# "On 3 May 2026, Ana <ana@example.org> wrote:" in the languages mail programs write it in.
_WROTE = (
    r"wrote|writes|schrieb|escribi[óo]|a écrit|escreveu|ha scritto|schreef|napisał|napsal|napísal|"
    r"пишет|написал|пише|написав|написа|写道|寫道|のメール|書きました|作成|작성|썼습니다|skrev|"
    r"kirjoitti|yazdı|كتب|כתב|đã viết|เขียน|menulis|írta|a scris|έγραψε|je napisa|rašė|kirjutas"
)
_WHEN = r"(?=.*(?:\d{1,2}[:.h]\d{2}|\d{4}|\d.*<[^<>\s]+@))"
_WHO_WROTE = re.compile(
    rf"^{_WHEN}(?:.*[\s,，>）)\d])?\S{{0,12}}(?:{_WROTE})(?:[\s(].{{0,120}})?$", re.IGNORECASE
)
_WHEN_AND_ADDRESS = re.compile(rf"^{_WHEN}.*<[^<>\s]+@[^<>\s]+>$")
_NO_COLON = re.compile(rf"^-*\s*{_WHEN}(?=.*@).*\s(?:{_WROTE})\s*-*$", re.IGNORECASE)

_BEGINS = re.compile(
    r"^[\s>*]*(?:(?:on|am|le|el|em|il giorno|op|den|dnia|w dniu|på|в|在|于|於)\s?(?=.*\d)|"
    r"[^<>]*<[^<>]*$)",
    re.IGNORECASE,
)
"""How the first of several such lines begins, or ends: in the middle of an address."""

_DIVIDER = re.compile(
    r"^original message processed by .{1,40}$|"
    r"^[\s>*]*[-_=*]{2,}\s*(?:original message|original mail|ursprüngliche nachricht|"
    r"originalnachricht|mensaje original|message d'origine|message original|mensagem original|"
    r"messaggio originale|oorspronkelijk bericht|wiadomość oryginalna|oryginalna wiadomość|"
    r"исходное сообщение|原始邮件|原始郵件|邮件原件|元のメッセージ|"
    r"オリジナルメッセージ|원본 메시지|원본 메일|original ?meddelelse|"
    r"oprindelig (?:meddelelse|besked)|originalmeddelande|opprinnelig melding|"
    r"alkuperäinen viesti|orijinal ileti|özgün ileti)"
    r"\s*[-_=*]{2,}\s*$",
    re.IGNORECASE,
)

_SENDER = (
    r"from|von|de|message du|expéditeur|da|van|od|от|від|发件人|發件人|寄件者|寄件人|差出人|送信者|"
    r"보낸 ?사람|fra|från|lähettäjä|kimden|gönderen|من|מאת|từ|จาก|dari|feladó|από"
)
_OTHERS = (
    r"sent|date|to|cc|subject|gesendet|datum|an|betreff|enviado(?: el)?|fecha|para|asunto|envoyé|"
    r"date|à|a|objet|sujet|copie à|enviada(?: em)?|data|assunto|inviato|oggetto|verzonden|aan|"
    r"onderwerp|wysłano|do|temat|отправлено|дата|кому|копия|тема|发送时间|发送日期|日期|收件人|抄送|"
    r"主题|主旨|寄件日期|傳送日期|副本|日時|送信日時|宛先|件名|날짜|보낸 ?날짜|받는 ?사람|참조|"
    r"제목|sendt|til|emne|skickat|till|ämne|lähetetty|vastaanottaja|aihe|gönderildi|tarih|kime|konu|"
    r"تاريخ|التاريخ|إلى|الموضوع|נשלח|אל|נושא"
)
_SENDER_FIELD = re.compile(rf"^[\s>*]*(?:{_SENDER})\s*\*?\s*[:：]", re.IGNORECASE)
_OTHER_FIELD = re.compile(rf"^[\s>*]*(?:{_OTHERS})\s*\*?\s*[:：]", re.IGNORECASE)
_MARKS = " \t>*"
_QUOTED = re.compile(r"^[ \t]{0,3}[>＞|]")

_MOST = 500_000
_MOST_FOR_LIBRARY = 20_000
_LONGEST_LINE = 1_000


_FORWARDED = re.compile(
    r"^[\s>*]*-{4,}\s*(?:forwarded|weitergeleitet|mensaje reenviado|message transféré|"
    r"mensagem (?:en|re)caminhada|messaggio inoltrato|doorgestuurd|wiadomość przekazana|"
    r"пересланное|пересылаемое|转发|轉寄|転送|전달|vidarebefordrat|videresendt|iletilen)",
    re.IGNORECASE,
)


def new_text(text: str) -> tuple[str, bool]:
    """What the writer added, and whether an earlier mail was left out.

    A mail that is nothing but an earlier one comes whole, and so does what is forwarded or longer
    than anybody writes.
    """
    if len(text) > _MOST:
        return text.strip(), False
    lines = text.split("\n")
    kept, has_quote = _without_quotes(lines)
    new = "\n".join(kept).strip()
    if not has_quote and new and not any(map(_FORWARDED.match, lines)):
        new, has_quote = _by_library(new)
    return (new, has_quote) if new else (text.strip(), False)


def _without_quotes(lines: list[str]) -> tuple[list[str], bool]:
    kept: list[str] = []
    at = 0
    has_quote = False
    while at < len(lines):
        if _FORWARDED.match(lines[at]):
            return kept + lines[at:], has_quote
        if _DIVIDER.match(lines[at]) or _is_header_block(lines, at):
            return kept, True
        if said_by := _attribution(lines, at):
            quote = _next_written(lines, at + said_by)
            if quote is None or not _QUOTED.match(lines[quote]):
                return kept, True
            at, has_quote = _after_quote(lines, quote), True
        elif _QUOTED.match(lines[at]) and at + 1 < len(lines) and _QUOTED.match(lines[at + 1]):
            at, has_quote = _after_quote(lines, at), True
        else:
            kept.append(lines[at])
            at += 1
    return kept, has_quote


def _attribution(lines: list[str], at: int) -> int:
    """How many lines from here say who wrote the earlier mail and when; 0 for none."""
    if _NO_COLON.match(lines[at][:400]):
        return 1
    joined = ""
    for number, line in enumerate(lines[at : at + 3], start=1):
        joined = f"{joined} {line.strip(_MARKS)}".strip()
        if not line.strip(_MARKS) or len(joined) > 400:
            return 0
        if joined[-1] in ":：":
            # Prose above must not be taken for the first line of it.
            begins_later = not _BEGINS.match(lines[at]) and any(
                _attribution(lines, at + n) for n in range(1, number)
            )
            return number if _says_who(joined) and not begins_later else 0
    return 0


def _says_who(joined: str) -> bool:
    said = joined[:-1].rstrip()
    return bool(_WHO_WROTE.match(said) or _WHEN_AND_ADDRESS.match(said))


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether a copy of a header begins here: the sender and two other fields, in a few lines."""
    if not _SENDER_FIELD.match(lines[at]):
        return False
    near = lines[at + 1 : at + 8]
    return sum(bool(_OTHER_FIELD.match(line)) for line in near) >= 2 and any(
        "@" in line or re.search(r"\d{2}", line) for line in (lines[at], *near)
    )


def _next_written(lines: list[str], at: int) -> int | None:
    return next((n for n in range(at, len(lines)) if lines[n].strip()), None)


def _after_quote(lines: list[str], at: int) -> int:
    """The first line after a quote that is neither quoted nor empty."""
    while at < len(lines) and (_QUOTED.match(lines[at]) or not lines[at].strip()):
        at += 1
    return at


@cache
def _library() -> EmailReplyParser:
    return EmailReplyParser(languages=list(MAIL_LANGUAGES))


def _by_library(text: str) -> tuple[str, bool]:
    """What mail-parser-reply takes for the newest reply, where it surely cut an earlier mail."""
    if "@" not in text:
        return text, False
    if len(text) > _MOST_FOR_LIBRARY or max(map(len, text.split("\n"))) > _LONGEST_LINE:
        return text, False
    try:
        replies = _library().read(text).replies
    except Exception:  # noqa: BLE001 - whatever the library trips over, the text is kept
        return text, False
    newest = replies[0].content if replies else ""
    has_address = any("@" in (reply.headers or "") for reply in replies[1:2])
    return (newest, True) if newest and has_address else (text, False)
