"""HTML mail to plain text, without what is quoted and what nobody sees."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from intake.channels.mail import forwards
from intake.channels.mail.pointers import points_at

_UNSEEN = "script, style, head, title, noscript, template, svg, object, iframe, [hidden]"

_HIDDEN = (
    '[style*="display:none" i], [style*="display: none" i], [style*="mso-hide:all" i], '
    '[style*="mso-hide: all" i]'
)
"""Lines that are shown in a list of mails only, and what is for other screens."""

# What mail programs put around the mail that is answered: Gmail, Apple Mail and Thunderbird, Yahoo,
# Proton, Zoho, Tutanota, NetEase and QQ, GMX and web.de, Domino.
_QUOTED = (
    "blockquote.gmail_quote, .gmail_extra > blockquote, blockquote[type=cite], "
    ".moz-cite-prefix, .yahoo_quoted, .protonmail_quote, .zmail_extra, .tutanota_quote, "
    "#isReplyContent, .ntes_signature_quote, includetail, .qmbox blockquote, "
    "[name=quote], [name=messageReplySection], details.wb-quote, .gmx_quote, .wd_quote, "
    ".reply_content_quote, .front-blockquote, .domino-section"
)
# Gmail's holds the answers too that stand between the lines of the earlier mail.
_GMAIL = "div.gmail_quote, .gmail_quote_container"
_FORWARDED = re.compile(r"\s*-{4,}\s*\w")
_MARKED = re.compile(r">\s?Message du \d")
"""How Orange begins the earlier mail: marked as in plain text, but for its first lines only."""
# What they put around a signature.
_SIGNATURES = (
    ".gmail_signature, .gmail_signature_prefix, .moz-signature, #Signature, .tutanota_signature, "
    "#ms-outlook-mobile-signature, #AppleMailSignature, .protonmail_signature_block, "
    "[data-smartmail=gmail_signature], [name=messageSignatureSection], .front-signature, "
    ".io-ox-signature, "
    "hr[style*='width: 210px'] + div"  # Foxmail's
)

# Outlook has no element around it: everything from such a mark to the end is the earlier mail.
_QUOTED_FROM_HERE = (
    "#divRplyFwdMsg, #appendonsend, #mail-editor-reference-message-container, "
    ".OutlookMessageHeader, #OLK_SRC_BODY_SECTION, #reply-separator, hr[tabindex='-1']"
)
_OUTLOOK_RULE = re.compile(r"border:\s*none;\s*border-top:\s*solid\s+#(?:E1E1E1|B5C4DF)", re.I)

_BLOCKS = {
    *("address", "article", "aside", "center", "dd", "details", "dialog", "div", "dl", "dt"),
    *("fieldset", "figure", "footer", "form", "header", "hr", "li", "main", "nav", "section"),
    *("tbody", "tfoot", "thead", "tr"),
}
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"}
_CLOSED_BY_OTHERS = {"p", "li", "dt", "dd", "tr", "td", "th", "option", "br", "img", "hr", "meta"}
_SPACE = re.compile(r"[ \t\r\n\f\v\xa0]+")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_MAY_HIDE = re.compile(r"display:\s?none|mso-hide", re.IGNORECASE)
_MOST = 1_000_000
_DEEPEST = 2_000
"""Browsers stop at 512. The parser's time grows with the square of the depth."""


def text_of(html: str, *, whole: bool = False) -> tuple[str, bool]:
    """The text without quoted mail and signature, unless `whole`; whether a quote was left out.

    A mail that is nothing but quotation comes whole anyway.
    """
    if not html.strip():
        return "", False
    read = _read(html[:_MOST])
    return (read.whole, False) if whole else (read.new, read.has_quote)


class _Text(NamedTuple):
    whole: str
    new: str
    has_quote: bool = False


# One mail's pages are read for what it is, for what is new in it and for all of it.
@lru_cache(maxsize=4)
def _read(html: str) -> _Text:
    if is_too_deep(html):
        text = _SPACE.sub(" ", _TAG.sub(" ", html)).strip()
        return _Text(text, text)
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return _Text("", "")
    unseen = {node.mem_id for node in tree.css(_UNSEEN)}
    hidden = {node.mem_id for node in tree.css(_HIDDEN)} if _MAY_HIDE.search(html) else set()
    whole = _laid_out(root, unseen | hidden)
    if hidden and not whole:
        hidden, whole = set(), _laid_out(root, unseen)
    unseen |= hidden
    quoted, signatures = _quoted(tree), tree.css(_SIGNATURES)
    signed = {node.mem_id for node in signatures}
    if not (quoted or signed):
        return _Text(whole, whole)
    new = _laid_out(root, unseen | quoted | signed, quoted)
    if signed and (not new or points_at(new, "\n".join(map(_words, signatures)))):
        new = _laid_out(root, unseen | quoted, quoted)
    return _Text(whole, new, bool(quoted)) if new else _Text(whole, whole)


def is_too_deep(html: str) -> bool:
    """Whether it would keep a parser busy."""
    return html.count("<") > _DEEPEST and _depth(html) > _DEEPEST


