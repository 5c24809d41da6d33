"""Standard codes as they may stand in a file: languages, countries, currencies, time zones."""

import re
from functools import cache
from importlib.resources import files
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale
from babel.core import parse_locale
from babel.numbers import get_territory_currencies
from pydantic import AfterValidator

from shared.yaml_files import matching


@cache
def countries() -> frozenset[str]:
    """All ISO 3166-1 alpha-2 codes, from the time zone database's own list."""
    table = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if not line.startswith("#"))


@cache
def currencies() -> frozenset[str]:
    """ISO 4217 codes that are legal tender somewhere today."""
    return frozenset(code for country in countries() for code in get_territory_currencies(country))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def language_tag(text: str) -> str:
    """A BCP 47 tag in its usual case.

    >>> language_tag("ZH-hant")
    'zh-Hant'
    """
    try:
        parsed = parse_locale(text, sep="-")
    except ValueError:
        raise ValueError(f"{text} is no BCP 47 language tag") from None
    language, territory, script, variant = parsed[:4]
    english = Locale("en")
    known = (
        language in english.languages
        and (script is None or script in english.scripts)
        and (territory is None or territory in english.territories)
        and variant is None
    )
    if not known:
        raise ValueError(f"{text} is no known BCP 47 language tag")
    return "-".join(part for part in (language, script, territory) if part)


def _country(text: str) -> str:
    if text not in countries():
        raise ValueError(f"{text} is no ISO 3166-1 alpha-2 country code")
    return text


def _currency(text: str) -> str:
    if text not in currencies():
        raise ValueError(f"{text} is no ISO 4217 code of a currency in use")
    return text


def _zone(text: str) -> str:
    if text not in _zones():
        raise ValueError(f"{text} is no IANA time zone")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("give http(s)://host[:port][/path]")
    return text.rstrip("/")


def _origin(text: str) -> str:
    parts = urlsplit(text.lower())
    origin = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or not parts.hostname or origin != text.lower():
        raise ValueError("give an origin: http(s)://host[:port], nothing after it")
    return origin


def _mailbox(text: str) -> str:
    mailbox = text.lower().partition("@")[0]
    if not _MAIL.fullmatch(text.lower()):
        raise ValueError("give a plain mail address, mailbox of a-z 0-9 . _ - only")
    if len(mailbox) > MAILBOX_MAX:
        raise ValueError(f"the mailbox may have {MAILBOX_MAX} characters before the @")
    return text.lower()


def slug(longest: int) -> AfterValidator:
    """A short name for addresses and paths."""
    return matching(
        rf"[a-z0-9](?:[a-z0-9-]{{0,{longest - 2}}}[a-z0-9])?",
        f"give at most {longest} of a-z 0-9 -, beginning and ending with a letter or digit",
    )


MAILBOX_MAX = 19
"""A local part has at most 64 octets (RFC 5321 §4.5.3.1.1): mailbox, `+`, token of 44."""

_MAIL = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?@[a-z0-9-]+(\.[a-z0-9-]+)*")

LanguageTag = Annotated[str, AfterValidator(language_tag)]
CountryCode = Annotated[str, AfterValidator(_country)]
CurrencyCode = Annotated[str, AfterValidator(_currency)]
ZoneName = Annotated[str, AfterValidator(_zone)]
BaseUrl = Annotated[str, AfterValidator(_url)]
Origin = Annotated[str, AfterValidator(_origin)]
MailAddress = Annotated[str, AfterValidator(_mailbox)]
Line = Annotated[str, matching(r"[^\x00-\x1f\x7f]{1,100}", "give a line of 1 to 100 characters")]
Host = Annotated[str, matching(r"[A-Za-z0-9.:-]{1,253}", "give a host name or address")]
