"""Which time a customer lives in, from country and, where a country has several, its region."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import phonenumbers
from phonenumbers import timezone

UNKNOWN = "Etc/UTC"
"""What a country that is not in the time zone database gets."""


class _Zones(NamedTuple):
    by_country: dict[str, str]
    by_region: dict[tuple[str, str], str]


@cache
def _zones() -> _Zones:
    by_country: dict[str, str] = {}
    by_region: dict[tuple[str, str], str] = {}
    for country, zone, regions in _rows(files(__package__) / "zones.tsv"):
        by_country.setdefault(country, zone)
        for region in regions.split(", "):
            code, _, name = region.partition(" ")
            by_region[country, code.casefold()] = zone
            by_region[country, name.casefold()] = zone
    # The database's own list puts the first of a country's zones first.
    for country, _, zone in _rows(files("tzdata") / "zoneinfo" / "zone.tab"):
        by_country.setdefault(country, zone)
    return _Zones(by_country, by_region)


def _rows(table: Traversable) -> list[tuple[str, str, str]]:
    lines = table.read_text(encoding="utf-8").splitlines()
    cells = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(cell[0], cell[1], cell[2]) for cell in cells]


def zone_of(country: str, region: str | None = None) -> str:
    """The IANA time zone of a country (ISO 3166-1 alpha-2), narrowed by a region of it.

    `region` is an ISO 3166-2 code, with or without the country, or the English name. Of several
    zones the most populous is taken; a country nobody knows gets UTC. Source: tzdata's zone.tab.

    >>> zone_of("US"), zone_of("US", "CA"), zone_of("US", "US-HI"), zone_of("ES", "Canarias")
    ('America/New_York', 'America/Los_Angeles', 'Pacific/Honolulu', 'Atlantic/Canary')
    """
    zones = _zones()
    if region:
        name = region.strip().removeprefix(f"{country}-").casefold()
        if found := zones.by_region.get((country, name)):
            return found
    return zones.by_country.get(country, UNKNOWN)


def zone_of_phone(phone: str, country: str) -> str:
    """The IANA time zone of an E.164 number of a country (ISO 3166-1), by its area code.

    Where the code has several zones (mobile, toll-free) the country's most populous is taken if it
    is one of them, else the most populous of them. Source: libphonenumber's zones by prefix.

    >>> [zone_of_phone(number, "US") for number in ("+14155551234", "+19075551234", "+18005551234")]
    ['America/Los_Angeles', 'America/Anchorage', 'America/New_York']
    """
    usual = zone_of(country)
    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return usual
    if usual in found:
        return usual
    peopled = [zone for (of, _), zone in _zones().by_region.items() if of == country]
    return next((zone for zone in peopled if zone in found), usual)
