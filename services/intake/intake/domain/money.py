"""Money from decimal text to minor units."""

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from shared.contracts.base import Money

# ISO 4217:2015 list one (SIX Financial Information, maintenance agency): currencies whose minor
# unit is not a hundredth. CLDR's digits, which Babel has, follow shop custom and differ (IQD, RSD).
_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENT = {code: exponent for exponent, codes in _EXPONENTS.items() for code in codes.split()}
_MOST = 10**15


def exponent(currency: str) -> int:
    """Decimal places of a currency's minor unit.

    >>> [exponent(code) for code in ("EUR", "JPY", "KWD")]
    [2, 0, 3]
    """
    return _EXPONENT.get(currency, 2)


def money(amount: object, currency: object) -> Money | None:
    """Money from decimal text (`"12.50"`) and ISO 4217 code; None when either is not one.

    >>> money("12.5", "EUR"), money("1200.0", "JPY"), money("1.2345", "KWD")
    (Money(amount=1250, currency='EUR'), Money(amount=1200, currency='JPY'), \
Money(amount=1234, currency='KWD'))
    """
    if not isinstance(currency, str) or not isinstance(amount, str | int | float):
        return None
    code = currency.upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        return None
    try:
        minor = Decimal(str(amount)).scaleb(exponent(code)).quantize(Decimal(1), ROUND_HALF_EVEN)
        is_sane = abs(minor) <= _MOST
    except ArithmeticError:  # no number, or one without end
        return None
    return Money(amount=int(minor), currency=code) if is_sane else None


def per_piece(line: Money, quantity: int) -> Money:
    """The price of one of `quantity` pieces that cost `line` together.

    Rounded down, so that no sum of returned pieces exceeds what was paid for them.
    """
    pieces = max(quantity, 1)
    each = (Decimal(line.amount) / pieces).to_integral_value(ROUND_FLOOR)
    return Money(amount=int(each), currency=line.currency)


def at_rate(amount: Money, rate: tuple[Money, Money]) -> Money:
    """`amount` in the other currency of `rate`, a sum known in both: (presented, shop) or reverse.

    The rate is the order's own, so the order's total comes out as the shop wrote it.
    """
    base, other = rate
    if amount.currency == other.currency or base.amount == 0:
        return Money(amount=amount.amount, currency=other.currency)
    exact = Decimal(amount.amount) * other.amount / base.amount
    return Money(amount=int(exact.to_integral_value(ROUND_HALF_EVEN)), currency=other.currency)


def sum_of(parts: list[Money]) -> Money | None:
    """The sum; None of nothing. All parts have one currency."""
    if not parts:
        return None
    return Money(amount=sum(part.amount for part in parts), currency=parts[0].currency)
