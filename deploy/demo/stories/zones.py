"""Local times as a story tells them."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local_time(at: datetime, zone: str) -> str:
    """Weekday and wall-clock time with the zone's name: `Tue 14:05 Europe/Madrid`."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %H:%M} {zone}"
