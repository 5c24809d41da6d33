"""What was read in a message, as `python -m routing understand` prints it."""

from datetime import datetime
from typing import Any

from routing.domain.promises import Asked, Promises
from routing.domain.understanding import Reading
from shared.contracts.routing import Family, Priority
from shared.i18n.language import Detected

_RANKS = {Priority.URGENT: 1, Priority.HIGH: 2, Priority.NORMAL: 3, Priority.LOW: 4}


def shown(
    reading: Reading, *, store: str, channel: str, family: Family, at: datetime, promises: Promises
) -> dict[str, Any]:
    """The JSON object of one message that was written at `at`."""
    region = reading.region.country if reading.region else None
    priority = reading.urgency.priority
    asked = Asked(store, channel, family, reading.language, priority, region)
    promise = promises.of(asked)
    answer_by = promises.due(asked, at).by
    return {
        "language": _language(reading.found),
        "answer_in": reading.language,
        "region": {
            "country": region,
            "source": reading.region.source if reading.region else None,
        },
        "time_zone": {
            "name": reading.time_zone.name if reading.time_zone else None,
            "source": reading.time_zone.source if reading.time_zone else None,
        },
        "intent": {
            "name": reading.meant.intent.value,
            "confidence": reading.meant.confidence,
            "matched": list(reading.meant.matched),
        },
        "urgency": {
            "priority": _RANKS.get(priority, 3),
            "level": priority.value,
            "reasons": list(reading.urgency.reasons),
        },
        "channel": channel,
        "answer_by": answer_by.isoformat(timespec="seconds"),
        "promise_seconds": int(promise.within.total_seconds()),
        "in_business_hours": promise.in_business_hours and promises.clock(asked) is not None,
    }


def _language(found: Detected) -> dict[str, Any] | None:
    """None without words; where words tell too little, there is no tag but the guess."""
    if found.script is None and found.language is None:
        return None
    return {
        "tag": found.language,
        "iso": found.language.split("-")[0] if found.language else None,
        "script": found.script,
        "confidence": round(found.confidence, 4),
        "alternatives": [
            {"tag": other, "confidence": round(share, 4)} for other, share in found.alternatives
        ],
        "source": found.source,
    }
