"""The steps of the search for an agent, and when each is reached.

From the customer's language to his second one, to English with a translation, to a language near
his own, to a lead. A step is reached when its share of the promise is used up; a step that nobody
on shift could serve is left at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from routing.domain.languages import ENGLISH
from routing.domain.neighbours import neighbours
from routing.domain.waiting import Waiting
from shared.contracts.routing import Step

STEPS = (
    Step.LANGUAGE,
    Step.SECOND_LANGUAGE,
    Step.ENGLISH_TRANSLATED,
    Step.NEAREST_LANGUAGE,
    Step.LEAD,
)
Tongues = tuple[tuple[str, float], ...]
"""The languages that an answer may be written in, each with its closeness to the one wanted."""


@dataclass(frozen=True)
class Timers:
    """From which share of the promise on each step is looked at beside those before it.

    From `last_call` on a conversation is given to agents who are about to go as well.
    """

    second_language: float = 0.0
    english: float = 0.8
    nearest: float = 0.85
    lead: float = 0.9
    last_call: float = 0.5

    @cached_property
    def shares(self) -> Mapping[Step, float]:
        """The shares by step."""
        return {
            Step.LANGUAGE: 0.0,
            Step.SECOND_LANGUAGE: self.second_language,
            Step.ENGLISH_TRANSLATED: self.english,
            Step.NEAREST_LANGUAGE: self.nearest,
            Step.LEAD: self.lead,
        }

    @cached_property
    def marks(self) -> tuple[float, ...]:
        """The shares at which more is looked at than before, least first."""
        return tuple(
            sorted({share for share in (*self.shares.values(), self.last_call) if share > 0.0})
        )


def used(waiting: Waiting, now: datetime) -> float:
    """Which share of its promise a conversation has waited at `now` (aware); 0 at the least."""
    promise = waiting.answer_by - waiting.asked_at
    if promise <= timedelta(0):
        return float("inf")
    return max(0.0, (now - waiting.asked_at) / promise)


def mark(waiting: Waiting, now: datetime, timers: Timers) -> int:
    """How many of the timers' marks are reached."""
    share = used(waiting, now)
    return sum(each <= share for each in timers.marks)


def look(waiting: Waiting, now: datetime, timers: Timers) -> str:
    """What conversations of a pool share for which the same agents are looked at: see `signature`.

    It begins with the mark, for agents who come into question only later.
    """
    return f"{mark(waiting, now, timers)}|{waiting.signature}"


@lru_cache(maxsize=4096)
def steps(language: str | None, second: str | None) -> Sequence[tuple[Step, Tongues]]:
    """The steps that say something new for a customer of these languages, in order.

    >>> [step.value for step, _ in steps("da", "en")]
    ['language', 'second_language', 'nearest_language', 'lead']
    """
    asked: set[str] = set()
    found: list[tuple[Step, Tongues]] = []
    near = tuple(neighbours(language).items()) if language is not None else ()
    for step, tongues in (
        (Step.LANGUAGE, _alone(language)),
        (Step.SECOND_LANGUAGE, _alone(second)),
        (Step.ENGLISH_TRANSLATED, _alone(ENGLISH)),
        (Step.NEAREST_LANGUAGE, near),
    ):
        new = tuple((tag, closeness) for tag, closeness in tongues if tag not in asked)
        if new:
            asked.update(tag for tag, _ in new)
            found.append((step, new))
    return (*found, (Step.LEAD, _alone(language)))


def _alone(language: str | None) -> Tongues:
    return () if language is None else ((language, 1.0),)
