"""Plain text of a mail without the earlier mails under it.

What is cut away must be an earlier mail for sure: a line too much is read by an agent, a line too
few is lost to him. So each mark needs a second one beside it.
"""

import re
from itertools import pairwise

from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]
from mailparser_reply.parser import EmailMessage  # type: ignore[import-untyped]

from intake.channels.mail import forwards
from intake.channels.mail.attributions import attribution, on_their_own_lines
from intake.channels.mail.copied_headers import FORM_FIELD, copied_header, is_field

_DIVIDER = re.compile(
    r"^\S.{1,60} ---\d\d?[/.]\d\d?[/.]\d{4} \d\d?[:.]\d\d[^-]{0,12}---|"
    r"^original message processed by .{1,40}$|^>>> .{3,100} \d.{6,24} >>>\s*$|"
    r"^[\s>*]*[-_=*‐—]{2,}\s*(?:original message|original mail|original|repl(?:y|ied) message|"
    r"ursprüngliche nachricht|original-?nachricht|antwort ?nachricht|"
    r"mensaje original|message d'origine|(?:message|mail|e-?mail) original|mensagem original|"
    r"messaggio originale|(?:oorspronkelijk|origineel) bericht|"
    r"wiadomość oryginalna|oryginalna wiadomość|"
    r"исходное сообщение|原始邮件|原始郵件|邮件原件|[邮郵]件原文|"
    r"回复的原邮件|回覆的原郵件|元のメッセージ|"
    r"オリジナルメッセージ|원본 메시지|원본 메일|원본 이메일|original ?meddelelse|"
    r"oprindelig (?:meddelelse|besked)|originalmeddelande|opprinnelig melding|"
    r"alkuperäinen viesti|or[ij]+inal (?:ileti|mesaj)|özgün ileti|původní (?:zpráva|e-mail)|"
    r"pôvodná správa|eredeti üzenet|mesaj(?:ul)? original|αρχικό μήνυμα|izvorna poruka|"
    r"оригінальне повідомлення|оригинално съобщение|missatge original|thư gốc|pesan asli|"
    r"ข้อความต้นฉบับ|الرسالة الأصلية|הודעה מקורית)"
    r"\s*[-_=*‐—]{2,}\s*$",
    re.IGNORECASE,
)

_ABOVE = re.compile(
    r"(?:above|over) this line|(?:oberhalb|über) dieser (?:zeile|linie)|au-dessus de cette ligne|"
    r"(?:encima|arriba) de esta línea|acima desta linha|sopra (?:a |di )?questa (?:riga|linea)|"
    r"boven deze (?:regel|lijn)|(?:powyżej tej|nad tą) lini|(?:ovanför|över) (?:den här|denna) "
    r"(?:raden|linjen)|(?:over|ovenfor) denne linj|tämän (?:rivin|viivan) yläpuol|"
    r"(?:над этой|выше этой) (?:строк|лини|черт)|この(?:行|線)(?:より|の|から)上|"
    r"此(?:行|线|線)(?:的|之)?(?:上方|以上|上面)|이 (?:줄|선) ?위|bu (?:satırın|çizginin) üst|"
    r"nad t(?:ento řádek|ímto řádkem|uto čáru|outo čarou)",
    re.IGNORECASE,
)
_ASKS_ABOVE = re.compile(r"[\s>]*(?:[#*=_~-]{2,}|[—–]|(?:please )?reply above this line\W*$)", re.I)
"""How helpdesks ask to answer above a line: between signs, or in English by these words alone."""

_ANSWER = re.compile(
    r"repl|respon|answer|type|write|antw|schreib|répon|écri|saisi|escrib|contest|escrev|digit|rispo|"
    r"scriv|schrijf|reage|typ |odpo|napis|wpis|отве[тч]|пиш|введ|返信|回[答复覆]|返答|答复|答覆|"
    r"入力|記入|输入|輸入|답|회신|입력|작성|svar|skriv|vasta|kirjoit|yanıt|cevap|yaz|napiš|piš",
    re.IGNORECASE,
)
"""That one should answer there: a line may be drawn above for much else."""

_QUOTED = re.compile(r"^[ \t]{0,3}(?:[>＞]|\|(?!.*\|\s*$))")
"""A line between two strokes is a row of a table: what somebody orders."""

