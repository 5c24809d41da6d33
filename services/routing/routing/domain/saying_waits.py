"""What routing says of work that nobody can take."""

from datetime import datetime

from routing.domain.saying import ROUTING
from routing.domain.steps import Timers
from routing.domain.waits import Wait, used_between
from shared.contracts.routing import WaitExplained


def wait_explained(of: Wait, version: int, timers: Timers, at: datetime) -> WaitExplained:
    """Why such work waits; `version` counts what was said of it."""
    one = of.waiting
    used_from, used_until = used_between(of.mark, timers)
    return WaitExplained(
        occurred_at=at,
        store_id=one.store_id,
        version=version,
        by=ROUTING,
        kind=of.look,
        family=one.family,
        found_with=one.conversation_id,
        language=one.language,
        second_language=one.second_language,
        skills=tuple(sorted(one.skills)),
        is_crisis=one.is_crisis,
        used_from=used_from,
        used_until=used_until,
        explanation=of.decision.explanation,
        beside=of.decision.beside,
    )
