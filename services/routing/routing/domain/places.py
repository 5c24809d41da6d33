"""Which time a customer lives in, by his order's address, his phone number, or his country."""

from typing import NamedTuple

from phonenumbers import region_code_for_number, timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from routing.domain.region import Region, number_of
from shared.i18n.zones import narrowed, zone_of, zones_of


class Zone(NamedTuple):
    """An IANA time zone and what it was read from: `order`, `phone`, `locale`, `mail`, `market`."""

    name: str
    source: str


def zone_at(
    country: str, region: str | None, city: str | None, post_code: str | None
) -> str | None:
    """The IANA zone that an address tells in a country (ISO 3166-1) of several.

    None where it tells nothing, or the country has one zone: then the country does.

    >>> zone_at("US", None, "Brooklyn", "11201"), zone_at("AU", None, "Perth", None)
    ('America/New_York', 'Australia/Perth')
    >>> zone_at("AU", None, None, "800"), zone_at("US", None, None, "941")
    ('Australia/Darwin', 'America/Los_Angeles')
    """
    return narrowed(country, region, _whole(post_code, country)) or narrowed(country, city)


_DIGITS = {"AU": 4, "ES": 5, "MX": 5, "US": 5}
"""How long post codes are where they may begin with a nought, which spreadsheets leave out."""


def _whole(post_code: str | None, country: str) -> str | None:
    if post_code and post_code.isdecimal() and len(post_code) == _DIGITS.get(country, 0) - 1:
        return f"0{post_code}"
    return post_code


def zone_in(region: Region, told: str | None, phone: str | None) -> Zone:
    """The zone of a customer in his region, narrowed where the country has several.

    `told` is what his order's address tells (`zone_at`); else his phone number's area code counts
    when it is of that country, else it is where most people of the country live, which has the
    region's source.

    >>> zone_in(Region("US", "order"), None, "(415) 555-2671")
    Zone(name='America/Los_Angeles', source='phone')
    >>> zone_in(Region("US", "order"), "America/Denver", "(415) 555-2671").name
    'America/Denver'
    >>> zone_in(Region("US", "locale"), None, "+18005551234")
    Zone(name='America/New_York', source='locale')
    """
    if told is not None:
        return Zone(told, "order")
    by_phone = zone_of_phone(phone, region.country) if phone else None
    if by_phone is not None:
        return Zone(by_phone, "phone")
    return Zone(zone_of(region.country), region.source)


def zone_of_phone(phone: str, country: str) -> str | None:
    """The IANA zone that a phone number's area code tells in a country (ISO 3166-1) of several.

    None for a number of another country, and for one that may be anywhere in it (toll-free, and in
    most countries mobile), of which the library gives all zones of its country code. Where the code
    has several zones the country's most populous is taken if it is one of them, else the most
    populous of them. Source: libphonenumber's zones by prefix.

    >>> [zone_of_phone(number, "US") for number in ("+14155551234", "+19075551234", "+18005551234")]
    ['America/Los_Angeles', 'America/Anchorage', None]
    """
    number = number_of(phone, country)
    if number is None or region_code_for_number(number) != country:
        return None
    told = timezone.time_zones_for_number(number)
    if told == TIMEZONE_DATA.get(str(number.country_code)):
        return None
    zones = zones_of(country)
    found = [zone for zone in zones if zone in told]
    usual = zone_of(country)
    return usual if usual in found else next(iter(found), None)
