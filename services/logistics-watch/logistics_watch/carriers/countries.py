"""ISO 3166-1 three-letter codes, which aggregators speak, and our two-letter ones."""

from functools import cache

from babel.core import get_global

from shared.contracts.base import Country
from shared.stores.values import countries

_WITHDRAWN = frozenset({"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"})
"""Codes of countries that are no more, which CLDR still maps to their successors."""


@cache
def _alpha2() -> dict[str, Country]:
    aliases = get_global("territory_aliases")
    return {
        code: Country(successors[0])
        for code, successors in aliases.items()
        if len(code) == 3 and code.isalpha() and code not in _WITHDRAWN
        if len(successors) == 1 and successors[0] in countries()
    }


@cache
def _alpha3() -> dict[str, str]:
    return {short: long for long, short in _alpha2().items()}


def alpha2(code: str | None) -> Country | None:
    """The two-letter code of a three-letter (or two-letter) one; None for what is neither.

    >>> alpha2("DEU"), alpha2("jp"), alpha2("Germany")
    ('DE', 'JP', None)
    """
    code = (code or "").upper()
    if code in _alpha3():
        return Country(code)
    return _alpha2().get(code)


def alpha3(code: str | None) -> str | None:
    """The three-letter code of a two-letter one; None for what is none.

    >>> alpha3("DE"), alpha3("ZZ")
    ('DEU', None)
    """
    return _alpha3().get(code or "")
