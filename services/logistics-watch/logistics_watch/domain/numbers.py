"""Tracking numbers: how they are written, and what their own form tells."""

import re
from dataclasses import dataclass

MAX_LENGTH = 100
"""Longer is no tracking number; AfterShip refuses it as well."""

_S10 = re.compile(r"([A-Z])([A-Z])(\d{8})(\d)([A-Z]{2})")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_UPS = re.compile(r"1Z[0-9A-Z]{16}")


def normalised(number: str) -> str | None:
    """Write a number as carriers do: no blanks, capitals. None when it cannot be one.

    >>> normalised(" rb 1234 5678 5 gb ")
    'RB123456785GB'
    >>> normalised("n/a") is None
    True
    """
    plain = "".join(number.split()).upper()
    if not 4 <= len(plain) <= MAX_LENGTH or not any(letter.isdigit() for letter in plain):
        return None
    if not all(letter.isascii() and (letter.isalnum() or letter in "-_./#") for letter in plain):
        return None
    return plain


@dataclass(frozen=True)
class S10:
    """A postal item's number after UPU standard S10.

    `service` is the first letter (E express, R registered, C parcel, U untracked …), `issuer` the
    ISO 3166-1 code of the post that issued it, not of the destination.
    """

    service: str
    issuer: str

    @property
    def is_tracked(self) -> bool:
        """U* items have a number but no tracking to promise."""
        return self.service != "U"


def s10(number: str) -> S10 | None:
    """Read a normalised number as S10; None when form or check digit do not fit.

    Check digit: 11 − (Σ weight × digit mod 11), 10 → 0, 11 → 5 (UPU S10-12).

    >>> s10("RB123456785GB")
    S10(service='R', issuer='GB')
    >>> s10("RB123456784GB") is None
    True
    """
    found = _S10.fullmatch(number)
    if found is None:
        return None
    service, _, digits, check, issuer = found.groups()
    total = sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, digits, strict=True))
    wanted = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return S10(service, issuer) if int(check) == wanted else None


def is_ups(number: str) -> bool:
    """Tell whether a normalised number is a UPS 1Z number with the right check digit.

    Letters count (code − 63) mod 10; every second character counts twice; modulus 10.

    >>> is_ups("1Z999AA10123456784"), is_ups("1Z999AA10123456785")
    (True, False)
    """
    if not _UPS.fullmatch(number) or not number[-1].isdigit():
        return False
    values = [
        int(letter) if letter.isdigit() else (ord(letter) - 63) % 10 for letter in number[2:-1]
    ]
    total = sum(values[0::2]) + 2 * sum(values[1::2])
    return (10 - total % 10) % 10 == int(number[-1])
