"""Whose parcel it is: from the shop's words, else from the number's form."""

import doctest
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics_watch.domain.names import carrier_of
from logistics_watch.domain.numbers import normalised, s10


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" 1z 999 aa1 01 2345 6784", "1Z999AA10123456784"),
        ("RB123456785GB\n", "RB123456785GB"),
        ("JJD-01.2_3/4", "JJD-01.2_3/4"),
        ("", None),
        ("---", None),
        ("abc", None),
        ("nonumber", None),
        ("12345\x006", None),
        ("１２３４５", None),
        ("1" * 101, None),
    ],
)
def test_numbers_are_written_one_way_or_refused(written: str, expected: str | None) -> None:
    assert normalised(written) == expected


@pytest.mark.parametrize("number", ["RB123456785GB", "EE123456785CN", "RR473124829GB"])
def test_s10_knows_the_check_digit(number: str) -> None:
    other = str((int(number[10]) + 1) % 10)

    assert s10(number) is not None
    assert s10(number[:10] + other + number[11:]) is None


@given(st.text(alphabet="0123456789", min_size=8, max_size=8))
def test_of_ten_check_digits_one_is_right(digits: str) -> None:
    fitting = [check for check in range(10) if s10(f"RX{digits}{check}JP")]

    assert len(fitting) == 1


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("DHL Express", "1234567890", "dhl"),
        ("dhl", "1234567890", "dhl"),
        ("Japan Post (EN)", "123456789012", "japan-post"),
        ("ヤマト運輸", "123456789012", "taqbin-jp"),
        ("佐川急便", "123456789012", "sagawa"),
        ("우체국", "1234567890123", "korea-post"),
        ("CJ대한통운", "123456789012", "cj-gls"),
        ("Correos", "PQ12345678", "spain-correos-es"),
        ("Correos de España", "PQ12345678", "spain-correos-es"),
        ("Correios", "AA123456785BR", "brazil-correios"),
        ("Österreichische Post", "1234", "austrian-post-registered"),
        ("ROYAL  MAIL", "AB123456785GB", "royal-mail"),
        ("Evri", "H0123", "myhermes-uk"),
        ("ไปรษณีย์ไทย", "EY145587896TH", "thailand-post"),
        (None, "1Z999AA10123456784", "ups"),
        ("", "RB123456785GB", "royal-mail"),
        ("Other", "EE123456785CN", "china-ems"),
        ("Custom", "RB123456785CN", "china-post"),
        (None, "YT2312345678901234", "yunexpress"),
        (None, "123456789012", None),
        ("Aunt Emma", "4711", None),
    ],
)
def test_carriers_are_named_by_the_shop_or_by_the_number(
    name: str | None, number: str, expected: str | None
) -> None:
    assert carrier_of(name, number) == expected


@pytest.mark.parametrize("module", ["domain.numbers", "domain.names", "domain.parcel"])
def test_examples_in_docstrings_hold(module: str) -> None:
    results = doctest.testmod(import_module(f"logistics_watch.{module}"))

    assert (results.failed, results.attempted > 0) == (0, True)
