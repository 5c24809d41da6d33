"""Addresses of many countries: what looks wrong is told, and nothing else."""

import pytest

from intake.domain.postal_addresses import problems
from shared.contracts.base import Address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (Address(country="DE", lines=("Weg 1",), city="Berlin", postal_code="10115"), ()),
        (
            Address(country="DE", lines=("Weg 1",), city="Berlin", postal_code="1011"),
            ("postal_code invalid",),
        ),
        (Address(country="DE", city="Berlin"), ("lines missing", "postal_code missing")),
        (Address(country="IE", lines=("Road 1",), city="Cork"), ()),
        (Address(country="HK", lines=("Road 1",), region="Kowloon"), ()),
        (
            Address(country="GB", lines=("Road 1",), city="Leeds", postal_code="sw1a 1aa"),
            (),
        ),
        (
            Address(country="US", lines=("Road 1",), city="X", region="CA", postal_code="9021"),
            ("postal_code invalid",),
        ),
        (Address(country="JP", lines=("1-1",), region="東京都", postal_code="100-0001"), ()),
        (Address(country="XX"), ("country invalid",)),
        (Address(country="ZZ"), ("country invalid",)),
        (None, ()),
    ],
)
def test_what_looks_wrong_is_told(address: Address | None, expected: tuple[str, ...]) -> None:
    assert problems(address) == expected
