"""Minor units by ISO 4217."""

from decimal import Decimal

from shared.contracts.base import Money

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
"""Currencies whose minor unit is not a hundredth (ISO 4217 list one). Babel's own digits are
CLDR's, which follow how shops show prices and differ (IQD, RSD)."""

_DIGITS = {code: digits for digits, codes in _EXPONENTS.items() for code in codes.split()}


def decimal(money: Money) -> Decimal:
    """The amount in whole units of its currency.

    >>> decimal(Money(amount=1250, currency="EUR")), decimal(Money(amount=1250, currency="JPY"))
    (Decimal('12.50'), Decimal('1250'))
    """
    return Decimal(money.amount).scaleb(-_DIGITS.get(money.currency, 2))
