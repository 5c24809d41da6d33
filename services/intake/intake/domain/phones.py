"""Phone numbers in E.164."""

import phonenumbers
from phonenumbers import PhoneNumberFormat


def e164(number: object, country: str | None = None) -> str | None:
    """`+` and digits, when it can be a phone number; None when not.

    A number without `+` is read as dialled in `country` (ISO 3166 alpha-2).

    >>> e164("91 123 45 67", "ES"), e164("+34911234567"), e164("12")
    ('+34911234567', '+34911234567', None)
    """
    if not isinstance(number, str) or len(number) > 40:
        return None
    try:
        found = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found):
        return None
    return phonenumbers.format_number(found, PhoneNumberFormat.E164)


def e164_of_wa_id(wa_id: object) -> str | None:
    """The phone number behind a WhatsApp id, which is digits only and in two countries not it.

    Mexico's ids keep the `1` that its mobile numbers lost in 2019; Brazil's may lack the `9` that
    they got in 2016. (developers.facebook.com: "WhatsApp user phone number … may or may not match
    the wa_id".)

    >>> e164_of_wa_id("5215512345678"), e164_of_wa_id("551187654321")
    ('+525512345678', '+5511987654321')
    """
    if not isinstance(wa_id, str) or not (wa_id.isascii() and wa_id.isdigit()):
        return None
    if wa_id.startswith("521") and len(wa_id) == 13:
        wa_id = "52" + wa_id[3:]
    elif wa_id.startswith("55") and len(wa_id) == 12 and wa_id[4] in "6789":
        wa_id = f"{wa_id[:4]}9{wa_id[4:]}"
    return e164(f"+{wa_id}")
