"""What a shop or a browser says of a customer's language, as a BCP 47 tag."""

import re

_TAG = re.compile(
    r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:[-_].*)?"
)
# CLDR likely subtags: the script that a place writes Chinese in.
_CHINESE = {"TW": "Hant", "HK": "Hant", "MO": "Hant", "CN": "Hans", "SG": "Hans"}


def language_tag(text: object) -> str | None:
    """Language, script and region in their usual case; None when it is no tag.

    Chinese gets the script of its place, since readers choose by script.

    >>> language_tag("pt_br"), language_tag("zh-TW"), language_tag("en-GB-oed"), language_tag("?")
    ('pt-BR', 'zh-Hant-TW', 'en-GB', None)
    """
    found = _TAG.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    language, script, region = found[1].lower(), found[2], found[3]
    region = region.upper() if region else None
    if language == "zh" and script is None and region in _CHINESE:
        script = _CHINESE[region]
    return "-".join(part for part in (language, script and script.title(), region) if part)
