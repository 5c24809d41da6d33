"""The new text of a mail, out of its plain and HTML parts."""

import re

from intake.channels.mail import html
from intake.channels.mail.quotes import new_text
from intake.channels.mail.signatures import without_last_rule, without_signature
from intake.channels.mail.structure import Structure, inside
from intake.domain.texts import clean
from shared.contracts.intake import Attachment

_FORWARDING = re.compile(
    r"\s*(?:\[[^\]]{1,30}\]\s*)?(?:fwd?|fw|wg|rv|tr|enc|res?env|i|vb|vs|ynt|pd|doorst|转发|轉寄|転送)"
    r"\s*[:：]",
    re.IGNORECASE,
)
"""How mail programs begin the subject of a mail that is passed on, not answered."""


def text_of(mail: Structure) -> str:
    """What the writer added; of files alone, their names; empty when there is nothing at all.

    HTML says where the earlier mail begins better than plain text does, so where it does it
    counts; else the plain part, which the writer's program made for reading. A mail that is passed
    on comes whole: the earlier mail is what it is about.
    """
    is_forwarded = bool(_FORWARDING.match(mail.headers.text("subject") or ""))
    plain = clean("\n".join(mail.plain)).strip()
    from_html, has_quote = "", False
    if mail.html:
        found = [html.text_of(clean(part), whole=is_forwarded) for part in mail.html]
        from_html = "\n".join(text for text, _ in found).strip()
        has_quote = any(quoted for _, quoted in found)
    text = from_html if has_quote or not plain else plain
    if not is_forwarded:
        text, is_cut = new_text(text)
        text = without_last_rule(text) if is_cut or has_quote else text
        text = without_signature(text)
    return text or _attached(mail) or "\n".join(map(_named, mail.files))


def _attached(mail: Structure, depth: int = 0) -> str:
    """What mails say that came as files, where the mail itself says nothing."""
    if depth > 3:
        return ""
    return "\n\n".join(_whole(inside(part), depth) for part in mail.attached[:5]).strip()


def _whole(mail: Structure, depth: int) -> str:
    """A mail as a reader sees it: who, what, the text."""
    plain = clean("\n".join(mail.plain)).strip()
    text = plain or "\n".join(html.text_of(clean(part), whole=True)[0] for part in mail.html)
    told = [
        f"{name.title()}: {said}"
        for name in ("from", "date", "subject")
        if (said := mail.headers.text(name))
    ]
    files = "\n".join(map(_named, mail.files))
    return "\n".join([*told, "", text or _attached(mail, depth + 1) or files]).strip()


def _named(file: Attachment) -> str:
    return f"[{file.name or file.media_type}]"