_MOST = 500_000
_MOST_FOR_LIBRARY = 20_000
_LONGEST_LINE = 1_000
_LONGEST_DIVIDER = 300
_LONG_QUOTED_LINE = 40


def new_text(text: str) -> tuple[str, bool]:
    """What the writer added, and whether an earlier mail was left out.

    A mail that is nothing but an earlier one comes whole, and so does what is forwarded or longer
    than anybody writes.
    """
    if len(text) > _MOST:
        return text.strip(), False
    lines = on_their_own_lines(text.split("\n"))
    kept, has_quote = _without_quotes(lines)
    new = "\n".join(kept).strip()
    if not has_quote and new and not any(map(forwards.is_line, lines)):
        new, has_quote = _by_library(new)
    return (new, has_quote) if new else (text.strip(), False)


def _without_quotes(lines: list[str]) -> tuple[list[str], bool]:
    kept: list[str] = []
    at = seen = clear = 0
    has_quote = has_text = False
    answered = _answered_one_by_one(lines)
    while at < len(lines):
        has_text = has_text or any(map(_is_text, kept[seen:]))
        seen = len(kept)
        if forwards.is_line(lines[at]):
            return kept + lines[at:], has_quote
        block = copied_header(lines, at)
        if (_is_divider(lines, at) and not _is_shown(kept, lines[at])) or (block and has_text):
            return kept, True
        if block:
            # The mail begins with a copy of its own header: what it says stands below.
            kept, at = kept + lines[at : at + block], at + block
        elif said_by := attribution(lines, at):
            quote = _next_written(lines, at + said_by)
            if quote is None or not _QUOTED.match(lines[quote]):
                return kept, True
            at, has_quote = _after_quote(lines, quote), True
        elif _QUOTED.match(lines[at]) and (has_quote or at in answered or _is_a_quote(lines, at)):
            shown, at, clear = _shown(kept, lines, at, clear)
            kept, has_quote = kept + shown, has_quote or not shown
        else:
            kept.append(lines[at])
            at += 1
    return kept, has_quote


_SHORTEST = re.compile(r"^[\s>*]*[-_=*‐—]{2,}\s*original\s*[-_=*‐—]{2,}\s*$", re.IGNORECASE)
"""QQ's. It stands on boxes too: so a header must follow."""


def _is_divider(lines: list[str], at: int) -> bool:
    line = lines[at]
    if _is_helpdesks(line):
        return True
    if _SHORTEST.match(line[:100]) and not any(map(is_field, lines[at + 1 : at + 5])):
        return False
    # A long row of asterisks is one in too many ways to try them all.
    if line[:1].isalnum() and line[:1] not in "oOpPrR" and "---" not in line:
        return False  # most lines: a rule begins with its signs
    return len(line) <= _LONGEST_DIVIDER and bool(_DIVIDER.match(line))


def _is_helpdesks(line: str) -> bool:
    told = line[:150]
    return bool(_ASKS_ABOVE.match(told[:80]) and _ABOVE.search(told) and _ANSWER.search(told))


def _is_shown(above: list[str], line: str) -> bool:
    """Whether the writer shows a helpdesk's line and asks what it is: he says so above."""
    said = _last_written(above)
    return said.endswith((":", "：")) and not _TELLS_WHO.search(said) and _is_helpdesks(line)


def _last_written(lines: list[str]) -> str:
    return next((line.rstrip() for line in reversed(lines) if line.strip()), "")


_RULED = re.compile(r"^\s{0,3}-{4,}[^-\n]{0,40}(?:-{4,})?\s*$")
"""What may stand above a copy of a header in a language of which we know no line."""


def _is_text(line: str) -> bool:
    """Whether it is more than a field of a header or a rule."""
    return bool(line.strip()) and not (is_field(line) or _RULED.match(line))


_LEAST_LAST = 12
_NEAR_END = 20


def _is_a_quote(lines: list[str], at: int) -> bool:
    """Whether marked lines that nobody is named for are an earlier mail.

    A single one is where it ends the mail; in the middle it may be the end of a long address.
    """
    if at + 1 < len(lines) and _QUOTED.match(lines[at + 1]):
        return True
    stands_alone = at > 0 and not lines[at - 1].strip() and len(lines[at]) >= _LEAST_LAST
    return (
        stands_alone and at >= len(lines) - _NEAR_END and not any(map(str.strip, lines[at + 1 :]))
    )


