"""HTML of strangers made fit to show: no script, no form, nothing that is fetched.

Images that come with the mail (`cid:`, `data:`) stay; the address of one elsewhere moves to
`data-src`, so that nobody learns when a mail is read, and an agent may still ask for it.
"""

import re

import nh3

from intake.channels.mail.html import is_too_deep
from intake.channels.mail.structure import Structure
from intake.domain.texts import clean

_MOST = 1_000_000
_TAGS = (nh3.ALLOWED_TAGS | {"font", "u"}) - {"map", "area"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "img": {"src", "alt", "width", "height", "title", "data-src"},
    "font": {"color"},
    "a": {"href", "title"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "data"}
_ACTIVE = re.compile(
    r"<(?:script|form|i?frame|object|embed|applet)\b|\s(?:on(?:click|load|error|mouse\w{2,5}|focus|"
    r"submit|change))\s*=|\b(?:java|vb)script:",
    re.IGNORECASE,
)
"""What a page would do, and does not here."""
_REMOTE = re.compile(r"(<img\b[^>]*?\s)src=(?=[\"'](?!cid:|data:image/))", re.IGNORECASE)


def html_of(mail: Structure) -> str | None:
    """The mail's HTML, sanitised; None without any, and where it is too large or too deep.

    What is left out of it is noted.
    """
    page = "\n".join(clean(part) for part in mail.html)
    if not page.strip():
        return None
    if len(page) > _MOST or is_too_deep(page):
        mail.notes.append("its HTML is too large or too deep to be shown")
        return None
    if _ACTIVE.search(page):
        mail.notes.append("script, forms or frames were taken out of its HTML")
    shown, images = _REMOTE.subn(r"\1data-src=", _sanitised(page))
    if images:
        mail.notes.append("images that lie elsewhere are off in its HTML")
    return clean(shown).strip() or None


def _sanitised(page: str) -> str:
    return nh3.clean(
        page,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_safe,
        url_schemes=_SCHEMES,
        strip_comments=True,
    )


def _safe(tag: str, attribute: str, value: str) -> str | None:
    scheme = value.strip().lower().partition(":")[0]
    if attribute == "href" and scheme in ("data", "cid"):
        return None
    if (
        attribute == "src"
        and scheme == "data"
        and not value.strip().lower().startswith("data:image/")
    ):
        return None
    return None if (tag, attribute) == ("img", "data-src") else value
