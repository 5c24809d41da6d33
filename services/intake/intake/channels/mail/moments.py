"""When a mail says it was written, in the ways that programs write it.

RFC 5322 §3.3 has one way; others write the zone by a name of their own land, ISO 8601, the month in
their language, or noon and midnight.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from intake.domain.times import from_iso

_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT)"
    r"(?: \([^()]{1,60}\))?"
)
_ZONES = {
    **{"BST": "+0100", "CET": "+0100", "MEZ": "+0100", "WEST": "+0100", "CEST": "+0200"},
    **{"MESZ": "+0200", "EET": "+0200", "SAST": "+0200", "EEST": "+0300", "MSK": "+0300"},
    **{"TRT": "+0300", "GST": "+0400", "PKT": "+0500", "ICT": "+0700", "WIB": "+0700"},
    **{"HKT": "+0800", "SGT": "+0800", "PHT": "+0800", "AWST": "+0800", "JST": "+0900"},
    **{"KST": "+0900", "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300"},
    **{"BRT": "-0300", "ART": "-0300", "AKST": "-0900", "HST": "-1000"},
}
"""Names that mean one zone only: CST and IST do not."""
_MONTHS = {
    "jan": "jan gen ene янв", "feb": "feb fév fev фев", "mar": "mar mär mrz мар",
    "apr": "apr avr abr апр", "may": "may mai mag maj maï мая", "jun": "jun jui giu июн",
    "jul": "jul lug июл", "aug": "aug aoû aou ago авг", "sep": "sep set сен",
    "oct": "oct okt out ott окт", "nov": "nov ноя", "dec": "dec dez déc dic dit дек",
}  # fmt: skip
_MONTH = {word: month for month, words in _MONTHS.items() for word in words.split()}
"""By their first three letters."""
_NAMED_MONTH = re.compile(r"\b(\d{1,2})\.?[ -]([^\W\d_]{3,10})\.?[ -](\d{4})\b")
_ZONE_NAME = re.compile(r"(?<=\d )\(?([A-Z]{3,4})\)?$")
_OFFSET = re.compile(r" ?(?:GMT|UTC|Z)? ?([+-])(\d{1,2}):?(\d\d)?$")
_HALF_DAY = re.compile(r"\b(\d{1,2}):(\d\d)(:\d\d)? ?([AaPp])\.?[Mm]\.?(?=\s|$)")
_LONGEST = 100


def instant(written: str) -> datetime | None:
    """The instant in UTC; None of what tells none. Without a zone it is taken for UTC.

    >>> instant("Mon, 4 May 2026 10:00:00 CEST") == instant("4. Mai 2026 10:00 GMT+2")
    True
    """
    if _USUAL.fullmatch(written):
        return _parsed(written)
    told = " ".join(written[:_LONGEST].split())
    repaired = _repaired(told)
    return from_iso(told) or from_iso(f"{told}+00:00") or _parsed(repaired) or _parsed(told)


def _parsed(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _repaired(told: str) -> str:
    """As RFC 5322 has it, as far as it can be known."""
    told = re.sub(r"(?<=\d [+-]\d{4})(?: \(.*\)|[A-Z][\w-]*: .*)$", "", told)
    told = re.sub(r"(?<=\d)(?: ?\([^()]*\))? ?: ?(?=\d)", ":", told)
    told = _HALF_DAY.sub(_by_24_hours, told)
    told = _ZONE_NAME.sub(lambda zone: _ZONES.get(zone[1], zone[0]), told)
    if re.search(r"\d:\d\d.*[+-]\d{1,2}:?(?:\d\d)?$", told):
        told = _OFFSET.sub(lambda at: f" {at[1]}{at[2]:0>2}{at[3] or '00'}", told)
    day = _NAMED_MONTH.search(told)
    month = _MONTH.get(day[2][:3].lower()) if day else None
    if day is None or month is None:
        return told
    return f"{day[1]} {month} {day[3]}{told[day.end() :]}"


def _by_24_hours(half: re.Match[str]) -> str:
    hour = int(half[1])
    if not 1 <= hour <= 12:
        return f"{half[1]}:{half[2]}{half[3] or ''}"
    hour = hour % 12 + (12 if half[4] in "pP" else 0)
    return f"{hour:02}:{half[2]}{half[3] or ''}"