def _depth(html: str) -> int:
    """How deep elements that must be closed are nested, at most."""
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for closing, name in _TAG.findall(html.lower()):
        if name in _CLOSED_BY_OTHERS or (closing and not opened[name]):
            continue
        step = -1 if closing else 1
        opened[name] += step
        depth += step
        deepest = max(deepest, depth)
    return deepest


def _quoted(tree: LexborHTMLParser) -> set[int]:
    """The elements that hold the earlier mail, by their identity.

    They are passed over, not removed: an element inside a removed one may not be touched again.
    """
    found = {node.mem_id for node in tree.css(_QUOTED) if not _is_passed_on(node)}
    for marked in tree.css(_GMAIL):
        found |= _of_gmail(marked)
    found |= {node.mem_id for node in tree.css("blockquote") if _MARKED.match(_words(node))}
    rulers = (
        node
        for node in tree.css("div[style*=border-top]")
        if _OUTLOOK_RULE.search(node.attributes.get("style") or "")
    )
    for mark in (tree.css_first(_QUOTED_FROM_HERE), next(rulers, None)):
        if mark is not None:
            found |= _from_here(mark)
    return found


def _is_passed_on(node: LexborNode) -> bool:
    """Whether a quote is what Apple's program passes on: it says so right above."""
    before = node.prev
    while before is not None and not _words(before):
        before = before.prev
    return before is not None and forwards.begins(_words(before))


def _of_gmail(marked: LexborNode) -> set[int]:
    """What of Gmail's mark is the earlier mail: all, but what is passed on or stands as answer.

    Answers stand behind the first of several quotes.
    """
    if _FORWARDED.match(_words(marked)):
        return set()
    parts = list(_siblings(marked.first_child))
    at = next((n for n, part in enumerate(parts) if part.tag == "blockquote"), len(parts))
    if not any(_words(part) for part in parts[at:] if part.tag != "blockquote"):
        return {marked.mem_id}
    quoted = [n for n, part in enumerate(parts) if n < at or part.tag == "blockquote"]
    return {parts[n].mem_id for n in quoted}


def _siblings(node: LexborNode | None) -> Iterator[LexborNode]:
    while node is not None:
        yield node
        node = node.next


def _words(node: LexborNode) -> str:
    return node.text().strip()


def _from_here(mark: LexborNode) -> set[int]:
    """The mark and everything after it, up to the end of the body."""
    found = {mark.mem_id}
    node: LexborNode | None = mark
    while node is not None and node.tag != "body":
        after = node.next
        while after is not None:
            found.add(after.mem_id)
            after = after.next
        node = node.parent
    return found


def _walk(
    root: LexborNode, passed_over: set[int], shown: set[int]
) -> Iterator[tuple[LexborNode, bool]]:
    """Every node at its beginning, and every element at its end (true).

    Those that are passed over and shown come at their end only.
    """
    waiting: list[tuple[LexborNode, bool]] = [(root, False)]
    while waiting:
        node, is_end = waiting.pop()
        if node.mem_id in passed_over:
            if node.mem_id in shown and node.tag == "blockquote":
                yield node, True
            continue
        yield node, is_end
        if is_end or node.tag == "-text":
            continue
        waiting.append((node, True))
        child = node.last_child
        while child is not None:
            waiting.append((child, False))
            child = child.prev


class _Page:
    """Lines as a reader sees them, while they grow."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []

    def take(self, node: LexborNode, *, is_end: bool) -> None:
        """Go on by one node."""
        tag = node.tag or ""
        if tag == "-text":
            self._line.append(node.text_content or "")
        elif tag == "br":
            self._end_line(is_break=not is_end)
        elif tag in _SPACED:
            self._leave_space()
        elif tag in _BLOCKS:
            self._end_line()
        self._line += _MARKS.get((tag, is_end), "")

    def _end_line(self, *, is_break: bool = False) -> None:
        line = _SPACE.sub(" ", "".join(self._line)).strip()
        if line or is_break:
            self._lines.append(line)
        self._line.clear()

    def _leave_space(self) -> None:
        self._end_line()
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def quote(self) -> None:
        """An earlier mail, as one that is left out."""
        self._end_line()
        self._lines += [*_QUOTE.split("\n"), ""]

    def text(self) -> str:
        """Everything so far."""
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip()


_MARKS = {("li", False): "- ", ("td", True): " ", ("th", True): " "}


_QUOTE = ">\n>"
"""What stands for a quote that is passed over, where the line above still says whose it is."""
_UNSAID = re.compile(rf"(?<![:：\n])(\n*)^(?:{_QUOTE}\s*)+", re.MULTILINE)
_NOTHING_BELOW = re.compile(rf"\s*(?:{_QUOTE}\s*)+$")


def _laid_out(root: LexborNode, passed_over: set[int], shown: set[int] | None = None) -> str:
    page = _Page()
    for node, is_end in _walk(root, passed_over, shown or set()):
        if node.mem_id in passed_over:
            page.quote()
        else:
            page.take(node, is_end=is_end)
    text = page.text()
    return _UNSAID.sub(r"\1", _NOTHING_BELOW.sub("", text)) if _QUOTE in text else text
