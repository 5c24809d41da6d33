"""Amounts as shops write them and as we keep them: decimal text and minor units."""

from decimal import Decimal

# ISO 4217:2015 list one: currencies whose minor unit is not a hundredth. It is what minor units in
# messages are counted in. Babel's digits are CLDR's, which follow how shops show prices: for RSD,
# ALL or IQD they would give back a hundred or a thousand times too much.
_DIGITS = {
    code: digits
    for digits, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for code in codes.split()
}


def digits_of(currency: str) -> int:
    """Decimal places of a currency's minor unit (ISO 4217 code).

    >>> digits_of("EUR"), digits_of("JPY"), digits_of("RSD"), digits_of("IQD")
    (2, 0, 2, 3)
    """
    return _DIGITS.get(currency, 2)


def minor_per_major(currency: str) -> int:
    """How many minor units make a major one (ISO 4217 code).

    >>> minor_per_major("EUR"), minor_per_major("JPY"), minor_per_major("KWD")
    (100, 1, 1000)
    """
    return int(10 ** digits_of(currency))


def written(amount: int, currency: str) -> str:
    """Minor units as decimal text.

    >>> written(12_345, "EUR"), written(12_345, "JPY")
    ('123.45', '12345')
    """
    digits = digits_of(currency)
    return str(Decimal(amount).scaleb(-digits).quantize(Decimal(1).scaleb(-digits)))


def read(amount: str, currency: str) -> int:
    """Decimal text as minor units; a fraction of one is dropped.

    >>> read("123.45", "EUR"), read("12345.0", "JPY")
    (12345, 12345)
    """
    return int(Decimal(amount).scaleb(digits_of(currency)))
