"""Vendors' codes for what no repetition cures, in words that mean the same on every channel."""

from collections.abc import Mapping
from types import MappingProxyType

WHATSAPP: Mapping[int, str] = MappingProxyType(
    {
        131047: "window_closed",
        131026: "undeliverable",
        131021: "recipient_is_sender",
        131030: "recipient_not_allowed",
        131051: "unsupported_type",
        131008: "bad_request",
        131009: "bad_request",
        100: "bad_request",
        130497: "country_restricted",
        131050: "opted_out",
    }
)
"""Cloud API, error codes. All others are for now: rate limits (4, 80007, 130429, 131048, 131056),
service (1, 2, 131000, 131016, 133004), our own access (0, 3, 10, 190, 200-299, 368, 131005,
131031), which somebody repairs."""


def word(channel: str, code: str) -> str | None:
    """The word for a vendor's code, where it is known.

    >>> word("whatsapp", "131047"), word("whatsapp", "131000"), word("mail", "5.1.1")
    ('window_closed', None, None)
    """
    return WHATSAPP.get(int(code)) if channel == "whatsapp" and code.isdecimal() else None
