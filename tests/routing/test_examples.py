"""The examples in docstrings are true."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import routing.domain
import shared.i18n

MODULES = [
    f"{package.__name__}.{module.name}"
    for package in (routing.domain, shared.i18n)
    for module in iter_modules(package.__path__)
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_are_true(module: str) -> None:
    assert doctest.testmod(import_module(module)).failed == 0


def test_there_are_examples() -> None:
    assert sum(doctest.testmod(import_module(module)).attempted for module in MODULES) >= 20
