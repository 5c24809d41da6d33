"""A customer's time zone."""

from zoneinfo import ZoneInfo

import pytest

from shared.i18n.zones import UNKNOWN, zone_of
from shared.stores.values import countries


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        ("JP", None, "Asia/Tokyo"),
        ("AU", None, "Australia/Sydney"),
        ("BR", None, "America/Sao_Paulo"),
        ("CA", None, "America/Toronto"),
        ("RU", None, "Europe/Moscow"),
        ("UA", None, "Europe/Kyiv"),
        ("US", None, "America/New_York"),
        ("US", "TX", "America/Chicago"),
        ("US", "us-tx".upper(), "America/Chicago"),
        ("US", "Texas", "America/Chicago"),
        ("US", "nowhere", "America/New_York"),
        ("AU", "Western Australia", "Australia/Perth"),
        ("BR", "Sao Paulo", "America/Sao_Paulo"),
        ("PT", "AÇORES", "Atlantic/Azores"),
        ("DE", "BY", "Europe/Berlin"),
        ("XX", None, UNKNOWN),
        ("MX", "BC", "America/Tijuana"),
        ("MX", "Q Roo", "America/Cancun"),
        ("ID", "North Sulawesi", "Asia/Makassar"),
        ("ID", "ID-KB", "Asia/Pontianak"),
        ("RU", "Кемеровская область", "Asia/Novokuznetsk"),
        ("RU", "ORE", "Asia/Yekaterinburg"),
        ("RU", "Sakhalin Oblast", "Asia/Sakhalin"),
        ("EC", "Galapagos", "Pacific/Galapagos"),
    ],
)
def test_country_and_region_tell_the_zone(country: str, region: str | None, zone: str) -> None:
    assert zone_of(country, region) == zone


@pytest.mark.parametrize(
    ("country", "post_code", "zone"),
    [
        ("US", "10001", "America/New_York"),
        ("US", "60601-1234", "America/Chicago"),
        ("US", "94103", "America/Los_Angeles"),
        ("US", "96813", "Pacific/Honolulu"),
        ("CA", "v6b1a1", "America/Vancouver"),
        ("AU", "0800", "Australia/Darwin"),
        ("AU", "0200", "Australia/Sydney"),
        ("BR", "69005-000", "America/Manaus"),
        ("BR", "69301-000", "America/Boa_Vista"),
        ("RU", "690001", "Asia/Vladivostok"),
        ("ES", "35001", "Atlantic/Canary"),
        ("DE", "10115", "Europe/Berlin"),
        ("ID", "78111", "Asia/Pontianak"),
        ("ID", "96115", "Asia/Makassar"),
        ("MX", "32000", "America/Ciudad_Juarez"),
        ("RU", "650000", "Asia/Novokuznetsk"),
        ("RU", "667000", "Asia/Krasnoyarsk"),
    ],
)
def test_a_post_code_tells_the_zone(country: str, post_code: str, zone: str) -> None:
    assert zone_of(country, None, post_code) == zone


@pytest.mark.parametrize(
    ("country", "region", "post_code", "zone"),
    [
        ("US", "FL", "32501", "America/Chicago"),
        ("US", "TX", "79901", "America/Denver"),
        ("US", "Tennessee", "37902", "America/New_York"),
        ("US", "HI", "00000", "Pacific/Honolulu"),
        ("CA", "NU", "X0A 0H0", "America/Toronto"),
    ],
)
def test_of_a_state_with_two_zones_the_post_code_tells(
    country: str, region: str, post_code: str, zone: str
) -> None:
    assert zone_of(country, region, post_code) == zone


def test_every_country_has_a_zone_that_exists() -> None:
    # Bouvet and Heard islands: nobody lives there, and the database has no zone for them.
    without = {country for country in countries() if zone_of(country) == UNKNOWN}

    assert without == {"BV", "HM"}
    for country in countries() - without:
        ZoneInfo(zone_of(country))
