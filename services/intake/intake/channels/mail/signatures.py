"""New text without the signature under it.

A signature is what programs put under every mail: behind the delimiter (`-- `, RFC 3676 §4.3), in a
line of a telephone's, or behind a closing and a name. Where the block could say something of its
own (a question, a postscript, an order) it stays: a line too much costs less than a line too few.
"""
# ruff: noqa: E501 - a phrase a line

import re

from intake.channels.mail.closings import (
    CLOSING,
    CLOSING_AND_NAME,
    DASHED_NAME,
    FROM_MINE,
    HYPHENED,
    LINK,
    LOGO,
    MOBILE,
    NAME,
    NAME_ALONE,
    NAMED,
    PICTURE,
    SPEAKS,
    THANKED,
)
from intake.channels.mail.pointers import points_at

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
_MOST_BELOW = 200
"""Characters: what is longer is an earlier mail that nobody is named for."""

_LEAST_WORDS = 6
_ENDING = re.compile(f"{CLOSING.pattern}|{THANKED.pattern}", re.IGNORECASE)
_RULES = (_DELIMITER, _DASHES, _RULE)
_BEGINNINGS = (*_RULES, CLOSING, THANKED, DASHED_NAME)


def without_signature(text: str) -> str:
    """The text above the signature; all of it where there is none, or nothing above."""
    if len(text) > _MOST:
        return text
    lines = _without_last_logos(_without_first_mark(text.rstrip().split("\n")))
    for _ in range(_MOST_BLOCKS):
        end = _end_of_text(lines)
        above = "\n".join(lines[:end]).rstrip()
        if end == len(lines) or not above or points_at(above, "\n".join(lines[end:])):
            break
        lines = above.split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or _DELIMITER.match(lines[-1])):
        lines.pop()  # what stood below is left out already
    above = "\n".join(lines).rstrip()
    return above if above.strip() else text


def _without_first_mark(lines: list[str]) -> list[str]:
    """Without the line of a device above the text, where some programs put it."""
    is_first = len(lines) > 2 and not lines[1].strip() and _is_mobile(lines[0])
    return lines[2:] if is_first else lines


def _without_last_logos(lines: list[str]) -> list[str]:
    end = len(lines)
    while end > 1 and (not lines[end - 1].strip() or LOGO.match(lines[end - 1][:2_000])):
        end -= 1
    return lines[:end]


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
        if _stands_alone(lines, at) and _is_mobile(lines[at]) and not _goes_on(lines[at + 1 : end]):
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
    return bool(CLOSING.match(line[:80]) or PICTURE.match(line[:1_000]))


def _is_card(lines: list[str]) -> bool:
    """Whether below a name stands what a business card has: short lines, no sentence."""
    return len(lines) <= 8 and all(len(one) <= 60 and one[-1] not in ".!?…" for one in lines[1:])


def _is_signed(line: str) -> bool:
    return len(line) <= 80 and bool(NAME_ALONE.match(line) or CLOSING_AND_NAME.match(line))


_DOUBTFUL = re.compile(r"^\W*(?:lg|vg|kh|vh|lp|att|best|with best|cheers|salam)\W*$", re.IGNORECASE)
"""Closings that name other things too."""


def _is_bare_closing(line: str) -> bool:
    """Whether a text ends with a closing that no name follows."""
    return len(line) <= 80 and bool(CLOSING.match(line)) and not _DOUBTFUL.match(line)


def _is_hyphened(lines: list[str], at: int) -> bool:
    """Whether the name behind one hyphen ends the text, and is no item of a list."""
    is_alone = not any(line.lstrip().startswith("-") for line in lines[max(0, at - 5) : at])
    return not lines[at - 1].strip() and is_alone and bool(HYPHENED.match(lines[at][:80]))


def _is_mobile(line: str) -> bool:
    if len(line) > 200:
        return False
    line = LINK.sub("", line)
    return len(line) <= 120 and bool(MOBILE.match(line) or FROM_MINE.match(line.strip()))


def _stands_alone(lines: list[str], at: int) -> bool:
    """Whether a program put the line there: an empty one or the delimiter above, none goes on."""
    below = lines[at + 1] if at + 1 < len(lines) else ""
    is_last = at + 1 == len(lines) or (at + 2 == len(lines) and _is_mobile(below))
    is_above = not lines[at - 1].strip() or bool(_DELIMITER.match(lines[at - 1]))
    return is_last or (is_above and (not below.strip() or bool(_RULE.match(below))))


def _goes_on(below: list[str]) -> bool:
    """Whether a person writes on under a line of his telephone, as below the mail he answers."""
    written = [line for line in below if line.strip()]
    if sum(map(len, written)) > _MOST_BELOW or any(map(_CONTACT.search, written)):
        return False
    said = [one.rstrip() for one in written if not _is_mobile(one)]
    return any(one[-1] in ".?!。？！" and _is_sentence(one) for one in said)


def _is_sentence(line: str) -> bool:
    return len(line.split()) > 2 or (not line.isascii() and len(line) > 8)


def _begins_signature(lines: list[str], at: int, end: int) -> bool:
    first = lines[at]
    marks = _BEGINNINGS if len(first) <= _LONGEST_CLOSING else _RULES
    if len(first) > 200 or not any(mark.match(first) for mark in marks):
        return False
    block = [line for line in lines[at + 1 : end] if line.strip()]
    if not block or _SAYS_MORE.search("\n".join(line[:300] for line in block)):
        return False
    if _DELIMITER.match(first) or _DASHES.match(first):
        is_name = bool(NAME.match(block[0].strip()))
        return len(block) <= 15 and (is_name or not _DASHES.match(first))
    if _RULE.match(first):
        return _is_under_rule(first, block)
    return not any(map(_speaks, block)) and _is_under_closing(first, block)


def _is_under_rule(rule: str, block: list[str]) -> bool:
    is_long = len(rule.strip()) >= _LONG_RULE and len(block) <= 4
    return any(_CONTACT.search(line[:500]) for line in block) or (
        is_long and all(NAME.match(line.strip()[:80]) for line in block)
    )


def _speaks(line: str) -> bool:
    """Whether a line is a sentence of a person's."""
    is_long = len(line.split()) >= _LEAST_WORDS or (not line.isascii() and len(line) > 12)
    return is_long and bool(SPEAKS.search(line[:500])) and not _CONTACT.search(line[:500])


def _is_under_closing(closing: str, block: list[str]) -> bool:
    if DASHED_NAME.match(closing):
        return len(block) <= 4
    names = [line.strip() for line in block if not _is_no_name(line)] or ["…"]
    if THANKED.match(closing):
        return bool(NAMED.match(names[0][:80].rstrip(","))) and _is_card(names)
    return len(names[0]) <= _LONGEST_NAME and names[0][-1] not in ".!。！" and len(block) <= 15
