"""A customer's country, by what is trusted most."""

import pytest

from routing.domain.places import zone_at, zone_in, zone_of_phone
from routing.domain.region import Region, region_of
from shared.contracts.base import Country


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
    ("country", "told", "phone", "zone"),
    [
        ("AU", {"city": "Perth"}, None, ("Australia/Perth", "order")),
        ("AU", {"city": "Fremantle"}, "08 9321 0000", ("Australia/Perth", "phone")),
        ("AU", {"city": "Fremantle"}, "+34 612 345 678", ("Australia/Sydney", "locale")),
        ("AU", {"city": "Fremantle"}, "+61 412 345 678", ("Australia/Sydney", "locale")),
        ("AU", {}, None, ("Australia/Sydney", "locale")),
        ("US", {"region": "HI"}, "+1 212 555 0123", ("Pacific/Honolulu", "order")),
        ("US", {}, "+1 212 555 0123", ("America/New_York", "phone")),
        ("US", {}, "+1 800 555 0123", ("America/New_York", "locale")),
        ("US", {}, "+1 604 555 1234", ("America/New_York", "locale")),
        ("CA", {"post_code": "V6B 1A1"}, None, ("America/Vancouver", "order")),
        ("CA", {}, "+1 604 555 1234", ("America/Vancouver", "phone")),
        ("BR", {"region": "AM"}, None, ("America/Manaus", "order")),
        ("BR", {}, "+55 92 99123-4567", ("America/Manaus", "phone")),
        ("RU", {"post_code": "690091"}, None, ("Asia/Vladivostok", "order")),
        ("RU", {}, "+7 383 212 3456", ("Asia/Novosibirsk", "phone")),
        ("RU", {}, "+7 916 123 4567", ("Europe/Moscow", "locale")),
        ("MX", {"post_code": "22000"}, None, ("America/Tijuana", "order")),
        ("MX", {}, "+52 998 123 4567", ("America/Cancun", "phone")),
        ("ID", {"region": "Bali"}, None, ("Asia/Makassar", "order")),
        ("ID", {}, "+62 361 123456", ("Asia/Makassar", "phone")),
        ("DE", {"city": "Leipzig"}, "+49 151 23456789", ("Europe/Berlin", "locale")),
    ],
)
def test_a_zone_has_a_source_of_its_own(
    country: str, told: dict[str, str], phone: str | None, zone: tuple[str, str]
) -> None:
    address = (told.get(each) for each in ("region", "city", "post_code"))

    found = zone_in(Region(Country(country), "locale"), zone_at(country, *address), phone)

    assert found == zone


def test_of_an_area_code_with_two_zones_the_more_populous_counts() -> None:
    assert zone_of_phone("+61 8 9321 0000", "AU") == "Australia/Perth"


@pytest.mark.parametrize(
    ("country", "post_code", "zone"),
    [
        ("US", "2108", "America/New_York"),
        ("US", "94103-1234", "America/Los_Angeles"),
        ("AU", "800", "Australia/Darwin"),
        ("MX", "1000", None),
    ],
)
def test_a_post_code_whose_first_nought_is_lost_is_read_as_it_was(
    country: str, post_code: str, zone: str | None
) -> None:
    assert zone_at(country, None, None, post_code) == zone
