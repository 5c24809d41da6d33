"""Strangers' texts made fit to stand in ours: names, titles, tracking numbers, links.

Names and titles come from shops and carriers and are not trusted: no control characters (a line
break would end a mail header), no bidirectional controls (they would turn our own words around).
"""

import unicodedata
from urllib.parse import urlsplit

_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)

LRI, FSI, PDI = "\u2066", "\u2068", "\u2069"
"""Left-to-right isolate, first-strong isolate, pop isolate (Unicode UAX #9)."""


def plain(text: str, limit: int = 200) -> str:
    """One line without controls, at most `limit` characters.

    >>> plain("Ana\\r\\nBcc: x@y.example\\u202e")
    'Ana Bcc: x@y.example'
    """
    kept = "".join(
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in text
        if char not in _BIDI_CONTROLS and unicodedata.category(char) != "Cs"
    )
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def is_rtl(text: str) -> bool:
    """Tell whether a text has letters that run from right to left."""
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def link(url: str | None) -> str | None:
    """The URL if it is one that may stand in a mail: http or https, no spaces, no credentials.

    >>> link("https://track.example/?n=1"), link("javascript:alert(1)"), link("https://a@b.example")
    ('https://track.example/?n=1', None, None)
    """
    if not url or len(url) > 2000 or any(char.isspace() or not char.isprintable() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return url


_CARRIERS = {
    "dhl": "DHL",
    "dhl-germany": "DHL",
    "dhl-express": "DHL Express",
    "fedex": "FedEx",
    "ups": "UPS",
    "usps": "USPS",
    "dpd": "DPD",
    "dpd-de": "DPD",
    "gls": "GLS",
    "tnt": "TNT",
    "sf-express": "SF Express",
    "spain-correos-es": "Correos",
    "taqbin-jp": "Yamato Transport",
    "japan-post": "Japan Post",
    "hongkong-post": "Hongkong Post",
}


def carrier_name(slug: str | None) -> str:
    """A carrier as people write it.

    >>> [carrier_name(slug) for slug in ("fedex", "royal-mail", "gls-it", "Correos")]
    ['FedEx', 'Royal Mail', 'GLS IT', 'Correos']
    """
    text = plain(slug or "", 60)
    if text in _CARRIERS:
        return _CARRIERS[text]
    if text != text.lower() or not text.isascii():
        return text
    return " ".join(
        word.upper() if len(word) <= 3 else word.capitalize()
        for word in text.replace("_", "-").split("-")
    )
