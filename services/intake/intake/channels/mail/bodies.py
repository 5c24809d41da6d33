"""The new text of a mail, out of its plain and HTML parts."""

import re

from intake.channels.mail import html
from intake.channels.mail.quotes import new_text
from intake.channels.mail.structure import Structure
from intake.domain.texts import clean

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
        text, _ = new_text(text)
    return text or "\n".join(f"[{file.name or file.media_type}]" for file in mail.files)
