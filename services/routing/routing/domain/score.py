"""How dear it is to give a conversation to an agent who may have it: least is best."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from routing.domain.languages import spoken_level
from routing.domain.team import Agent
from routing.domain.waiting import Waiting


@dataclass(frozen=True)
class Weights:
    """What each reason counts. Levels below `min_level` do not count as speaking a language."""

    scarcity: float = 1.0
    region: float = 0.5
    time_zone: float = 0.5
    shift_end: float = 1.0
    occupancy: float = 1.0
    fluency: float = 0.2
    lead: float = 2.0
    known: float = 1.0
    shift_end_near: timedelta = timedelta(minutes=30)
    min_level: int = 3


@dataclass(frozen=True)
class Situation:
    """What is alike for all candidates of one decision.

    `supply` tells by language how many agents on shift with room for more speak it.
    """

    now: datetime
    weights: Weights
    supply: Mapping[str, int]

    @cached_property
    def hour(self) -> datetime:
        """The hour that `now` is in: clocks are compared as they stand at its beginning."""
        return self.now.replace(minute=0, second=0, microsecond=0)


def situation(agents: Iterable[Agent], now: datetime, weights: Weights) -> Situation:
    """The situation at `now` (aware), among these agents."""
    found: Counter[str] = Counter()
    for agent in agents:
        if agent.load < agent.room.total and agent.calendar.on_shift_until(now) is not None:
            found.update(
                tag for tag, level in agent.languages.items() if level >= weights.min_level
            )
    return Situation(now, weights, found)


def terms(
    waiting: Waiting, agent: Agent, language: str | None, until: datetime, at: Situation
) -> dict[str, float]:
    """The score's terms for an agent on shift `until`, to answer in `language`.

    `scarcity` is what his other languages are worth to others: for each, one over the number of
    agents who have it at hand. `occupancy` keeps work even, `known` is negative for who had this
    customer before. Terms that are nought are left out.
    """
    weights = at.weights
    left = (until - at.now) / weights.shift_end_near
    found = {
        "scarcity": weights.scarcity * _scarcity(agent, language, at),
        "occupancy": weights.occupancy * agent.load / agent.room.total,
    }
    if waiting.region is not None and waiting.region != agent.country:
        found["region"] = weights.region
    if waiting.time_zone is not None:
        apart = _apart(waiting.time_zone, agent.calendar.zone.key, at.hour)
        found["time_zone"] = weights.time_zone * apart
    if left < 1.0:
        found["shift_end"] = weights.shift_end * (1.0 - left)
    if agent.is_lead:
        found["lead"] = weights.lead
    if agent.agent_id == waiting.known_agent_id:
        found["known"] = -weights.known
    if language is not None:
        found["fluency"] = weights.fluency * (5 - spoken_level(agent.languages, language))
    return {name: round(value, 4) for name, value in found.items() if value}


def _scarcity(agent: Agent, language: str | None, at: Situation) -> float:
    cost = 0.0
    for tag, level in agent.languages.items():
        if tag != language and level >= at.weights.min_level:
            cost += 1.0 / max(1, at.supply.get(tag, 1))
    return cost


@lru_cache(maxsize=65_536)
def _apart(customers: str, agents: str, hour: datetime) -> float:
    """How far apart two wall clocks are, round the date line: 0 to 1 for 12 hours."""
    apart = abs(_offset(customers, hour) - _offset(agents, hour)) % 24.0
    return min(apart, 24.0 - apart) / 12.0


def _offset(zone: str, hour: datetime) -> float:
    try:
        offset = hour.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return 0.0
    return offset.total_seconds() / 3600 if offset else 0.0
