"""How pressing a message is, in points for each thing that presses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from routing.domain.escalation import CRISIS
from routing.domain.intent import Meant
from shared.contracts.routing import Family, Intent, Priority

_BY_INTENT = {
    Intent.COMPLAINT: 2,
    Intent.CUSTOMS: 1,
    Intent.DAMAGED: 1,
    Intent.NOT_RECEIVED: 1,
    Intent.REFUND: 1,
}
_OF_ORDERS = frozenset({Intent.ORDER_STATUS, Intent.RETURN, Intent.REPAIR})
"""What is asked of an order and presses by nothing but what the order is worth."""
_BY_WORDS = {"safety": 4, "legal": 2, "threat": 2, "anger": 1, "urgent": 1}
_CRISES = frozenset({"safety", "legal", "threat"})
"""What a lead has to see at once."""
_ANGRY_FACES = frozenset("😡🤬😠👿💢😤")
_URGENT_FROM, _HIGH_FROM = 4, 2
_REPEATED_FROM = 3
IN_A_ROW = timedelta(minutes=1)
"""Messages that all come within so much time are lines of one."""
_SHOUTED_FROM = 12
_DEAREST_FROM = 5
"""How many times what presses an order is worth that presses whatever is written of it."""

HIGH_VALUES: Mapping[str, int] = MappingProxyType(
    {
        "EUR": 500_00,
        "USD": 500_00,
        "GBP": 450_00,
        "CHF": 500_00,
        "JPY": 80_000,
        "CNY": 3_500_00,
        "HKD": 4_000_00,
        "TWD": 16_000_00,
        "KRW": 700_000,
        "AUD": 800_00,
        "CAD": 700_00,
        "SEK": 5_500_00,
        "NOK": 5_500_00,
        "DKK": 3_700_00,
        "PLN": 2_200_00,
        "CZK": 12_500_00,
        "BRL": 2_700_00,
        "MXN": 9_000_00,
        "INR": 42_000_00,
        "TRY": 17_000_00,
        "THB": 19_000_00,
        "HUF": 200_000_00,
        "AED": 2_100_00,
        "SAR": 2_100_00,
        "QAR": 2_100_00,
        "RON": 2_500_00,
        "ILS": 1_900_00,
        "EGP": 27_000_00,
        "IDR": 9_500_000_00,
        "MYR": 2_400_00,
        "VND": 15_000_000,
        "PHP": 33_000_00,
        "SGD": 750_00,
        "NZD": 1_000_00,
        "ZAR": 10_000_00,
        "UAH": 24_000_00,
        "RUB": 46_000_00,
        "KZT": 300_000_00,
        "BGN": 980_00,
        "RSD": 58_000_00,
        "ISK": 71_000,
        "CLP": 550_000,
        "COP": 2_250_000_00,
        "ARS": 800_000_00,
        "PEN": 2_000_00,
        "MAD": 5_300_00,
        "KWD": 180_000,
        "BHD": 220_000,
        "OMR": 220_000,
        "JOD": 410_000,
        "TND": 1_700_000,
        "PKR": 160_000_00,
        "BDT": 70_000_00,
        "LKR": 175_000_00,
    }
)
"""From which total on an order presses, in minor units by ISO 4217 code; about 500 euros.

Rough on purpose: what presses in a shop is for its own table to say."""


@dataclass(frozen=True)
class Urgency:
    """A priority and what made it: names of signs, never the customer's words."""

    priority: Priority
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Around:
    """What presses beside the words.

    `unanswered` counts the customer's messages since our last answer, this one too; they are
    `in_a_row` when he wrote them all within `IN_A_ROW`, as people chat, which is one contact.
    `total` is in minor units of `currency`, of the order he writes about. `has_files`: pictures or
    the like came along.
    """

    family: Family
    unanswered: int = 1
    total: int | None = None
    currency: str | None = None
    has_files: bool = False
    in_a_row: bool = False


def urgency(
    meant: Meant, text: str, around: Around, high_values: Mapping[str, int] = HIGH_VALUES
) -> Urgency:
    """How pressing a message is. One without words, numbers, a question mark or a file is low.

    Two points are high, four urgent. An order that is worth as much as `high_values` says (minor
    units by ISO 4217 code; 0 is never) makes high whatever is asked of it: it is two points where
    the intent has none of its own, else one. With anything else, as thanks or a question before a
    purchase, it is one point, and from five times that total on two: who has spent that much is
    high whatever he writes. What an order is worth alone makes nothing urgent. Words of danger,
    law, press or chargeback alone make a crisis: no sum of points does.

    >>> urgency(Meant(Intent.DAMAGED, 0.9), "arrived broken 😡", Around(Family.MAIL))
    Urgency(priority=<Priority.HIGH: 'high'>, reasons=('intent damaged', 'angry words'))
    >>> dear = Around(Family.MAIL, total=600_00, currency="EUR")
    >>> urgency(Meant(Intent.ORDER_STATUS, 0.9), "where is it", dear).priority.value
    'high'
    """
    points = {f"intent {meant.intent}": _BY_INTENT.get(meant.intent, 0)}
    for sign, worth in _BY_WORDS.items():
        is_there = sign in meant.pressing or (sign == "anger" and _is_shouted(text))
        points[_SAID[sign]] = worth if is_there else 0
    points["repeated contact"] = int(around.unanswered >= _REPEATED_FROM and not around.in_a_row)
    points[ORDER_VALUE] = _worth(meant.intent, text, around, high_values)
    points["live chat"] = int(around.family is Family.CHAT)
    reasons = tuple(reason for reason, worth in points.items() if worth)
    priority = _priority(sum(points.values()), _asks(text, around))
    is_crisis = not meant.pressing.isdisjoint(_CRISES)
    return Urgency(priority, (*reasons, CRISIS) if is_crisis else reasons)


ORDER_VALUE = "order value"
"""The reason of what is worth much."""
_SAID = {
    "safety": "safety words",
    "legal": "legal words",
    "threat": "words of press or chargeback",
    "anger": "angry words",
    "urgent": "urgent words",
}


def _priority(points: int, asks: bool) -> Priority:
    if points >= _URGENT_FROM:
        return Priority.URGENT
    if points >= _HIGH_FROM:
        return Priority.HIGH
    return Priority.NORMAL if asks else Priority.LOW


def _asks(text: str, around: Around) -> bool:
    return around.has_files or any(sign.isalnum() or sign in "?؟？" for sign in text)


def _is_shouted(text: str) -> bool:
    if not _ANGRY_FACES.isdisjoint(text):
        return True
    letters = [letter for letter in text[:400] if letter.upper() != letter.lower()]
    capitals = sum(map(str.isupper, letters))
    return len(letters) >= _SHOUTED_FROM and capitals > 0.8 * len(letters)


def _worth(intent: Intent, text: str, around: Around, high_values: Mapping[str, int]) -> int:
    times = times_high(around.total, around.currency, high_values)
    if times < 1 or not _asks(text, around):
        return 0
    return 2 if times >= _DEAREST_FROM or intent in _OF_ORDERS else 1


def times_high(total: int | None, currency: str | None, high_values: Mapping[str, int]) -> float:
    """How many times the total that presses an order is worth; 0 where either is not known.

    >>> times_high(1_250_00, "EUR", HIGH_VALUES), times_high(10, "XXX", HIGH_VALUES)
    (2.5, 0.0)
    """
    threshold = high_values.get(currency or "", 0)
    return total / threshold if total is not None and threshold > 0 else 0.0
