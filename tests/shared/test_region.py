"""A customer's country, by what is trusted most."""

import pytest

from shared.i18n.region import Region, region_of


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (
            {"order_country": "JP", "phone": "+34600000000", "market": "US"},
            Region("JP", "order"),
        ),
        ({"phone": "+34612345678", "locale": "en-US", "market": "US"}, Region("ES", "phone")),
        ({"phone": "+14165550123"}, Region("CA", "phone")),
        ({"phone": "+12125550123"}, Region("US", "phone")),
        ({"phone": "+85251234567"}, Region("HK", "phone")),
        ({"phone": "+77011234567"}, Region("KZ", "phone")),
        ({"locale": "pt-BR", "mail": "a@example.pt"}, Region("BR", "locale")),
        ({"locale": "zh_Hant_TW"}, Region("TW", "locale")),
        ({"locale": "zh-Hant", "mail": "a@example.de"}, Region("DE", "mail")),
        ({"mail": "a@example.co.uk"}, Region("GB", "mail")),
        ({"mail": "a@example.io", "market": "FR"}, Region("FR", "market")),
        ({"mail": "a@example.com"}, None),
        ({}, None),
    ],
)
def test_the_most_trusted_thing_known_tells_the_country(
    known: dict[str, str], expected: Region | None
) -> None:
    assert region_of(**known) == expected


@pytest.mark.parametrize(
    "known",
    [
        {"phone": "not a number"},
        {"phone": "+999123"},
        {"phone": "+80012345678"},
        {"order_country": "XX"},
        {"order_country": "Spain"},
        {"locale": "es-419"},
        {"locale": "-"},
        {"mail": "no-at-sign"},
        {"mail": "a@[127.0.0.1]"},
    ],
)
def test_what_is_malformed_is_passed_over(known: dict[str, str]) -> None:
    assert region_of(**known, market="DE") == Region("DE", "market")
