"""A customer's country, by what is trusted most."""

import pytest

from routing.domain.places import zone_of_address, zone_of_phone
from routing.domain.region import Region, region_of


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
        ({"phone": "0034612345678", "locale": "en-US"}, Region("ES", "phone")),
        ({"phone": "919876543210", "locale": "en-US"}, Region("IN", "phone")),
        ({"phone": "0151 23456789", "mail": "a@example.de"}, Region("DE", "phone")),
        ({"phone": "(415) 555-2671", "market": "US"}, Region("US", "phone")),
        ({"order_country": "uk"}, Region("GB", "order")),
        ({"locale": "fr-CH,fr;q=0.9"}, Region("CH", "locale")),
        ({"locale": "en-UK"}, Region("GB", "locale")),
        ({"mail": "Kim <kim@example.at>"}, Region("AT", "mail")),
        ({"mail": "kim@qq.com"}, Region("CN", "mail")),
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
        {"phone": "12"},
        {"phone": "99999999999"},
        {"locale": "es-419"},
        {"locale": "en-001"},
        {"locale": "en-u-ca-gregory"},
        {"locale": "-"},
        {"mail": "no-at-sign"},
        {"mail": "a@example.ms"},
        {"mail": "a@[127.0.0.1]"},
    ],
)
def test_what_is_malformed_is_passed_over(known: dict[str, str]) -> None:
    assert region_of(**known, market="DE") == Region("DE", "market")


@pytest.mark.parametrize(
    ("city", "phone", "zone"),
    [
        ("Perth", None, "Australia/Perth"),
        ("Fremantle", "08 9321 0000", "Australia/Perth"),
        ("Fremantle", "+34 612 345 678", "Australia/Sydney"),
        (None, None, "Australia/Sydney"),
    ],
)
def test_a_city_and_then_a_phone_of_the_same_country_tell_the_zone(
    city: str | None, phone: str | None, zone: str
) -> None:
    assert zone_of_address("AU", None, city, None, phone) == zone


def test_of_an_area_code_with_two_zones_the_more_populous_counts() -> None:
    assert zone_of_phone("+61 8 9321 0000", "AU") == "Australia/Perth"
