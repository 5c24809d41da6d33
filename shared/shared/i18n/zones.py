"""Which time a customer lives in, from country and, where a country has several, its region."""

import unicodedata
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

UNKNOWN = "Etc/UTC"
"""What a country that is not in the time zone database gets."""


class _Zones(NamedTuple):
    by_country: dict[str, str]
    by_region: dict[tuple[str, str], str]
    by_post_code: dict[str, dict[str, str]]


@cache
def _zones() -> _Zones:
    by_country: dict[str, str] = {}
    by_region: dict[tuple[str, str], str] = {}
    for country, zone, regions in _rows(files(__package__) / "zones.tsv"):
        by_country.setdefault(country, zone)
        for region in regions.split(", "):
            code, _, name = region.partition(" ")
            by_region[country, _plain(code)] = zone
            by_region[country, _plain(name)] = zone
    # The database's own list puts the first of a country's zones first.
    for country, _, zone in _rows(files("tzdata") / "zoneinfo" / "zone.tab"):
        by_country.setdefault(country, zone)
        by_region.setdefault((country, _plain(zone.rpartition("/")[2].replace("_", " "))), zone)
    by_post_code: dict[str, dict[str, str]] = {}
    for country, zone, codes in _rows(files(__package__) / "post_codes.tsv"):
        of_country = by_post_code.setdefault(country, {})
        for first, last in (_ends(code) for code in codes.split()):
            width = len(first)
            if first == last:
                of_country[first] = zone
            else:
                for number in range(int(first), int(last) + 1):
                    of_country[str(number).zfill(width)] = zone
    return _Zones(by_country, by_region, by_post_code)


def _ends(codes: str) -> tuple[str, str]:
    first, _, last = codes.partition("-")
    return first, last or first


def _plain(name: str) -> str:
    """A name as it is compared: `Sao Paulo` and `SÃO PAULO` are one."""
    marked = unicodedata.normalize("NFKD", name.strip().casefold())
    return "".join(sign for sign in marked if not unicodedata.combining(sign))


def _rows(table: Traversable) -> list[tuple[str, str, str]]:
    lines = table.read_text(encoding="utf-8").splitlines()
    cells = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [(cell[0], cell[1], cell[2]) for cell in cells]


def zone_of(country: str, region: str | None = None, post_code: str | None = None) -> str:
    """The IANA time zone of a country (ISO 3166-1 alpha-2), narrowed by a region of it.

    `region` is an ISO 3166-2 code, with or without the country, the English or own name, or the
    city that a zone is named for; `post_code` counts where that tells nothing, in the US first. Of
    several zones the most populous is taken; a country nobody knows gets UTC. Source: zone.tab.

    >>> zone_of("US"), zone_of("US", "CA"), zone_of("US", "US-HI"), zone_of("ES", "Canarias")
    ('America/New_York', 'America/Los_Angeles', 'Pacific/Honolulu', 'Atlantic/Canary')
    >>> zone_of("AU", "Perth"), zone_of("CA", post_code="V6B 1A1"), zone_of("ES", None, "35001")
    ('Australia/Perth', 'America/Vancouver', 'Atlantic/Canary')
    """
    return narrowed(country, region, post_code) or _zones().by_country.get(country, UNKNOWN)


def narrowed(country: str, region: str | None, post_code: str | None = None) -> str | None:
    """The zone that region or post code tell in a country of several; None when neither does."""
    zones = _zones()
    name = _plain(region or "").removeprefix(f"{country.lower()}-")
    by_region = zones.by_region.get((country, name)) if name else None
    if by_region and country != "US":  # whose post codes are finer: some states have two zones
        return by_region
    codes = zones.by_post_code.get(country, {})
    code = "".join(filter(str.isalnum, post_code or "")).upper()
    return next((codes[code[:n]] for n in (3, 2, 1) if code[:n] in codes), by_region)


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """The IANA zones of a country (ISO 3166-1) of several, the most populous first."""
    found = (zone for (of, _), zone in _zones().by_region.items() if of == country)
    return tuple(dict.fromkeys(found))
