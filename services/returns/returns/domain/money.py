"""Amounts as shops write them and as we keep them: decimal text and minor units."""

from decimal import Decimal

from babel.numbers import get_currency_precision


def minor_per_major(currency: str) -> int:
    """How many minor units make a major one (ISO 4217 code).

    >>> minor_per_major("EUR"), minor_per_major("JPY"), minor_per_major("KWD")
    (100, 1, 1000)
    """
    return int(10 ** get_currency_precision(currency))


def written(amount: int, currency: str) -> str:
    """Minor units as decimal text.

    >>> written(12_345, "EUR"), written(12_345, "JPY")
    ('123.45', '12345')
    """
    digits = get_currency_precision(currency)
    return str(Decimal(amount).scaleb(-digits).quantize(Decimal(1).scaleb(-digits)))


def read(amount: str, currency: str) -> int:
    """Decimal text as minor units; a fraction of one is dropped.

    >>> read("123.45", "EUR"), read("12345.0", "JPY")
    (12345, 12345)
    """
    return int(Decimal(amount).scaleb(get_currency_precision(currency)))
