"""Which language a notice is written in, and how its figures look."""

import re
from collections.abc import Iterable, Iterator

LANGUAGES = ("en", "es", "ja", "ar", "de", "zh-Hant")
"""What notices are written in, as BCP 47."""

SOURCE = "en"
"""The language of the templates themselves, and the last resort."""

_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_].*)?", re.I)
_TRADITIONAL = {"TW", "HK", "MO"}
_RTL = {"ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "ckb", "dv"}


def _parts(tag: str) -> tuple[str, str | None, str | None] | None:
    found = _TAG.fullmatch(tag.strip())
    if not found:
        return None
    language, script, region = found.groups()
    return (
        language.lower(),
        script.title() if script else None,
        region.upper() if region else None,
    )


def _chain(tag: str) -> Iterator[str]:
    """From the tag itself to what its readers also read: es-MX, es.

    Chinese goes by script, never from one to the other. Cantonese is written in traditional
    characters unless said otherwise (CLDR likely subtags: zh-TW is zh-Hant, yue is yue-Hant).
    """
    parts = _parts(tag)
    if parts is None:
        return
    language, script, region = parts
    if language in ("zh", "yue"):
        likely = "Hant" if region in _TRADITIONAL or language == "yue" else "Hans"
        if region in ("CN", "SG"):
            likely = "Hans"
        yield f"zh-{script or likely}"
        return
    if script:
        yield f"{language}-{script}"
    yield language


def choose(wanted: Iterable[str | None], store: Iterable[str] = ()) -> str:
    """The first language of ours that the customer reads, else the store's first, else English.

    >>> choose(["es-MX"]), choose(["zh-TW"]), choose(["zh_HK"]), choose([None, "de-AT"])
    ('es', 'zh-Hant', 'zh-Hant', 'de')
    >>> choose(["zh-Hans"], store=["fr", "de"]), choose(["fr"]), choose(["zh-CN"], store=["es"])
    ('de', 'en', 'es')
    """
    for tag in (*wanted, *store):
        for name in _chain(tag or ""):
            if name in LANGUAGES:
                return name
    return SOURCE


def region_of(wanted: Iterable[str | None], country: str | None) -> str | None:
    """Whose way of writing money and dates: the region of the first tag that has one, else the
    country the order goes to.

    >>> region_of(["es-MX"], "ES"), region_of(["es"], "ES"), region_of([None], None)
    ('MX', 'ES', None)
    """
    for tag in wanted:
        parts = _parts(tag or "")
        if parts and parts[2] and parts[2].isalpha():
            return parts[2]
    return country


def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML's `dir` wants it.

    >>> direction("ar"), direction("zh-Hant")
    ('rtl', 'ltr')
    """
    parts = _parts(language)
    return "rtl" if parts and parts[0] in _RTL and parts[1] != "Latn" else "ltr"
