"""Why a buyer gives something back: stable handles, grouped by what the law hangs on them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Group(StrEnum):
    """What kind of reason it is; it picks the rule, not the outcome."""

    CHANGE_OF_MIND = "change_of_mind"
    FIT = "fit"
    FAULT = "fault"
    NOT_AS_DESCRIBED = "not_as_described"
    FULFILMENT = "fulfilment"
    DELIVERY = "delivery"
    OTHER = "other"


_MEMBERS: Mapping[Group, tuple[str, ...]] = {
    Group.CHANGE_OF_MIND: (
        "no_reason",
        "no_longer_wanted",
        "better_price",
        "ordered_by_mistake",
        "style",
        "colour",
        "gift_unwanted",
        "arrived_late",
    ),
    Group.FIT: ("too_small", "too_large", "ring_size", "length"),
    Group.FAULT: (
        "defective_on_arrival",
        "failed_later",
        "quality",
        "stone_loose_or_lost",
        "plating",
        "clasp",
    ),
    Group.NOT_AS_DESCRIBED: (
        "wrong_metal_or_purity",
        "weight_short",
        "certificate_mismatch",
        "wrong_photos",
        "counterfeit_suspected",
    ),
    Group.FULFILMENT: ("wrong_item", "missing_part", "missing_item", "damaged_in_transit"),
    Group.DELIVERY: ("not_received", "refused", "undeliverable_returned"),
    Group.OTHER: ("other",),
}

REASONS: Mapping[str, Group] = MappingProxyType(
    {handle: group for group, handles in _MEMBERS.items() for handle in handles}
    | {group.value: group for group in Group}
)
"""Group of every handle a request may name; a group's own name is a handle too."""

NON_CONFORMITY = frozenset({Group.FAULT, Group.NOT_AS_DESCRIBED, Group.FULFILMENT})
"""Groups that claim the goods are not what was agreed: the seller's risk, not the buyer's wish."""
