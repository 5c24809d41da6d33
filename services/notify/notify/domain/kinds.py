"""The kinds of notice there are, and how long each stays news."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

REPLY = "reply"
"""Template of an agent's own words; all others are notices."""


@dataclass(frozen=True)
class Kind:
    """One kind of notice.

    `about` is what an answer to it is about: `order` or `case`. `is_news` tells that nobody wants
    to hear it a day after it happened if the world told us that late. `is_alarm` tells that it is
    pointless, even wrong, once the parcel has moved on or a day has passed: a person has taken it
    up by then.
    """

    about: str = "order"
    is_news: bool = False
    is_alarm: bool = False


_ORDER = Kind()
_NEWS = Kind(is_news=True)
_ALARM = Kind(is_news=True, is_alarm=True)
_CASE = Kind(about="case")

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "order_confirmation": _NEWS,
        "order_cancelled": _ORDER,
        "order_refunded": _ORDER,
        "shipping_notice": _NEWS,
        "customs_held": _ALARM,
        "shipment_stalled": _ALARM,
        "delivery_failed": _ALARM,
        "shipment_lost": _NEWS,
        "delivered": _NEWS,
        "return_requested": _CASE,
        "return_authorised": _CASE,
        "return_declined": _CASE,
        "return_received": _CASE,
        "return_inspected": _CASE,
        "refund_ordered": _CASE,
        "refund_issued": _CASE,
    }
)
"""Every notice by its template's name."""
