"""Which country a customer is in, from the most trusted thing that is known of him."""

import re
from typing import NamedTuple

import phonenumbers

from shared.contracts.base import Country
from shared.stores.values import countries

# Country codes of the DNS that the whole world registers in; they tell nothing of a person.
_EVERYBODYS = frozenset({"AI", "CC", "CO", "FM", "GG", "IO", "LY", "ME", "SH", "TO", "TV", "VC"})


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

    `phone` is E.164, `locale` a BCP 47 tag (or with `_`), `market` the store's own country. What
    is malformed or names no ISO 3166-1 country is passed over.

    >>> region_of(phone="+81312345678", mail="a@shop.de", market="US")
    Region(country='JP', source='phone')
    >>> region_of(locale="es", mail="a@example.com", market="ES")
    Region(country='ES', source='market')
    """
    told = (
        ("order", order_country),
        ("phone", _of_phone(phone)),
        ("locale", _of_locale(locale)),
        ("mail", _of_mail(mail)),
        ("market", market),
    )
    return next(
        (Region(country, source) for source, country in told if country in countries()), None
    )


def _of_phone(phone: str | None) -> str | None:
    if not phone:
        return None
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    country: str | None = phonenumbers.region_code_for_number(number)
    return country


def _of_locale(locale: str | None) -> str | None:
    # `pt_BR.UTF-8` and `de_AT@euro` are what POSIX systems say.
    tag = re.split("[.@]", locale or "")[0]
    parts = tag.replace("_", "-").split("-")[1:]
    return next((part.upper() for part in parts if len(part) == 2 and part.isalpha()), None)


def _of_mail(mail: str | None) -> str | None:
    last = (mail or "").rpartition(".")[2].upper()
    if last in _EVERYBODYS:
        return None
    return "GB" if last == "UK" else last
