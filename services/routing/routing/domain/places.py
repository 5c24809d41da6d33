"""Which time a customer lives in, by his order's address and his phone number."""

from phonenumbers import region_code_for_number, timezone

from routing.domain.region import number_of
from shared.i18n.zones import narrowed, zone_of, zones_of


def zone_of_address(
    country: str, region: str | None, city: str | None, post_code: str | None, phone: str | None
) -> str:
    """The IANA time zone of an order's address: what of it narrows the country first, in order.

    >>> zone_of_address("US", None, "Brooklyn", "11201", None)
    'America/New_York'
    >>> zone_of_address("US", None, None, None, "(415) 555-2671")
    'America/Los_Angeles'
    """
    told = narrowed(country, region, post_code) or narrowed(country, city)
    if told is None and phone:
        number = number_of(phone, country)
        if number and region_code_for_number(number) == country:
            return zone_of_phone(phone, country)
    return told or zone_of(country)


def zone_of_phone(phone: str, country: str) -> str:
    """The IANA time zone of a phone number of a country (ISO 3166-1), by its area code.

    Where the code has several zones (mobile, toll-free) the country's most populous is taken if it
    is one of them, else the most populous of them. Source: libphonenumber's zones by prefix.

    >>> [zone_of_phone(number, "US") for number in ("+14155551234", "+19075551234", "+18005551234")]
    ['America/Los_Angeles', 'America/Anchorage', 'America/New_York']
    """
    usual = zone_of(country)
    number = number_of(phone, country)
    found = timezone.time_zones_for_number(number) if number else ()
    if usual in found:
        return usual
    return next((zone for zone in zones_of(country) if zone in found), usual)
