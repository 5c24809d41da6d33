"""What was ordered and what arrived, as far as a return hangs on it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct


class Line(Struct, frozen=True, kw_only=True):
    """A line of an order; `price` is of one piece, as presented to the buyer, in minor units."""

    line_id: str
    quantity: int
    price: int
    is_custom_made: bool = False


class Parcel(Struct, frozen=True, kw_only=True):
    """One fulfilment: its tracking number, if it has one, and the lines in it, if they are told."""

    number: str | None
    line_ids: tuple[str, ...] = ()


def tracking_number(written: str) -> str:
    """A tracking number as one compares it.

    >>> tracking_number(" 1z 999-aa1 ")
    '1Z999AA1'
    """
    return "".join(character for character in written.upper() if character.isalnum())


def received_at(
    lines: Sequence[Line], parcels: Sequence[Parcel], deliveries: Mapping[str, datetime]
) -> datetime | None:
    """When the last good of an order arrived (Dir. 2011/83/EU art. 9(2)(b)(i)), or None.

    `deliveries` tells by tracking number when a parcel arrived. While no parcel is known, or one
    of them or a line has not arrived, the answer is None.

    >>> ring = Line(line_id="1", quantity=1, price=1)
    >>> received_at([ring], [Parcel(number="A1", line_ids=("1",))], {}) is None
    True
    """
    numbers = {tracking_number(parcel.number or "") for parcel in parcels}
    if not numbers or not numbers <= deliveries.keys():
        return None
    sent = {line_id for parcel in parcels for line_id in parcel.line_ids}
    tells_lines = all(parcel.line_ids for parcel in parcels)
    if tells_lines and not {line.line_id for line in lines} <= sent:
        return None
    return max(deliveries[number] for number in numbers)