def _answered_one_by_one(lines: list[str]) -> set[int]:
    """Marked lines that each stand alone, where several do: each is answered by itself.

    Where nothing stands between two of them they are a list, with odd bullets.
    """
    alone = {
        at
        for at, line in enumerate(lines)
        if line[:1] in ">＞"
        and _ASKED.match(line)
        and not any(near.strip() for near in (*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]))
    }
    marked = sorted(alone)
    is_each_answered = all(
        any(map(str.strip, lines[one + 1 : other])) for one, other in pairwise(marked)
    )
    return alone if len(alone) > 1 and is_each_answered else set()


_ASKED = re.compile(r"[>＞] ?\S{1,40}\s+\S")


def _next_written(lines: list[str], at: int) -> int | None:
    return next((n for n in range(at, len(lines)) if lines[n].strip()), None)


def _after_quote(lines: list[str], at: int) -> int:
    """The first line after a quote that is neither quoted nor empty, nor wrapped out of it."""
    while at < len(lines):
        if not (_QUOTED.match(lines[at]) or not lines[at].strip() or _is_wrapped(lines, at)):
            break
        at += 1
    return at


def _shown(above: list[str], lines: list[str], at: int, clear: int) -> tuple[list[str], int, int]:
    """The marked lines from here where the writer shows something in them: code, an error.

    He says so above, and the earlier mail comes later, or he goes on below a few lines. And where
    they end, and up to where nobody is named for an earlier mail: it is `clear` up to here already.
    """
    after = _after_quote(lines, at)
    said = _last_written(above)
    if not said.endswith((":", "：")):
        return [], after, clear
    is_speech = len(said.split()) >= _LEAST_SPEECH and not _TELLS_WHO.search(said)
    if is_speech and after - at <= _MOST_SHOWN and _next_written(lines, after) is not None:
        return lines[at:after], after, clear
    end = min(len(lines), after + 200)
    clear = next((n for n in range(max(after, clear), end) if attribution(lines, n)), end)
    return (lines[at:after] if clear < end else []), after, clear


_LEAST_SPEECH = 3
_MOST_SHOWN = 5
_TELLS_WHO = re.compile(r"[\d@]")
"""What the line above an earlier mail has, in any language."""


def _is_wrapped(lines: list[str], at: int) -> bool:
    """Whether the line is the end of the quoted one above, which a program broke as too long."""
    above, line = lines[at - 1].rstrip(), lines[at].strip()
    goes_on = line[:1].islower() or not line[:1].isalnum()
    return (
        at + 1 < len(lines)
        and bool(_QUOTED.match(lines[at + 1]) and _QUOTED.match(above))
        and len(above) >= _LONG_QUOTED_LINE
        and above[-1] not in ".?!:;。？！"
        and goes_on
    )


class _Replies(EmailMessage):  # type: ignore[misc]
    """The library's mail, without its look for signatures and disclaimers: ours is another."""

    def _process_signatures_disclaimers(self, text: str) -> tuple[list[str], str]:
        return [], ""


_LANGUAGES = list(MAIL_LANGUAGES)


def _by_library(text: str) -> tuple[str, bool]:
    """What mail-parser-reply takes for the newest reply, where it surely cut an earlier mail."""
    if "@" not in text or any(map(FORM_FIELD.match, text.split("\n"))):
        return text, False
    if len(text) > _MOST_FOR_LIBRARY or max(map(len, text.split("\n"))) > _LONGEST_LINE:
        return text, False
    try:
        replies = _Replies(text=text, languages=_LANGUAGES).read().replies
    except Exception:  # noqa: BLE001 - whatever the library trips over, the text is kept
        return text, False
    newest = replies[0].content if replies else ""
    has_address = any(_has_address(reply.headers or "") for reply in replies[1:2])
    is_text = any(map(_is_text, newest.split("\n")))
    return (newest, True) if is_text and has_address else (text, False)


def _has_address(head: str) -> bool:
    """Whether a copied header has an address, and no other line that a customer wrote below it."""
    lines = head.strip().split("\n")
    if is_field(lines[0]):
        lines = [line for line in lines if is_field(line) or ":" not in line]
    return any("@" in line for line in lines)
