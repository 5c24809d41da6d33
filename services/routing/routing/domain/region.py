"""Which country a customer is in, from the most trusted thing that is known of him."""

import re
from typing import NamedTuple

import phonenumbers

from shared.contracts.base import Country
from shared.stores.values import countries

# Country codes of the DNS that the whole world registers in; they tell nothing of a person.
_EVERYBODYS = frozenset(
    {"AC", "AI", "AS", "CC", "CF", "CO", "FM", "GA", "GG", "GQ", "IO", "LA", "LY", "ME"}
    | {"ML", "MS", "NU", "PW", "SC", "SH", "ST", "SU", "TK", "TO", "TV", "VC", "VG", "WS"}
)
_OTHER_CODES = {"UK": "GB", "EL": "GR"}
"""What is said instead of the code of ISO 3166-1: by the DNS and people, and by the EU."""
# Providers below .com and .net whose mailboxes are, with few exceptions, those of one country.
_PROVIDERS = {
    domain: country
    for country, domains in {
        "CN": "qq.com 163.com 126.com sina.com sohu.com foxmail.com aliyun.com",
        "KR": "naver.com hanmail.net daum.net kakao.com nate.com",
        "US": "comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net",
        "GB": "btinternet.com virginmedia.com talktalk.net ntlworld.com blueyonder.co.uk sky.com",
        "AU": "bigpond.com bigpond.net.au optusnet.com.au",
        "IN": "rediffmail.com",
        "UA": "ukr.net",
    }.items()
    for domain in domains.split()
}


class Region(NamedTuple):
    """A country and what it was read from: `order`, `phone`, `locale`, `mail` or `market`."""

    country: Country
    source: str


def region_of(
    *,
    order_country: str | None = None,
    phone: str | None = None,
    locale: str | None = None,
    mail: str | None = None,
    market: str | None = None,
) -> Region | None:
    """The customer's country, in this order of trust; None when nothing tells it.

    `phone` is E.164, or as people write it where another source tells the country it is dialled
    in; `locale` is a BCP 47 tag (or with `_`), `mail` an address or domain, `market` the store's
    own country. What is malformed or names no ISO 3166-1 country is passed over.

    >>> region_of(phone="+81312345678", mail="a@shop.de", market="US")
    Region(country='JP', source='phone')
    >>> region_of(locale="es", mail="a@example.com", market="ES")
    Region(country='ES', source='market')
    """
    of_locale, of_mail, of_market = _of_locale(locale), _of_mail(mail), _code(market)
    told = (
        ("order", _code(order_country)),
        ("phone", _of_phone(phone, of_locale or of_mail or of_market)),
        ("locale", of_locale),
        ("mail", of_mail),
        ("market", of_market),
    )
    return next((Region(Country(country), source) for source, country in told if country), None)


def number_of(phone: str | None, country: str | None = None) -> phonenumbers.PhoneNumber | None:
    """A number in whatever form it is written; None when it is none.

    `country` (ISO 3166-1) is where it is dialled when it begins with neither + nor 00. Bare digits
    that are no number there, as messengers give them, begin with the country's code.

    >>> [number_of(each).country_code for each in ("+34 612 34 56 78", "0034612345678")]
    [34, 34]
    >>> number_of("(415) 555-2671", "US").country_code, number_of("919876543210").country_code
    (1, 91)
    """
    if not phone:
        return None
    written = phone.strip().removeprefix("tel:").removeprefix("whatsapp:").replace("＋", "+")
    digits = re.sub(r"\D", "", written[:64])
    if written.startswith("+"):
        return _parsed(f"+{digits}", None)
    if digits.startswith("00"):
        return _parsed(f"+{digits[2:]}", None)
    here = _parsed(written[:64], country) if country else None
    if here and phonenumbers.is_valid_number(here):
        return here
    abroad = _parsed(f"+{digits}", None) if len(digits) >= _WITH_COUNTRY else None
    return abroad if abroad and phonenumbers.is_valid_number(abroad) else None


_WITH_COUNTRY = 10
"""Digits from which on a number without + may begin with its country's code."""


def _parsed(written: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None


def _code(country: str | None) -> str | None:
    code = (country or "").strip().upper()
    code = _OTHER_CODES.get(code, code)
    return code if code in countries() else None


def _of_phone(phone: str | None, country: str | None) -> str | None:
    number = number_of(phone, country)
    return _code(phonenumbers.region_code_for_number(number)) if number else None


def _of_locale(locale: str | None) -> str | None:
    # `pt_BR.UTF-8` and `de_AT@euro` are what POSIX systems say, `fr-CH,fr;q=0.9` what browsers do.
    tag = re.split("[.@,; ]", (locale or "").strip())[0]
    for part in tag.replace("_", "-").split("-")[1:]:
        if len(part) == 1:  # what follows is an extension: `en-u-ca-gregory` is not Canada
            return None
        if len(part) == 2 and part.isalpha():
            return _code(part)
    return None


def _of_mail(mail: str | None) -> str | None:
    domain = (mail or "").strip().rstrip(">. ").rpartition("@")[2].lower()
    if domain in _PROVIDERS:
        return _PROVIDERS[domain]
    last = domain.rpartition(".")[2].upper()
    return None if last in _EVERYBODYS else _code(last)
